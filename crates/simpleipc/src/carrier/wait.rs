//! Waiting: how long, how to spin first, and how long to sleep at a time.

use crate::error::{Error, Result, Status};
use crate::os;
use crate::sync::spin_loop;
use std::time::Duration;

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    Never,
    /// Only try.
    Now,
    /// The wait has not begun. Most calls never wait, and reading the clock would cost them as
    /// much as all the rest.
    After(Duration),
    /// CLOCK_MONOTONIC in nanoseconds.
    At(i64),
}

impl Deadline {
    /// `None` waits for ever; zero only tries.
    #[inline]
    pub fn after(timeout: Option<Duration>) -> Self {
        match timeout {
            None => Self::Never,
            Some(Duration::ZERO) => Self::Now,
            Some(timeout) => Self::After(timeout),
        }
    }

    /// The wait begins.
    pub fn begun(self) -> Self {
        match self {
            Self::After(time) => {
                let time = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
                Self::At(os::now_ns().saturating_add(time))
            }
            other => other,
        }
    }

    /// The time left of a wait that has begun, at most `slice`; `None` when it is over.
    pub fn left(self, slice: Duration) -> Option<Duration> {
        match self {
            Self::Never => Some(slice),
            Self::Now => None,
            Self::After(time) => {
                debug_assert!(false, "a wait that has not begun would never end");
                Some(slice.min(time))
            }
            Self::At(at) => {
                let left = at.saturating_sub(os::now_ns());
                (left > 0).then(|| slice.min(Duration::from_nanos(left as u64)))
            }
        }
    }

    /// Only try.
    pub fn is_now(self) -> bool {
        self == Self::Now
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
    /// The one we wait for seems to run on this very processor.
    shared: bool,
    /// The last wait began with looking.
    looked: bool,
}

impl Spin {
    /// Looks between two looks at the clock.
    const LOOKS: u32 = 64;
    /// To offer the processor takes longer than this only if somebody accepts.
    const OFFER_NS: i64 = 600;
    /// Who keeps an offered processor longer than this is not the one we wait for.
    const HOG_NS: i64 = 50_000;
    /// About twice what it costs to put a processor to sleep and wake it.
    const MOST_NS: i64 = 100_000;
    const LEAST_NS: i64 = 1_000;
    /// After so many failures the other side seems to need this very processor.
    const FAILURES_MAX: u32 = 8;
    const FIRST_REST: u32 = 256;
    const LONGEST_REST: u32 = 1 << 12;

    pub fn new() -> Self {
        Self {
            budget_ns: 20_000,
            failures: 0,
            rest: 0,
            next_rest: Self::FIRST_REST,
            shared: false,
            looked: false,
        }
    }

    /// Calls `look` until it finds something, fails, or the budget is used up. Between two looks
    /// it pauses `pauses` times: who looks takes the cache line from the one who is to change it.
    pub fn until<T>(
        &mut self,
        pauses: u32,
        mut look: impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        self.looked = self.rest == 0;
        if !self.looked {
            self.rest -= 1;
            return Ok(None);
        }
        let start = os::now_ns();
        if self.shared || !os::has_processor_to_spare() {
            // Nothing can come while we look.
            self.offer(start);
            if let Some(found) = look()? {
                return Ok(Some(self.succeeded(found)));
            }
            if self.shared || !os::has_processor_to_spare() {
                return Ok(None);
            }
        }
        loop {
            for _ in 0..Self::LOOKS {
                if let Some(found) = look()? {
                    return Ok(Some(self.succeeded(found)));
                }
                for _ in 0..pauses {
                    spin_loop();
                }
            }
            let now = os::now_ns();
            if now - start > self.budget_ns {
                return Ok(None);
            }
            self.offer(now);
        }
    }

    /// Lets others have the processor: the one we wait for may need this very one.
    fn offer(&mut self, now_ns: i64) {
        os::yield_now();
        let away_ns = os::now_ns() - now_ns;
        self.shared = (Self::OFFER_NS..Self::HOG_NS).contains(&away_ns);
        if away_ns >= Self::HOG_NS {
            self.take_rest();
        }
    }

    fn succeeded<T>(&mut self, found: T) -> T {
        self.failures = 0;
        self.next_rest = Self::FIRST_REST;
        found
    }

    /// Goes to sleep at once for a number of waits.
    fn take_rest(&mut self) {
        self.rest = self.next_rest;
        self.next_rest = (self.next_rest * 2).min(Self::LONGEST_REST);
    }

    /// A wait that was too long for the budget took this long in the end.
    pub fn learn(&mut self, waited_ns: i64) {
        if !self.looked {
            return;
        }
        if waited_ns >= 2 * Self::MOST_NS {
            self.budget_ns = (self.budget_ns / 2).max(Self::LEAST_NS);
            return;
        }
        self.budget_ns = (waited_ns * 2).clamp(Self::LEAST_NS, Self::MOST_NS);
        self.failures += 1;
        if self.failures >= Self::FAILURES_MAX {
            self.failures = 0;
            self.take_rest();
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
        self.next = (self.next * 4).min(Self::LONGEST);
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

    fn looking() -> Spin {
        Spin {
            looked: true,
            ..Spin::new()
        }
    }

    #[test]
    fn short_waits_teach_to_look_longer_and_long_ones_to_sleep_at_once() {
        let mut spin = looking();
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
        let mut spin = looking();
        for _ in 0..Spin::FAILURES_MAX {
            spin.learn(60_000);
        }
        assert_eq!(spin.rest, Spin::FIRST_REST);
    }
}
