//! Waiting: how long, how to spin first, and how long to sleep at a time.

use crate::error::{Error, Result, Status};
use crate::os;
use crate::sync::spin_loop;
use std::time::Duration;

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<i64>);

impl Deadline {
    /// `None` waits for ever; zero only tries.
    pub fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.map(|timeout| {
            if timeout.is_zero() {
                return i64::MIN;
            }
            os::now_ns().saturating_add(i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX))
        }))
    }

    /// The time left, at most `slice`; `None` when it is over.
    pub fn left(&self, slice: Duration) -> Option<Duration> {
        match self.0 {
            None => Some(slice),
            Some(i64::MIN) => None,
            Some(at) => {
                let left = at.saturating_sub(os::now_ns());
                (left > 0).then(|| slice.min(Duration::from_nanos(left as u64)))
            }
        }
    }

    /// Only try.
    pub fn is_now(&self) -> bool {
        self.0 == Some(i64::MIN)
    }
}

/// How long to look before sleeping: a little longer than the waits of late, if they were short
/// enough for looking to pay. So a busy channel never sleeps and an idle one hardly spins.
#[derive(Debug)]
pub struct Spin {
    budget_ns: i64,
    /// Waits in a row that were short and yet longer than the budget.
    failures: u32,
    /// Waits still to come before looking is tried again.
    rest: u32,
    /// How long the next rest is.
    next_rest: u32,
}

impl Spin {
    /// About twice what it costs to put a processor to sleep and wake it.
    const MOST_NS: i64 = 100_000;
    const LEAST_NS: i64 = 1_000;
    /// After so many failures the other side seems to need this very processor.
    const FAILURES_MAX: u32 = 8;
    const FIRST_REST: u32 = 256;
    const LONGEST_REST: u32 = 1 << 16;

    pub fn new() -> Self {
        Self {
            budget_ns: 20_000,
            failures: 0,
            rest: 0,
            next_rest: Self::FIRST_REST,
        }
    }

    /// Calls `look` until it finds something, fails, or the budget is used up.
    pub fn until<T>(&mut self, mut look: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
        if !os::has_processor_to_spare() {
            return Ok(None);
        }
        if self.rest > 0 {
            self.rest -= 1;
            return Ok(None);
        }
        let start = os::now_ns();
        loop {
            for _ in 0..64 {
                if let Some(found) = look()? {
                    self.failures = 0;
                    self.next_rest = Self::FIRST_REST;
                    return Ok(Some(found));
                }
                spin_loop();
            }
            if os::now_ns() - start > self.budget_ns {
                return Ok(None);
            }
            // The one we wait for may be waiting for this very processor.
            os::yield_now();
        }
    }

    /// A wait that was too long for the budget took this long in the end.
    pub fn learn(&mut self, waited_ns: i64) {
        if waited_ns >= 2 * Self::MOST_NS {
            self.budget_ns = (self.budget_ns / 2).max(Self::LEAST_NS);
            return;
        }
        self.budget_ns = (waited_ns * 2).clamp(Self::LEAST_NS, Self::MOST_NS);
        self.failures += 1;
        if self.failures >= Self::FAILURES_MAX {
            self.failures = 0;
            self.rest = self.next_rest;
            self.next_rest = (self.next_rest * 2).min(Self::LONGEST_REST);
        }
    }
}

/// How long to sleep at a time. A sleeper looks around at the end of each slice: for a message
/// whose publisher died before waking anybody, for dead peers, for a removed file.
#[derive(Debug)]
pub struct Slices {
    next: Duration,
}

impl Slices {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(1);

    pub fn new() -> Self {
        Self { next: Self::FIRST }
    }

    pub fn current(&self) -> Duration {
        self.next
    }

    /// Nothing happened during a slice: the next is longer.
    pub fn lengthen(&mut self) {
        self.next = (self.next * 2).min(Self::LONGEST);
    }

    pub fn shorten(&mut self) {
        self.next = Self::FIRST;
    }
}

/// The error of a wait that a signal handler or an interrupt ended.
pub fn interrupted(channel: &str) -> Error {
    Error::new(
        Status::Interrupted,
        format!("the wait on the channel '{channel}' was interrupted"),
    )
}

#[cfg(test)]
mod tests {
    use super::Spin;

    #[test]
    fn short_waits_teach_to_look_longer_and_long_ones_to_sleep_at_once() {
        let mut spin = Spin::new();
        spin.learn(40_000);
        assert_eq!(spin.budget_ns, 80_000);
        spin.learn(90_000);
        assert_eq!(spin.budget_ns, Spin::MOST_NS);
        for _ in 0..20 {
            spin.learn(16_000_000);
        }
        assert_eq!(spin.budget_ns, Spin::LEAST_NS);
    }

    #[test]
    fn who_looks_in_vain_rests() {
        let mut spin = Spin::new();
        for _ in 0..Spin::FAILURES_MAX {
            spin.learn(60_000);
        }
        assert_eq!(spin.rest, Spin::FIRST_REST);
    }
}
