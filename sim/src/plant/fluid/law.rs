//! How long requests take: the law of their own demand, and what waiting or sharing makes of it.
//!
//! Laws are kept as probabilities of the buckets of the latency histogram. They are built once per service law and
//! shared by all runs: see `tables`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::waiting::Waiting;
use crate::outcome::latency::{BUCKETS, bucket, lower_edge};
use crate::plant::requests::ClassDemand;

/// Points that stand for core time and for time off the core: their products are the demand.
const CPU_POINTS: usize = 256;
const WAIT_POINTS: usize = 128;
/// The same for core time that is stretched, where one law per stretch is needed.
const STRETCHED_POINTS: usize = 128;
/// Neighbouring levels of the mean wait, and of the stretch, differ by this factor.
const STEP: f64 = 1.2;
/// Levels of the mean wait: from a thousandth of a service time to about 700.
const LEVELS: usize = 75;
const FIRST_WAIT: f64 = 1e-3;
/// Levels of the stretch, from 1 to about 200.
const STRETCHES: usize = 30;

/// Buckets of the histogram between two levels of delays: 3 % apart.
const DELAY_STEP: usize = 4;
/// Levels of delays.
pub(super) const DELAYS: usize = BUCKETS / DELAY_STEP - 1;
/// Buckets that one point of the undisturbed law stands for, where it is added to a delay: 6 % at most.
const POINT_BUCKETS: usize = 8;

/// The delay of a level in nanoseconds.
pub(super) fn delay_of(level: usize) -> f64 {
    lower_edge(level * DELAY_STEP) as f64
}

/// The two levels beside a delay, each with its share: such that the mean is exact.
pub(super) fn levels_beside(delay: f64) -> ((usize, f64), (usize, f64)) {
    let level = (bucket(delay as u64) / DELAY_STEP).min(DELAYS - 1);
    let (low, high) = (delay_of(level), delay_of(level + 1));
    let above = ((delay - low) / (high - low)).clamp(0.0, 1.0);
    ((level, 1.0 - above), (level + 1, above))
}

/// What becomes of an exponential wait between a level of delays and the next one.
#[derive(Copy, Clone, Debug)]
struct Passage {
    /// The share that lasts beyond the next level.
    stays: f64,
    /// Of what ends before, the share that is put at the next level: such that the mean is exact.
    above: f64,
}

/// The passages of a wait of this mean in nanoseconds, level by level.
fn passages(mean: f64) -> Box<[Passage]> {
    let passage = |level: usize| {
        let width = delay_of(level + 1) - delay_of(level);
        let stays = libm::exp(-width / mean);
        let above = if stays < 1.0 { (mean / width - stays / (1.0 - stays)).clamp(0.0, 1.0) } else { 0.5 };
        Passage { stays, above }
    };
    (0..DELAYS).map(passage).collect()
}

/// Adds what weights of delays become after a wait, level by level.
fn add_wait(weights: &[f64], passages: &[Passage], line: &mut [f64]) {
    let all: f64 = weights.iter().sum();
    let (mut passing, mut come) = (0.0, 0.0);
    for (level, (&weight, Passage { stays, above })) in weights.iter().zip(passages).enumerate() {
        passing += weight;
        come += weight;
        if passing <= 0.0 {
            continue;
        }
        let ended = passing * (1.0 - stays);
        line[level] += ended * (1.0 - above);
        line[level + 1] += ended * above;
        passing *= stays;
        if passing < 1e-10 * all && come >= all * (1.0 - 1e-12) {
            break;
        }
    }
    line[DELAYS] += passing;
}

/// A law of latencies by bucket.
#[derive(Debug)]
pub(super) struct Latencies {
    /// The first bucket that it touches.
    first: usize,
    /// The probability of each bucket from there on.
    mass: Vec<f64>,
    /// The probability of more than the lower edge of each bucket; one more than there are buckets.
    beyond: Vec<f64>,
    /// The mean in nanoseconds.
    pub(super) mean: f64,
}

impl Latencies {
    fn new(first: usize, mass: Vec<f64>, mean: f64) -> Self {
        let mut beyond = vec![0.0; mass.len() + 1];
        for (at, mass) in mass.iter().enumerate().rev() {
            beyond[at] = beyond[at + 1] + mass;
        }
        Latencies { first, mass, beyond, mean }
    }

