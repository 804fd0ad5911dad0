//! Chance that can be repeated: a generator whose seed is printed.

/// The same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// 0 to `below` - 1.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of such a generator follow each other too closely.
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20) % below
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len() as u64) as usize]
    }

    /// One of `from`, each as often as its weight says.
    pub fn weigh<T: Copy>(&mut self, from: &[(u64, T)]) -> T {
        let mut at = self.roll(from.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in from {
            if at < *weight {
                return *what;
            }
            at -= weight;
        }
        unreachable!("below the sum of all weights")
    }

    /// The seed of the next round.
    pub fn next_seed(&mut self) -> u64 {
        self.roll(u64::from(u32::MAX)) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let row = |seed| -> Vec<u64> {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| dice.roll(1000)).collect()
        };
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(5);
        let heads = (0..4000).filter(|_| dice.weigh(&[(3, true), (1, false)]));
        let count = heads.count();
        assert!((2800..3200).contains(&count), "{count}");
    }
}
