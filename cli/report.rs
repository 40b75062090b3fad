//! Results as tables in the terminal.

use anstyle::{AnsiColor, Style};
use windtunnel_sim::experiment::{paired, summarize};
use windtunnel_sim::outcome::metric::{DEFINITIONS, MetricDefinition};
use windtunnel_sim::outcome::{Outcome, Summary};

use crate::currency::Exchange;
use crate::experiment::Results;
use crate::figures;
use crate::json::comparable;
use crate::reaction;
use crate::text_table::{Cell, render};

const HEADER: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const BEST: Style = AnsiColor::Green.on_default().bold();

/// Which of two values of a figure is better.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Better {
    Lower,
    Neither,
}

/// A line of the table.
struct Line {
    title: &'static str,
    metric: &'static str,
    better: Better,
}

const fn line(title: &'static str, metric: &'static str, better: Better) -> Line {
    Line { title, metric, better }
}

/// What is shown: money, suffering, speed, capacity, restlessness. The rest is in the files and in the JSON form.
const LINES: &[&[Line]] = &[
    &[line("cost", "cost_total", Better::Lower), line("instance hours", "instance_hours", Better::Lower)],
    &[
        line("requests", "requests_arrived", Better::Neither),
        line("violating requests", "slo_violating_request_fraction", Better::Lower),
        line("violating windows", "slo_violating_window_fraction", Better::Lower),
        line("timed out", "requests_timed_out", Better::Lower),
        line("rejected", "requests_rejected", Better::Lower),
        line("failed", "requests_failed", Better::Lower),
    ],
    &[
        line("latency, mean", "latency_mean_seconds", Better::Lower),
        line("latency, p50", "latency_p50_seconds", Better::Lower),
        line("latency, p95", "latency_p95_seconds", Better::Lower),
        line("latency, p99", "latency_p99_seconds", Better::Lower),
    ],
    &[
        line("in service, mean", "mean_in_service", Better::Neither),
        line("in service, peak", "peak_in_service", Better::Neither),
        line("CPU utilization", "cpu_utilization_mean", Better::Neither),
        line("time under-provisioned", "under_provision_timeshare", Better::Lower),
        line("time over-provisioned", "over_provision_timeshare", Better::Lower),
    ],
    &[
        line("scale-outs", "scale_outs", Better::Neither),
        line("scale-ins", "scale_ins", Better::Neither),
        line("refused actions", "rejected_actions", Better::Neither),
        line("flaps", "flaps", Better::Lower),
        line("reaction, median", "reaction_median_seconds", Better::Lower),
        line("reaction, worst", "reaction_worst_seconds", Better::Lower),
    ],
];

/// Figures of the table of differences.
const DIFFERENCES: &[(&str, &str)] = &[
    ("cost", "cost_total"),
    ("violating requests", "slo_violating_request_fraction"),
    ("latency, p99", "latency_p99_seconds"),
    ("instance hours", "instance_hours"),
];

/// The table of one or several scenarios, one column each.
pub(crate) fn table(results: &Results, exchange: Option<&Exchange>) -> String {
    let firsts = results.firsts();
    let Some(first) = firsts.first() else { return String::new() };
    let mut rows = vec![vec![], names(results), providers(&firsts)];
    let mut has_best = false;
    for group in LINES {
        rows.push(Vec::new());
        for line in *group {
            let cells = cells(line, results, exchange);
            has_best |= cells.iter().any(|cell| cell.1);
            rows.push(std::iter::once(Cell::new(line.title)).chain(cells.into_iter().map(|cell| cell.0)).collect());
        }
    }
    let mut text = render(&[vec![Cell::new(caption(first, results.replications())).styled(HEADER)]]);
    text.push_str(&render(&rows));
    text.push('\n');
    if has_best {
        text.push_str("* best of the line\n");
    }
    text.push_str(&footnote(results.replications()));
    text
}

fn caption(first: &Outcome, replications: usize) -> String {
    let length = first.horizon;
    match replications {
        1 => format!("{}, {length}, seed {}", first.traffic, first.seed),
        n => format!("{}, {length}, seeds {} to {}", first.traffic, first.seed, first.seed.wrapping_add(n as u64 - 1)),
    }
}

