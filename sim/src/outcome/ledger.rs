//! Keeps the books of a run: what is counted, what is integrated over time, row by row and in total.

use windtunnel_traces::{SimDuration, SimTime};

use super::demand::DemandCurve;
use super::elasticity::Elasticity;
use super::reaction::{Launch, Phase};
use super::recorder::{Recorder, Segment};
use super::{Archive, InstanceLife, Objective, Spool, TimelineRow};

/// A level that is integrated over time.
#[derive(Copy, Clone, Debug, Default)]
pub struct Gauge {
    value: f64,
    since: SimTime,
    integral: f64,
    at_row_start: f64,
    peak: f64,
}

impl Gauge {
    /// Sets the level from now on.
    pub fn set(&mut self, now: SimTime, value: f64) {
        self.integrate(now);
        self.value = value;
        self.peak = self.peak.max(value);
    }

    /// Changes the level from now on.
    pub fn add(&mut self, now: SimTime, change: f64) {
        self.set(now, self.value + change);
    }

    /// The level now.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The highest level so far.
    pub fn peak(&self) -> f64 {
        self.peak
    }

    /// Level times seconds up to now.
    pub fn integral(&mut self, now: SimTime) -> f64 {
        self.integrate(now);
        self.integral
    }

    fn integrate(&mut self, now: SimTime) {
        self.integral += self.value * now.saturating_since(self.since).as_secs_f64();
        self.since = now;
    }

    /// Level times seconds since the last call.
    fn end_row(&mut self, now: SimTime) -> f64 {
        let integral = self.integral(now);
        let of_row = integral - self.at_row_start;
        self.at_row_start = integral;
        of_row
    }
}

/// What only the fleet knows at the end of a row.
#[derive(Copy, Clone, Debug, Default)]
pub struct RowProbe {
    /// Core time used by the fleet since the start, in core-seconds.
    pub busy_core_seconds: f64,
    /// Utilization of the busiest instance over the row, 0 to 1.
    pub busiest: f64,
    /// Memory utilization now, 0 to 1.
    pub memory: f64,
    /// Requests in flight now.
    pub in_flight: u64,
    /// Capacity wanted now.
    pub desired: f64,
}

/// The books of a run.
#[derive(Debug)]
pub struct Ledger {
    /// Instances (or pods) that receive traffic.
    pub in_service: Gauge,
    /// Instances launched that do not yet.
    pub booting: Gauge,
    /// Instances that finish their requests before they go.
    pub draining: Gauge,
    /// Instances that are paid for.
    pub billed: Gauge,
    /// Nodes that are paid for, where the fleet is made of pods.
    pub nodes: Gauge,
    /// Demand against supply.
    pub elasticity: Elasticity,
    /// The demand curve.
    pub demand: DemandCurve,
    /// Instances (or pods) launched and gone, without those of the start.
    pub starts: u64,
    /// Instances (or pods) that went.
    pub stops: u64,
    /// The life of each instance.
    pub lives: Archive<InstanceLife>,
    /// What each passed on its way to its first request.
    pub launches: Archive<Launch>,
    /// Finished rows.
    pub rows: Spool<TimelineRow>,
    /// Whether rows are kept once they are finished.
    pub keeps_rows: bool,
    /// Why rows could not be kept, when they could not.
    pub rows_lost: Option<std::io::Error>,
    objective: Objective,
    /// Cores of one instance that utilization is measured against.
    cores: f64,
    /// Cost of an hour of one billed instance (or node).
    price_per_hour: f64,
    balancer_price: (f64, f64),
    bills_pods: bool,
    row: Segment,
    row_start: SimTime,
    row_windows: (u32, u32),
    window: Segment,
    total: Segment,
    windows: u64,
    violating_windows: u64,
    busy_at_row_start: f64,
    demand_now: f64,
}

impl Ledger {
    /// Empty books. `cores` are those of one instance (or the request of one pod); `balancer_price` is per hour and per
    /// million requests.
    pub fn new(
        objective: Objective,
        demand: DemandCurve,
        cores: f64,
        price_per_hour: f64,
        balancer_price: (f64, f64),
    ) -> Self {
        Ledger {
            in_service: Gauge::default(),
            booting: Gauge::default(),
            draining: Gauge::default(),
            billed: Gauge::default(),
            nodes: Gauge::default(),
            elasticity: Elasticity::default(),
            demand,
            starts: 0,
            stops: 0,
            lives: Archive::default(),
            launches: Archive::default(),
            rows: Spool::default(),
            keeps_rows: true,
            rows_lost: None,
            objective,
            cores,
            price_per_hour,
            balancer_price,
            bills_pods: false,
            row: Segment::default(),
            row_start: SimTime::ZERO,
            row_windows: (0, 0),
            window: Segment::default(),
            total: Segment::default(),
            windows: 0,
            violating_windows: 0,
            busy_at_row_start: 0.0,
            demand_now: 0.0,
        }
    }

