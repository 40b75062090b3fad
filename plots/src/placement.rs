//! Labels beside points: near, inside the picture, and never on each other.

use crate::geometry::Rect;

/// Where a label goes: its box, and whether it is far enough from its point to need a line to it.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    pub(crate) place: Rect,
    pub(crate) needs_leader: bool,
}

/// Directions to try, best first: right, left, above, below, and the corners.
const DIRECTIONS: [(f64, f64); 12] = [
    (1.0, 0.0),
    (1.0, -0.7),
    (1.0, 0.7),
    (-1.0, 0.0),
    (-1.0, -0.7),
    (-1.0, 0.7),
    (0.0, -1.0),
    (0.0, 1.0),
    (0.5, -1.0),
    (0.5, 1.0),
    (-0.5, -1.0),
    (-0.5, 1.0),
];
const DISTANCES: [f64; 7] = [11.0, 24.0, 40.0, 60.0, 84.0, 112.0, 144.0];
/// What a pixel of covered obstacle costs against a pixel of distance.
const OBSTACLE: f64 = 0.35;
/// What a leader that runs over something else costs against a pixel of distance.
const CROSSING: f64 = 60.0;

/// Places a label of each size beside its point, in order. A label that finds no free place is left out: a name that
/// cannot be read helps nobody. The first `led` may stand far from their point, with a line to it; the others stand beside
/// it or not at all.
pub(crate) fn place(
    points: &[(f64, f64)],
    sizes: &[(f64, f64)],
    led: usize,
    obstacles: &[Rect],
    bounds: Rect,
    taken: &[Rect],
) -> Vec<Option<Placed>> {
    let mut taken = taken.to_vec();
    points
        .iter()
        .zip(sizes)
        .enumerate()
        .map(|(index, (&point, &size))| {
            let distances = if index < led { &DISTANCES[..] } else { &DISTANCES[..1] };
            let found = best(point, size, distances, obstacles, bounds, &taken)?;
            taken.push(found.place.grown(3.0));
            Some(found)
        })
        .collect()
}

fn best(
    point: (f64, f64),
    size: (f64, f64),
    distances: &[f64],
    obstacles: &[Rect],
    bounds: Rect,
    taken: &[Rect],
) -> Option<Placed> {
    let mut best: Option<(f64, Placed)> = None;
    for (ring, &distance) in distances.iter().enumerate() {
        for (rank, direction) in DIRECTIONS.into_iter().enumerate() {
            let place = candidate(point, size, direction, distance);
            if !bounds.contains(&place) || taken.iter().any(|other| other.overlaps(&place)) {
                continue;
            }
            let covered: f64 = obstacles.iter().map(|obstacle| obstacle.shared_area(&place)).sum();
            let leader = (point, nearest(place, point));
            let crosses = |other: &&Rect| !holds(other, point) && passes(leader, other);
            let crossed = if ring > 0 { obstacles.iter().chain(taken).filter(crosses).count() } else { 0 };
            let cost = distance + rank as f64 * 0.8 + covered * OBSTACLE + crossed as f64 * CROSSING;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, Placed { place, needs_leader: ring > 0 }));
            }
        }
    }
    best.map(|(_, placed)| placed)
}

/// The place of a box that is nearest to a point.
pub(crate) fn nearest(place: Rect, point: (f64, f64)) -> (f64, f64) {
    (point.0.clamp(place.left, place.right), point.1.clamp(place.top, place.bottom))
}

fn holds(rect: &Rect, (x, y): (f64, f64)) -> bool {
    rect.left <= x && x <= rect.right && rect.top <= y && y <= rect.bottom
}

/// True when a line passes through a rectangle, as far as a few places along it tell.
fn passes((from, to): ((f64, f64), (f64, f64)), rect: &Rect) -> bool {
    (1..24).any(|i| {
        let share = f64::from(i) / 24.0;
        holds(rect, (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share))
    })
}

/// The box of a label that lies in a direction from its point, its near edge at the distance.
fn candidate(point: (f64, f64), (width, height): (f64, f64), (right, down): (f64, f64), distance: f64) -> Rect {
    let center = (point.0 + right * (distance + width / 2.0), point.1 + down * (distance + height / 2.0));
    Rect::new(center.0 - width / 2.0, center.1 - height / 2.0, center.0 + width / 2.0, center.1 + height / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Rect = Rect::new(0.0, 0.0, 800.0, 500.0);

    #[test]
    fn labels_of_equal_points_do_not_overlap() {
        let points = [(400.0, 250.0); 8];
        let placed = place(&points, &[(120.0, 30.0); 8], 8, &[], BOUNDS, &[]);
        let boxes: Vec<Rect> = placed.into_iter().flatten().map(|placed| placed.place).collect();
        assert_eq!(boxes.len(), 8);
        for (i, one) in boxes.iter().enumerate() {
            assert!(boxes[i + 1..].iter().all(|other| !one.overlaps(other)));
        }
    }

    #[test]
    fn a_label_without_room_is_left_out() {
        assert_eq!(place(&[(5.0, 5.0)], &[(900.0, 10.0)], 1, &[], BOUNDS, &[]), [None]);
    }

    #[test]
    fn a_label_that_nobody_leads_to_stands_beside_its_point_or_not_at_all() {
        let points = [(400.0, 250.0); 40];
        let placed = place(&points, &[(120.0, 30.0); 40], 0, &[], BOUNDS, &[]);
        assert!(placed[0].is_some() && placed.iter().any(Option::is_none));
        assert!(placed.iter().flatten().all(|placed| !placed.needs_leader));
    }

    #[test]
    fn a_label_avoids_what_is_drawn() {
        let in_the_way = Rect::new(405.0, 200.0, 700.0, 300.0);
        let placed = place(&[(400.0, 250.0)], &[(100.0, 20.0)], 1, &[in_the_way], BOUNDS, &[]);
        let place = placed[0].expect("there is room").place;
        assert!(!place.overlaps(&in_the_way));
    }
}