fn footnote(replications: usize) -> String {
    match replications {
        1 => "One run: there is no confidence interval; --replications 10 gives one.\n".into(),
        n => format!("Means of {n} runs with their 95 % confidence intervals.\n"),
    }
}

fn names(results: &Results) -> Vec<Cell> {
    let names = results.names.iter().map(|name| Cell::new(name).styled(HEADER));
    std::iter::once(Cell::new("")).chain(names).collect()
}

fn providers(firsts: &[&Outcome]) -> Vec<Cell> {
    let titles = firsts.iter().map(|outcome| Cell::new(outcome.provider.title()).styled(QUIET));
    std::iter::once(Cell::new("")).chain(titles).collect()
}

fn definition(metric: &str) -> Option<&'static MetricDefinition> {
    DEFINITIONS.iter().find(|definition| definition.name == metric)
}

/// The cells of one line, each with whether it is marked as the best.
fn cells(line: &Line, results: &Results, exchange: Option<&Exchange>) -> Vec<(Cell, bool)> {
    let unit = definition(line.metric).map_or("", |definition| definition.unit);
    let best = best(line, unit, results, exchange);
    let is_best = |replications: &[Outcome]| best.is_some() && mean(replications, line.metric, unit, exchange) == best;
    results
        .outcomes
        .iter()
        .map(|replications| {
            let currency = replications.first().map_or("", |outcome| outcome.currency.as_str());
            let summary = summarize(replications, line.metric);
            let text = summary.map_or(reaction::NONE.into(), |summary| figures::with_interval(summary, unit, currency));
            if is_best(replications) {
                (Cell::new(format!("{text} *")).styled(BEST), true)
            } else if best.is_some() {
                // Two spaces where the mark would be keep the digits aligned.
                (Cell::new(format!("{text}  ")), false)
            } else {
                (Cell::new(text), false)
            }
        })
        .collect()
}

/// The best value of a line; nothing when it has none, when all are equal, or when they cannot be compared.
fn best(line: &Line, unit: &str, results: &Results, exchange: Option<&Exchange>) -> Option<f64> {
    if line.better == Better::Neither || results.outcomes.len() < 2 {
        return None;
    }
    let values: Vec<Option<f64>> =
        results.outcomes.iter().map(|replications| mean(replications, line.metric, unit, exchange)).collect();
    // Amounts that cannot be converted have no best; who has no value of a figure is neither best nor in the way.
    if unit == "currency" && values.iter().any(Option::is_none) {
        return None;
    }
    let values: Vec<f64> = values.into_iter().flatten().collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    values.iter().any(|value| *value != least).then_some(least)
}

fn mean(replications: &[Outcome], metric: &str, unit: &str, exchange: Option<&Exchange>) -> Option<f64> {
    let values: Vec<f64> =
        replications.iter().filter_map(|outcome| comparable(outcome, metric, unit, exchange)).collect();
    (!values.is_empty()).then(|| Summary::of(&values).mean)
}

/// How every other scenario differs from the first, in pairs under the same seeds.
pub(crate) fn differences(results: &Results, exchange: Option<&Exchange>) -> String {
    let mut all = results.iter();
    let Some((first_name, first)) = all.next() else { return String::new() };
    let title = Cell::new(format!("against {first_name}")).styled(HEADER);
    let mut rows =
        vec![vec![], std::iter::once(title).chain(DIFFERENCES.iter().map(|(title, _)| Cell::new(title))).collect()];
    for (name, other) in all {
        let cells = DIFFERENCES.iter().map(|(_, metric)| Cell::new(difference(metric, first, other, exchange)));
        rows.push(std::iter::once(Cell::new(name)).chain(cells).collect());
    }
    if rows.len() > 2 { render(&rows) } else { String::new() }
}

fn difference(metric: &str, first: &[Outcome], other: &[Outcome], exchange: Option<&Exchange>) -> String {
    let unit = definition(metric).map_or("", |definition| definition.unit);
    let currency = exchange.map_or("", |exchange| exchange.to.as_str());
    paired(first, other, |outcome| comparable(outcome, metric, unit, exchange))
        .map_or("not comparable".into(), |summary| figures::difference(summary, unit, currency))
}
