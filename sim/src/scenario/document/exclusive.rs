//! Keys that exclude each other: to give one of them in an overlay or by `--set` takes the others away.

use super::tree::{Node, Table};

/// The tables that choose a controller. A scenario has one.
pub(crate) const CONTROLLERS: [&str; 6] = ["ess", "aws", "tencent", "hpa", "fixed", "baseline"];

/// The keys of `[trace]` that say where traffic comes from. A trace has one.
pub(crate) const TRACE_SOURCES: [&str; 5] = ["file", "arrivals", "shape", "sum", "clients"];

/// The keys of `[trace]` that keep their meaning whatever the source is; all others go with the source they describe.
const TRACE_SHARED: [&str; 5] = ["rescale", "repeat", "seed", "start", "zone"];

/// Families of distributions. A family and its parameters are given together, so they are replaced together.
pub(super) const DISTRIBUTIONS: [&str; 12] = [
    "constant",
    "exponential",
    "lognormal",
    "gamma",
    "pareto",
    "weibull",
    "uniform",
    "hyperexponential",
    "mixture",
    "quantiles",
    "empirical",
    "histogram",
];

/// Keys of which a table called `table` has at most one.
struct Alternatives {
    table: &'static str,
    keys: &'static [&'static str],
}

const ALTERNATIVES: [Alternatives; 4] = [
    Alternatives { table: "adjust", keys: &["change", "percent", "exact"] },
    Alternatives { table: "boot", keys: &["time", "poll"] },
    Alternatives { table: "rescale", keys: &["mean", "peak", "factor"] },
    Alternatives { table: "hpa", keys: &["manifest", "spec"] },
];

/// True where a table names a distribution.
pub(super) fn is_distribution(table: &Table) -> bool {
    table.keys().any(|key| DISTRIBUTIONS.contains(&key))
}

/// Takes away from `table` (called `name`; "" for the document itself) what giving `key` excludes. Values from the
/// command line that only describe a source stay: `--set` may come in any order. `value` is what the key is given, where
/// it is given as a whole.
pub(super) fn make_room(table: &mut Table, name: &str, key: &str, value: Option<&Node>) {
    if name.is_empty() && CONTROLLERS.contains(&key) {
        table.entries.retain(|entry| entry.key == key || !CONTROLLERS.contains(&entry.key.as_str()));
    }
    if name == "trace" && TRACE_SOURCES.contains(&key) {
        replace_trace_source(table, key, value);
    }
    if DISTRIBUTIONS.contains(&key) {
        table.entries.retain(|entry| entry.key == key || !DISTRIBUTIONS.contains(&entry.key.as_str()));
    }
    // What stands beside the key already was meant with it: a poll with the time of what it waits for.
    let is_new = !table.contains(key);
    for alternatives in ALTERNATIVES.iter().filter(|group| is_new && group.table == name && group.keys.contains(&key)) {
        table.entries.retain(|entry| entry.key == key || !alternatives.keys.contains(&entry.key.as_str()));
    }
}

fn replace_trace_source(trace: &mut Table, source: &str, value: Option<&Node>) {
    let has_others = trace.keys().any(|key| key != source && TRACE_SOURCES.contains(&key));
    // Another shape has other keys: a constant rate has no use for the peak of the diurnal shape it replaces.
    let is_other_shape = source == "shape" && trace.get(source).and_then(Node::as_str) != value.and_then(Node::as_str);
    if trace.contains(source) && !has_others && !is_other_shape {
        return;
    }
    trace.entries.retain(|entry| {
        let key = entry.key.as_str();
        let is_described_by_set = !TRACE_SOURCES.contains(&key) && entry.key_origin.source.is_command_line();
        key == source || TRACE_SHARED.contains(&key) || is_described_by_set
    });
}
