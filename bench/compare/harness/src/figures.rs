//! Figures from samples: percentiles by nearest rank, least, mean, greatest.

use std::fmt;

/// Times taken one by one, without allocating or faulting in a page meanwhile.
#[derive(Debug)]
pub struct Samples {
    values: Vec<u64>,
    taken: usize,
}

impl Samples {
    /// Room for `most` samples, all of its pages present.
    pub fn new(most: usize) -> Self {
        // Zeroed memory would be mapped page by page on first use, within what is measured.
        Self {
            values: vec![1; most],
            taken: 0,
        }
    }

    #[inline]
    pub fn take(&mut self, value: u64) {
        if let Some(place) = self.values.get_mut(self.taken) {
            *place = value;
            self.taken += 1;
        }
    }

    pub fn is_full(&self) -> bool {
        self.taken == self.values.len()
    }

    pub fn clear(&mut self) {
        self.taken = 0;
    }

    /// Figures of all samples but the first `warm`, if there are more than that.
    pub fn figures_after(&mut self, warm: usize) -> Figures {
        let from = if self.taken > warm { warm } else { 0 };
        Figures::of(&mut self.values[from..self.taken])
    }

    pub fn figures(&mut self) -> Figures {
        self.figures_after(0)
    }
}

/// What is reported of samples; all zero if there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub min: f64,
    pub mean: f64,
    pub max: f64,
    pub count: usize,
}

impl Figures {
    /// Sorts the samples and looks.
    pub fn of(samples: &mut [u64]) -> Self {
        if samples.is_empty() {
            return Self::default();
        }
        samples.sort_unstable();
        let count = samples.len();
        // Nearest rank: the least sample that at least this share of all does not exceed.
        let at = |per_mille: usize| samples[(count * per_mille).div_ceil(1000).max(1) - 1] as f64;
        let total: u128 = samples.iter().map(|&sample| u128::from(sample)).sum();
        Self {
            p50: at(500),
            p99: at(990),
            p999: at(999),
            min: samples[0] as f64,
            mean: total as f64 / count as f64,
            max: samples[count - 1] as f64,
            count,
        }
    }

    /// The same of `1 / parts` of each sample.
    pub fn divided(self, parts: f64) -> Self {
        Self {
            p50: self.p50 / parts,
            p99: self.p99 / parts,
            p999: self.p999 / parts,
            min: self.min / parts,
            mean: self.mean / parts,
            max: self.max / parts,
            count: self.count,
        }
    }
}

impl fmt::Display for Figures {
    /// As the words of a result line.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "p50={:.1} p99={:.1} p999={:.1} min={:.1} mean={:.1} max={:.1} count={}",
            self.p50, self.p99, self.p999, self.min, self.mean, self.max, self.count
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut samples: Vec<u64> = (1..=1000).rev().collect();
        let figures = Figures::of(&mut samples);
        assert_eq!(
            (figures.p50, figures.p99, figures.p999),
            (500.0, 990.0, 999.0)
        );
        assert_eq!(
            (figures.min, figures.max, figures.mean),
            (1.0, 1000.0, 500.5)
        );
        assert_eq!(figures.count, 1000);
    }

    #[test]
    fn few_samples_have_percentiles_too() {
        let figures = Figures::of(&mut [30, 10]);
        assert_eq!((figures.p50, figures.p99, figures.min), (10.0, 30.0, 10.0));
        assert_eq!(Figures::of(&mut [7]).p50, 7.0);
        assert_eq!(Figures::of(&mut []), Figures::default());
    }

    #[test]
    fn warm_up_does_not_count() {
        let mut samples = Samples::new(4);
        for value in [900, 800, 10, 20, 30] {
            samples.take(value);
        }
        assert!(samples.is_full());
        let figures = samples.figures_after(2);
        assert_eq!((figures.count, figures.max), (2, 20.0));
        samples.clear();
        samples.take(5);
        assert_eq!(samples.figures_after(2).count, 1);
    }

    #[test]
    fn a_result_line_has_all_words() {
        let line = Figures::of(&mut [3, 5]).divided(2.0).to_string();
        assert_eq!(
            line,
            "p50=1.5 p99=2.5 p999=2.5 min=1.5 mean=2.0 max=2.5 count=2"
        );
    }
}