    /// The probability of more than `nanos`.
    pub(super) fn tail(&self, nanos: f64) -> f64 {
        if nanos <= 0.0 {
            return 1.0;
        }
        let index = bucket(nanos as u64);
        let Some(at) = index.checked_sub(self.first) else { return 1.0 };
        let (Some(&above), Some(&below)) = (self.beyond.get(at), self.beyond.get(at + 1)) else { return 0.0 };
        let (low, high) = (lower_edge(index) as f64, lower_edge(index + 1) as f64);
        above + (below - above) * ((nanos - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// Adds its probabilities, times a weight, to those of all buckets.
    fn add_to(&self, all: &mut [f64], weight: f64) {
        for (all, mass) in all[self.first..].iter_mut().zip(&self.mass) {
            *all += weight * mass;
        }
    }

    /// Points that stand for it: nanoseconds and probability.
    fn points(&self) -> Vec<(f64, f64)> {
        let middle = |at: usize| 0.5 * (lower_edge(at) + lower_edge(at + 1)) as f64;
        let point = |(number, part): (usize, &[f64])| {
            let first = self.first + number * POINT_BUCKETS;
            let mass: f64 = part.iter().sum();
            let sum: f64 = (first..).zip(part).map(|(at, mass)| mass * middle(at)).sum();
            (sum / mass, mass)
        };
        self.mass.chunks(POINT_BUCKETS).enumerate().map(point).filter(|(_, mass)| *mass > 0.0).collect()
    }
}

/// Which of the laws of a service.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Level {
    /// Undisturbed.
    Free,
    /// After an exponential wait of this level.
    Waited(usize),
    /// With the burst stretched by this level.
    Stretched(usize),
}

/// All laws of a service.
pub(super) const LAWS: usize = 1 + LEVELS + STRETCHES;

/// The weight of each law of a service, by [`Level::place`].
pub(super) type Weights = [f64; LAWS];

impl Level {
    /// Its place among all laws.
    pub(super) fn place(self) -> usize {
        match self {
            Level::Free => 0,
            Level::Waited(at) => 1 + at,
            Level::Stretched(at) => 1 + LEVELS + at,
        }
    }

    /// The law at a place.
    fn at(place: usize) -> Level {
        match place {
            0 => Level::Free,
            at if at <= LEVELS => Level::Waited(at - 1),
            at => Level::Stretched(at - 1 - LEVELS),
        }
    }
}

/// A mixture of laws of a service.
pub(super) type Mixture = Vec<(Level, f64)>;

/// What one request asks for, and the laws that follow from it.
#[derive(Debug)]
pub(super) struct ServiceLaw {
    /// Mean core time in nanoseconds.
    pub(super) cpu: f64,
    /// Mean time off the core in nanoseconds.
    pub(super) wait: f64,
    /// Squared coefficient of variation of the core time.
    pub(super) variability: f64,
    /// The second moment of the core time in square nanoseconds.
    pub(super) cpu_square: f64,
    classes: Vec<ClassDemand>,
    free: Latencies,
    /// Points that stand for the undisturbed law, and the buckets that they fall into behind each level of a delay.
    points: Vec<(f64, f64)>,
    behind: Vec<OnceLock<Box<[u16]>>>,
    waited: Vec<OnceLock<Latencies>>,
    /// What becomes of waits of each level behind a delay.
    passages: Vec<OnceLock<Box<[Passage]>>>,
    stretched: Vec<OnceLock<Latencies>>,
}

impl ServiceLaw {
    pub(super) fn new(classes: &[ClassDemand]) -> Self {
        let total: f64 = classes.iter().map(|class| class.weight).sum();
        let share = |class: &ClassDemand| class.weight / total;
        let mean = |of: fn(&ClassDemand) -> f64| classes.iter().map(|class| share(class) * of(class)).sum::<f64>();
        let cpu = mean(|class| class.cpu.mean_nanos());
        let square = mean(|class| class.cpu.variance_nanos2() + class.cpu.mean_nanos() * class.cpu.mean_nanos());
        let free = demand(classes, 1.0, CPU_POINTS);
        let variability = if cpu > 0.0 { square / (cpu * cpu) - 1.0 } else { 0.0 };
        let slots = |count: usize| std::iter::repeat_with(OnceLock::new).take(count).collect();
        ServiceLaw {
            cpu,
            wait: mean(|class| class.wait.mean_nanos()),
            variability,
            cpu_square: cpu * cpu * (1.0 + variability),
            points: free.points(),
            behind: std::iter::repeat_with(OnceLock::new).take(DELAYS + 1).collect(),
            free,
            classes: classes.to_vec(),
            waited: slots(LEVELS),
            passages: std::iter::repeat_with(OnceLock::new).take(LEVELS).collect(),
            stretched: slots(STRETCHES),
        }
    }

    /// The bucket of each point behind a delay of this level, found when it is first asked for.
    fn buckets_behind(&self, level: usize) -> &[u16] {
        self.behind[level].get_or_init(|| {
            let delay = delay_of(level);
            self.points.iter().map(|(nanos, _)| bucket((nanos + delay) as u64) as u16).collect()
        })
    }

    /// The mean wait of a level, in nanoseconds.
    fn mean_wait(&self, at: usize) -> f64 {
        FIRST_WAIT * raised(at) * self.cpu
    }

    /// The law of a level, built when it is first asked for.
    pub(super) fn level(&self, level: Level) -> &Latencies {
        match level {
            Level::Free => &self.free,
            Level::Waited(at) => self.waited[at].get_or_init(|| after_wait(&self.free, self.mean_wait(at))),
            Level::Stretched(at) => {
                self.stretched[at].get_or_init(|| demand(&self.classes, raised(at), STRETCHED_POINTS))
            }
        }
    }

    /// The laws that have a weight, with it.
    fn weighted<'a>(&'a self, weights: &'a Weights) -> impl Iterator<Item = (&'a Latencies, f64)> {
        let some = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        some.map(|(place, &weight)| (self.level(Level::at(place)), weight))
    }

    /// Adds laws, each times its weight, to the probabilities of all buckets.
    pub(super) fn add(&self, weights: &Weights, all: &mut [f64]) {
        self.weighted(weights).for_each(|(latencies, weight)| latencies.add_to(all, weight));
    }

    /// Adds the laws of requests behind a delay: by the place of the law, the weight behind each level of the delay. All of
    /// them are the undisturbed law after a time in line, so that time is gathered first, and the sum taken once.
    pub(super) fn add_behind(&self, behind: &BTreeMap<usize, Vec<f64>>, all: &mut [f64]) {
        let mut line = vec![0.0; DELAYS + 1];
        for (&place, weights) in behind {
            match Level::at(place) {
                Level::Waited(at) if self.cpu > 0.0 => {
                    let passages = self.passages[at].get_or_init(|| passages(self.mean_wait(at)));
                    add_wait(weights, passages, &mut line);
                }
                _ => line.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight),
            }
        }
        for (level, weight) in line.into_iter().enumerate().filter(|(_, weight)| *weight > 0.0) {
            for ((_, share), &bucket) in self.points.iter().zip(self.buckets_behind(level)) {
                all[usize::from(bucket)] += weight * share;
            }
        }
    }

