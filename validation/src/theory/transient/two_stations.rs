//! Kolmogorov's equations of two stations whose arrivals join the shorter queue, integrated by Runge and Kutta's method.
//! The second station opens late. Before it does, the result has to be that of the vectors.

/// Numbers inside at most; beyond it lies less than 1e-6 of the probability.
const FIRST: usize = 260;
const SECOND: usize = 140;

/// Mean numbers inside both stations.
pub(super) struct MeanNumbers {
    /// When the second opens.
    pub(super) at_change: f64,
    /// At the instants asked for.
    pub(super) after: Vec<f64>,
}

/// From the steady state under rate `before`, the rate is `then` from 0 on, and a second station of as many cores opens at
/// `opens`. Services are exponential of mean 1; `instants` ascend from `opens`.
pub(super) fn mean_numbers(cores: u32, before: f64, then: f64, opens: f64, instants: &[f64]) -> MeanNumbers {
    let served = |number: usize| number.min(cores as usize) as f64;
    let mut alone = vec![0.0; FIRST];
    alone[0] = 1.0;
    for number in 1..FIRST {
        alone[number] = alone[number - 1] * before / served(number);
    }
    let all: f64 = alone.iter().sum();
    alone.iter_mut().for_each(|p| *p /= all);
    let single = |p: &[f64], change: &mut [f64]| {
        for n in 0..FIRST {
            let up = if n + 1 < FIRST { then } else { 0.0 };
            change[n] = -(up + served(n)) * p[n];
            change[n] += if n > 0 { then * p[n - 1] } else { 0.0 };
            change[n] += if n + 1 < FIRST { served(n + 1) * p[n + 1] } else { 0.0 };
        }
    };
    integrate(&mut alone, opens, single);
    let at_change = alone.iter().enumerate().map(|(n, p)| n as f64 * p).sum();

    let mut both = vec![0.0; FIRST * SECOND];
    for (n, p) in alone.iter().enumerate() {
        both[n * SECOND] = *p;
    }
    // The share of arrivals that join the first station.
    let first_share = |m: usize, n: usize| match m.cmp(&n) {
        std::cmp::Ordering::Less => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Greater => 0.0,
    };
    let pair = |p: &[f64], change: &mut [f64]| {
        change.fill(0.0);
        for m in 0..FIRST {
            for n in 0..SECOND {
                let mass = p[m * SECOND + n];
                if mass < 1e-18 {
                    continue;
                }
                let mut flow = |to: usize, rate: f64| {
                    change[to] += rate * mass;
                    change[m * SECOND + n] -= rate * mass;
                };
                let share = first_share(m, n);
                if share > 0.0 && m + 1 < FIRST {
                    flow((m + 1) * SECOND + n, then * share);
                }
                if share < 1.0 && n + 1 < SECOND {
                    flow(m * SECOND + n + 1, then * (1.0 - share));
                }
                if m > 0 {
                    flow((m - 1) * SECOND + n, served(m));
                }
                if n > 0 {
                    flow(m * SECOND + n - 1, served(n));
                }
            }
        }
    };
    let (mut now, mut after) = (opens, Vec::new());
    for instant in instants {
        integrate(&mut both, instant - now, pair);
        now = *instant;
        after.push(both.iter().enumerate().map(|(at, p)| (at / SECOND + at % SECOND) as f64 * p).sum());
    }
    MeanNumbers { at_change, after }
}

/// The classical method of fourth order at a fortieth of a service time: rates stay below 28, so it is stable, and off by
/// less than 1e-6.
fn integrate(p: &mut [f64], time: f64, derivative: impl Fn(&[f64], &mut [f64])) {
    let steps = (time * 40.0).ceil() as usize;
    let h = time / steps as f64;
    let size = p.len();
    let (mut k1, mut k2, mut k3, mut k4) = (vec![0.0; size], vec![0.0; size], vec![0.0; size], vec![0.0; size]);
    let mut moved = vec![0.0; size];
    let shift = |moved: &mut [f64], p: &[f64], k: &[f64], by: f64| {
        for ((to, from), slope) in moved.iter_mut().zip(p).zip(k) {
            *to = from + by * slope;
        }
    };
    for _ in 0..steps {
        derivative(p, &mut k1);
        shift(&mut moved, p, &k1, h / 2.0);
        derivative(&moved, &mut k2);
        shift(&mut moved, p, &k2, h / 2.0);
        derivative(&moved, &mut k3);
        shift(&mut moved, p, &k3, h);
        derivative(&moved, &mut k4);
        for index in 0..size {
            p[index] += h / 6.0 * (k1[index] + 2.0 * k2[index] + 2.0 * k3[index] + k4[index]);
        }
    }
}
