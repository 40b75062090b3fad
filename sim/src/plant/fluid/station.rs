//! A kind of station: what the number inside, the flow through it and the fates of its requests are at each utilization.
//!
//! All of it is tabulated once per kind, on a grid that is dense close to saturation, and interpolated. Between two
//! control events the number inside follows dL/dt = a(L) λ - x(L), where x(L) is the flow out of the station that holds L
//! in its steady state and a(L) the share that it admits (the pointwise stationary fluid flow approximation of Wang,
//! Tipper and Banerjee, 1996). Both are tabulated, so the equation is linear from one grid point to the next and has a
//! closed form: relaxation below saturation, a straight line above, a full house where there is a limit.

use super::flow::Flow;
use super::law::{Level, Mixture, ServiceLaw};
use super::waiting::{Split, waiting};
use crate::scenario::schema::Discipline;

/// Grid points below saturation.
const STABLE: usize = 64;
/// The highest of them: above it the queueing formulas say what would come to be after hours.
const HIGHEST: f64 = 0.9995;
/// Utilizations above saturation, where limits hold the number inside.
const OVERLOADS: [f64; 10] = [1.01, 1.03, 1.06, 1.1, 1.2, 1.4, 1.8, 2.5, 5.0, 20.0];
/// Above this utilization the requests inside beyond those of this utilization are a backlog that everybody waits for.
const BUSY: f64 = 0.95;

/// What makes stations of one kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kind {
    pub(super) cores: f64,
    pub(super) discipline: Discipline,
    pub(super) workers: Option<u32>,
    pub(super) backlog: Option<u32>,
    pub(super) split: Split,
    /// Cores of the node it shares, and the stations that share them.
    pub(super) node: Option<(f64, u32)>,
}

/// The limits that fates are judged by, in nanoseconds.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Limits {
    /// The latency objective.
    pub(super) objective: f64,
    /// The client's timeout; infinite without one.
    pub(super) timeout: f64,
    /// Whether what has timed out leaves.
    pub(super) leaves: bool,
    /// How long requests queue before they leave; infinite for ever.
    pub(super) patience: f64,
}

/// What becomes of admitted requests: shares that sum to one.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Fates {
    /// Served within the objective.
    pub(super) fast: f64,
    /// Served within four times the objective.
    pub(super) slow: f64,
    /// Served later.
    pub(super) frustrated: f64,
    /// Given up on.
    pub(super) late: f64,
}

impl Fates {
    /// From the probabilities of exceeding the objective, four times the objective, and the timeout.
    fn of(beyond: f64, far_beyond: f64, late: f64) -> Self {
        let (beyond, far_beyond) = (beyond.max(late), far_beyond.max(late));
        Fates { fast: 1.0 - beyond, slow: beyond - far_beyond, frustrated: far_beyond - late, late }
    }

    fn between(a: &Fates, b: &Fates, share: f64) -> Fates {
        let mix = |a: f64, b: f64| a + (b - a) * share;
        Fates {
            fast: mix(a.fast, b.fast),
            slow: mix(a.slow, b.slow),
            frustrated: mix(a.frustrated, b.frustrated),
            late: mix(a.late, b.late),
        }
    }
}

/// One grid point.
#[derive(Debug)]
struct Point {
    /// Requests inside.
    inside: f64,
    /// Requests per second that leave.
    flow: f64,
    /// The share of arrivals that is admitted.
    admitted: f64,
    /// The longest time constant, in seconds, with which the number inside settles up to here.
    relaxation: f64,
    fates: Fates,
    law: Mixture,
}

/// A place between two grid points.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) at: usize,
    pub(super) share: f64,
}

/// A kind of station with its tables.
#[derive(Debug)]
pub(super) struct Station {
    /// The highest flow through it, per second.
    pub(super) capacity: f64,
    /// Whether requests share the cores.
    shares: bool,
    cores: f64,
    limits: Limits,
    points: Vec<Point>,
    /// Where the grid above saturation begins.
    stable: usize,
    /// Whether there is a limit to the number inside.
    limited: bool,
}

/// What happened at a station over a time.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Passage {
    /// Requests inside at the end.
    pub(super) inside: f64,
    /// Requests that were refused.
    pub(super) refused: f64,
}