    /// The law of requests that are served in order of arrival.
    pub(super) fn in_order(&self, waiting: Waiting) -> Mixture {
        let mut mixture = vec![(Level::Free, 1.0 - waiting.probability)];
        if waiting.probability > 0.0 {
            let (at, share) = place(1.0 / (waiting.rate * FIRST_WAIT), LEVELS);
            mixture.push((Level::Waited(at), waiting.probability * (1.0 - share)));
            mixture.push((Level::Waited(at + 1), waiting.probability * share));
        }
        mixture
    }

    /// The law of requests that share the cores. A request that finds c + j others, where it would wait in line, is
    /// stretched by (c + j + 1) / c; j is geometric. The mean is that of the line, as it must be: the number inside does
    /// not depend on the order of service.
    pub(super) fn shared(&self, waiting: Waiting, cores: f64) -> Mixture {
        let ratio = (1.0 - waiting.rate / cores).clamp(0.0, 1.0 - 1e-6);
        let mut shares = vec![0.0; STRETCHES + 1];
        shares[0] = 1.0 - waiting.probability;
        let mut left = waiting.probability;
        let mut found = 0u32;
        while left > 0.0 {
            // One by one at first, then in blocks of a sixteenth of what has been found, each by its middle.
            let block = 1 + found / 16;
            let here = if left < 1e-7 { left } else { left * (1.0 - libm::pow(ratio, f64::from(block))) };
            let middle = f64::from(found) + 0.5 * f64::from(block - 1);
            let (at, share) = place((cores + middle + 1.0) / cores, STRETCHES);
            shares[at] += here * (1.0 - share);
            shares[at + 1] += here * share;
            left -= here;
            found += block;
        }
        let levels = shares.into_iter().take(STRETCHES).enumerate().filter(|(_, share)| *share > 0.0);
        levels.map(|(at, share)| (Level::Stretched(at), share)).collect()
    }

