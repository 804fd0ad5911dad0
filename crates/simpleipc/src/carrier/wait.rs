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

/// How long to look before sleeping. Grows while looking pays and shrinks while it does not, so
/// that a busy channel never sleeps and an idle one hardly spins.
#[derive(Debug)]
pub struct Spin {
    budget_ns: i64,
}

impl Spin {
    const MOST_NS: i64 = 50_000;
    const LEAST_NS: i64 = 1_000;

    pub fn new() -> Self {
        Self { budget_ns: 20_000 }
    }

    /// Calls `look` until it finds something, fails, or the budget is used up.
    pub fn until<T>(&mut self, mut look: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
        if os::processors() < 2 {
            return Ok(None);
        }
        let start = os::now_ns();
        loop {
            for _ in 0..16 {
                if let Some(found) = look()? {
                    self.budget_ns = (self.budget_ns * 2).min(Self::MOST_NS);
                    return Ok(Some(found));
                }
                spin_loop();
            }
            if os::now_ns() - start > self.budget_ns {
                self.budget_ns = (self.budget_ns / 2).max(Self::LEAST_NS);
                return Ok(None);
            }
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
