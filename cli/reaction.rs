//! The reaction budget: in the terminal, in JSON, as a table of parts.

use serde::Serialize;
use windtunnel_sim::outcome::reaction::{Began, Extremes, Part, Phase};
use windtunnel_sim::outcome::{Outcome, Reaction, Spool, Summary};
use windtunnel_traces::SimDuration;

use crate::experiment::Results;
use crate::figures;
use crate::text_table::{Cell, render};

/// What is written where there is no value.
pub(crate) const NONE: &str = "none";

/// Columns of `reaction.csv`: one row per part of a scale-out.
pub(crate) const COLUMNS: &[&str] = &[
    "scale_out",
    "began",
    "policy",
    "alarm",
    "from",
    "to",
    "instance",
    "refusals",
    "total_seconds",
    "phase",
    "stage",
    "start_seconds",
    "seconds",
];

/// A part of a scale-out's reaction.
#[derive(Serialize)]
pub(crate) struct Row {
    scale_out: usize,
    began: Began,
    policy: Option<String>,
    alarm: Option<String>,
    from: u32,
    to: u32,
    instance: Option<u32>,
    refusals: u32,
    total_seconds: Option<f64>,
    phase: Phase,
    stage: String,
    start_seconds: f64,
    seconds: f64,
}

/// Every part of a scale-out, in order; `place` counts scale-outs from zero.
pub(crate) fn rows((reaction, place): (Reaction, usize)) -> Vec<Row> {
    let row = |part: &Part| Row {
        scale_out: place + 1,
        began: reaction.began,
        policy: reaction.policy.clone(),
        alarm: reaction.alarm.clone(),
        from: reaction.from,
        to: reaction.to,
        instance: reaction.instance,
        refusals: reaction.refusals,
        total_seconds: reaction.total.map(SimDuration::as_secs_f64),
        phase: part.phase,
        stage: part.stage.clone(),
        start_seconds: part.start.as_secs_f64(),
        seconds: part.lasts.as_secs_f64(),
    };
    reaction.parts.iter().map(row).collect()
}

/// The part of the JSON document: every scale-out of a run, and those that are the median and the slowest.
#[derive(Serialize)]
pub(crate) struct Document<'o> {
    median: Option<Reaction>,
    worst: Option<Reaction>,
    scale_outs: &'o Spool<Reaction>,
}

/// The reactions of a run, as they stand in the JSON document.
pub(crate) fn document(outcome: &Outcome) -> Document<'_> {
    let (median, worst) = Extremes::of(&outcome.reactions).map(|extremes| (extremes.median, extremes.worst)).unzip();
    Document { median, worst, scale_outs: &outcome.reactions }
}

/// The budget in the terminal: of one scenario stage by stage, of several phase by phase.
pub(crate) fn table(results: &Results) -> String {
    let firsts = results.firsts();
    match firsts.as_slice() {
        [] => String::new(),
        [only] => of_one(only),
        several => of_several(&results.names, several),
    }
}

fn of_one(outcome: &Outcome) -> String {
    let Some(extremes) = Extremes::of(&outcome.reactions) else { return String::new() };
    let mut rows = vec![vec![Cell::new(""), Cell::new("median"), Cell::new("worst")]];
    for (phase, stage) in extremes.stages() {
        let lengths = [&extremes.median, &extremes.worst].map(|reaction| reaction.stage(phase, stage).as_secs_f64());
        if lengths != [0.0, 0.0] {
            rows.push(line(stage, lengths.map(Some)));
        }
    }
    rows.push(line("in all", [&extremes.median, &extremes.worst].map(total)));
    format!("{}{}", heading(outcome), render(&rows))
}

fn of_several(names: &[String], outcomes: &[&Outcome]) -> String {
    let extremes: Vec<Option<Extremes>> = outcomes.iter().map(|outcome| Extremes::of(&outcome.reactions)).collect();
    if extremes.iter().all(Option::is_none) {
        return String::new();
    }
    let mut rows = vec![std::iter::once(Cell::new("  median, worst")).chain(names.iter().map(Cell::new)).collect()];
    let cell = |extremes: &Option<Extremes>, of: &dyn Fn(&Reaction) -> f64| {
        Cell::new(extremes.as_ref().map_or(NONE.to_string(), |extremes| {
            format!("{}, {}", length(of(&extremes.median)), length(of(&extremes.worst)))
        }))
    };
    for phase in Phase::ALL {
        let of = |reaction: &Reaction| reaction.phase(phase).as_secs_f64();
        if extremes.iter().flatten().any(|extremes| of(&extremes.median) + of(&extremes.worst) > 0.0) {
            let cells = extremes.iter().map(|extremes| cell(extremes, &of));
            rows.push(std::iter::once(Cell::new(title(phase))).chain(cells).collect());
        }
    }
    let cells = extremes.iter().map(|extremes| cell(extremes, &|reaction| total(reaction).unwrap_or(0.0)));
    rows.push(std::iter::once(Cell::new("  in all")).chain(cells).collect());
    format!("{}{}", heading(outcomes[0]), render(&rows))
}

fn heading(outcome: &Outcome) -> String {
    format!("\nreaction: from the first breaching sample to the first request on new capacity, seed {}\n", outcome.seed)
}

fn line(title: &str, lengths: [Option<f64>; 2]) -> Vec<Cell> {
    let cells = lengths.into_iter().map(|seconds| Cell::new(seconds.map_or(NONE.to_string(), length)));
    std::iter::once(Cell::new(format!("  {title}"))).chain(cells).collect()
}

fn total(reaction: &Reaction) -> Option<f64> {
    reaction.total.map(SimDuration::as_secs_f64)
}

fn length(seconds: f64) -> String {
    figures::with_interval(Summary { mean: seconds, low: seconds, high: seconds }, "seconds", "")
}

/// What a phase is called where several providers stand side by side.
const fn title(phase: Phase) -> &'static str {
    match phase {
        Phase::Evaluation => "  alarm periods; HPA: next sync",
        Phase::MetricDelay => "  metric delay",
        Phase::Wait => "  lock, cooldown; HPA: stabilization",
        Phase::Provisioning => "  provisioning; HPA: pod pending",
        Phase::Boot => "  boot stages; HPA: image pull, start",
        Phase::Attach => "  attach; HPA: endpoints",
        Phase::HealthCheck => "  health check; HPA: readiness",
        Phase::FirstRequest => "  first request",
    }
}

/// A reaction of one part, for tests of what is written.
#[cfg(test)]
pub(crate) fn example() -> Reaction {
    use windtunnel_sim::outcome::reaction::{Breach, Launch, Milestone, ScaleOut, budgets};
    use windtunnel_traces::SimTime;
    let scale_out = ScaleOut {
        breach: Some(Breach { since: SimTime::from_secs(60), stages: Vec::new() }),
        decided: SimTime::from_secs(90),
        waits: vec![Milestone::new(Phase::Wait, "cooldown", SimTime::from_secs(90))],
        refusals: 1,
        from: 1,
        to: 2,
        policy: None,
        alarm: None,
        instances: vec![0],
    };
    let launch = Launch { first_request: Some(SimTime::from_secs(100)), ..Launch::default() };
    budgets(&[scale_out], &[launch]).remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_a_row() {
        let reaction = example();
        let rows = rows((reaction, 0));
        let seconds: Vec<(&str, f64)> = rows.iter().map(|row| (row.stage.as_str(), row.seconds)).collect();
        assert_eq!(seconds, [("cooldown", 30.0), ("first request", 10.0)]);
        assert_eq!(rows[0].total_seconds, Some(40.0));
    }
}