    /// The probability of more than `nanos` under a mixture.
    pub(super) fn tail(&self, mixture: &Mixture, nanos: f64) -> f64 {
        mixture
            .iter()
            .map(|&(level, share)| if share > 0.0 { share * self.level(level).tail(nanos) } else { 0.0 })
            .sum()
    }

    /// The stretch of sharing nearest to a factor.
    pub(super) fn stretch(factor: f64) -> Level {
        let (at, share) = place(factor, STRETCHES);
        Level::Stretched(if share > 0.5 { at + 1 } else { at })
    }
}

fn raised(level: usize) -> f64 {
    (0..level).fold(1.0, |product, _| product * STEP)
}

/// The level below a factor and the share of the next one: by whom the factor is a mean of both.
fn place(factor: f64, levels: usize) -> (usize, f64) {
    let (mut at, mut low) = (0, 1.0);
    while at + 2 < levels && low * STEP <= factor {
        low *= STEP;
        at += 1;
    }
    (at, ((factor - low) / (low * (STEP - 1.0))).clamp(0.0, 1.0))
}

/// The law of burst and wait, with bursts `stretch` times as long.
fn demand(classes: &[ClassDemand], stretch: f64, points: usize) -> Latencies {
    let mut all = vec![0.0; BUCKETS];
    let mut mean = 0.0;
    let total: f64 = classes.iter().map(|class| class.weight).sum();
    for class in classes {
        let waits = class.wait.points(WAIT_POINTS);
        // Without waits there are points to spare.
        let bursts = class.cpu.points(if waits.len() == 1 { 16 * points } else { points });
        for (burst, likely) in &bursts {
            for (wait, share) in &waits {
                let nanos = burst * stretch + wait;
                let probability = likely * share * class.weight / total;
                all[bucket(nanos as u64)] += probability;
                mean += probability * nanos;
            }
        }
    }
    trimmed(&all, mean)
}

/// Without the untouched buckets at both ends.
fn trimmed(all: &[f64], mean: f64) -> Latencies {
    let first = all.iter().position(|&mass| mass > 0.0).unwrap_or(0);
    let last = all.iter().rposition(|&mass| mass > 0.0).unwrap_or(0);
    Latencies::new(first, all[first..=last].to_vec(), mean)
}

/// The law after an exponential wait of mean `wait` nanoseconds: P(X + W > t) = P(X > t) + E[exp(-(t - X) / wait); X <= t],
/// bucket by bucket.
fn after_wait(free: &Latencies, wait: f64) -> Latencies {
    let mut mass = Vec::with_capacity(free.mass.len() + 256);
    let (mut decaying, mut above) = (0.0, 1.0);
    let mut index = free.first;
    while index < BUCKETS {
        let width = (lower_edge(index + 1) - lower_edge(index)) as f64;
        let own = free.mass.get(index - free.first).copied().unwrap_or(0.0);
        let decay = libm::exp(-width / wait);
        decaying = decaying * decay + own * decay.sqrt();
        let beyond = free.beyond.get(index - free.first + 1).copied().unwrap_or(0.0) + decaying;
        mass.push((above - beyond).max(0.0));
        above = beyond;
        index += 1;
        if beyond < 1e-10 {
            break;
        }
    }
    if let Some(last) = mass.last_mut() {
        *last += above;
    }
    Latencies::new(free.first, mass, free.mean + wait)
}

#[cfg(test)]
mod tests {
    use super::super::waiting::{Split, waiting};
    use super::*;
    use windtunnel_traces::{Distribution, SimDuration};

