//! Rates and expected numbers instead of requests.
//!
//! Time advances from one control event to the next and from one bend of the offered rate to the next. In between, the
//! rate is taken at its mean, and each *group* of stations that are alike in every respect is evaluated once: the number
//! inside follows the equation of `station`, the fates of the requests follow from the law of their latencies
//! (`law`) at that utilization, behind the backlog. Whole requests are made of expected numbers in `books`, so that
//! nothing is lost: what has arrived is served, lost or inside.
//!
//! What a sensor reads has the variance that the randomness of requests would give it: the core time that a compound
//! Poisson stream of rate λ asks for in a time t has variance `λ t E[S²]`, whatever the queue does to it below saturation
//! (so a measured utilization has variance `ρ (1 + cv²) E[S] / (c t)`).

mod books;
mod flow;
mod groups;
mod latencies;
mod law;
mod notes;
mod offered;
mod readings;
pub mod scope;
mod station;
mod tables;
#[cfg(test)]
mod tests;
mod waiting;
mod windows;

use std::sync::Arc;

use windtunnel_traces::random::{Generator, normal};
use windtunnel_traces::segments::RateSegments;
use windtunnel_traces::{Cores, Purpose, SimDuration, SimTime, Streams};

use self::books::Books;
use self::groups::{Group, Groups, Member};
use self::notes::Notes;
use self::offered::Offered;
use self::station::Limits;
use self::tables::Tables;
use self::windows::Windows;
use super::fcfs::Rules;
use super::requests::ClassDemand;
use super::{NodeId, Plant, Reading, StationSpec, Usage};
use crate::controllers::decision::InstanceId;
use crate::outcome::Objective;
use crate::outcome::recorder::Recorder;
use crate::scenario::schema::Algorithm;

/// Steps that a time is cut into while a backlog grows or drains.
const MOST_STEPS: f64 = 16.0;
/// Above this share of its capacity a station has no idle cores left that could vary.
const SATURATED: f64 = 0.95;

/// Above this share a node has hardly a core left to lend.
const CROWDED: f64 = 0.9;

/// What does not change during a run.
pub struct FluidSpec {
    /// The offered rate.
    pub rate: RateSegments,
    /// Whether the trace is a recording of request times, whose number is not random.
    pub recorded: bool,
    /// Demands by class.
    pub classes: Vec<ClassDemand>,
    /// Timeouts and cold starts.
    pub rules: Rules,
    /// How the balancer picks.
    pub algorithm: Algorithm,
    /// The latency objective.
    pub objective: SimDuration,
    /// The mean time that requests queue before they leave.
    pub patience: Option<f64>,
    /// Attempts of one request, and retries earned per request.
    pub retry: Option<(u32, Option<f64>)>,
}

/// The plant of this fidelity.
pub struct FluidPlant {
    now: u64,
    offered: Offered,
    recorded: bool,
    classes: Vec<ClassDemand>,
    rules: Rules,
    limits: Limits,
    retry: Option<(u32, Option<f64>)>,
    /// The share of attempts that were lost in the last step, of those that will be tried again.
    lost: f64,
    tables: Arc<Tables>,
    groups: Groups,
    books: Books,
    /// Windows of the objective, where it judges them.
    windows: Option<Windows>,
    notes: Notes,
    streams: Streams,
    arrival_noise: Generator,
    fleet_noise: Generator,
    counted_noise: f64,
    /// Requests that were sent to stations on nodes with hardly a core left, and all.
    crowded: f64,
    sent: f64,
}

impl FluidPlant {
    /// An empty plant.
    pub fn new(spec: FluidSpec, streams: Streams) -> Self {
        let timeout = spec.rules.timeout.map_or(f64::INFINITY, |timeout| timeout.as_nanos() as f64);
        let limits = Limits {
            objective: spec.objective.as_nanos() as f64,
            timeout,
            leaves: spec.rules.cancel_on_timeout,
            patience: spec.patience.unwrap_or(f64::INFINITY),
        };
        FluidPlant {
            now: 0,
            offered: Offered::new(spec.rate),
            recorded: spec.recorded,
            tables: Tables::of(&spec.classes, 1.0, limits),
            classes: spec.classes,
            rules: spec.rules,
            limits,
            retry: spec.retry,
            lost: 0.0,
            groups: Groups::new(spec.algorithm),
            books: Books::default(),
            windows: None,
            notes: Notes::default(),
            streams,
            arrival_noise: streams.indexed(Purpose::Measurement, u32::MAX),
            fleet_noise: streams.indexed(Purpose::Measurement, u32::MAX - 1),
            counted_noise: 0.0,
            crowded: 0.0,
            sent: 0.0,
        }
    }

