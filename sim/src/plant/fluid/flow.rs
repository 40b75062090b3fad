//! A station with limited workers and backlog as a birth-and-death process of the number inside.
//!
//! With m workers taken, requests move between the cores and the time off them as in a closed network of m requests,
//! whose throughput X(m) is known (load-dependent product form). Seen from outside, the station is a server whose rate
//! with n requests inside is X(min(n, workers)): the flow-equivalent server of Chandy, Herzog and Woo (1975), exact where
//! product form is.

/// Requests inside at once that are followed where nothing limits their number.
const UNLIMITED: usize = 4000;

/// The process.
#[derive(Debug)]
pub(super) struct Flow {
    /// Requests per second that leave with this many workers taken, from none on.
    throughput: Vec<f64>,
    /// The most that can be inside.
    room: usize,
}

/// What the process tends to under a steady stream of arrivals.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Steady {
    /// Mean number inside.
    pub(super) inside: f64,
    /// The share of arrivals that find no room.
    pub(super) refused: f64,
}

impl Flow {
    /// A station of `cores`, `cpu` seconds on them and `wait` seconds off them per request, with its limits.
    pub(super) fn new(cores: f64, cpu: f64, wait: f64, workers: Option<u32>, backlog: Option<u32>) -> Self {
        let limit = workers.map_or(UNLIMITED, |workers| workers as usize).min(UNLIMITED);
        let throughput = throughput(cores, cpu, wait, limit.max(1));
        let room = match (workers, backlog) {
            (Some(_), Some(backlog)) => (limit + backlog as usize).min(UNLIMITED),
            _ => UNLIMITED,
        };
        Flow { throughput, room }
    }

    /// The highest rate at which requests can leave, per second.
    pub(super) fn capacity(&self) -> f64 {
        self.throughput.last().copied().unwrap_or(0.0)
    }

    /// Under Poisson arrivals at a rate per second.
    pub(super) fn steady(&self, rate: f64) -> Steady {
        let last = self.throughput.len() - 1;
        // Probabilities relative to the largest so far: nothing overflows.
        let (mut current, mut total, mut inside) = (1.0, 1.0, 0.0);
        for number in 1..=self.room {
            current *= rate / self.throughput[number.min(last)];
            total += current;
            inside += number as f64 * current;
            if total > 1e100 {
                (current, total, inside) = (current * 1e-100, total * 1e-100, inside * 1e-100);
            }
        }
        Steady { inside: inside / total, refused: current / total }
    }
}

/// X(m) for m up to `limit`, X(0) being zero: the ratio of normalising constants of the network of cores and delay.
fn throughput(cores: f64, cpu: f64, wait: f64, limit: usize) -> Vec<f64> {
    // Without a delay, or without a limit that could bind, the cores alone decide.
    if wait == 0.0 || limit == UNLIMITED {
        let least = if wait == 0.0 { cpu } else { cpu + wait };
        let of = |m: usize| (m as f64 / least).min(cores / cpu);
        return (0..=limit).map(of).collect();
    }
    // In units of the wait at the delay and scaled so that both factors stay within range.
    let unit = cpu / cores;
    let scaled = |value: f64| value / unit;
    let mut at_cores = vec![1.0; limit + 1];
    let mut at_delay = vec![1.0; limit + 1];
    for n in 1..=limit {
        at_cores[n] = at_cores[n - 1] * scaled(cpu) / (n as f64).min(cores);
        at_delay[n] = at_delay[n - 1] * scaled(wait) / n as f64;
    }
    let constant = |m: usize| (0..=m).map(|n| at_cores[n] * at_delay[m - n]).sum::<f64>();
    let constants: Vec<f64> = (0..=limit).map(constant).collect();
    let mut rates = vec![0.0];
    rates.extend((1..=limit).map(|m| constants[m - 1] / constants[m] / unit));
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `mmck` of the reference vectors: one core, five places, and eight cores.
    #[test]
    fn blocking_matches_the_reference() {
        let flow = Flow::new(1.0, 1.0, 0.0, Some(1), Some(4));
        for (rate, inside, refused) in
            [(0.5, 0.904761904761905, 0.0158730158730159), (0.8, 1.86833203226646, 0.0888194986555642)]
        {
            let steady = flow.steady(rate);
            assert!((steady.inside - inside).abs() < 1e-9 && (steady.refused - refused).abs() < 1e-9, "{steady:?}");
        }
        // K = 16 at 0.9 and K = 40 at 1.2 (facts: 0.0414697 and 0.1669000).
        let refused =
            |room: u32, rate: f64| Flow::new(8.0, 1.0, 0.0, Some(8), Some(room - 8)).steady(8.0 * rate).refused;
        assert!((refused(16, 0.9) - 0.0414697).abs() < 1e-6);
        assert!((refused(40, 1.2) - 0.1669000).abs() < 1e-6);
    }

    /// A closed network of one core and a delay, by hand: X(1) = 1 / (S + Z), and the core's rate in the limit.
    #[test]
    fn a_closed_network_saturates_its_cores() {
        let flow = Flow::new(8.0, 0.055, 0.040, Some(64), None);
        assert!((flow.throughput[1] - 1.0 / 0.095).abs() < 1e-9);
        assert!((flow.capacity() / (8.0 / 0.055) - 1.0).abs() < 1e-6);
        // Long waits: sixteen workers cannot keep eight cores busy.
        let bound = Flow::new(8.0, 0.1, 1.0, Some(16), None);
        assert!(bound.capacity() < 16.0 / 1.1 && bound.capacity() > 0.99 * 16.0 / 1.1, "{}", bound.capacity());
    }

    /// Unlimited: eight cores at 0.7 hold 6.23141 requests (`mmc_fcfs`).
    #[test]
    fn without_limits_it_is_the_many_server_queue() {
        let steady = Flow::new(8.0, 1.0, 0.0, None, None).steady(5.6);
        assert!((steady.inside - 6.23141).abs() < 1e-4 && steady.refused < 1e-9, "{steady:?}");
    }
}
