//! Tuning: the cheapest settings of a policy that hold an objective for sure.
//!
//! In order: a scrambled Sobol sample of the ranges and today's settings, generations of NSGA-II between cost and the
//! objective's figure, successive halving of the best under more and more seeds, and at the end a confirmation of the
//! finalists under seeds that took no part in the choice: whoever was chosen for being lucky is found out. Of those that
//! hold the objective for sure the procedure of Kim and Nelson selects the cheapest. Everything is compared under common
//! seeds, and every run is in a journal.

mod bench;
mod choice;
pub mod nsga2;
pub mod ranges;
mod relief;

use windtunnel_traces::{Purpose, SimDuration, Streams};

use super::analysis::{Requirement, Verdict};
use super::design::{Design, Place, Row};
use super::execute::{ExecuteError, SweepProgress};
use super::journal::{Journal, Record};
use super::plan::{Plan, short_digest};
use super::sweep_file::SweepFile;
use crate::outcome::Summary;
use crate::scenario::document::{ScenarioError, SharedFiles};

use bench::Bench;
use nsga2::Individual;

pub use choice::Selection;
pub use relief::{Relief, Tried};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The scenario with the axes to search.
    pub sweep: SweepFile,
    /// What has to hold.
    pub requirement: Requirement,
    /// What is to be small: a metric.
    pub minimize: String,
    /// Variants that the search looks at.
    pub variants: usize,
    /// Seeds that confirm the finalists.
    pub replications: u32,
    /// How exactly is simulated: `requests`, `fluid`, or `screen` for a search by fluid whose best are then simulated
    /// request by request.
    pub fidelity: String,
    /// The end of the trace that the search does not see: from when, and how long. The recommendation is tried on it.
    pub held_out: Option<(SimDuration, SimDuration)>,
}

/// Seeds per variant during the search: two, so that luck shows.
const SEARCH_SEEDS: u32 = 2;
/// Successive halving: how many go on, under how many seeds.
const RUNGS: [(usize, u32); 2] = [(9, 4), (4, 8)];
/// The seeds of the confirmation begin here, far from those of the search.
const FRESH: u32 = 1_000_000;
/// The fidelity that is two.
pub const SCREEN: &str = "screen";
/// The figures that are shown beside what is weighed.
const SHOWN: [&str; 8] = [
    "cost_total",
    "slo_violating_request_fraction",
    "slo_violating_window_fraction",
    "latency_p99_seconds",
    "mean_in_service",
    "peak_in_service",
    "scale_outs",
    "scale_ins",
];
/// Seeds for robustness and reliefs.
const CHECK_SEEDS: u32 = 5;
/// The least population of a generation.
const POPULATION: usize = 16;

/// A variant with its figures under the seeds that confirm.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// What differs from today, as after `--set`; nothing for today's settings.
    pub settings: Vec<String>,
    /// What is to be small.
    pub cost: Summary,
    /// The objective's figure.
    pub figure: Summary,
    /// Whether the objective holds.
    pub verdict: Verdict,
    /// The variant minus today, in pairs: what is to be small, and the objective's figure.
    pub against_today: (Summary, Summary),
    /// The index of its point.
    point: usize,
}

/// How a variant does when the world is not as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Robustness {
    /// What is different.
    pub world: String,
    /// What is to be small.
    pub cost: Summary,
    /// The objective's figure.
    pub figure: Summary,
    /// Whether the objective holds there.
    pub verdict: Verdict,
}

/// A figure of the recommendation beside today's.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The figure.
    pub metric: String,
    /// Today.
    pub today: Summary,
    /// With the recommendation.
    pub recommended: Summary,
    /// The recommendation minus today, in pairs.
    pub difference: Summary,
}

/// How far the screening was off on a figure, over the variants that went on.
#[derive(Clone, Debug, PartialEq)]
pub struct ScreeningError {
    /// The figure.
    pub metric: String,
    /// Variants that were simulated both ways, under the same seeds.
    pub variants: usize,
    /// The mean of the differences: fluid minus requests.
    pub bias: f64,
    /// The largest difference.
    pub largest: f64,
    /// The mean of the figure, request by request.
    pub mean: f64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// Today's settings.
    pub today: Confirmed,
    /// The recommendation: nothing when no finalist holds the objective for sure.
    pub recommended: Option<Confirmed>,
    /// Figures of the recommendation beside today's; none when today's settings stay.
    pub beside: Vec<Beside>,
    /// How the recommendation was told from what else holds the objective.
    pub selection: Selection,
    /// How far a screening was off; none without one.
    pub screening: Vec<ScreeningError>,
    /// The other finalists, cheapest first.
    pub others: Vec<Confirmed>,
    /// The recommendation (or the finalist that comes nearest) in other worlds.
    pub robustness: Vec<Robustness>,
    /// Without a recommendation: what was tried to find the limit that binds.
    pub reliefs: Vec<Tried>,
    /// Variants that were looked at.
    pub variants: usize,
    /// Combinations that constraints exclude.
    pub excluded: usize,
    /// The plan with the points, for writing scenarios.
    pub plan: Plan,
}

