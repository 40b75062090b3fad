//! The multiplicative rule n' = n u / target, with a utilization that the capacity ordered m periods ago produces. In
//! logarithms it is linear: z^(m+1) - z^m + 1 = 0. One period of delay swings for ever with a period of six, two diverge;
//! where pending capacity counts, it is there in one step.

use windtunnel_sim::controllers::baseline::Pid;

use crate::error::ValidationError;
use crate::reference::single;
use crate::row::{Row, Rule, Section};

const GROUP: &str = "delayed multiplicative controller";
/// Instances at rest: so many that rounding to whole ones does not matter.
const AT_REST: f64 = 1e8;
/// So many that all but the slowest pair of roots have died out.
const STEPS: usize = 80;
/// How far from rest it ends, as a share: that it stays within u32, and far from rounding.
const END: f64 = 0.5;
const TARGET: f64 = 0.6;

/// Estimates from whole instances: what rounding and the roots that die out leave is below this.
const BOUND: Rule = Rule::WithinShare { share: 1e-3 };

pub(super) fn rows() -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in single("delayed_multiplicative_controller")?.parts("rows") {
        let delay = record.number("m")? as usize;
        let ordered = swing(delay, false, record.number("max_root")?);
        let case = format!("{delay} period{} of delay", if delay == 1 { "" } else { "s" });
        let compare = |what: &str| Row::compare(Section::Control, GROUP, &case, what);
        if delay == 0 {
            let row = compare("distance from rest after one step, of a half before");
            rows.push(row.reference(0.0).value(Rule::Within { bound: 1e-7 }, distance(ordered[delay + 1])));
            continue;
        }
        let (growth, period) = dominant(&ordered);
        rows.push(compare("growth per step").reference(record.number("max_root")?).value(BOUND, growth));
        rows.push(compare("period, steps").reference(record.number("period")?).value(BOUND, period));
    }
    // Two steps of boot: the second step already knows what the first ordered.
    let counted = swing(2, true, 1.0);
    rows.push(
        Row::compare(
            Section::Control,
            GROUP,
            "2 periods of delay, what is pending counts",
            "distance from rest after one step",
        )
        .reference(0.0)
        .value(Rule::Within { bound: 1e-7 }, distance(counted[3])),
    );
    Ok(rows)
}

/// Capacity step by step. The first `delay + 1` are what was there before, off by so little that it ends near [`END`].
fn swing(delay: usize, counts_pending: bool, growth: f64) -> Vec<f64> {
    let pid = Pid { target: TARGET, tolerance: 0.0, count_pending: counts_pending, ..Pid::default() };
    let mut law = pid.law(1, u32::MAX);
    let load = AT_REST * TARGET;
    let mut ordered = vec![AT_REST * (1.0 + END / libm::pow(growth.max(1.0), STEPS as f64)); delay + 1];
    for _ in 0..STEPS {
        let capacity = ordered[ordered.len() - 1];
        let serving = ordered[ordered.len() - 1 - delay];
        ordered.push(law(load / serving, capacity as u32, serving as u32) as f64);
    }
    ordered
}

fn distance(capacity: f64) -> f64 {
    (capacity / AT_REST - 1.0).abs()
}

/// Growth and period of the pair of roots that outlives the others, by least squares of x'' = a x' + b x over the second
/// half.
fn dominant(ordered: &[f64]) -> (f64, f64) {
    let x: Vec<f64> = ordered.iter().map(|capacity| libm::log(capacity / AT_REST)).collect();
    let late = &x[x.len() / 2..];
    let (mut aa, mut ab, mut bb, mut ya, mut yb) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for three in late.windows(3) {
        let (older, old, new) = (three[0], three[1], three[2]);
        aa += old * old;
        ab += old * older;
        bb += older * older;
        ya += new * old;
        yb += new * older;
    }
    let determinant = aa * bb - ab * ab;
    let (a, b) = ((ya * bb - yb * ab) / determinant, (yb * aa - ya * ab) / determinant);
    let growth = libm::sqrt(-b);
    (growth, 2.0 * std::f64::consts::PI / libm::acos(a / (2.0 * growth)))
}
