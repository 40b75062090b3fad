//! Two fidelities in one sweep: every point by rates and expected numbers, and the points near the frontier again request
//! by request. The results are those of the second; how far the first was off is written beside them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use windtunnel_sim::experiment::execute::{Records, Task};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::results::Results;
use windtunnel_sim::experiment::tune::nsga2::ranks;

/// The name of the fidelity that is two.
pub(super) const SCREEN: &str = "screen";
/// The share of the points that is confirmed, by non-dominated rank: a third, as successive halving keeps.
const CONFIRMED_SHARE: usize = 3;

/// The same plan at one of the two fidelities.
pub(super) fn at(plan: &Plan, fidelity: &str) -> Plan {
    Plan { fidelity: fidelity.to_string(), ..plan.clone() }
}

/// The points to confirm: whole fronts, the best first, until a third of the points is among them. A point without
/// figures is confirmed too: where the screening cannot tell, the simulation has to.
pub(super) fn candidates(screened: &Results<'_>) -> BTreeSet<usize> {
    let minimize = &screened.plan.sweep.minimize;
    let figures_of = |point: usize| -> Option<Vec<f64>> {
        minimize.iter().map(|metric| screened.summary(point, metric).map(|summary| summary.mean)).collect()
    };
    let all: Vec<(usize, Option<Vec<f64>>)> =
        (0..screened.plan.points.len()).map(|point| (point, figures_of(point))).collect();
    let mut chosen: BTreeSet<usize> =
        all.iter().filter(|(_, figures)| figures.is_none()).map(|(point, _)| *point).collect();
    let known: Vec<(usize, &[f64])> =
        all.iter().filter_map(|(point, figures)| Some((*point, figures.as_deref()?))).collect();
    let figures: Vec<&[f64]> = known.iter().map(|(_, figures)| *figures).collect();
    let ranks = ranks(&figures);
    let wanted = known.len().div_ceil(CONFIRMED_SHARE);
    let mut taken = 0;
    for rank in 0.. {
        let front: Vec<usize> = (0..known.len()).filter(|&i| ranks[i] == rank).map(|i| known[i].0).collect();
        if front.is_empty() || taken >= wanted {
            break;
        }
        taken += front.len();
        chosen.extend(front);
    }
    chosen
}

/// What the screening said of every point, and of those that were confirmed what the simulation says.
pub(super) fn compared(screened: &Results<'_>, confirmed: &Records) -> (Vec<u8>, Value) {
    let plan = screened.plan;
    let confirmed = Results { plan, records: confirmed, replications: screened.replications };
    let mut csv = String::from("point,metric,fluid,requests,difference\n");
    let mut errors = serde_json::Map::new();
    for metric in &plan.sweep.minimize {
        let mut differences = Vec::new();
        for (index, point) in plan.points.iter().enumerate() {
            let Some(fluid) = screened.summary(index, metric).map(|summary| summary.mean) else { continue };
            let requests = confirmed.summary(index, metric).map(|summary| summary.mean);
            let difference = requests.map(|requests| fluid - requests);
            let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
            csv.push_str(&format!("{},{metric},{fluid},{},{}\n", point.digest, text(requests), text(difference)));
            differences.extend(difference.zip(requests));
        }
        errors.insert(metric.clone(), error(&differences));
    }
    let document = json!({ "points": plan.points.len(), "confirmed": confirmed_points(&confirmed), "errors": errors });
    (csv.into_bytes(), document)
}

fn confirmed_points(confirmed: &Results<'_>) -> usize {
    (0..confirmed.plan.points.len())
        .filter(|&point| {
            (0..confirmed.replications).any(|replication| confirmed.records.get(Task { point, replication }).is_some())
        })
        .count()
}

/// Mean and largest size of the differences, in the unit of the figure, and the mean bias.
fn error(differences: &[(f64, f64)]) -> Value {
    let n = differences.len() as f64;
    if differences.is_empty() {
        return Value::Null;
    }
    let sizes: Vec<f64> = differences.iter().map(|(difference, _)| difference.abs()).collect();
    json!({
        "mean_size": sizes.iter().sum::<f64>() / n,
        "largest": sizes.iter().copied().fold(0.0, f64::max),
        "bias": differences.iter().map(|(difference, _)| difference).sum::<f64>() / n,
        "mean_of_requests": differences.iter().map(|(_, requests)| requests).sum::<f64>() / n,
    })
}