/// Why it came to no end.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// The scenario or an axis is at fault.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// It was stopped, or the journal could not be written.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// Today's settings cannot be simulated.
    #[error("today's settings cannot be simulated: {0}")]
    Today(String),
    /// There is nothing to vary.
    #[error("there is nothing to tune: the policy has no settings with known ranges")]
    NothingToVary,
}

impl Request {
    /// Identifies the request: equal ones search the same way.
    ///
    /// # Errors
    /// When the scenario cannot be put together.
    pub fn digest(&self, files: &SharedFiles) -> Result<String, TuneError> {
        let mut plan = Plan::empty(self.sweep.clone(), &self.fidelity)?;
        plan.add(&[self.base_row()], files)?;
        let today = plan.points.first().map_or("", |point| point.digest.as_str());
        let axes: Vec<String> =
            self.sweep.axes.iter().map(|axis| format!("{} {:?}", axis.name(), levels(axis))).collect();
        let constraints: Vec<&str> = self.sweep.constraints.iter().map(|(constraint, _)| constraint.text()).collect();
        let text = format!(
            "{today} {axes:?} {constraints:?} {:?} {} {} {} {} {}",
            self.requirement, self.minimize, self.variants, self.replications, self.fidelity, plan.seed
        );
        Ok(short_digest(&text))
    }

    fn base_row(&self) -> Row {
        vec![Place::Base; self.sweep.axes.len()]
    }
}

fn levels(axis: &super::axis::Axis) -> Vec<String> {
    match axis.len() {
        Some(levels) => (0..levels).flat_map(|level| axis.level(level)).map(|value| value.typed()).collect(),
        None => [0.0, 0.999_999].iter().flat_map(|&share| axis.at(share)).map(|value| value.typed()).collect(),
    }
}

/// Searches. Runs that are in `found` are not repeated; all others go into the journal.
///
/// # Errors
/// When it was stopped, or the input is at fault.
pub fn tune(
    request: &Request,
    files: &SharedFiles,
    journal: &mut Journal,
    found: &[Record],
    progress: &dyn SweepProgress,
) -> Result<Tuned, TuneError> {
    if request.sweep.axes.is_empty() {
        return Err(TuneError::NothingToVary);
    }
    let fidelity = if request.fidelity == SCREEN { "fluid" } else { &request.fidelity };
    let plan = Plan::empty(request.sweep.clone(), fidelity)?;
    let mut bench = Bench::new(plan, files, journal, found, progress);
    let today = bench.add(&[request.base_row()])?[0].unwrap_or(0);
    if let Some(fault) = bench.plan.points.get(today).and_then(|point| point.fault.clone()) {
        return Err(TuneError::Today(fault));
    }
    search(request, &mut bench)?;
    let (finalists, screening) = halve(request, &mut bench, today)?;
    let all: Vec<usize> = std::iter::once(today).chain(finalists.iter().copied()).collect();
    let (remaining, selection) = choice::select(request, &mut bench, &all)?;
    let fresh = FRESH..FRESH + selection.seeds;
    let confirmed = |point: usize| confirm(request, &bench, point, today, fresh.clone());
    let today = confirmed(today).ok_or_else(|| TuneError::Today("it has no figures".into()))?;
    let mut others: Vec<Confirmed> = finalists.into_iter().filter_map(confirmed).collect();
    others.sort_by(|a, b| a.cost.mean.total_cmp(&b.cost.mean).then(a.point.cmp(&b.point)));
    let best = others.iter().position(|variant| remaining.contains(&variant.point));
    let best = best.map(|index| others[index].clone());
    // Today's settings win against what is not cheaper.
    let recommended = match best {
        Some(best) if remaining.contains(&today.point) && today.cost.mean <= best.cost.mean => Some(today.clone()),
        None if remaining.contains(&today.point) => Some(today.clone()),
        best => best,
    };
    if let Some(best) = &recommended {
        others.retain(|other| other.point != best.point);
    }
    let beside = match &recommended {
        Some(best) if best.point != today.point => beside(request, &bench, best.point, today.point, fresh),
        _ => Vec::new(),
    };
    let safest = others.iter().chain([&today]).min_by(|a, b| {
        let key = |variant: &Confirmed| bench::signed(&request.requirement, variant.figure.mean);
        key(a).total_cmp(&key(b))
    });
    let shown = recommended.as_ref().or(safest).map_or(today.point, |variant| variant.point);
    let robustness = relief::robustness(request, &mut bench, shown)?;
    let reliefs = if recommended.is_none() { relief::reliefs(request, &mut bench, shown)? } else { Vec::new() };
    let variants = bench.plan.points.len();
    let excluded = bench.plan.excluded;
    let plan = bench.plan;
    Ok(Tuned {
        today,
        recommended,
        beside,
        selection,
        screening,
        others,
        robustness,
        reliefs,
        variants,
        excluded,
        plan,
    })
}

