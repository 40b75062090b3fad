//! Cost against violations: what each policy buys for its money, how sure that is, and which ones no other beats.

mod cloud;
mod label;
mod scales;

use windtunnel_sim::outcome::Summary;

use self::label::PointLabel;
use self::scales::{cost_scale, interval, violation_scale};
use crate::axis::Scale;
use crate::canvas::{Align, Canvas, Look, Stroke, draw};
use crate::error::PlotError;
use crate::geometry::Rect;
use crate::number;
use crate::options::ChartOptions;
use crate::panel::heading;
use crate::picture::Picture;
use crate::placement;
use crate::theme::{Color, size};
use crate::typeface::Typeface;

/// One policy: what it costs and how many requests it lets down.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPoint {
    /// Its name.
    pub name: String,
    /// Whose policy it is, such as "AWS Auto Scaling"; policies of one label share a colour.
    pub label: String,
    /// What it costs.
    pub cost: Summary,
    /// The share of requests that violate the objective, from 0 to 1.
    pub violations: Summary,
    /// The currency of the cost.
    pub currency: String,
    /// What it is beside its name.
    pub marks: Vec<Mark>,
    /// True for what policies are held against, such as a fixed number of instances.
    pub is_baseline: bool,
    /// Whether no other beats it, as far as replications tell; by its means where this is not given.
    pub is_on_frontier: Option<bool>,
}

/// What a point is beside its name.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Where more money begins to buy little.
    Knee,
    /// The settings that are in use.
    Today,
    /// The settings that are recommended.
    Recommended,
}

impl Mark {
    /// The mark in a word.
    pub const fn title(self) -> &'static str {
        match self {
            Mark::Knee => "knee",
            Mark::Today => "today",
            Mark::Recommended => "recommended",
        }
    }
}

impl CostPoint {
    /// A policy without marks.
    pub fn new(name: &str, label: &str, cost: Summary, violations: Summary, currency: &str) -> CostPoint {
        CostPoint {
            name: name.to_owned(),
            label: label.to_owned(),
            cost,
            violations,
            currency: currency.to_owned(),
            marks: Vec::new(),
            is_baseline: false,
            is_on_frontier: None,
        }
    }
}

/// A cost that nobody can go below, such as the clairvoyant's.
#[derive(Clone, Debug, PartialEq)]
pub struct CostBound {
    /// What it is.
    pub name: String,
    /// The cost.
    pub cost: f64,
}

/// Everything on the axes of cost and violations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frontier {
    /// The title; "Cost against violations" where it is empty.
    pub title: String,
    /// Under which load, and that it is synthetic where it is.
    pub traffic: String,
    /// What else the reader should know, such as that today's settings are not among the points.
    pub notes: Vec<String>,
    /// The policies and baselines.
    pub points: Vec<CostPoint>,
    /// Bounds on the cost, in the currency of the points.
    pub bounds: Vec<CostBound>,
}

const LEFT: f64 = 84.0;
const RIGHT_EDGE: f64 = 28.0;
const ABOVE: f64 = 36.0;
const BELOW: f64 = 66.0;
/// The picture is as tall as a slide has room for.
const ASPECT: f64 = 0.56;
const RADIUS: f64 = 6.5;
/// A note is not shortened to less than this.
const LEAST_NOTE: f64 = 60.0;
/// From this many points on only the frontier is labelled.
const CROWD: usize = 24;
/// Up to this many points each has a label with its figures, and a line to it where there is no room beside it. Of more
/// the marked ones have; the others have their name, where there is room beside them.
const FEW: usize = 10;
/// How much of what is behind a label its ground covers.
const GROUND: f64 = 0.72;

/// Draws cost (horizontal) against violating requests (vertical) with 95 % intervals; the lower left is better. `traffic`
/// says under which load, and that it is synthetic where it is.
pub fn cost_against_violations(
    points: &[CostPoint],
    traffic: &str,
    options: &ChartOptions,
) -> Result<Picture, PlotError> {
    let chart = Frontier { traffic: traffic.to_owned(), points: points.to_vec(), ..Frontier::default() };
    frontier(&chart, options)
}