    /// Serves what arrives until `end` at a constant rate.
    fn serve(&mut self, end: u64, requests: f64) {
        let (now, seconds) = (seconds_of(self.now), seconds_of(end - self.now));
        let attempts = self.attempts(requests);
        self.books.arrive(requests, attempts);
        self.groups.regroup(&self.tables);
        let start = self.now;
        let notes = self.notes.is_due(end);
        if notes {
            self.groups.remember_counters();
        }
        if self.groups.split_by_load() {
            // Who gets what changes as they fill: in short steps.
            let steps = libm::ceil(seconds / 0.5).clamp(1.0, 200.0);
            for step in 0..steps as u32 {
                let from = now + seconds / steps * f64::from(step);
                self.serve_groups(from, seconds / steps, attempts / steps);
            }
        } else {
            self.serve_groups(now, seconds, attempts);
        }
        if let Some((most, _)) = self.retry {
            self.lost = self.books.lost_share();
            let stay = if requests > 0.0 { (0..most.max(1) - 1).fold(1.0, |share, _| share * self.lost) } else { 1.0 };
            self.books.retry(stay);
        }
        self.now = end;
        if notes {
            let (groups, step) = (&mut self.groups, (end - start).max(1) as i64 as f64);
            self.notes.take(end, |node, at| groups.note(node, at, (at - start) as i64 as f64 / step));
        }
        self.groups.note_first_requests(end);
        self.groups.merge_if_alike(seconds_of(end));
    }

    /// Makes whole requests of the expected numbers.
    fn settle(&mut self) {
        if !self.books.is_settled() {
            self.books.settle(self.groups.inside());
        }
    }

    /// Attempts of so many requests: those lost are tried again, as far as the budget goes.
    fn attempts(&self, requests: f64) -> f64 {
        let Some((most, budget)) = self.retry else { return requests };
        let (mut factor, mut again) = (1.0, 1.0);
        for _ in 1..most {
            again *= self.lost;
            factor += again;
        }
        requests * budget.map_or(factor, |budget| factor.min(1.0 + budget))
    }

    fn serve_groups(&mut self, from: f64, seconds: f64, requests: f64) {
        if !self.groups.apportion(requests, seconds, from, &self.rules) {
            return self.books.fail(requests);
        }
        for at in 0..self.groups.list.len() {
            let share = self.groups.part(at);
            let group = &mut self.groups.list[at];
            if group.dead {
                self.books.fail(requests * share * group.size());
                group.sent += requests * share;
                continue;
            }
            if share == 0.0 && group.inside < 1e-6 {
                continue;
            }
            let rate = if seconds > 0.0 { requests * share / seconds } else { 0.0 };
            let slowness = group.slowness(from + 0.5 * seconds, &self.rules);
            let came = requests * share * group.size();
            self.sent += came;
            if group.node_utilization(rate, 1e-9 * self.tables.law.cpu) > CROWDED {
                self.crowded += came;
            }
            serve_group(group, &self.tables.law, rate, seconds, slowness, &mut self.books);
        }
    }
}

/// Nanoseconds in seconds. (A signed number is converted at once, an unsigned one in two steps.)
#[inline]
fn seconds_of(nanos: u64) -> f64 {
    nanos as i64 as f64 * 1e-9
}

/// One group over a time at a constant rate per station.
fn serve_group(group: &mut Group, law: &law::ServiceLaw, rate: f64, seconds: f64, slowness: f64, books: &mut Books) {
    let size = group.size();
    let Group { station, inside: held, busy, sent, variance, settled, .. } = group;
    *sent += rate * seconds;
    // Bursts that take longer are as good as more of them.
    let felt = rate * slowness;
    let utilization = felt / station.capacity;
    let capacity = station.capacity / slowness;
    let noise = ((1.0 - utilization) / (1.0 - SATURATED)).clamp(0.0, 1.0);
    *variance += rate * seconds * law.cpu_square * slowness * slowness * noise;
    if utilization < SATURATED && slowness == 1.0 {
        let spot = station.spot(utilization);
        let inside = station.inside(spot);
        let close = |reached: f64| (reached - inside).abs() <= 0.01 * inside + 1e-3;
        let no_backlog = *held <= 1.5 * inside + 1.0;
        let soon = || {
            let before = if *held <= inside { Some(spot.at) } else { *settled };
            before.is_some_and(|before| station.settles_within(before, spot, seconds))
                || close(station.pass(*held, rate, seconds).inside)
        };
        if close(*held) || (no_backlog && soon()) {
            // The steady state, now or soon: without a backlog the number inside settles within a few service times.
            let admitted = rate * seconds * station.admitted(spot);
            *busy += (admitted - (inside - *held)).max(0.0) * law.cpu;
            *held = inside;
            *settled = Some(spot.at);
            let fates = station.fates(spot);
            books.refuse((rate * seconds - admitted) * size);
            books.admit(admitted * size, &fates);
            books.latencies().of(station).add(spot, admitted * size * (1.0 - fates.late));
            return;
        }
    }
    *settled = None;
    let end = station.pass(*held, felt, seconds / slowness).inside;
    let change = (end - *held).abs() / (0.05 * end.max(*held).max(1.0));
    let steps = libm::ceil(change).clamp(1.0, MOST_STEPS);
    for _ in 0..steps as u32 {
        let seconds = seconds / steps;
        let before = *held;
        let passage = station.pass(before, felt, seconds / slowness);
        *held = passage.inside;
        let refused = (passage.refused / slowness).min(rate * seconds);
        let admitted = rate * seconds - refused;
        *busy += (admitted - (passage.inside - before)).clamp(0.0, capacity * seconds) * law.cpu * slowness;
        let (spot, delay) = station.seen_by_arrivals(felt, 0.5 * (before + passage.inside));
        let delay = delay * slowness + (slowness - 1.0) * law.cpu;
        let fates = station.fates_behind(law, spot, delay);
        books.refuse(refused * size);
        books.admit(admitted * size, &fates);
        let served = admitted * size * (1.0 - fates.late);
        let latencies = books.latencies().of(station);
        if delay > 0.0 {
            latencies.add_delayed(spot, delay, served);
        } else {
            latencies.add(spot, served);
        }
    }
}

