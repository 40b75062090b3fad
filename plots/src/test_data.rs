//! Example outcomes for tests and the gallery: a toy loop that behaves like the real one, and says that it is an example.

use windtunnel_sim::outcome::{
    ActivityEntry, AlarmEntry, AlarmLevel, InstanceLife, LatencyHistogram, MetricValues, Objective, Outcome, Provider,
    Spool, TimelineRow,
    reaction::{Breach, Launch, Milestone, Phase, ScaleOut, budgets},
};
use windtunnel_traces::{SimDuration, SimTime};

/// A policy of the toy loop.
pub(crate) struct Policy {
    pub(crate) name: &'static str,
    pub(crate) provider: Provider,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) up: u32,
    pub(crate) down: u32,
    /// Rows that the level must be breached.
    pub(crate) patience: u32,
    pub(crate) cooldown_rows: u32,
    pub(crate) boot_rows: usize,
    pub(crate) most: u32,
    pub(crate) price_per_hour: f64,
}

/// The four policies of the gallery.
pub(crate) fn policies() -> [Policy; 4] {
    let base = Policy {
        name: "ess-guide",
        provider: Provider::Ess,
        high: 0.70,
        low: 0.30,
        up: 2,
        down: 1,
        patience: 8,
        cooldown_rows: 5,
        boot_rows: 4,
        most: 12,
        price_per_hour: 1.42,
    };
    [
        Policy { name: "ess-guide", ..base },
        Policy { name: "aws-guide", provider: Provider::Aws, low: 0.35, patience: 12, cooldown_rows: 10, ..base },
        Policy { name: "tencent-guide", provider: Provider::Tencent, high: 0.8, up: 1, boot_rows: 6, ..base },
        Policy { name: "hpa-guide", provider: Provider::Hpa, low: 0.5, patience: 2, boot_rows: 1, most: 20, ..base },
    ]
}

const CORES: f64 = 8.0;
const SERVICE_SECONDS: f64 = 0.060;
const OBJECTIVE_SECONDS: f64 = 0.5;
const ROW_SECONDS: f64 = 60.0;

/// A number between 0 and 1 that depends on nothing but `n`.
fn noise(n: u64) -> f64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Requests per second: a day with two humps and a flash crowd at noon.
fn load(seconds: f64) -> f64 {
    let hour = seconds / 3600.0 % 24.0;
    let hump = |at: f64, width: f64| (-((hour - at) / width).powi(2)).exp();
    let wave = 130.0 + 420.0 * hump(10.5, 2.6) + 520.0 * hump(20.0, 2.4);
    wave + if (13.5..14.1).contains(&hour) { 480.0 } else { 0.0 }
}

/// The state of the toy loop.
struct Toy<'a> {
    policy: &'a Policy,
    desired: u32,
    booting: Vec<(usize, u32)>,
    serving: u32,
    draining: u32,
    breached: [u32; 2],
    quiet: u32,
    outcome: Outcome,
    cost: f64,
    backlog: f64,
    scale_outs: Vec<ScaleOut>,
    launches: Vec<Launch>,
    instances: Vec<InstanceLife>,
}

/// Runs the toy loop for a number of minutes.
pub(crate) fn example(policy: &Policy, minutes: usize) -> Outcome {
    let mut toy = Toy {
        policy,
        desired: 3,
        booting: Vec::new(),
        serving: 3,
        draining: 0,
        breached: [0, 0],
        quiet: 0,
        outcome: empty(policy, minutes),
        cost: 0.0,
        backlog: 0.0,
        scale_outs: Vec::new(),
        instances: (0..3)
            .map(|id| InstanceLife { id, in_service_seconds: Some(0.0), ..InstanceLife::default() })
            .collect(),
        launches: vec![Launch::default(); 3],
    };
    for minute in 0..minutes {
        toy.step(minute);
    }
    toy.finish()
}