/// Draws the points with their intervals and marks, the frontier, and the bounds.
///
/// # Errors
/// When no point is one, or a font cannot be read.
pub fn frontier(chart: &Frontier, options: &ChartOptions) -> Result<Picture, PlotError> {
    let points = &chart.points;
    let drawable: Vec<&CostPoint> =
        points.iter().filter(|point| point.cost.mean.is_finite() && point.violations.mean.is_finite()).collect();
    if drawable.is_empty() {
        return Err(PlotError::Nothing { of: "point with a cost and a share of violations" });
    }
    let typeface = Typeface::load(options.font.as_deref())?;
    let top = heading::HEIGHT + ABOVE;
    let bottom = top + (options.width() * ASPECT - top - BELOW).max(280.0);
    let area = Rect::new(LEFT, top, options.width() - RIGHT_EDGE, bottom);
    let plot = Plot::new(area, drawable, &chart.bounds);
    let title = if chart.title.is_empty() { "Cost against violations" } else { &chart.title };
    let intervals = if plot.has_intervals() { "bars: 95 % intervals  ·  " } else { "" };
    let notes: String = chart.notes.iter().map(|note| format!("  ·  {note}")).collect();
    let subtitle = format!("{intervals}traffic: {}{notes}", chart.traffic);
    let mut picture = draw(options, typeface, bottom + BELOW, (title, &plot.description()), |canvas| {
        heading::draw(canvas, title, &subtitle, 20.0);
        plot.axes(canvas);
        plot.frontier_line(canvas);
        plot.static_line(canvas);
        plot.intervals(canvas);
        plot.points(canvas);
        let bounds = plot.bounds(canvas);
        canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
        plot.labels(canvas, &bounds);
    })?;
    let is_drawn = |point: &CostPoint| point.cost.mean.is_finite() && point.violations.mean.is_finite();
    picture.marks = points.iter().map(|point| is_drawn(point).then(|| plot.place(point))).collect();
    if plot.currencies().len() > 1 {
        picture.warnings.push("the costs are in different currencies and cannot be compared".to_owned());
    }
    if plot.data.len() < points.len() {
        let left_out = points.len() - plot.data.len();
        picture.warnings.push(format!("{left_out} of {} points are not numbers and are left out", points.len()));
    }
    Ok(picture)
}

struct Plot<'a> {
    area: Rect,
    data: Vec<&'a CostPoint>,
    cost: Scale,
    violations: Scale,
    /// Indices of the points that no other beats by its means, cheapest first.
    frontier: Vec<usize>,
    bounds: Vec<&'a CostBound>,
    /// The policies, in order of appearance: each has a colour.
    policies: Vec<&'a str>,
    /// Indices of the points that are drawn.
    seen: Vec<usize>,
}