impl Station {
    pub(super) fn new(kind: &Kind, law: &ServiceLaw, limits: Limits) -> Self {
        let share = kind.node.map_or(f64::INFINITY, |(cores, stations)| cores / f64::from(stations.max(1)));
        let cores = kind.cores.min(share);
        let (cpu, wait) = ((law.cpu * 1e-9).max(1e-12), law.wait * 1e-9);
        let backlog = held_back(kind, cores / cpu, limits);
        let flow = Flow::new(cores, cpu, wait, backlog.0, backlog.1);
        let capacity = flow.capacity();
        let mut station = Station {
            capacity,
            shares: kind.discipline == Discipline::ProcessorSharing,
            cores,
            limits,
            points: Vec::with_capacity(STABLE + OVERLOADS.len() + 1),
            stable: 0,
            limited: false,
        };
        let variability = if station.shares { 1.0 } else { law.variability.min(100.0) };
        for at in 0..=STABLE {
            let utilization = on_grid(at);
            let rate = utilization * capacity;
            // Of the resources that it shares with nobody, with its node, and of its workers, the one that makes wait longest.
            let mut slowest = waiting(kind.split, kind.cores, rate * cpu / kind.cores, variability);
            if let Some((cores, stations)) = kind.node {
                let pooled = waiting(among(kind.split, stations), cores, rate * cpu / share, variability);
                if pooled.mean() > slowest.mean() {
                    slowest = pooled;
                }
            }
            if let (Some(workers), true) = (kind.workers, capacity < 0.98 * cores / cpu) {
                let mut queue = waiting(kind.split, f64::from(workers), utilization, variability);
                // Its services are longer: in units of the burst its rate is smaller.
                queue.rate *= cpu * capacity / f64::from(workers);
                if queue.mean() > slowest.mean() {
                    slowest = queue;
                }
            }
            let steady = flow.steady(rate);
            let inside = (rate * (cpu + wait + slowest.mean() * cpu)).min(steady.inside);
            let mixture = if station.shares { law.shared(slowest, cores) } else { law.in_order(slowest) };
            let impatient = slowest.probability * libm::exp(-slowest.rate * limits.patience / law.cpu);
            let fates = station.judge(law, &mixture, 0.0, impatient);
            let admitted = 1.0 - steady.refused;
            // Rounding must not make the grid fold back.
            let least = station.points.last().map_or(0.0, |last: &Point| last.inside * (1.0 + 1e-12));
            let inside = inside.max(least);
            station.points.push(Point {
                inside,
                flow: rate * admitted,
                admitted,
                relaxation: 0.0,
                fates,
                law: mixture,
            });
        }
        station.stable = station.points.len();
        station.relax();
        station.limited = backlog.0.is_some() && backlog.1.is_some();
        if station.limited {
            for utilization in OVERLOADS {
                let rate = utilization * capacity;
                let steady = flow.steady(rate);
                let admitted = 1.0 - steady.refused;
                station.push_overload(steady.inside, (rate * admitted).min(capacity), admitted);
            }
        }
        station
    }

    /// Between two grid points the number inside settles with the time constant dL/dx.
    fn relax(&mut self) {
        let mut longest = 0.0f64;
        for at in 1..self.points.len() {
            let (low, high) = (&self.points[at - 1], &self.points[at]);
            let flow = high.flow - low.flow;
            longest = longest.max(if flow > 0.0 { (high.inside - low.inside) / flow } else { f64::INFINITY });
            self.points[at].relaxation = longest;
        }
    }

    /// Whether a station without a backlog that went through `before`, or less, is as good as settled at `spot` after so
    /// many seconds: e^-7 of the difference is left.
    #[inline]
    pub(super) fn settles_within(&self, before: usize, spot: Spot, seconds: f64) -> bool {
        let highest = (before.max(spot.at) + 1).min(self.points.len() - 1);
        seconds >= 7.0 * self.points[highest].relaxation
    }

    /// Fates above saturation follow from the backlog; the law is that of the busiest stable point.
    fn push_overload(&mut self, inside: f64, flow: f64, admitted: f64) {
        let last = &self.points[self.points.len() - 1];
        let (fates, law) = (last.fates, last.law.clone());
        if inside > last.inside {
            self.points.push(Point { inside, flow, admitted, relaxation: f64::INFINITY, fates, law });
        }
    }