    /// Bills pods at a price per hour instead of the nodes that they run on.
    pub fn bill_pods(&mut self, price_per_hour: f64) {
        self.bills_pods = true;
        self.price_per_hour = price_per_hour;
    }

    /// An instance or pod is launched: its life begins.
    pub fn launch(&mut self, life: InstanceLife, at: SimTime) {
        self.lives.push(life);
        self.launches.push(Launch { launched: at, ..Launch::default() });
    }

    /// The instance or pod of this number is paid for until now, though it may still be there.
    pub fn paid_until(&mut self, number: u32, at: SimTime) {
        if let Some(launch) = self.launches.get_mut(u64::from(number)) {
            launch.released.get_or_insert(at);
        }
    }

    /// The instance or pod of this number stays, and goes on being paid for.
    pub fn paid_on(&mut self, number: u32) {
        if let Some(launch) = self.launches.get_mut(u64::from(number)) {
            launch.released = None;
        }
    }

    /// The instance or pod of this number is no more.
    pub fn gone(&mut self, number: u32, at: SimTime) {
        let number = u64::from(number);
        if let Some(launch) = self.launches.get_mut(number) {
            launch.released.get_or_insert(at);
        }
        self.launches.done(number);
        self.lives.done(number);
    }

    /// A stage on the way of the instance or pod of this number to its first request ends.
    pub fn reached(&mut self, number: u32, phase: Phase, stage: impl Into<String>, at: SimTime) {
        if let Some(launch) = self.launches.get_mut(u64::from(number)) {
            launch.reached(phase, stage, at);
        }
    }

    /// Instances in service change by `change`.
    pub fn serve(&mut self, now: SimTime, change: f64) {
        self.in_service.add(now, change);
        self.elasticity.set_supply(now, self.in_service.value());
    }

    /// The offered load from now on, in requests per second.
    #[inline]
    pub fn offer(&mut self, now: SimTime, rate: f64) {
        self.demand_now = self.demand.instances(rate);
        self.elasticity.set_demand(now, self.demand_now);
    }

    /// Moves what was recorded since the last call into row, window and total.
    pub fn absorb(&mut self, recorder: &mut Recorder) {
        self.row.add(recorder.segment());
        self.window.add(recorder.segment());
        recorder.clear();
    }

    /// A window of the objective ends.
    pub fn end_window(&mut self) {
        let window = &self.window;
        let (served, slow, decided) = (window.served as f64, window.slow as f64, window.decided() as f64);
        if let Some(violates) = self.objective.is_violated(served, slow, decided) {
            self.windows += 1;
            self.row_windows.0 += 1;
            if violates {
                self.violating_windows += 1;
                self.row_windows.1 += 1;
            }
        }
        self.window.clear();
    }

    /// Windows that the plant has judged: those with an outcome, and those of them that violated the objective.
    pub fn add_windows(&mut self, (windows, violating): (u64, u64)) {
        self.windows += windows;
        self.violating_windows += violating;
    }

    /// A row of the timeline ends.
    pub fn end_row(&mut self, now: SimTime, probe: RowProbe) {
        let seconds = (now - self.row_start).as_secs_f64();
        if seconds <= 0.0 {
            return self.end_row_of_no_length(probe);
        }
        let in_service = self.in_service.end_row(now);
        let draining = self.draining.end_row(now);
        let busy = probe.busy_core_seconds - self.busy_at_row_start;
        self.busy_at_row_start = probe.busy_core_seconds;
        self.elasticity.end_interval(now);
        if self.keeps_rows {
            self.keep_row(now, seconds, probe, (in_service, draining, busy));
        }
        self.total.add(&self.row);
        self.row.clear();
        self.row_windows = (0, 0);
        self.row_start = now;
    }

    /// A row ends that nobody keeps: only the grid on which instability is measured moves on, and what the row has counted
    /// stays with the one that follows.
    #[inline]
    pub fn end_unseen_row(&mut self, now: SimTime) {
        self.elasticity.end_interval(now);
    }

