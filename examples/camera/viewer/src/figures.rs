//! What the viewer counts and measures, and how it says it on the terminal.

use std::fmt;

/// One measured latency.
#[derive(Clone, Copy)]
pub struct Sample {
    /// When the message was received.
    pub at_ns: i64,
    pub latency_ns: i64,
}

/// The live figures are of this many latest messages, the report's of all that are kept.
const LIVE_SAMPLES: usize = 600;
/// Ten minutes of frames; older samples are dropped.
const SAMPLES_MAX: usize = 36_000;

/// Half of the samples are at most the first result, 99 of 100 at most the second.
pub fn percentiles(samples: &[Sample]) -> (i64, i64) {
    let mut sorted: Vec<i64> = samples.iter().map(|sample| sample.latency_ns).collect();
    sorted.sort_unstable();
    let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().max(1) - 1));
    (at(50).copied().unwrap_or(0), at(99).copied().unwrap_or(0))
}

/// Messages of one topic: how many came, how many did not, how late.
#[derive(Default)]
pub struct Stream {
    pub received: u64,
    pub missed: u64,
    /// Messages whose count of missed ones contradicts the sequence numbers around them.
    pub miscounted: u64,
    pub samples: Vec<Sample>,
    previous: Option<(u64, u64)>,
}

impl Stream {
    /// Counts one message.
    pub fn add(&mut self, sender: u64, sequence: u64, missed: u64, sample: Sample) {
        self.received += 1;
        self.missed += missed;
        if let Some((previous_sender, previous_sequence)) = self.previous
            && previous_sender == sender
            && sequence.wrapping_sub(previous_sequence) != missed + 1
        {
            self.miscounted += 1;
        }
        self.previous = Some((sender, sequence));
        if self.samples.len() == SAMPLES_MAX {
            self.samples.drain(..SAMPLES_MAX / 10);
        }
        self.samples.push(sample);
    }

    /// p50 and p99 of the latest messages.
    pub fn live_percentiles(&self) -> (i64, i64) {
        percentiles(&self.samples[self.samples.len().saturating_sub(LIVE_SAMPLES)..])
    }
}

/// All that the viewer knows about the run so far.
#[derive(Default)]
pub struct Figures {
    pub frames: Stream,
    pub boxes: Stream,
    /// Frames whose bytes are not the ones the camera drew.
    pub torn: u64,
    /// Boxes whose frame the viewer still had and whose camera knew where the face was ...
    pub expected: u64,
    /// ... and among them those with a box at that place.
    pub found: u64,
}

/// The figures as `key=value` words, which `cargo xtask demo --check` reads.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (frame_p50, frame_p99) = self.frames.live_percentiles();
        let (box_p50, box_p99) = self.boxes.live_percentiles();
        write!(
            f,
            "frames={} missed={} miscounted={} torn={} boxes={} boxes_missed={} found={} \
             expected={} frame_p50_us={:.0} frame_p99_us={:.0} box_p50_ms={:.1} box_p99_ms={:.1}",
            self.frames.received,
            self.frames.missed,
            self.frames.miscounted + self.boxes.miscounted,
            self.torn,
            self.boxes.received,
            self.boxes.missed,
            self.found,
            self.expected,
            frame_p50 as f64 / 1e3,
            frame_p99 as f64 / 1e3,
            box_p50 as f64 / 1e6,
            box_p99 as f64 / 1e6,
        )
    }
}

impl Figures {
    /// The figures for a person: one line of a terminal.
    pub fn live(&self) -> String {
        let (frame_p50, frame_p99) = self.frames.live_percentiles();
        let (box_p50, box_p99) = self.boxes.live_percentiles();
        format!(
            "{} frames, {} missed, {} torn, p50 {} p99 {} | {} of {} faces, p50 {} p99 {}",
            self.frames.received,
            self.frames.missed,
            self.torn,
            in_words(frame_p50),
            in_words(frame_p99),
            self.found,
            self.expected,
            in_words(box_p50),
            in_words(box_p99),
        )
    }
}

/// A duration with the unit that suits it.
pub fn in_words(ns: i64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..10_000 => format!("{:.1} us", ns as f64 / 1e3),
        10_000..1_000_000 => format!("{:.0} us", ns as f64 / 1e3),
        1_000_000..100_000_000 => format!("{:.1} ms", ns as f64 / 1e6),
        _ => format!("{:.0} ms", ns as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(latency_ns: i64) -> Sample {
        Sample {
            at_ns: 0,
            latency_ns,
        }
    }

    #[test]
    fn percentiles_of_few_and_of_many() {
        assert_eq!(percentiles(&[]), (0, 0));
        assert_eq!(percentiles(&[sample(7)]), (7, 7));
        let samples: Vec<Sample> = (0..200).rev().map(sample).collect();
        assert_eq!(percentiles(&samples), (100, 198));
    }

    #[test]
    fn a_gap_in_the_numbers_must_equal_the_misses() {
        let mut stream = Stream::default();
        stream.add(1, 10, 0, sample(1));
        stream.add(1, 11, 0, sample(1));
        stream.add(1, 14, 2, sample(1));
        assert_eq!((stream.missed, stream.miscounted), (2, 0));
        stream.add(1, 16, 0, sample(1));
        assert_eq!(stream.miscounted, 1);
        // Another camera counts from its own start.
        stream.add(2, 0, 0, sample(1));
        assert_eq!(stream.miscounted, 1);
    }

    #[test]
    fn durations_have_the_unit_that_suits_them() {
        let words = [999, 9_400, 47_000, 3_110_000, 120_000_000].map(in_words);
        assert_eq!(words, ["999 ns", "9.4 us", "47 us", "3.1 ms", "120 ms"]);
    }
}