impl<'a> Plot<'a> {
    fn new(area: Rect, data: Vec<&'a CostPoint>, bounds: &'a [CostBound]) -> Plot<'a> {
        let bounds: Vec<&CostBound> = bounds.iter().filter(|bound| bound.cost.is_finite()).collect();
        let cost = cost_scale(&data, &bounds);
        let violations = violation_scale(&data);
        let frontier = unbeaten(&data);
        let mut policies: Vec<&str> = Vec::new();
        for point in &data {
            if !policies.contains(&point.label.as_str()) {
                policies.push(&point.label);
            }
        }
        let mut plot = Plot { area, data, cost, violations, frontier, bounds, policies, seen: Vec::new() };
        let places: Vec<(f64, f64)> = plot.data.iter().map(|point| plot.place(point)).collect();
        plot.seen = cloud::seen(&places, |index| plot.says_something(index));
        plot
    }

    /// Whether a point is drawn however many there are.
    fn says_something(&self, index: usize) -> bool {
        let point = self.data[index];
        point.is_baseline || !point.marks.is_empty() || self.is_on_frontier(index)
    }

    /// The points that are drawn.
    fn drawn(&self) -> impl Iterator<Item = &'a CostPoint> + '_ {
        self.seen.iter().map(|&index| self.data[index])
    }

    /// Whether a point is drawn full.
    fn is_on_frontier(&self, index: usize) -> bool {
        self.data[index].is_on_frontier.unwrap_or_else(|| self.frontier.contains(&index))
    }

    /// Fixed fleets of growing size, joined: what money buys without a controller.
    fn static_line(&self, canvas: &mut Canvas<'_>) {
        let is_static = |point: &&&CostPoint| point.is_baseline && point.label == "Fixed capacity";
        let mut fixed: Vec<&CostPoint> = self.data.iter().filter(is_static).copied().collect();
        fixed.sort_by(|a, b| a.cost.mean.total_cmp(&b.cost.mean));
        let line: Vec<(f64, f64)> = fixed.iter().map(|point| self.place(point)).collect();
        canvas.line(&line, Stroke::new(canvas.theme.muted, 1.0).dashed(2.5, 3.0));
    }

    /// Draws the bounds on the cost; gives back where their names stand.
    fn bounds(&self, canvas: &mut Canvas<'_>) -> Vec<Rect> {
        let mut taken: Vec<Rect> = Vec::new();
        for (row, bound) in self.bounds.iter().enumerate() {
            let x = self.x(bound.cost);
            let stroke = Stroke::new(canvas.theme.demand, 1.6).dashed(10.0, 4.0);
            canvas.line(&[(x, self.area.top), (x, self.area.bottom)], stroke);
            let look = Look::new(size::SMALL, canvas.theme.demand);
            let is_left = x > (self.area.left + self.area.right) / 2.0;
            let y = self.area.bottom - 14.0 - 18.0 * row as f64;
            let room = if is_left { x - self.area.left } else { self.area.right - x } - 12.0;
            if y < self.area.top + 20.0 {
                continue;
            }
            let (look, at) = if is_left { (look.align(Align::Right), x - 6.0) } else { (look, x + 6.0) };
            taken.push(canvas.text_within(&bound.name, look, (at, y), room).grown(2.0));
        }
        taken
    }

    fn x(&self, cost: f64) -> f64 {
        self.area.left + self.cost.share(cost) * self.area.width()
    }

    /// The height of a share of requests.
    fn y(&self, share: f64) -> f64 {
        self.area.bottom - self.violations.share(share * 100.0) * self.area.height()
    }

    fn place(&self, point: &CostPoint) -> (f64, f64) {
        (self.x(point.cost.mean), self.y(point.violations.mean))
    }

    fn color(&self, canvas: &Canvas<'_>, point: &CostPoint) -> Color {
        let index = self.policies.iter().position(|policy| *policy == point.label).unwrap_or(0);
        canvas.theme.categories[index % canvas.theme.categories.len()]
    }

    fn currencies(&self) -> Vec<&str> {
        let mut currencies: Vec<&str> = self.data.iter().map(|point| point.currency.as_str()).collect();
        currencies.sort_unstable();
        currencies.dedup();
        currencies
    }

    fn axes(&self, canvas: &mut Canvas<'_>) {
        let area = self.area;
        canvas.rect(area, canvas.theme.panel);
        let grid = Stroke::new(canvas.theme.grid, 1.0);
        let look = Look::new(size::LABEL, canvas.theme.muted);
        for tick in self.violations.ticks(8, Some(percent_tick)) {
            let y = area.bottom - self.violations.share(tick.value) * area.height();
            canvas.line(&[(area.left, y), (area.right, y)], grid);
            if let Some(text) = tick.label {
                canvas.text(&text, look.align(Align::Right), (area.left - 8.0, y));
            }
        }
        for tick in self.cost.ticks(8, None) {
            let x = area.left + self.cost.share(tick.value) * area.width();
            canvas.line(&[(x, area.top), (x, area.bottom)], grid);
            if let Some(text) = tick.label {
                canvas.text(&text, look.align(Align::Center), (x, area.bottom + 15.0));
            }
        }
        self.axis_titles(canvas);
    }

    fn axis_titles(&self, canvas: &mut Canvas<'_>) {
        let area = self.area;
        let bold = Look::new(size::PANEL, canvas.theme.ink).bold();
        let note = Look::new(size::LABEL, canvas.theme.muted);
        let log = if self.violations.is_log() { "log scale; lower is better" } else { "lower is better" };
        let title = canvas.text("Requests that violate the objective", bold, (20.0, area.top - 18.0));
        let room = self.key_left(canvas) - title.right - 24.0;
        if room > LEAST_NOTE {
            canvas.text_within(log, note, (title.right + 8.0, area.top - 18.0), room);
        }
        let unit = self.currencies().join(", ");
        let mut title = format!("Cost ({unit})");
        if self.currencies().len() > 1 {
            title.push_str(" – not comparable");
        }
        let from = if self.cost.starts_at_zero() { "" } else { "; axis does not start at zero" };
        let note_text = format!("further left is cheaper{from}");
        let width = canvas.measure(&title, bold) + 8.0 + canvas.measure(&note_text, note);
        let start = ((area.left + area.right - width) / 2.0).max(20.0);
        let y = area.bottom + 42.0;
        let title = canvas.text_within(&title, bold, (start, y), area.width());
        let room = canvas.width() - title.right - 16.0;
        if room > LEAST_NOTE {
            canvas.text_within(&note_text, note, (title.right + 8.0, y), room);
        }
    }

    /// What no policy of these beats, as a staircase: between two points nothing better is known than the first.
    fn staircase(&self) -> Vec<(f64, f64)> {
        let corners: Vec<(f64, f64)> = self.frontier.iter().map(|&i| self.place(self.data[i])).collect();
        let (Some(first), Some(last)) = (corners.first(), corners.last()) else { return Vec::new() };
        let mut line = vec![(first.0, self.area.top)];
        for pair in corners.windows(2) {
            line.extend([pair[0], (pair[1].0, pair[0].1)]);
        }
        line.extend([*last, (self.area.right, last.1)]);
        line
    }

    fn frontier_line(&self, canvas: &mut Canvas<'_>) {
        let line = self.staircase();
        if line.is_empty() {
            return;
        }
        let mut beaten = line.clone();
        beaten.push((self.area.right, self.area.top));
        canvas.polygon(&beaten, canvas.theme.frame.alpha(0.22));
        canvas.line(&line, Stroke::new(canvas.theme.muted, 1.4).dashed(6.0, 4.0));
        let (key, look) = self.key(canvas);
        let end = canvas.text(key, look, (self.area.right, self.area.top - 18.0));
        let y = self.area.top - 18.0;
        canvas
            .line(&[(end.left - 30.0, y), (end.left - 8.0, y)], Stroke::new(canvas.theme.muted, 1.4).dashed(6.0, 4.0));
    }

    /// What the staircase is, as far as there is room to say it.
    fn key(&self, canvas: &Canvas<'_>) -> (&'static str, Look) {
        let look = Look::new(size::LABEL, canvas.theme.muted).align(Align::Right);
        let room = self.area.width() * 0.5;
        let keys = ["frontier; hollow points are beaten by one that is cheaper and better", "frontier"];
        (keys.into_iter().find(|key| canvas.measure(key, look) < room).unwrap_or("frontier"), look)
    }

    /// Where that begins, with its dashes.
    fn key_left(&self, canvas: &Canvas<'_>) -> f64 {
        let (key, look) = self.key(canvas);
        self.area.right - canvas.measure(key, look) - 30.0
    }

    /// The box of both intervals, with whiskers.
    fn intervals(&self, canvas: &mut Canvas<'_>) {
        let is_cloud = cloud::is_cloud(self.data.len());
        for &index in self.seen.iter().filter(|&&index| !is_cloud || self.says_something(index)) {
            let point = self.data[index];
            let color = self.color(canvas, point);
            let place = self.interval_box(point);
            let (x, y) = self.place(point);
            canvas.rect(place, color.alpha(0.13));
            let stroke = Stroke::new(color, 1.4);
            if place.width() > 1.0 {
                canvas.line(&[(place.left, y), (place.right, y)], stroke);
                for end in [place.left, place.right] {
                    canvas.line(&[(end, y - 4.0), (end, y + 4.0)], stroke);
                }
            }
            if place.height() > 1.0 {
                canvas.line(&[(x, place.top), (x, place.bottom)], stroke);
                for end in [place.top, place.bottom] {
                    canvas.line(&[(x - 4.0, end), (x + 4.0, end)], stroke);
                }
            }
        }
    }

    fn has_intervals(&self) -> bool {
        let is_wide = |summary: Summary| summary.low < summary.high;
        self.data.iter().any(|point| is_wide(point.cost) || is_wide(point.violations))
    }

    fn interval_box(&self, point: &CostPoint) -> Rect {
        let (cost, violations) = (interval(point.cost), interval(point.violations));
        Rect::new(self.x(cost.0), self.y(violations.1), self.x(cost.1), self.y(violations.0))
    }

    fn points(&self, canvas: &mut Canvas<'_>) {
        let radius = if self.data.len() > CROWD { RADIUS * 0.6 } else { RADIUS };
        for &i in &self.seen {
            let point = self.data[i];
            let color = self.color(canvas, point);
            let place = self.place(point);
            if point.is_baseline {
                self.diamond(canvas, place, radius, color, self.is_on_frontier(i));
                continue;
            }
            if !point.marks.is_empty() {
                canvas.disc(place, radius + 6.0, canvas.theme.ink);
                canvas.disc(place, radius + 4.2, canvas.theme.panel);
            }
            canvas.disc(place, radius + 1.5, canvas.theme.panel);
            canvas.disc(place, radius, color);
            if !self.is_on_frontier(i) {
                // Hollow: some other point is cheaper and better.
                canvas.disc(place, radius - 2.4, canvas.theme.panel);
            }
        }
    }

    /// A baseline's mark.
    fn diamond(&self, canvas: &mut Canvas<'_>, (x, y): (f64, f64), radius: f64, color: Color, is_full: bool) {
        let shape = |r: f64| [(x, y - r), (x + r, y), (x, y + r), (x - r, y)];
        canvas.polygon(&shape(radius + 2.5), canvas.theme.panel);
        canvas.polygon(&shape(radius + 1.0), color);
        if !is_full {
            canvas.polygon(&shape(radius - 2.2), canvas.theme.panel);
        }
    }

    fn labels(&self, canvas: &mut Canvas<'_>, taken: &[Rect]) {
        // What is marked has its name whatever happens to the others.
        let mut order: Vec<usize> = (0..self.data.len()).filter(|&i| !self.data[i].marks.is_empty()).collect();
        let rest: Vec<usize> = self.frontier.iter().copied().filter(|i| !order.contains(i)).collect();
        order.extend(rest);
        if self.data.len() <= CROWD {
            let rest: Vec<usize> = (0..self.data.len()).filter(|i| !order.contains(i)).collect();
            order.extend(rest);
        }
        let is_full = |i: &usize| self.data.len() <= FEW || !self.data[*i].marks.is_empty();
        let led = order.iter().filter(|i| is_full(i)).count();
        let labels: Vec<PointLabel> =
            order.iter().map(|i| PointLabel::new(canvas, self.data[*i], is_full(i))).collect();
        let points: Vec<(f64, f64)> = order.iter().map(|&i| self.place(self.data[i])).collect();
        let sizes: Vec<(f64, f64)> = labels.iter().map(|label| (label.width, label.height())).collect();
        let marks: Vec<Rect> = self.drawn().map(|point| at(self.place(point)).grown(RADIUS + 3.0)).collect();
        let whiskers = self.drawn().map(|point| self.interval_box(point).grown(1.0));
        let stairs = self.staircase();
        let stairs = stairs.windows(2).map(|pair| segment(pair[0], pair[1]).grown(3.0));
        let upright = |bound: &&CostBound| {
            let x = self.x(bound.cost);
            segment((x, self.area.top), (x, self.area.bottom)).grown(3.0)
        };
        let bounds = self.bounds.iter().map(upright);
        let obstacles: Vec<Rect> = marks.iter().copied().chain(whiskers).chain(stairs).chain(bounds).collect();
        let placed = placement::place(&points, &sizes, led, &obstacles, self.area.grown(-6.0), taken);
        for (((label, point), placed), i) in labels.iter().zip(points).zip(placed).zip(order) {
            let Some(placed) = placed else { continue };
            let color = self.color(canvas, self.data[i]);
            if placed.needs_leader {
                let near = placement::nearest(placed.place, point);
                canvas.line(&[point, near], Stroke::new(color, 1.0));
            }
            canvas.rect(placed.place.grown(1.0), canvas.theme.panel.alpha(GROUND));
            label.draw(canvas, placed.place, point, color);
        }
    }

    fn description(&self) -> String {
        let line = |point: &&CostPoint| {
            format!(
                "{} ({}): {}, {} of requests violate.",
                point.name,
                point.label,
                number::money(point.cost.mean, &point.currency),
                number::percent(point.violations.mean)
            )
        };
        self.data.iter().take(CROWD).map(line).collect::<Vec<_>>().join(" ")
    }
}