/// Fills the bench with variants: a Sobol sample, then generations.
fn search(request: &Request, bench: &mut Bench<'_>) -> Result<(), TuneError> {
    let axes = request.sweep.axes.len();
    let first = (request.variants / 2).max(POPULATION).min(request.variants.max(1));
    let rows = Design::Sobol.rows(&request.sweep.axes, first, bench.plan.seed).unwrap_or_default();
    let genomes: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| row.iter().map(|place| if let Place::Share(share) = place { *share } else { 0.0 }).collect())
        .collect();
    let mut looked_at = genomes.len();
    let mut population = evaluate(request, bench, genomes)?;
    let mut generation = 0;
    while looked_at < request.variants && !population.is_empty() && axes > 0 {
        population = nsga2::survivors(&population, POPULATION);
        let mut stream = Streams::new(bench.plan.seed).indexed(Purpose::Design, 1000 + generation);
        let count = POPULATION.min(request.variants - looked_at);
        let born = nsga2::children(&population, count, &mut stream);
        looked_at += born.len();
        population.extend(evaluate(request, bench, born)?);
        generation += 1;
    }
    Ok(())
}

/// Runs variants under the seeds of the search; those without figures are left out.
fn evaluate(request: &Request, bench: &mut Bench<'_>, genomes: Vec<Vec<f64>>) -> Result<Vec<Individual>, TuneError> {
    let rows: Vec<Row> =
        genomes.iter().map(|genome| genome.iter().map(|&share| Place::Share(share)).collect()).collect();
    let points = bench.add(&rows)?;
    let runnable: Vec<usize> = points.iter().flatten().copied().collect();
    bench.run(&runnable, 0..SEARCH_SEEDS)?;
    let individual = |(genome, point): (Vec<f64>, Option<usize>)| {
        let cost = bench.mean(point?, &request.minimize, 0..SEARCH_SEEDS)?;
        let figure = bench.mean(point?, &request.requirement.metric, 0..SEARCH_SEEDS)?;
        Some(Individual { genome, figures: vec![cost, bench::signed(&request.requirement, figure)] })
    };
    Ok(genomes.into_iter().zip(points).filter_map(individual).collect())
}

/// Successive halving: the cheapest that seem to hold the objective, under more and more seeds; with them the one that
/// holds it with the most to spare. What was screened goes on request by request.
fn halve(
    request: &Request,
    bench: &mut Bench<'_>,
    today: usize,
) -> Result<(Vec<usize>, Vec<ScreeningError>), TuneError> {
    let mut candidates: Vec<usize> = (0..bench.plan.points.len()).filter(|&point| point != today).collect();
    let mut seeds = SEARCH_SEEDS;
    let mut screening = Vec::new();
    for (keep, next) in RUNGS {
        candidates = best(request, bench, candidates, seeds, keep);
        if request.fidelity == SCREEN && seeds == SEARCH_SEEDS {
            let screened = screened_figures(request, bench, &candidates);
            bench.plan.fidelity = "requests".into();
            bench.run(&candidates, 0..next)?;
            screening = screening_errors(request, &screened, &screened_figures(request, bench, &candidates));
        } else {
            bench.run(&candidates, 0..next)?;
        }
        seeds = next;
    }
    Ok((best(request, bench, candidates, seeds, RUNGS[RUNGS.len() - 1].0), screening))
}

/// What is weighed of every candidate under the seeds of the search, at the present fidelity.
fn screened_figures(request: &Request, bench: &Bench<'_>, candidates: &[usize]) -> Vec<[Option<f64>; 2]> {
    let metrics = [&request.minimize, &request.requirement.metric];
    candidates.iter().map(|&point| metrics.map(|metric| bench.mean(point, metric, 0..SEARCH_SEEDS))).collect()
}

