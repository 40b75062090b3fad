//! The Sobol sequence with Owen scrambling (Burley 2020), which keeps the even spread and makes the points random.

use super::{Place, Row};

/// What the generator can tell apart.
const MOST_POINTS: usize = 1 << 16;
const MOST_AXES: usize = 256;

pub(super) fn rows(axes: usize, points: usize, seed: u64) -> Result<Vec<Row>, String> {
    Ok(shares(axes, points, seed)?.into_iter().map(|row| row.into_iter().map(Place::Share).collect()).collect())
}

/// The points themselves, between 0 and 1 (1 excluded).
pub(super) fn shares(axes: usize, points: usize, seed: u64) -> Result<Vec<Vec<f64>>, String> {
    if points > MOST_POINTS || axes > MOST_AXES {
        return Err(format!("a Sobol sequence has at most {MOST_POINTS} points on {MOST_AXES} axes here"));
    }
    // The generator takes 32 bits of seed; folding keeps all 64 of ours in play.
    let seed = (seed ^ (seed >> 32)) as u32;
    let share = |point: usize, axis: usize| f64::from(sobol_burley::sample(point as u32, axis as u32, seed));
    Ok((0..points).map(|point| (0..axes).map(|axis| share(point, axis)).collect()).collect())
}