    fn exponential() -> ServiceLaw {
        let law = |mean: u64| {
            let law = match mean {
                0 => Distribution::default(),
                mean => Distribution::Exponential { mean: SimDuration::from_millis(mean) },
            };
            law.sampler(std::path::Path::new(".")).unwrap()
        };
        ServiceLaw::new(&[ClassDemand { weight: 1.0, cpu: law(100), wait: law(0) }])
    }

    /// Percentiles of the sojourn in `mmc_fcfs` of the reference vectors, eight cores, in service times.
    #[test]
    fn sojourns_in_order_match_the_reference() {
        let law = exponential();
        for (utilization, p95, p99) in [(0.5, 3.01522, 4.62466), (0.7, 3.17053, 4.78168), (0.9, 4.92515, 7.08735)] {
            let mixture = law.in_order(waiting(Split::Random, 8.0, utilization, 1.0));
            for (limit, tail) in [(p95, 0.05), (p99, 0.01)] {
                let found = law.tail(&mixture, limit * 1e8);
                assert!((found / tail - 1.0).abs() < 0.02, "{utilization}: {found} against {tail}");
            }
        }
    }

    /// The mean does not depend on the order of service.
    #[test]
    fn sharing_has_the_mean_of_the_line() {
        let law = exponential();
        for (utilization, sojourn) in [(0.7, 1.112751), (0.9, 1.876916)] {
            let waiting = waiting(Split::Random, 8.0, utilization, 1.0);
            for mixture in [law.in_order(waiting), law.shared(waiting, 8.0)] {
                let mean: f64 = mixture.iter().map(|&(level, share)| share * law.level(level).mean).sum();
                assert!((mean / 1e8 / sojourn - 1.0).abs() < 0.005, "{utilization}: {mean}");
            }
        }
    }

    /// Behind a delay the law is moved by it: held against the tails of the law itself, a delay further on.
    #[test]
    fn a_delay_moves_the_law() {
        let law = exponential();
        let total = |all: &[f64], from: usize| all[from..].iter().sum::<f64>();
        for level in [Level::Free, Level::Waited(20), Level::Waited(38)] {
            for delay in [0.0, 3e6, 6e7, 4e8, 9e9] {
                let (below, above) = levels_beside(delay);
                let mut weights = vec![0.0; DELAYS + 1];
                weights[below.0] += below.1;
                weights[above.0] += above.1;
                let mut all = vec![0.0; BUCKETS];
                law.add_behind(&BTreeMap::from([(level.place(), weights)]), &mut all);
                assert!((total(&all, 0) - 1.0).abs() < 1e-9, "{level:?} behind {delay}");
                let middle = |at: usize| 0.5 * (lower_edge(at) + lower_edge(at + 1)) as f64;
                let mean: f64 = all.iter().enumerate().map(|(at, mass)| mass * middle(at)).sum();
                let expected = law.level(level).mean + delay;
                assert!((mean / expected - 1.0).abs() < 0.006, "{level:?} behind {delay}: {mean} for {expected}");
                // Nothing lies farther from where it should be than half of the 6 % between two points of the law, the 3 %
                // between the two levels that share the delay, and a bucket of 0.8 %.
                for tail in [0.5, 0.1, 0.01] {
                    let mut at = 0;
                    while law.level(level).tail(lower_edge(at) as f64) > tail {
                        at += 1;
                    }
                    let limit = lower_edge(at) as f64;
                    let apart = 0.03 * limit + 0.03 * delay + 0.008 * (limit + delay);
                    let found = total(&all, bucket((limit + delay) as u64));
                    let (most, least) = (law.level(level).tail(limit - apart), law.level(level).tail(limit + apart));
                    assert!((least..=most).contains(&found), "{level:?} behind {delay}: {found} in {least}..{most}");
                }
            }
        }
    }

    #[test]
    fn every_law_has_its_place() {
        for place in 0..LAWS {
            assert_eq!(Level::at(place).place(), place);
        }
    }

    #[test]
    fn laws_are_laws() {
        let law = exponential();
        for level in [Level::Free, Level::Waited(0), Level::Waited(40), Level::Stretched(12)] {
            let latencies = law.level(level);
            assert!((latencies.mass.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{level:?}");
            assert!(latencies.tail(0.0) == 1.0 && latencies.tail(1e18) < 1e-9, "{level:?}");
        }
    }
}