impl Plant for FluidPlant {
    fn add(&mut self, id: InstanceId, spec: &StationSpec, _now: SimTime) {
        let noise = self.streams.indexed(Purpose::Measurement, id.0);
        self.groups.add(id.0, Member::new(spec.clone(), noise));
    }

    fn attach(&mut self, id: InstanceId, weight: f64, now: SimTime) {
        self.groups.attach(id.0, weight, now.as_nanos(), self.rules.cold_start);
    }

    fn detach(&mut self, id: InstanceId) {
        self.groups.detach(id.0);
    }

    fn kill(&mut self, id: InstanceId, _now: SimTime, recorder: &mut Recorder) {
        self.record(recorder);
        let inside = self.groups.kill(id.0);
        self.books.fail_inside(inside, recorder);
    }

    fn revive(&mut self, id: InstanceId, _now: SimTime) {
        self.groups.revive(id.0);
    }

    fn remove(&mut self, id: InstanceId) {
        self.groups.remove(id.0);
    }

    fn add_node(&mut self, id: NodeId, cores: Cores) {
        let errors = self.streams.indexed(Purpose::Measurement, u32::MAX - 2 - id.0);
        self.groups.add_node(id.0, cores.as_f64(), errors);
    }

    fn slow_waits(&mut self, factor: f64) {
        // What has been gathered is weighted by the laws of the tables that go.
        self.books.latencies().retire(&self.tables.law);
        self.tables = Tables::of(&self.classes, factor, self.limits);
        self.groups.touch();
    }

    fn advance(&mut self, until: SimTime, _recorder: &mut Recorder) {
        let until = until.as_nanos();
        while self.now < until {
            let next_end = self.windows.as_ref().map_or(u64::MAX, Windows::next_end);
            let (end, requests) = self.offered.next(self.now, until.min(next_end));
            self.serve(end, requests);
            if end == next_end {
                self.settle();
                if let Some(windows) = &mut self.windows {
                    windows.end(end, self.books.outcomes());
                }
            }
        }
    }

    fn judge_windows(&mut self, objective: Objective, row: SimDuration) -> bool {
        self.windows = Some(Windows::new(objective, row));
        true
    }

    fn take_windows(&mut self) -> (u64, u64) {
        self.windows.as_mut().map_or((0, 0), Windows::take)
    }

    fn record(&mut self, recorder: &mut Recorder) {
        self.settle();
        self.books.record(recorder);
    }

    fn usage(&mut self, id: InstanceId) -> Usage {
        self.groups.usage(id.0)
    }

    fn measured(&mut self, id: InstanceId) -> Usage {
        self.groups.measured(id.0, self.now)
    }

    fn note(&mut self, node: NodeId, at: SimTime) -> bool {
        // What lies at the very end of the last step is noted at the beginning of the next.
        let at = at.as_nanos();
        let is_to_come = at >= self.now;
        if is_to_come {
            self.notes.add(node.0 as usize, at);
        }
        is_to_come
    }

    fn noted(&mut self, id: InstanceId) -> Option<Reading> {
        self.groups.noted(id.0)
    }

    fn noted_together(&mut self, by_node: &mut Vec<Option<Reading>>) {
        self.groups.noted_together(by_node);
    }

    fn read_together(&mut self, id: InstanceId) -> bool {
        self.groups.read_together(id.0)
    }

    fn measured_together(&mut self, instances: &[(InstanceId, bool)]) -> Option<f64> {
        Some(self.groups.measured_together(instances, self.now, &mut self.fleet_noise))
    }

    fn measured_arrivals(&mut self, requests: u64) -> u64 {
        if self.recorded || requests == 0 {
            return requests;
        }
        // Poisson, by its normal limit; what rounding and the bound at zero leave over is counted the next time.
        let noise = (requests as f64).sqrt() * normal(&mut self.arrival_noise) + self.counted_noise;
        let counted = (requests as f64 + noise + 0.5).max(0.0) as u64;
        self.counted_noise = (requests as f64 + noise - counted as f64).clamp(-1.0, 1.0);
        counted
    }

    fn in_flight(&self) -> u64 {
        self.books.in_flight()
    }

    fn crowded_share(&self) -> f64 {
        if self.sent > 0.0 { self.crowded / self.sent } else { 0.0 }
    }

    fn write_latencies(&mut self, recorder: &mut Recorder) {
        if self.books.latencies().is_due() {
            self.books.latencies().expand(&self.tables.law);
            self.books.latencies().write(self.limits.timeout, recorder);
        }
    }
}