    /// The row that ends now, with its core-seconds in service and draining and those that were used.
    fn keep_row(&mut self, now: SimTime, seconds: f64, probe: RowProbe, (in_service, draining, busy): (f64, f64, f64)) {
        let core_seconds = (in_service + draining) * self.cores;
        let cost = self.cost_so_far(now);
        let row = &self.row;
        let kept = self.rows.push(TimelineRow {
            start_seconds: self.row_start.as_secs_f64(),
            end_seconds: now.as_secs_f64(),
            arrived: row.arrived,
            attempts: row.attempts,
            served: row.served,
            timed_out: row.timed_out,
            rejected: row.rejected,
            failed: row.failed,
            violating: row.violating(),
            windows: self.row_windows.0,
            violating_windows: self.row_windows.1,
            in_flight: probe.in_flight,
            desired: probe.desired,
            in_service: in_service / seconds,
            booting: self.booting.end_row(now) / seconds,
            draining: draining / seconds,
            billed: self.billed.end_row(now) / seconds,
            nodes: self.nodes.end_row(now) / seconds,
            demand: self.demand_now,
            cpu_utilization: if core_seconds > 0.0 { busy / core_seconds } else { 0.0 },
            cpu_utilization_max: probe.busiest,
            memory_utilization: probe.memory,
            latency_p50_seconds: row.latency.quantile(0.5),
            latency_p95_seconds: row.latency.quantile(0.95),
            latency_p99_seconds: row.latency.quantile(0.99),
            cost,
        });
        if let Err(error) = kept {
            self.rows_lost.get_or_insert(error);
        }
    }

    /// What happens at the very end of the run, after its last row, still counts: it joins that row.
    fn end_row_of_no_length(&mut self, probe: RowProbe) {
        if let Some(last) = self.rows.last_mut() {
            last.arrived += self.row.arrived;
            last.attempts += self.row.attempts;
            last.served += self.row.served;
            last.timed_out += self.row.timed_out;
            last.rejected += self.row.rejected;
            last.failed += self.row.failed;
            last.violating += self.row.violating();
            last.in_flight = probe.in_flight;
        }
        self.total.add(&self.row);
        self.row.clear();
    }

    /// Cost up to now before rounding: the integral of what is billed.
    fn cost_so_far(&mut self, now: SimTime) -> f64 {
        let paid = if self.nodes.peak() > 0.0 && !self.bills_pods {
            self.nodes.integral(now)
        } else {
            self.billed.integral(now)
        };
        let requests = (self.total.attempts + self.row.attempts) as f64;
        paid / 3600.0 * self.price_per_hour + self.balancer_cost(now.saturating_since(SimTime::ZERO), requests)
    }

    /// What the balancer costs over a time and a number of attempts.
    pub fn balancer_cost(&self, time: SimDuration, attempts: f64) -> f64 {
        time.as_secs_f64() / 3600.0 * self.balancer_price.0 + attempts / 1e6 * self.balancer_price.1
    }

    /// Everything that was counted in finished rows.
    pub fn total(&self) -> &Segment {
        &self.total
    }

    /// When the row that has not ended began.
    pub fn row_start(&self) -> SimTime {
        self.row_start
    }

    /// Requests that arrived in the row that has not ended.
    pub fn arrived_in_row(&self) -> u64 {
        self.row.arrived
    }

    /// Attempts in the row that has not ended.
    pub fn row_attempts(&self) -> u64 {
        self.row.attempts
    }

    /// Requests that arrived in finished rows and in the row that has not ended.
    pub fn arrived_so_far(&self) -> u64 {
        self.total.arrived + self.row.arrived
    }

    /// Of the requests so far: those with an outcome, and those that were not served.
    pub fn outcomes_so_far(&self) -> (u64, u64) {
        let decided = self.total.decided() + self.row.decided();
        (decided, decided - self.total.served - self.row.served)
    }

    /// Windows with an outcome, and those of them that violated the objective.
    pub fn windows(&self) -> (u64, u64) {
        (self.windows, self.violating_windows)
    }

    /// Mean utilization over the run: core time used over core time in service or draining.
    pub fn mean_utilization(&mut self, end: SimTime) -> f64 {
        let core_seconds = (self.in_service.integral(end) + self.draining.integral(end)) * self.cores;
        if core_seconds > 0.0 { self.busy_at_row_start / core_seconds } else { 0.0 }
    }
}
