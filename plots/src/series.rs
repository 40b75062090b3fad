//! From rows of the timeline to lines of pixels, no more points than a picture can show.

use windtunnel_sim::outcome::{Outcome, TimelineRow};

/// A line in pixels.
pub(crate) type Line = Vec<(f64, f64)>;

/// Where seconds and values lie in pixels.
pub(crate) trait Place {
    /// The horizontal place of a time.
    fn x(&self, seconds: f64) -> f64;
    /// The vertical place of a value.
    fn y(&self, value: f64) -> f64;
    /// The width of a column that keeps only its extremes.
    fn column(&self) -> f64 {
        1.0
    }
}

/// Points of a line that are held before they are thinned out: the rows of a long run need not fit in memory.
const MOST_POINTS: usize = 1 << 16;

/// The rows that have a place in time.
pub(crate) fn rows(outcome: &Outcome) -> impl Iterator<Item = TimelineRow> + '_ {
    outcome.timeline.iter().filter(|row| row.start_seconds.is_finite() && row.end_seconds > row.start_seconds)
}

/// The length of a row in seconds.
pub(crate) fn length(row: &TimelineRow) -> f64 {
    row.end_seconds - row.start_seconds
}

/// The largest finite value over all rows, zero when there is none.
pub(crate) fn largest(outcome: &Outcome, value: impl Fn(&TimelineRow) -> f64) -> f64 {
    rows(outcome).map(|row| value(&row)).filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// A line that holds each value over its whole interval; broken where the value is not a number.
pub(crate) fn steps(outcome: &Outcome, place: &impl Place, value: impl Fn(&TimelineRow) -> f64) -> Vec<Line> {
    pieces(outcome, place, value, |row, y| vec![(place.x(row.start_seconds), y), (place.x(row.end_seconds), y)])
}

/// A line of steps through the largest value of every column of pixels; broken where all values are not numbers.
pub(crate) fn envelope(
    outcome: &Outcome,
    place: &impl Place,
    column: f64,
    value: impl Fn(&TimelineRow) -> f64,
) -> Vec<Line> {
    let mut columns: Vec<(f64, f64, f64)> = Vec::new();
    for row in rows(outcome) {
        let (left, right) = (place.x(row.start_seconds), place.x(row.end_seconds));
        let value = value(&row);
        match columns.last_mut() {
            Some(last) if right - last.0 <= column && (value.is_finite() == last.2.is_finite()) => {
                (last.1, last.2) = (right, last.2.max(value));
            }
            _ => columns.push((left, right, value)),
        }
    }
    let same_kind = |a: &(f64, f64, f64), b: &(f64, f64, f64)| a.2.is_finite() == b.2.is_finite();
    columns
        .chunk_by(same_kind)
        .filter(|piece| piece[0].2.is_finite())
        .map(|piece| {
            let corners = |&(left, right, value): &(f64, f64, f64)| [(left, place.y(value)), (right, place.y(value))];
            merge_level(piece.iter().flat_map(corners).collect())
        })
        .collect()
}

/// A line through the middles of the intervals; broken where the value is not a number.
pub(crate) fn curve(outcome: &Outcome, place: &impl Place, value: impl Fn(&TimelineRow) -> f64) -> Vec<Line> {
    let mut lines =
        pieces(outcome, place, value, |row, y| vec![(place.x((row.start_seconds + row.end_seconds) / 2.0), y)]);
    // A value between two gaps is a point: give it a width that can be seen.
    for line in lines.iter_mut().filter(|line| line.len() == 1) {
        let (x, y) = line[0];
        *line = vec![(x - 1.0, y), (x + 1.0, y)];
    }
    lines
}

fn pieces(
    outcome: &Outcome,
    place: &impl Place,
    value: impl Fn(&TimelineRow) -> f64,
    points: impl Fn(&TimelineRow, f64) -> Line,
) -> Vec<Line> {
    let mut pieces = Vec::new();
    let mut piece = Line::new();
    for row in rows(outcome) {
        let value = value(&row);
        if value.is_finite() {
            piece.extend(points(&row, place.y(value)));
            if piece.len() >= MOST_POINTS {
                piece = decimate(&piece, place.column());
            }
        } else if !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| !piece.is_empty());
    pieces.into_iter().map(|piece| decimate(&piece, place.column())).collect()
}

/// Keeps the first, lowest, highest and last point of every pixel column: the picture stays the same.
pub(crate) fn decimate(points: &[(f64, f64)], column: f64) -> Line {
    let column_of = |x: f64| (x / column).floor();
    let mut kept = Line::new();
    for group in points.chunk_by(|a, b| column_of(a.0) == column_of(b.0)) {
        if group.len() <= 4 {
            kept.extend_from_slice(group);
            continue;
        }
        let at = |i: usize| group[i].1;
        let (mut lowest, mut highest) = (0, 0);
        for i in 1..group.len() {
            lowest = if at(i) < at(lowest) { i } else { lowest };
            highest = if at(i) > at(highest) { i } else { highest };
        }
        let mut chosen = [0, lowest, highest, group.len() - 1];
        chosen.sort_unstable();
        let mut last = None;
        for i in chosen {
            if last != Some(i) {
                kept.push(group[i]);
            }
            last = Some(i);
        }
    }
    merge_level(kept)
}

/// Drops the middle of three points at one height.
fn merge_level(points: Line) -> Line {
    let mut merged = Line::with_capacity(points.len());
    for point in points {
        if let [.., before, last] = merged.as_mut_slice()
            && before.1 == last.1
            && last.1 == point.1
            && last.0 <= point.0
        {
            last.0 = point.0;
            continue;
        }
        merged.push(point);
    }
    merged
}

/// The polygon between a line and a level.
pub(crate) fn down_to(line: &[(f64, f64)], level: f64) -> Line {
    let (Some(first), Some(last)) = (line.first(), line.last()) else { return Line::new() };
    let mut polygon = line.to_vec();
    polygon.push((last.0, level));
    polygon.push((first.0, level));
    polygon
}

/// The stretches of time in which windows violated the objective, joined where they touch.
pub(crate) fn violating_spans(outcome: &Outcome) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for row in rows(outcome).filter(|row| row.violating_windows > 0) {
        match spans.last_mut() {
            Some(last) if row.start_seconds <= last.1 => last.1 = last.1.max(row.end_seconds),
            _ => spans.push((row.start_seconds, row.end_seconds)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimation_keeps_extremes_and_ends() {
        let points: Line =
            (0..10_000).map(|i| (f64::from(i) / 1000.0, if i == 4321 { -7.0 } else { f64::from(i % 13) })).collect();
        let kept = decimate(&points, 1.0);
        assert!(kept.len() <= 40, "{}", kept.len());
        assert!(kept.contains(&(4.321, -7.0)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    }

    #[test]
    fn level_lines_need_two_points() {
        let points: Line = (0..500).map(|i| (f64::from(i), 3.0)).collect();
        assert_eq!(decimate(&points, 1.0), [(0.0, 3.0), (499.0, 3.0)]);
    }
}
