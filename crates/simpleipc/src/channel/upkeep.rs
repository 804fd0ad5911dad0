//! Looking after channels: the audit, the broom and the clock.

use crate::carrier::{self, ChannelReport, Place};
use crate::error::Result;
use std::path::Path;
use std::time::Duration;

/// Looks at one channel without joining it: its peers, waiting messages, memory, and anything
/// that belongs to nobody. `None` when there is no such channel.
pub fn audit(name: &str, directory: Option<&Path>) -> Result<Option<ChannelReport>> {
    carrier::audit(&Place::new(name, directory)?)
}

/// [`audit`] of every channel in a directory (`None`: the default one).
pub fn audit_all(directory: Option<&Path>) -> Result<Vec<ChannelReport>> {
    carrier::audit_all(directory)
}

/// Removes channels that nobody has open: what dead processes have left, and queues whose newest
/// message is older than `age_max`. Returns how many.
pub fn clean(directory: Option<&Path>, age_max: Duration) -> Result<u64> {
    carrier::clean(directory, age_max)
}

/// CLOCK_MONOTONIC in nanoseconds: the clock of every time stamp, the same in all processes.
pub fn now_ns() -> i64 {
    carrier::now_ns()
}
