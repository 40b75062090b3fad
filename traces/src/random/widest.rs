//! Loops over blocks of draws, by the widest registers that the processor at hand has.
//!
//! Such a loop is compiled twice: for every processor of its kind, and for those with AVX2, which take four numbers at a
//! time instead of two. What is done to a number is the same in the same order either way, and nothing is fused: the bits
//! are the same.

/// A loop over a block. `run` and what it calls must be `#[inline(always)]`: what is not inlined is compiled once.
pub(crate) trait Work {
    /// Does it.
    fn run(self);
}

/// Runs a loop by the widest registers.
#[inline]
pub(crate) fn by_widest_registers(work: impl Work) {
    pulp::Arch::new().dispatch(Dispatched(work));
}

/// Puts the result of a function into the place of each number. The function must be inlined too.
#[inline]
pub(crate) fn map(numbers: &mut [f64], function: impl Fn(f64) -> f64) {
    by_widest_registers(Map { numbers, function });
}

struct Dispatched<W>(W);

impl<W: Work> pulp::NullaryFnOnce for Dispatched<W> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.run();
    }
}

struct Map<'a, F> {
    numbers: &'a mut [f64],
    function: F,
}

impl<F: Fn(f64) -> f64> Work for Map<'_, F> {
    #[inline(always)]
    fn run(self) {
        for number in self.numbers {
            *number = (self.function)(*number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams, exp, ln, uniform};

    #[test]
    fn wide_registers_give_the_bits_of_narrow_ones() {
        let mut generator = Streams::new(4).stream(Purpose::Noise);
        let draws: Vec<f64> = (0..100_003).map(|_| uniform(&mut generator)).collect();
        for function in [|x| ln(x), |x| exp(3.0 * x - 1.0), |x: f64| x.sqrt() / (1.0 + x) * x + x] {
            let mut wide = draws.clone();
            map(&mut wide, function);
            let mut narrow = draws.clone();
            // Without the dispatch: compiled for every processor.
            Map { numbers: &mut narrow, function }.run();
            assert!(wide.iter().zip(&narrow).all(|(wide, narrow)| wide.to_bits() == narrow.to_bits()));
        }
    }
}
