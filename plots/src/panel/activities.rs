//! Scaling activities: lanes for what was added, removed and refused, thinned out until nothing overlaps.

use windtunnel_sim::outcome::{ActivityEntry, Spool};

use crate::axis::TimeAxis;
use crate::canvas::{Align, Canvas, Look, Stroke};
use crate::geometry::Rect;
use crate::panel::TICK_GAP;
use crate::panel::legend::Header;
use crate::panel::time_axis;
use crate::theme::{Color, Theme, size};

/// The height of a lane.
const LANE: f64 = 19.0;
/// Half the width of a marker.
const MARK: f64 = 5.0;

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Kind {
    Out,
    In,
    Refused,
}

impl Kind {
    fn of(entry: &ActivityEntry) -> Option<Kind> {
        match entry {
            _ if !entry.accepted => Some(Kind::Refused),
            _ if entry.to > entry.from => Some(Kind::Out),
            _ if entry.to < entry.from => Some(Kind::In),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Kind::Out => "out",
            Kind::In => "in",
            Kind::Refused => "refused",
        }
    }

    const fn color(self, theme: &Theme) -> Color {
        match self {
            Kind::Out => theme.scale_out,
            Kind::In => theme.scale_in,
            Kind::Refused => theme.muted,
        }
    }
}

/// Neighbouring activities of one kind, shown as one mark.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Group {
    x: f64,
    count: u32,
    change: i64,
}

impl Group {
    fn label(self, kind: Kind) -> String {
        match kind {
            Kind::Refused if self.count == 1 => String::new(),
            Kind::Refused => format!("×{}", self.count),
            Kind::Out => format!("+{}", self.change),
            Kind::In => format!("−{}", -self.change),
        }
    }
}

fn kinds(activities: &Spool<ActivityEntry>) -> Vec<Kind> {
    let occurs = |kind| activities.iter().any(|entry| Kind::of(&entry) == Some(kind));
    [Kind::Out, Kind::In, Kind::Refused].into_iter().filter(|&kind| kind != Kind::Refused || occurs(kind)).collect()
}

/// The height of all lanes.
pub(crate) fn height(activities: &Spool<ActivityEntry>) -> f64 {
    LANE * kinds(activities).len() as f64
}

/// Title and counts.
pub(crate) fn header(activities: &Spool<ActivityEntry>) -> Header {
    let count = |kind| activities.iter().filter(|entry| Kind::of(entry) == Some(kind)).count();
    let counts = format!(
        "{} out, {} in, {} refused; neighbours are added up",
        count(Kind::Out),
        count(Kind::In),
        count(Kind::Refused)
    );
    Header::new("Scaling activities", counts, Vec::new())
}

/// Draws the lanes into an area.
pub(crate) fn draw(canvas: &mut Canvas<'_>, area: Rect, time: &TimeAxis, activities: &Spool<ActivityEntry>) {
    canvas.rect(area, canvas.theme.panel);
    time_axis::grid(canvas, area, time);
    for (i, kind) in kinds(activities).into_iter().enumerate() {
        let top = area.top + LANE * i as f64;
        let lane = Rect { top, bottom: top + LANE, ..area };
        let name = Look::new(size::LABEL, canvas.theme.muted).align(Align::Right);
        canvas.text(kind.name(), name, (area.left - TICK_GAP, lane.middle()));
        for group in groups(canvas, lane, time, activities, kind) {
            mark(canvas, (group.x, lane.middle()), kind);
            let look = Look::new(size::SMALL, kind.color(canvas.theme));
            let label = group.label(kind);
            let right = group.x + MARK + 3.0 + canvas.measure(&label, look);
            if right > area.right {
                canvas.text(&label, look.align(Align::Right), (group.x - MARK - 3.0, lane.middle()));
            } else {
                canvas.text(&label, look, (group.x + MARK + 3.0, lane.middle()));
            }
        }
    }
    canvas.outline(area, Stroke::new(canvas.theme.frame, 1.0));
}

/// Groups activities so that each mark and its label stand clear of the next.
fn groups(
    canvas: &Canvas<'_>,
    lane: Rect,
    time: &TimeAxis,
    activities: &Spool<ActivityEntry>,
    kind: Kind,
) -> Vec<Group> {
    let look = Look::new(size::SMALL, canvas.theme.ink);
    let reach = |group: Group| MARK + 3.0 + canvas.measure(&group.label(kind), look) + 6.0 + MARK;
    let mut groups: Vec<Group> = Vec::new();
    let shown = |entry: &ActivityEntry| Kind::of(entry) == Some(kind) && entry.at_seconds <= time.end;
    for entry in activities.iter().filter(shown) {
        let x = (lane.left + time.share(entry.at_seconds) * lane.width()).clamp(lane.left + MARK, lane.right - MARK);
        let one = Group { x, count: 1, change: i64::from(entry.to) - i64::from(entry.from) };
        match groups.last_mut() {
            Some(last) if x < last.x + reach(*last) => {
                last.count += 1;
                last.change += one.change;
            }
            _ => groups.push(one),
        }
    }
    join_at_the_edge(groups, reach, lane.right)
}

/// The last label goes to the left of its mark where the picture ends: join it with the group before when they meet.
fn join_at_the_edge(mut groups: Vec<Group>, reach: impl Fn(Group) -> f64, right: f64) -> Vec<Group> {
    while let [.., before, last] = groups.as_mut_slice()
        && last.x + reach(*last) > right
        && last.x - reach(*last) < before.x + reach(*before)
    {
        before.count += last.count;
        before.change += last.change;
        groups.pop();
    }
    groups
}

/// A triangle that points up or down; hollow when refused.
fn mark(canvas: &mut Canvas<'_>, (x, y): (f64, f64), kind: Kind) {
    let color = kind.color(canvas.theme);
    let up = [(x - MARK, y + 4.0), (x + MARK, y + 4.0), (x, y - 5.0)];
    let down = [(x - MARK, y - 4.0), (x + MARK, y - 4.0), (x, y + 5.0)];
    match kind {
        Kind::Out => canvas.polygon(&up, color),
        Kind::In => canvas.polygon(&down, color),
        Kind::Refused => {
            let diamond = [(x - MARK, y), (x, y - MARK), (x + MARK, y), (x, y + MARK), (x - MARK, y)];
            canvas.line(&diamond, Stroke::new(color, 1.3));
        }
    }
}
