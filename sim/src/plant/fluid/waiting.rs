//! Who waits for a core and how long, by the balancer that feeds the station.
//!
//! Every law here has the form of the many-server queue: with some probability a request waits, and then for an
//! exponential time. That is exact for exponential service (M/M/c; E_k/M/c, since a Poisson stream dealt out in turn to
//! k stations is Erlang-k at each of them) and the usual approximation for other services, where the mean of the
//! exponential time is scaled by (ca² + cs²) / (ca² + 1) (Allen and Cunneen: exact at cs² = 1).

use crate::outcome::demand::erlang_c;

/// How the balancer splits a Poisson stream.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Split {
    /// At random: Poisson at each station.
    Random,
    /// In turn over this many stations: Erlang at each.
    InTurn(u32),
    /// To the emptiest of this many: as if all cores shared one queue, the limit that joining the shortest queue comes
    /// close to from above.
    Emptiest(u32),
    /// To the emptier of two at random, in the limit of many stations (Mitzenmacher 1996; Vvedenskaya et al. 1996).
    EmptierOfTwo,
}

/// The wait of a request for a core.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    /// The probability that it waits at all.
    pub(super) probability: f64,
    /// One over the mean wait of those that do, per mean service time.
    pub(super) rate: f64,
}

impl Waiting {
    /// The mean wait over all requests, in mean service times.
    pub(super) fn mean(self) -> f64 {
        if self.probability == 0.0 { 0.0 } else { self.probability / self.rate }
    }

    /// Between two laws, by what they expect.
    fn between(self, other: Waiting, share: f64) -> Waiting {
        let probability = self.probability + (other.probability - self.probability) * share;
        let mean = self.mean() + (other.mean() - self.mean()) * share;
        Waiting { probability, rate: if mean > 0.0 { probability / mean } else { self.rate } }
    }
}

/// The wait at one of the stations, of `cores` cores at a utilization below 1, for service times whose squared
/// coefficient of variation is `variability`. Between whole numbers of cores it is interpolated.
pub(super) fn waiting(split: Split, cores: f64, utilization: f64, variability: f64) -> Waiting {
    let whole = libm::floor(cores).max(1.0);
    let low = of_whole_cores(split, whole as u32, utilization);
    let law = if cores > whole {
        // A station of fewer cores that serves as much per core has a longer wait in mean service times.
        low.between(of_whole_cores(split, whole as u32 + 1, utilization), cores - whole)
    } else {
        low
    };
    let arrivals = match split {
        Split::InTurn(stations) => 1.0 / f64::from(stations.max(1)),
        _ => 1.0,
    };
    Waiting { rate: law.rate * (arrivals + 1.0) / (arrivals + variability), ..law }
}

fn of_whole_cores(split: Split, cores: u32, utilization: f64) -> Waiting {
    let servers = f64::from(cores);
    match split {
        _ if utilization <= 0.0 => Waiting { probability: 0.0, rate: servers },
        Split::Random => Waiting { probability: erlang_c(cores, utilization), rate: servers * (1.0 - utilization) },
        Split::InTurn(1) => of_whole_cores(Split::Random, cores, utilization),
        Split::InTurn(stations) => erlang_arrivals(stations, cores, utilization),
        Split::Emptiest(stations) => of_whole_cores(Split::Random, cores * stations.max(1), utilization),
        Split::EmptierOfTwo => emptier_of_two(cores, utilization),
    }
}

/// E_k/M/c (GI/M/c: Takács 1962, chapter 2): the wait of those that wait is exponential with rate c (1 - sigma), where
/// sigma solves sigma = A*(c (1 - sigma)), A* being the Laplace transform of the time between arrivals.
fn erlang_arrivals(phases: u32, cores: u32, utilization: f64) -> Waiting {
    let servers = f64::from(cores);
    let phase_rate = f64::from(phases) * servers * utilization;
    let transform = |s: f64| power(phase_rate / (phase_rate + s), phases);
    let (mut low, mut high) = (0.0, 1.0 - 1e-12);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if transform(servers * (1.0 - middle)) > middle {
            low = middle;
        } else {
            high = middle;
        }
    }
    let sigma = 0.5 * (low + high);
    let mut sum = 0.0;
    let (mut choose, mut product) = (1.0, 1.0);
    for j in 1..=cores {
        let of = f64::from(j);
        let gamma = transform(of);
        choose *= (servers - of + 1.0) / of;
        product *= gamma / (1.0 - gamma);
        sum += choose / (product * (1.0 - gamma)) * (servers * (1.0 - gamma) - of) / (servers * (1.0 - sigma) - of);
    }
    let constant = 1.0 / (1.0 / (1.0 - sigma) + sum);
    Waiting { probability: (constant / (1.0 - sigma)).clamp(0.0, 1.0), rate: servers * (1.0 - sigma) }
}