    /// The fates of requests of a law that wait for `delay` nanoseconds more.
    fn judge(&self, law: &ServiceLaw, mixture: &Mixture, delay: f64, impatient: f64) -> Fates {
        let beyond = |limit: f64| if limit.is_finite() { law.tail(mixture, limit - delay) } else { 0.0 };
        let objective = self.limits.objective;
        let late = (beyond(self.limits.timeout) + impatient).min(1.0);
        Fates::of(beyond(objective), beyond(4.0 * objective), late)
    }

    /// The place of a utilization of its capacity.
    #[inline]
    pub(super) fn spot(&self, utilization: f64) -> Spot {
        let x = (1.0 - (1.0 - utilization.clamp(0.0, HIGHEST)).sqrt()) * SCALE;
        let at = (x as u32 as usize).min(self.stable - 2);
        Spot { at, share: (x - at as f64).min(1.0) }
    }

    /// The place of a number inside.
    fn spot_of_inside(&self, inside: f64) -> Spot {
        let above = self.points.partition_point(|point| point.inside <= inside);
        let at = above.saturating_sub(1).min(self.points.len() - 2);
        let (low, high) = (self.points[at].inside, self.points[at + 1].inside);
        Spot { at, share: ((inside - low) / (high - low)).clamp(0.0, 1.0) }
    }

    #[inline]
    fn between(&self, spot: Spot, of: impl Fn(&Point) -> f64) -> f64 {
        let (low, high) = self.beside(spot);
        of(low) + (of(high) - of(low)) * spot.share
    }

    /// The grid points beside a place.
    #[inline]
    fn beside(&self, spot: Spot) -> (&Point, &Point) {
        (&self.points[spot.at], &self.points[spot.at + 1])
    }

    /// The number inside in the steady state.
    #[inline]
    pub(super) fn inside(&self, spot: Spot) -> f64 {
        self.between(spot, |point| point.inside)
    }

    /// The share of arrivals that is admitted.
    #[inline]
    pub(super) fn admitted(&self, spot: Spot) -> f64 {
        self.between(spot, |point| point.admitted)
    }

    /// The fates of admitted requests in the steady state.
    #[inline]
    pub(super) fn fates(&self, spot: Spot) -> Fates {
        let (low, high) = self.beside(spot);
        Fates::between(&low.fates, &high.fates, spot.share)
    }

    /// The law at a grid point.
    pub(super) fn law(&self, at: usize) -> &Mixture {
        &self.points[at].law
    }

    /// Lets requests arrive at a rate for some seconds at a station that holds `inside`.
    pub(super) fn pass(&self, inside: f64, rate: f64, seconds: f64) -> Passage {
        let mut passage = Passage { inside, refused: 0.0 };
        let mut left = seconds;
        // The number inside moves one way only, so it passes each grid point at most once.
        for _ in 0..2 * self.points.len() {
            if left <= 0.0 {
                break;
            }
            let here = passage.inside;
            let beyond = self.points[self.points.len() - 1].inside;
            if here >= beyond && rate > self.capacity {
                // A full house; or no limit, and it grows for as long as it has to.
                let excess = (rate - self.capacity) * left;
                if self.limited {
                    passage.refused += excess;
                } else {
                    passage.inside += excess;
                }
                break;
            }
            if here > beyond {
                let fall = self.capacity - rate;
                let to_grid = (here - beyond) / fall;
                if fall <= 0.0 || to_grid >= left {
                    passage.inside -= fall * left;
                    break;
                }
                passage.inside = beyond;
                left -= to_grid;
                continue;
            }
            left -= self.pass_piece(&mut passage, rate, left);
        }
        passage
    }