fn empty(policy: &Policy, minutes: usize) -> Outcome {
    let level = |name: &str, comparison: &str, share: f64| AlarmLevel {
        name: name.to_owned(),
        metric: "CPUUtilization".to_owned(),
        comparison: comparison.to_owned(),
        threshold: share * 100.0,
        is_cpu_utilization: true,
    };
    let thresholds = match policy.provider {
        Provider::Hpa => vec![level("cpu", "target", policy.high)],
        _ => vec![level("cpu-high-alert", ">", policy.high), level("cpu-low-alert", "<", policy.low)],
    };
    Outcome {
        fidelity: windtunnel_sim::run::Fidelity::Requests,
        name: policy.name.to_owned(),
        provider: policy.provider,
        seed: 7,
        digest: "example".to_owned(),
        traffic: "example data, a working day with a flash crowd (synthetic)".to_owned(),
        horizon: SimDuration::from_mins(minutes as u64),
        calendar_start: None,
        time_zone: None,
        currency: "CNY".to_owned(),
        objective: Objective {
            latency_seconds: OBJECTIVE_SECONDS,
            percentile: 99.0,
            available: 0.999,
            window: SimDuration::from_mins(1),
        },
        metrics: MetricValues::collect(|_| 0.0),
        timeline: Spool::default(),
        activities: Spool::default(),
        reactions: Spool::default(),
        alarms: Spool::default(),
        thresholds,
        instances: Spool::default(),
        censored: Vec::new(),
        latency: LatencyHistogram::default(),
        warnings: Vec::new(),
    }
}

