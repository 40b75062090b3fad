//! Tables to draw from: a choice among weighted parts, and a piecewise-linear inverse distribution function.

/// A choice among weighted parts.
#[derive(Debug)]
pub(super) struct Choice {
    /// Cumulative shares; the last is 1.
    upto: Vec<f64>,
}

impl Choice {
    pub(super) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let upto = weights.iter().map(|weight| {
            sum += weight;
            sum / total
        });
        Choice { upto: upto.collect() }
    }

    /// The share of each part.
    pub(super) fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let below = std::iter::once(0.0).chain(self.upto.iter().copied());
        self.upto.iter().zip(below).map(|(upto, below)| upto - below)
    }

    /// The part that `u` falls into.
    #[inline]
    pub(super) fn of(&self, u: f64) -> usize {
        // Few parts: a scan is faster than a search.
        self.upto.iter().position(|upto| u < *upto).unwrap_or(self.upto.len() - 1)
    }
}

/// One straight piece of an inverse distribution function.
#[derive(Copy, Clone, Debug)]
pub(super) struct Piece {
    /// Probability of what lies below this piece.
    pub(super) below: f64,
    /// Probability of this piece.
    pub(super) share: f64,
    /// Where it starts.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) to: f64,
}

/// A piecewise-linear inverse distribution function: each piece is a uniform distribution.
#[derive(Debug)]
pub(super) struct Curve {
    pieces: Vec<Piece>,
    /// For each of as many equal slices of probability as there are pieces, the first piece that reaches into it.
    guide: Vec<u32>,
}

impl Curve {
    /// Pieces in ascending order, of shares above zero that sum to one.
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        let slices = pieces.len();
        let first = |slice: usize| {
            let probability = slice as f64 / slices as f64;
            pieces.iter().position(|piece| probability < piece.below + piece.share).unwrap_or(slices - 1) as u32
        };
        let guide = (0..slices).map(first).collect();
        Curve { pieces, guide }
    }

    /// The value below which a share `u` of the draws lies.
    #[inline]
    pub(super) fn at(&self, u: f64) -> f64 {
        let slice = ((u * self.guide.len() as f64) as usize).min(self.guide.len() - 1);
        let mut index = self.guide[slice] as usize;
        while index + 1 < self.pieces.len() && u >= self.pieces[index + 1].below {
            index += 1;
        }
        let piece = &self.pieces[index];
        let along = ((u - piece.below) / piece.share).clamp(0.0, 1.0);
        piece.from + (piece.to - piece.from) * along
    }

    /// Mean and variance.
    pub(super) fn moments(&self) -> (f64, f64) {
        let mean: f64 = self.pieces.iter().map(|p| p.share * (p.from + p.to) / 2.0).sum();
        let variance = self.pieces.iter().map(|p| {
            let (offset, width) = ((p.from + p.to) / 2.0 - mean, p.to - p.from);
            p.share * (offset * offset + width * width / 12.0)
        });
        (mean, variance.sum())
    }
}