    /// One linear piece of the equation; returns the seconds that it took.
    fn pass_piece(&self, passage: &mut Passage, rate: f64, seconds: f64) -> f64 {
        let change = |point: &Point| point.admitted * rate - point.flow;
        let here = passage.inside;
        let mut spot = self.spot_of_inside(here);
        // On a grid point the direction decides which piece it is.
        if spot.share <= 0.0 && spot.at > 0 && change(&self.points[spot.at]) < 0.0 {
            spot = Spot { at: spot.at - 1, share: 1.0 };
        }
        let (low, high) = (&self.points[spot.at], &self.points[spot.at + 1]);
        let width = high.inside - low.inside;
        let (at_low, at_high) = (change(low), change(high));
        let slope = (at_high - at_low) / width;
        let now = at_low + slope * (here - low.inside);
        let edge = if now > 0.0 { high.inside } else { low.inside };
        let at_edge = if now > 0.0 { at_high } else { at_low };
        let to_edge = if (now > 0.0) != (at_edge > 0.0) || at_edge == 0.0 {
            f64::INFINITY
        } else if (slope * width).abs() < 1e-9 * now.abs() {
            (edge - here) / now
        } else {
            libm::log(at_edge / now) / slope
        };
        let (took, end) = if to_edge <= seconds {
            (to_edge, edge)
        } else if (slope * seconds).abs() < 1e-9 {
            (seconds, here + now * seconds)
        } else {
            (seconds, here + now / slope * libm::expm1(slope * seconds))
        };
        let refused = |inside: f64| {
            let share = ((inside - low.inside) / width).clamp(0.0, 1.0);
            1.0 - (low.admitted + (high.admitted - low.admitted) * share)
        };
        passage.refused += rate * took * 0.5 * (refused(here) + refused(end));
        passage.inside = end;
        took.max(1e-12)
    }

    /// The law and the extra delay, in nanoseconds, of requests that arrive at a rate and find `inside`.
    pub(super) fn seen_by_arrivals(&self, rate: f64, inside: f64) -> (Spot, f64) {
        let utilization = rate / self.capacity;
        let own = self.spot(if utilization < 1.0 { utilization.max(BUSY) } else { BUSY }.min(0.99));
        let usual = self.spot(utilization.min(0.99));
        let base = if utilization < BUSY { usual } else { own };
        let expected = self.inside(base);
        if inside <= expected {
            return (self.spot_of_inside(inside).min(self.stable - 2), 0.0);
        }
        (base, (inside - expected) / self.capacity * 1e9)
    }

    /// The fates of requests that find a backlog.
    pub(super) fn fates_behind(&self, law: &ServiceLaw, spot: Spot, delay: f64) -> Fates {
        if delay <= 0.0 {
            return self.fates(spot);
        }
        if self.shares {
            let mixture = vec![(self.stretch(delay), 1.0)];
            return self.judge(law, &mixture, 0.0, 0.0);
        }
        let at = |at: usize| {
            self.judge(law, &self.points[at].law, delay, if delay > self.limits.patience { 1.0 } else { 0.0 })
        };
        Fates::between(&at(spot.at), &at(spot.at + 1), spot.share)
    }

    /// The stretch of bursts that share the cores with a backlog.
    pub(super) fn stretch(&self, delay: f64) -> Level {
        ServiceLaw::stretch(1.0 + delay * 1e-9 * self.capacity / self.cores)
    }

    /// Whether requests share the cores.
    pub(super) fn shares(&self) -> bool {
        self.shares
    }
}

impl Spot {
    fn min(self, at: usize) -> Spot {
        if self.at > at { Spot { at, share: 1.0 } } else { self }
    }
}

/// Utilization of a grid point: the squares of even steps from saturation down.
fn on_grid(at: usize) -> f64 {
    let x = 1.0 - at as f64 / SCALE;
    (1.0 - x * x).clamp(0.0, HIGHEST)
}

/// Steps of the grid per unit of one minus the root of one minus the utilization.
const SCALE: f64 = STABLE as f64 / 0.977_639_320_225_002_1;

/// How a stream is split among nodes of several stations.
fn among(split: Split, stations: u32) -> Split {
    match split {
        Split::InTurn(all) => Split::InTurn((all / stations.max(1)).max(1)),
        other => other,
    }
}

/// Workers and backlog, where requests that leave the queue after a time limit it as well: in line, nobody waits longer.
fn held_back(kind: &Kind, capacity: f64, limits: Limits) -> (Option<u32>, Option<u32>) {
    let leaves = if limits.leaves { limits.timeout.min(limits.patience) } else { limits.patience };
    if !leaves.is_finite() {
        return (kind.workers, kind.backlog);
    }
    let room = libm::ceil(capacity * leaves * 1e-9 + kind.cores).min(f64::from(u32::MAX)) as u32;
    let workers = kind.workers.unwrap_or(u32::MAX);
    match kind.backlog {
        Some(backlog) if workers.saturating_add(backlog) <= room => (kind.workers, kind.backlog),
        _ => {
            let workers = workers.min(room.max(1));
            (Some(workers), Some(room.saturating_sub(workers)))
        }
    }
}
