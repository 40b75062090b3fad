//! NSGA-II (Deb et al. 2002) on shares of axes: sorting by fronts, crowding, simulated binary crossover, polynomial
//! mutation. All figures are minimised.

use rand::RngExt as _;
use windtunnel_traces::random::{Generator, uniform};

/// Distribution indices of crossover and mutation: children stay near their parents.
const CROSSOVER: f64 = 15.0;
const MUTATION: f64 = 20.0;

/// One variant: where it stands on each axis (0 to 1), and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Individual {
    /// Its places.
    pub genome: Vec<f64>,
    /// Its figures.
    pub figures: Vec<f64>,
}

/// The front of each individual, 0 for those that none dominates.
pub fn ranks(figures: &[&[f64]]) -> Vec<usize> {
    let dominates = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b);
    let mut ranks = vec![usize::MAX; figures.len()];
    let mut rank = 0;
    loop {
        let left: Vec<usize> = (0..figures.len()).filter(|&i| ranks[i] == usize::MAX).collect();
        if left.is_empty() {
            return ranks;
        }
        let front: Vec<usize> =
            left.iter().copied().filter(|&i| !left.iter().any(|&j| dominates(figures[j], figures[i]))).collect();
        // What is not a number dominates nobody and nobody dominates it; the guard keeps the loop finite regardless.
        for &i in if front.is_empty() { &left } else { &front } {
            ranks[i] = rank;
        }
        rank += 1;
    }
}

/// How alone each individual is among `members`: the larger, the more it is worth keeping.
fn crowding(figures: &[&[f64]], members: &[usize]) -> Vec<f64> {
    let mut distance = vec![0.0; members.len()];
    let count = members.first().map_or(0, |&first| figures[first].len());
    let columns = (0..count).map(|figure| members.iter().map(|&member| figures[member][figure]).collect::<Vec<f64>>());
    for values in columns {
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else { continue };
        let span = values[last] - values[first];
        distance[first] = f64::INFINITY;
        distance[last] = f64::INFINITY;
        if span > 0.0 {
            for triple in order.windows(3) {
                distance[triple[1]] += (values[triple[2]] - values[triple[0]]) / span;
            }
        }
    }
    distance
}

/// The best `keep` individuals: by front, then by how alone they are.
pub fn survivors(population: &[Individual], keep: usize) -> Vec<Individual> {
    let figures: Vec<&[f64]> = population.iter().map(|individual| individual.figures.as_slice()).collect();
    let ranks = ranks(&figures);
    let mut kept: Vec<usize> = Vec::new();
    let mut rank = 0;
    while kept.len() < keep.min(population.len()) {
        let front: Vec<usize> = (0..population.len()).filter(|&i| ranks[i] == rank).collect();
        let distance = crowding(&figures, &front);
        let mut order: Vec<usize> = (0..front.len()).collect();
        order.sort_by(|&a, &b| distance[b].total_cmp(&distance[a]).then(a.cmp(&b)));
        kept.extend(order.into_iter().map(|i| front[i]).take(keep - kept.len()));
        rank += 1;
    }
    kept.into_iter().map(|i| population[i].clone()).collect()
}

/// As many children of a population as asked for.
pub fn children(population: &[Individual], count: usize, stream: &mut Generator) -> Vec<Vec<f64>> {
    if population.is_empty() {
        return Vec::new();
    }
    let figures: Vec<&[f64]> = population.iter().map(|individual| individual.figures.as_slice()).collect();
    let ranks = ranks(&figures);
    let parent = |stream: &mut Generator| {
        let mut any = || stream.random_range(0..population.len() as u64) as usize;
        let (a, b) = (any(), any());
        if ranks[b] < ranks[a] { b } else { a }
    };
    (0..count)
        .map(|_| {
            let (a, b) = (parent(stream), parent(stream));
            let genes = population[a].genome.iter().zip(&population[b].genome);
            let mut child: Vec<f64> = genes.map(|(&a, &b)| crossed(a, b, stream)).collect();
            let chance = 1.0 / child.len().max(1) as f64;
            for gene in &mut child {
                if uniform(stream) < chance {
                    *gene = mutated(*gene, stream);
                }
            }
            child
        })
        .collect()
}

const LARGEST: f64 = 1.0 - 1e-9;

fn crossed(a: f64, b: f64, stream: &mut Generator) -> f64 {
    let (u, side) = (uniform(stream), uniform(stream));
    let power = 1.0 / (CROSSOVER + 1.0);
    let beta = if u <= 0.5 { libm::pow(2.0 * u, power) } else { libm::pow(1.0 / (2.0 * (1.0 - u)), power) };
    let sign = if side < 0.5 { 1.0 } else { -1.0 };
    (0.5 * (a + b) + 0.5 * sign * beta * (a - b)).clamp(0.0, LARGEST)
}

fn mutated(gene: f64, stream: &mut Generator) -> f64 {
    let u = uniform(stream);
    let power = 1.0 / (MUTATION + 1.0);
    let delta = if u < 0.5 { libm::pow(2.0 * u, power) - 1.0 } else { 1.0 - libm::pow(2.0 * (1.0 - u), power) };
    (gene + delta).clamp(0.0, LARGEST)
}

#[cfg(test)]
mod tests {
    use windtunnel_traces::{Purpose, Streams};

    use super::*;

    #[test]
    fn fronts_follow_dominance() {
        let figures: [&[f64]; 5] = [&[1.0, 5.0], &[2.0, 2.0], &[5.0, 1.0], &[3.0, 3.0], &[6.0, 6.0]];
        assert_eq!(ranks(&figures), [0, 0, 0, 1, 2]);
    }

    #[test]
    fn ends_of_a_front_survive() {
        let of = |figures: [f64; 2]| Individual { genome: vec![], figures: figures.to_vec() };
        let population = [of([1.0, 5.0]), of([1.1, 4.9]), of([3.0, 3.0]), of([5.0, 1.0])];
        let kept = survivors(&population, 3);
        assert!(!kept.contains(&population[1]), "{kept:?}");
    }

    /// A convex front: minimise x^2 and (x - 1)^2 over axes where only the first matters. The front is 0 <= x <= 1,
    /// stretched here to the middle third of the axis.
    #[test]
    fn it_finds_a_known_front() {
        let figures = |genome: &[f64]| {
            let x = 3.0 * genome[0] - 1.0;
            vec![x * x + genome[1], (x - 1.0) * (x - 1.0) + genome[1]]
        };
        let mut stream = Streams::new(4).stream(Purpose::Design);
        let mut population: Vec<Individual> = (0..20)
            .map(|_| vec![uniform(&mut stream), uniform(&mut stream)])
            .map(|genome| Individual { figures: figures(&genome), genome })
            .collect();
        for _ in 0..40 {
            let born = children(&population, 20, &mut stream);
            population.extend(born.into_iter().map(|genome| Individual { figures: figures(&genome), genome }));
            population = survivors(&population, 20);
        }
        for individual in &population {
            let x = 3.0 * individual.genome[0] - 1.0;
            assert!((-0.05..=1.05).contains(&x) && individual.genome[1] < 0.05, "{individual:?}");
        }
        let mut firsts: Vec<f64> = population.iter().map(|individual| individual.figures[0]).collect();
        firsts.sort_by(f64::total_cmp);
        assert!(firsts[0] < 0.02 && firsts[19] > 0.8, "spread over the whole front: {firsts:?}");
    }
}