/// `x` to the power of a whole number: by squaring, the same on every machine.
fn power(x: f64, exponent: u32) -> f64 {
    let (mut result, mut square, mut left) = (1.0, x, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

/// The mean field of two choices. Let `s(k)` be the share of stations with at least k requests. What enters above a
/// level leaves above it: λ s(k-1)² = k s(k) + s(k+1) + ... + s(c) below c cores, and s(k) = ρ s(k-1)² from c on. So
/// s(c-1) determines all below it, and s(0) = 1 determines s(c-1).
fn emptier_of_two(cores: u32, utilization: f64) -> Waiting {
    let servers = f64::from(cores);
    let load = servers * utilization;
    // What s(0) is for a given s(c-1), and s(c).
    let downwards = |last: f64| {
        let mut above = utilization * last * last;
        let at_cores = above;
        let mut level = last;
        for k in (1..cores).rev() {
            let square = (f64::from(k) * level + above) / load;
            above += level;
            level = square.sqrt();
        }
        (level, at_cores)
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if downwards(middle).0 < 1.0 { low = middle } else { high = middle }
    }
    let at_cores = downwards(0.5 * (low + high)).1;
    let probability = at_cores * at_cores;
    let (mut waiting, mut level) = (0.0, at_cores);
    // Doubly exponential: a few dozen levels even close to saturation.
    for _ in 0..100_000 {
        level = utilization * level * level;
        waiting += level;
        if level < 1e-15 {
            break;
        }
    }
    // Little: the mean wait is the mean queue over the arrival rate.
    let mean = waiting / load;
    Waiting { probability, rate: if mean > 0.0 { probability / mean } else { servers } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `mmc_fcfs` of the reference vectors, eight cores: utilization, probability of a wait, mean wait.
    #[test]
    fn random_splitting_is_erlang_c() {
        for (utilization, probability, mean) in [
            (0.5, 0.0590440, 0.0147610),
            (0.7, 0.270603, 0.112751),
            (0.9, 0.701533, 0.876916),
            (0.95, 0.844169, 2.110422),
        ] {
            let law = waiting(Split::Random, 8.0, utilization, 1.0);
            assert!((law.probability - probability).abs() < 1e-6);
            assert!((law.mean() - mean).abs() < 1e-6);
        }
    }

    /// `lb_round_robin_erlangk_m_c`, four stations of eight cores.
    #[test]
    fn taking_turns_is_erlang_arrivals() {
        for (utilization, mean) in [(0.5, 0.00230834), (0.7, 0.0419400), (0.8, 0.134662), (0.9, 0.486907)] {
            let law = waiting(Split::InTurn(4), 8.0, utilization, 1.0);
            assert!((law.mean() / mean - 1.0).abs() < 1e-5, "{utilization}: {} against {mean}", law.mean());
        }
    }

    /// `lb_power_of_d_meanfield_c8` and `..._c1`.
    #[test]
    fn two_choices_are_the_mean_field() {
        for (cores, utilization, mean) in
            [(8.0, 0.7, 2.480936e-4), (8.0, 0.8, 0.006_008_76), (8.0, 0.9, 0.0467293), (8.0, 0.95, 0.120762)]
        {
            let law = waiting(Split::EmptierOfTwo, cores, utilization, 1.0);
            assert!((law.mean() / mean - 1.0).abs() < 1e-4, "{utilization}: {} against {mean}", law.mean());
        }
        for (utilization, sojourn) in [(0.5, 1.265686), (0.9, 2.614057), (0.99, 5.431997)] {
            let law = waiting(Split::EmptierOfTwo, 1.0, utilization, 1.0);
            assert!((law.mean() + 1.0 - sojourn).abs() < 1e-5, "{utilization}: {}", law.mean());
        }
    }

    /// `lb_jsq`, four stations of eight cores: the pooled queue is below it, and by little.
    #[test]
    fn the_emptiest_is_a_little_better_than_the_shortest_queue() {
        for (utilization, shortest) in [(0.5, 2.98558e-5), (0.7, 0.00499110), (0.8, 0.0287498), (0.9, 0.152194)] {
            let pooled = waiting(Split::Emptiest(4), 8.0, utilization, 1.0).mean();
            assert!(pooled < shortest && shortest - pooled < 0.01, "{utilization}: {pooled}");
        }
    }

    /// `mdc_fcfs`: the correction for services that do not vary, which is an approximation.
    #[test]
    fn constant_services_wait_about_half() {
        for (utilization, mean) in [(0.8, 0.151954), (0.9, 0.449973), (0.95, 1.06793)] {
            let law = waiting(Split::Random, 8.0, utilization, 0.0).mean();
            assert!((law / mean - 1.0).abs() < 0.07, "{utilization}: {law} against {mean}");
        }
    }
}
