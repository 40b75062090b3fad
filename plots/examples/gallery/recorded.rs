//! Made-up recordings for the gallery: two backtests and a trace.

use windtunnel_plots::{Backtest, BacktestCapacity, BacktestLevel, BacktestMetric, CapacityKind};
use windtunnel_sim::outcome::{ActivityEntry, AlarmEntry, Outcome};
use windtunnel_traces::import::{ImportOptions, Input, Recorded, import};

const SUBTITLE: &str = "backtest, open loop  ·  example data (synthetic)";
const PERIOD: f64 = 300.0;

fn first_state(alarm: &str) -> AlarmEntry {
    let unknown = || "INSUFFICIENT_DATA".to_owned();
    AlarmEntry { at_millis: 0, alarm: alarm.to_owned(), from: unknown(), to: unknown(), reason: String::new() }
}

/// The utilization of a run and its alarms, as if they had been recorded, with a gap.
pub(crate) fn alarms(outcome: &Outcome) -> Backtest {
    let values = outcome.timeline.iter().filter(|row| !(9.0..10.5).contains(&(row.start_seconds / 3600.0)));
    let values = values.map(|row| (row.start_seconds, row.end_seconds, row.cpu_utilization * 100.0));
    let level = |level: &windtunnel_sim::outcome::AlarmLevel| BacktestLevel {
        name: level.name.clone(),
        comparison: level.comparison.clone(),
        value: level.threshold,
        span: None,
    };
    let cpu = outcome.thresholds.iter().filter(|level| level.is_cpu_utilization);
    let requested = outcome.activities.len();
    let accepted = outcome.activities.iter().filter(|entry| entry.accepted).count();
    let desired = outcome.timeline.iter().map(|row| (row.start_seconds, row.desired));
    Backtest {
        title: "ess.toml".to_owned(),
        subtitle: SUBTITLE.to_owned(),
        figures: [("requested", requested), ("accepted", accepted), ("rejected", requested - accepted)]
            .map(|(name, count)| (name.to_owned(), count.to_string()))
            .to_vec(),
        calendar_start: outcome.calendar_start,
        time_zone: outcome.time_zone.clone(),
        end_seconds: outcome.horizon.as_secs_f64(),
        metrics: vec![BacktestMetric {
            name: "CPU utilization".to_owned(),
            unit: "%".to_owned(),
            values: values.collect(),
            levels: cpu.map(level).collect(),
        }],
        alarms: outcome.alarms.iter().chain([first_state("disk-full-alert")]).collect(),
        activities: outcome.activities.clone(),
        capacity_unit: "instances".to_owned(),
        capacity: vec![BacktestCapacity { kind: CapacityKind::Desired, steps: desired.collect() }],
    }
}

/// The same utilization under an HPA's target, with one sync that differs from the recording.
pub(crate) fn hpa(outcome: &Outcome) -> Backtest {
    let rows = || outcome.timeline.iter().step_by((PERIOD / 60.0) as usize);
    let values = rows().map(|row| (row.start_seconds, row.start_seconds + PERIOD, row.cpu_utilization * 250.0));
    let count = |kind, steps: Vec<(f64, f64)>| BacktestCapacity { kind, steps };
    let wanted = |row: &windtunnel_sim::outcome::TimelineRow| (row.desired * 3.0).max(4.0);
    let proposed = rows().map(|row| (row.start_seconds, (row.desired * row.cpu_utilization * 4.5).ceil().max(4.0)));
    let desired: Vec<(f64, f64)> = rows().map(|row| (row.start_seconds, wanted(&row))).collect();
    let differs = |at: f64| (46_000.0..49_000.0).contains(&at);
    let recorded = desired.iter().map(|&(at, pods)| (at, if differs(at) { pods + 2.0 } else { pods }));
    let changes = desired.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| ActivityEntry {
        at_seconds: pair[1].0,
        accepted: true,
        from: pair[0].1 as u32,
        to: pair[1].1 as u32,
        ..ActivityEntry::default()
    });
    Backtest {
        title: "web".to_owned(),
        subtitle: format!("{SUBTITLE}  ·  Kubernetes HPA"),
        figures: vec![("as recorded".to_owned(), "278 of 288".to_owned())],
        calendar_start: outcome.calendar_start,
        time_zone: outcome.time_zone.clone(),
        end_seconds: outcome.horizon.as_secs_f64(),
        metrics: vec![BacktestMetric {
            name: "cpu".to_owned(),
            unit: "% of requests".to_owned(),
            values: values.collect(),
            levels: vec![BacktestLevel { comparison: "target".to_owned(), value: 80.0, ..BacktestLevel::default() }],
        }],
        activities: changes.collect(),
        capacity_unit: "pods".to_owned(),
        capacity: vec![
            count(CapacityKind::Recorded, desired.iter().map(|&(at, pods)| (at + PERIOD, pods)).collect()),
            count(CapacityKind::Proposed, proposed.collect()),
            count(CapacityKind::RecordedDesired, recorded.collect()),
            count(CapacityKind::Desired, desired.clone()),
        ],
        ..Backtest::default()
    }
}

/// Two days of counts, made up, with a hole.
pub(crate) fn traffic() -> Recorded {
    let mut text = "time,count\n".to_owned();
    for minute in (0..2 * 24 * 60).filter(|minute| !(1900..1960).contains(minute)) {
        let hour = f64::from(minute) / 60.0;
        let day = 300.0 + 220.0 * ((hour - 9.0) / 24.0 * std::f64::consts::TAU).sin();
        let bursts = 40.0 * (f64::from(minute) * 0.7).sin() * (f64::from(minute) * 0.013).cos();
        let at = 1_774_000_800 + minute * 60;
        text.push_str(&format!("{at},{:.0}\n", 60.0 * (day + bursts).max(20.0)));
    }
    let content = Box::new(std::io::Cursor::new(text.into_bytes()));
    let input = Input { name: "example.csv".to_owned(), content };
    import(vec![input], &ImportOptions::default(), &mut |_| true).expect("the counts are well-formed")
}