fn screening_errors(
    request: &Request,
    screened: &[[Option<f64>; 2]],
    simulated: &[[Option<f64>; 2]],
) -> Vec<ScreeningError> {
    let of = |(index, metric): (usize, &String)| {
        let both = screened.iter().zip(simulated).filter_map(|(a, b)| a[index].zip(b[index]));
        let both: Vec<(f64, f64)> = both.collect();
        let n = both.len() as f64;
        (!both.is_empty()).then(|| ScreeningError {
            metric: metric.clone(),
            variants: both.len(),
            bias: both.iter().map(|(fluid, requests)| fluid - requests).sum::<f64>() / n,
            largest: both.iter().map(|(fluid, requests)| (fluid - requests).abs()).fold(0.0, f64::max),
            mean: both.iter().map(|(_, requests)| requests).sum::<f64>() / n,
        })
    };
    [&request.minimize, &request.requirement.metric].into_iter().enumerate().filter_map(of).collect()
}

/// Figures of a point beside another's, under the same seeds.
fn beside(
    request: &Request,
    bench: &Bench<'_>,
    point: usize,
    today: usize,
    seeds: std::ops::Range<u32>,
) -> Vec<Beside> {
    let mut weighed = vec![request.minimize.as_str(), request.requirement.metric.as_str()];
    weighed.dedup();
    let others = SHOWN.into_iter().filter(|metric| !weighed.contains(metric));
    let of = |metric: &str| {
        let (best, now) = (bench.samples(point, metric, seeds.clone())?, bench.samples(today, metric, seeds.clone())?);
        let differences: Vec<f64> = best.iter().zip(&now).map(|(best, now)| best - now).collect();
        Some(Beside {
            metric: metric.to_string(),
            today: Summary::of(&now),
            recommended: Summary::of(&best),
            difference: Summary::of(&differences),
        })
    };
    weighed.iter().copied().chain(others).filter_map(of).collect()
}

fn best(request: &Request, bench: &Bench<'_>, candidates: Vec<usize>, seeds: u32, keep: usize) -> Vec<usize> {
    let requirement = &request.requirement;
    let bound = bench::signed(requirement, requirement.bound);
    let mut ranked: Vec<(usize, f64, f64)> = candidates
        .into_iter()
        .filter_map(|point| {
            let cost = bench.mean(point, &request.minimize, 0..seeds)?;
            let figure = bench::signed(requirement, bench.mean(point, &requirement.metric, 0..seeds)?);
            Some((point, cost, figure))
        })
        .collect();
    let holds = |figure: f64| figure < bound;
    ranked.sort_by(|a, b| {
        let by_figure = a.2.total_cmp(&b.2);
        match (holds(a.2), holds(b.2)) {
            (true, true) => a.1.total_cmp(&b.1).then(by_figure),
            (false, false) => by_figure,
            (true, false) => std::cmp::Ordering::Less,
            (false, true) => std::cmp::Ordering::Greater,
        }
        .then(a.0.cmp(&b.0))
    });
    let safest = ranked.iter().min_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0))).map(|safest| safest.0);
    let mut kept: Vec<usize> = ranked.iter().take(keep).map(|ranked| ranked.0).collect();
    if let Some(safest) = safest.filter(|safest| !kept.contains(safest)) {
        kept.pop();
        kept.push(safest);
    }
    kept
}

fn confirm(
    request: &Request,
    bench: &Bench<'_>,
    point: usize,
    today: usize,
    seeds: std::ops::Range<u32>,
) -> Option<Confirmed> {
    let metric = &request.requirement.metric;
    let (cost, figure) =
        (bench.samples(point, &request.minimize, seeds.clone())?, bench.samples(point, metric, seeds.clone())?);
    let difference = |samples: &[f64], metric: &str| {
        let today = bench.samples(today, metric, seeds.clone())?;
        Some(Summary::of(&samples.iter().zip(today).map(|(a, b)| a - b).collect::<Vec<f64>>()))
    };
    Some(Confirmed {
        settings: bench.plan.points[point].settings.clone(),
        cost: Summary::of(&cost),
        figure: Summary::of(&figure),
        verdict: request.requirement.verdict(&figure),
        against_today: (difference(&cost, &request.minimize)?, difference(&figure, metric)?),
        point,
    })
}

impl Tuned {
    /// The scenario of a variant, with every key that was written, and file names from the working directory.
    ///
    /// # Errors
    /// When it cannot be put together.
    pub fn scenario_toml(&self, variant: &Confirmed) -> Result<String, TuneError> {
        let table = self.plan.written_scenario(variant.point)?;
        Ok(toml::to_string(&table).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
