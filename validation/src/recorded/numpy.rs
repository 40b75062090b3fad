//! numpy's legacy random numbers (MT19937 seeded by an integer, 53-bit doubles, exponentials by inversion): the arrivals of the
//! nadamdb experiments are regenerated with them. Matsumoto and Nishimura (1998).

const SIZE: usize = 624;
const SHIFT: usize = 397;

pub(super) struct RandomState {
    state: [u32; SIZE],
    next: usize,
}

impl RandomState {
    pub(super) fn new(seed: u32) -> RandomState {
        let mut state = [0; SIZE];
        state[0] = seed;
        for index in 1..SIZE {
            let before: u32 = state[index - 1];
            state[index] = 1_812_433_253u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(index as u32);
        }
        RandomState { state, next: SIZE }
    }

    fn twist(&mut self) {
        for index in 0..SIZE {
            let y = (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % SIZE] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[index] = self.state[(index + SHIFT) % SIZE] ^ (y >> 1) ^ odd;
        }
        self.next = 0;
    }

    fn word(&mut self) -> u32 {
        if self.next >= SIZE {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Uniform on [0, 1), with 53 bits.
    pub(super) fn uniform(&mut self) -> f64 {
        let (high, low) = (f64::from(self.word() >> 5), f64::from(self.word() >> 6));
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// Exponential of a mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(1.0 - self.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of `numpy.random.RandomState(0).random_sample(3)`, as they stand in numpy's documentation.
    #[test]
    fn numbers_are_numpys() {
        let mut random = RandomState::new(0);
        for expected in [0.548_813_503_9, 0.715_189_366_3, 0.602_763_376_0] {
            assert!((random.uniform() - expected).abs() < 1e-9);
        }
    }

    /// The first arrivals of the recorded run at 10 requests per second under seed 0: 0.0796 and 0.2052 s.
    #[test]
    fn arrivals_are_those_of_the_experiment() {
        let mut random = RandomState::new(0);
        let first = random.exponential(0.1);
        let second = first + random.exponential(0.1);
        assert!((first - 0.0796).abs() < 5e-5 && (second - 0.2052).abs() < 5e-5, "{first} {second}");
    }
}
