//! The final choice among the finalists and today's settings: who holds the objective for sure first, then who is the
//! cheapest, by the procedure of Kim and Nelson (2001) under seeds that took no part in the search.

use super::bench::Bench;
use super::{FRESH, Request, TuneError};
use crate::experiment::analysis::Verdict;
use crate::experiment::statistics::ranking::survivors;
use crate::experiment::statistics::sequential::STEP;

/// Differences below this share of the cost do not matter: nobody changes a policy for less.
const INDIFFERENCE: f64 = 0.01;
/// The chance that the cheapest is dropped, or one that is worse by more than the indifference is kept instead.
const ALPHA: f64 = 0.05;
/// It ends at the latest at this many times the seeds that were asked for.
const MOST: u32 = 3;

/// How the cheapest was told from the others that hold the objective.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Selection {
    /// Seeds that every finalist and today's settings were run under in the end.
    pub seeds: u32,
    /// Variants that held the objective for sure under the seeds that were asked for, today's settings among them.
    pub candidates: usize,
    /// Those that were not told apart in the end; one, when the choice is clear.
    pub remaining: usize,
    /// Differences below this do not matter, in the unit of what is to be small.
    pub indifference: f64,
}

/// Runs the contenders under fresh seeds until one remains of those that hold the objective for sure, or it is enough.
/// Returns those that remain.
pub(super) fn select(
    request: &Request,
    bench: &mut Bench<'_>,
    contenders: &[usize],
) -> Result<(Vec<usize>, Selection), TuneError> {
    let first = request.replications;
    let mut seeds = first;
    bench.run(contenders, FRESH..FRESH + seeds)?;
    let mut remaining: Vec<usize> =
        contenders.iter().copied().filter(|&point| holds(request, bench, point, seeds)).collect();
    let candidates = remaining.len();
    let cost = |bench: &Bench<'_>, point: usize, seeds: u32| {
        bench.samples(point, &request.minimize, FRESH..FRESH + seeds).unwrap_or_default()
    };
    let mean = |samples: &[f64]| samples.iter().sum::<f64>() / samples.len() as f64;
    let least = remaining.iter().map(|&point| mean(&cost(bench, point, seeds))).fold(f64::INFINITY, f64::min);
    let indifference = if candidates > 0 { INDIFFERENCE * least.abs() } else { 0.0 };
    while remaining.len() > 1 && indifference > 0.0 {
        let samples: Vec<Vec<f64>> = remaining.iter().map(|&point| cost(bench, point, seeds)).collect();
        let samples: Vec<&[f64]> = samples.iter().map(Vec::as_slice).collect();
        let kept = survivors(candidates, &samples, first as usize, ALPHA, indifference);
        remaining = kept.into_iter().map(|index| remaining[index]).collect();
        // Equal under every seed is equal: more of them tell nothing.
        let are_equal = samples.windows(2).all(|pair| pair[0] == pair[1]);
        if remaining.len() <= 1 || are_equal || seeds >= MOST * first {
            break;
        }
        seeds = (seeds + STEP).min(MOST * first);
        bench.run(contenders, FRESH..FRESH + seeds)?;
        // More seeds may tell that a variant does not hold after all. None comes back: looking often finds no more.
        remaining.retain(|&point| holds(request, bench, point, seeds));
    }
    let selection = Selection { seeds, candidates, remaining: remaining.len(), indifference };
    Ok((remaining, selection))
}

fn holds(request: &Request, bench: &Bench<'_>, point: usize, seeds: u32) -> bool {
    let fresh = FRESH..FRESH + seeds;
    let has_cost = bench.samples(point, &request.minimize, fresh.clone()).is_some();
    let figure = bench.samples(point, &request.requirement.metric, fresh);
    has_cost && figure.is_some_and(|figure| request.requirement.verdict(&figure) == Verdict::Meets)
}