impl Toy<'_> {
    fn step(&mut self, minute: usize) {
        let start = minute as f64 * ROW_SECONDS;
        self.draining = 0;
        let ready: u32 = self.booting.iter().filter(|(at, _)| *at <= minute).map(|(_, count)| count).sum();
        self.booting.retain(|(at, _)| *at > minute);
        self.serve_from(start, ready);
        let row = self.row(minute);
        self.cost = row.cost;
        let utilization = row.cpu_utilization;
        self.record_latencies(&row, minute);
        self.outcome.timeline.push(row).expect("a temporary file");
        self.decide(minute, utilization);
    }

    fn serve_from(&mut self, start: f64, ready: u32) {
        self.serving += ready;
        let waiting = self.instances.iter_mut().filter(|life| life.in_service_seconds.is_none());
        for life in waiting.take(ready as usize) {
            life.in_service_seconds = Some(start);
        }
    }

    fn row(&mut self, minute: usize) -> TimelineRow {
        let start = minute as f64 * ROW_SECONDS;
        let rate = load(start) * (0.94 + 0.12 * noise(minute as u64));
        let capacity = f64::from(self.serving) * CORES / SERVICE_SECONDS;
        let wanted = rate * ROW_SECONDS + self.backlog;
        let possible = capacity * ROW_SECONDS * 0.97;
        let done = wanted.min(possible);
        let lost = (wanted - possible).max(0.0);
        self.backlog = lost * 0.2;
        let utilization = (rate / capacity).min(0.995);
        let queue = utilization.powi(8) / (1.02 - utilization);
        let wobble = 0.9 + 0.2 * noise(minute as u64 + 77_777);
        let p50 = SERVICE_SECONDS * (1.0 + 0.6 * queue) * wobble;
        let p99 = SERVICE_SECONDS * (2.6 + 3.4 * queue) * wobble;
        let booting: u32 = self.booting.iter().map(|(_, count)| count).sum();
        let violates = p99 > OBJECTIVE_SECONDS || lost > 0.0;
        let billed = f64::from(self.serving + booting);
        TimelineRow {
            start_seconds: start,
            end_seconds: start + ROW_SECONDS,
            arrived: (rate * ROW_SECONDS) as u64,
            attempts: (rate * ROW_SECONDS) as u64,
            served: done as u64,
            timed_out: (lost * 0.5) as u64,
            rejected: (lost * 0.3) as u64,
            failed: 0,
            violating: if violates { (lost * 0.8 + done * 0.04) as u64 } else { 0 },
            windows: 1,
            violating_windows: u32::from(violates),
            in_flight: self.backlog as u64,
            desired: f64::from(self.desired),
            in_service: f64::from(self.serving),
            booting: f64::from(booting),
            draining: f64::from(self.draining),
            billed,
            nodes: 0.0,
            demand: (rate * SERVICE_SECONDS / CORES / 0.82).ceil().max(1.0),
            cpu_utilization: utilization,
            cpu_utilization_max: (utilization * (1.05 + 0.2 * noise(minute as u64 + 5))).min(1.0),
            memory_utilization: 0.4,
            latency_p50_seconds: p50,
            latency_p95_seconds: (p50 * p99).sqrt() * 1.25,
            latency_p99_seconds: p99,
            cost: self.cost + billed * self.policy.price_per_hour / 60.0,
        }
    }

    fn record_latencies(&mut self, row: &TimelineRow, minute: usize) {
        for i in 0..200 {
            let tail = -(1.0 - noise((minute * 200 + i) as u64 + 1_000_000)).ln() / 4.6;
            let latency = row.latency_p50_seconds * 0.5 + row.latency_p99_seconds * tail;
            self.outcome.latency.record((latency * 1e9) as u64);
        }
    }

    fn decide(&mut self, minute: usize, utilization: f64) {
        let breaches = [utilization > self.policy.high, utilization < self.policy.low];
        for (i, breach) in breaches.into_iter().enumerate() {
            let before = self.breached[i] >= self.policy.patience;
            self.breached[i] = if breach { self.breached[i] + 1 } else { 0 };
            let after = self.breached[i] >= self.policy.patience;
            if before != after && self.policy.provider != Provider::Hpa {
                self.alarm(minute, i, after);
            }
        }
        self.quiet = self.quiet.saturating_sub(1);
        let high = self.breached[0] >= self.policy.patience;
        let low = self.breached[1] >= self.policy.patience;
        if high || low {
            let to = if high { self.desired + self.policy.up } else { self.desired.saturating_sub(self.policy.down) };
            self.change(minute, to.clamp(3, self.policy.most));
        }
    }

    fn alarm(&mut self, minute: usize, which: usize, fires: bool) {
        let states = if fires { ("OK", "ALARM") } else { ("ALARM", "OK") };
        let entry = AlarmEntry {
            at_millis: (minute as u64 + 1) * 60_000,
            alarm: ["cpu-high-alert", "cpu-low-alert"][which].to_owned(),
            from: states.0.to_owned(),
            to: states.1.to_owned(),
            reason: String::new(),
        };
        self.outcome.alarms.push(entry).expect("a temporary file");
    }

    fn change(&mut self, minute: usize, to: u32) {
        let at_seconds = (minute + 1) as f64 * ROW_SECONDS;
        let accepted = self.quiet == 0 && to != self.desired;
        if !accepted && (to == self.desired || !minute.is_multiple_of(3)) {
            return;
        }
        let entry = ActivityEntry {
            at_seconds,
            accepted,
            from: self.desired,
            to: if accepted { to } else { self.desired },
            ..ActivityEntry::default()
        };
        self.outcome.activities.push(entry).expect("a temporary file");
        if !accepted {
            return;
        }
        self.quiet = self.policy.cooldown_rows;
        if to > self.desired {
            self.booting.push((minute + 1 + self.policy.boot_rows, to - self.desired));
            self.scale_out(at_seconds, to);
            for _ in self.desired..to {
                let id = self.instances.len() as u32;
                let life = InstanceLife { id, launched_seconds: at_seconds, ..InstanceLife::default() };
                self.instances.push(life);
            }
        } else {
            let leaving = (self.desired - to).min(self.serving);
            self.serving -= leaving;
            self.draining = leaving;
            let serving =
                self.instances.iter_mut().filter(|l| l.in_service_seconds.is_some() && l.ended_seconds.is_none());
            for life in serving.take(leaving as usize) {
                life.draining_seconds = Some(at_seconds);
                life.ended_seconds = Some(at_seconds + 300.0);
                life.ended_by = Some("scale-in".to_owned());
            }
        }
        self.desired = to;
    }

    /// What the toy says of where the time of a scale-out went: alarms or syncs, then stages in made-up shares.
    fn scale_out(&mut self, decided: f64, to: u32) {
        let at = |seconds: f64| SimTime::ZERO + SimDuration::from_secs_f64(seconds.max(0.0));
        let number = self.instances.len() as u32;
        let pods = self.policy.provider == Provider::Hpa;
        let periods = f64::from(self.policy.patience) * ROW_SECONDS;
        let late = 20.0 + 50.0 * noise(u64::from(number));
        let asked = match pods {
            true => [(Phase::MetricDelay, "metric window and scrape", -15.0), (Phase::Evaluation, "next sync", -4.0)],
            false => [(Phase::Evaluation, "alarm periods", -late - 60.0), (Phase::MetricDelay, "metric delay", -late)],
        };
        let stages = asked.map(|(phase, stage, ago)| Milestone::new(phase, stage, at(decided + ago))).to_vec();
        let since = at(decided - late - 60.0 - periods);
        self.scale_outs.push(ScaleOut {
            breach: Some(Breach { since, stages }),
            decided: at(decided),
            waits: vec![Milestone::new(
                Phase::Wait,
                if pods { "stabilization or limit" } else { "cooldown" },
                at(decided),
            )],
            refusals: 0,
            from: self.desired,
            to,
            policy: None,
            alarm: None,
            instances: (number..number + to - self.desired).collect(),
        });
        for id in self.desired..to {
            let boot = self.policy.boot_rows as f64 * ROW_SECONDS * (0.7 + 0.3 * noise(u64::from(id) + 99));
            let names = match pods {
                true => ["pod pending", "image pull", "start", "endpoints", "readiness"],
                false => ["launch", "provision", "application start", "attach", "health check"],
            };
            let phases = [Phase::Provisioning, Phase::Boot, Phase::Boot, Phase::Attach, Phase::HealthCheck];
            let mut launch = Launch::default();
            for ((phase, name), share) in phases.into_iter().zip(names).zip([0.02, 0.35, 0.8, 0.92, 0.99]) {
                launch.reached(phase, name, at(decided + boot * share));
            }
            launch.first_request = Some(at(decided + boot));
            self.launches.push(launch);
        }
    }

    fn finish(mut self) -> Outcome {
        let outcome = &mut self.outcome;
        let sum = |value: fn(&TimelineRow) -> u64| outcome.timeline.iter().map(|row| value(&row)).sum::<u64>() as f64;
        let (arrived, violating) = (sum(|row| row.arrived), sum(|row| row.violating));
        let mean =
            outcome.timeline.iter().map(|row| row.in_service).sum::<f64>() / outcome.timeline.len().max(1) as f64;
        let (cost, latency, rows) = (self.cost, &outcome.latency, &outcome.timeline);
        let share = |value: &dyn Fn(&TimelineRow) -> f64| {
            100.0 * rows.iter().map(|row| value(&row)).sum::<f64>() / rows.len().max(1) as f64
        };
        outcome.metrics = MetricValues::collect(|name| match name {
            "cost_total" => cost,
            "slo_violating_request_fraction" => violating / arrived.max(1.0),
            "latency_p99_seconds" => latency.quantile(0.99),
            "mean_in_service" => mean,
            "requests_arrived" => arrived,
            "under_provision_timeshare" => share(&|row| f64::from(u8::from(row.demand > row.in_service))),
            "over_provision_timeshare" => share(&|row| f64::from(u8::from(row.demand < row.in_service))),
            "under_provision_accuracy" => share(&|row| (row.demand - row.in_service).max(0.0) / row.demand),
            "over_provision_accuracy" => share(&|row| (row.in_service - row.demand).max(0.0) / row.demand),
            _ => 0.0,
        });
        self.outcome.reactions = budgets(&self.scale_outs, &self.launches).into_iter().collect();
        self.outcome.instances = self.instances.into_iter().collect();
        self.outcome
    }
}