fn percent_tick(percent: f64) -> String {
    format!("{} %", number::quantity(percent))
}

/// A box without size.
fn at(point: (f64, f64)) -> Rect {
    Rect::new(point.0, point.1, point.0, point.1)
}

/// The box around a level or upright line.
fn segment(from: (f64, f64), to: (f64, f64)) -> Rect {
    Rect::new(from.0.min(to.0), from.1.min(to.1), from.0.max(to.0), from.1.max(to.1))
}

/// The points that no other beats in both cost and violations, cheapest first. Only costs in one currency compare.
fn unbeaten(data: &[&CostPoint]) -> Vec<usize> {
    if data.windows(2).any(|pair| pair[0].currency != pair[1].currency) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..data.len()).collect();
    let key = |i: usize| (data[i].cost.mean, data[i].violations.mean);
    order.sort_by(|&a, &b| key(a).0.total_cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    let mut least = f64::INFINITY;
    order.retain(|&i| {
        let better = key(i).1 < least;
        least = least.min(key(i).1);
        better
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(cost: f64, violations: f64) -> CostPoint {
        let sure = |mean| Summary { mean, low: mean, high: mean };
        CostPoint::new("p", "fixed", sure(cost), sure(violations), "USD")
    }

    #[test]
    fn the_frontier_is_what_no_other_beats() {
        let points = [point(3.0, 0.01), point(1.0, 0.2), point(2.0, 0.3), point(4.0, 0.01), point(2.5, 0.05)];
        assert_eq!(unbeaten(&points.iter().collect::<Vec<_>>()), [1, 4, 0]);
    }

    #[test]
    fn zeros_have_a_place_on_a_logarithmic_axis() {
        let points = [point(1.0, 0.0), point(1.0, 0.0001), point(1.0, 0.1)];
        let scale = violation_scale(&points.iter().collect::<Vec<_>>());
        assert!(scale.is_log() && scale.share(0.0) < scale.share(0.01));
    }
}
