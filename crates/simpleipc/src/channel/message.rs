//! A received message.

use crate::carrier;
use crate::error::Result;
use crate::value::{Kind, Value, decode, decode_private};
use std::time::Duration;

/// A message that was taken. Dropping it lets go of the shared memory it may look at and, in a
/// queue, reports it done; a process that dies instead is cleaned up after by the others.
///
/// It may be dropped in any thread, and may outlive the handle it came from.
pub struct Message(pub(super) carrier::Message);

impl Message {
    /// The value. Tensor data, bytes and opaque bytes of large messages are the shared memory
    /// itself, without a copy; everything else is private. `Corrupt` if the sender has broken
    /// the format.
    pub fn value(&self) -> Result<Value<'_>> {
        if self.0.is_shared() {
            decode(self.0.tag(), self.0.payload())
        } else {
            decode_private(self.0.tag(), self.0.payload())
        }
    }

    /// The kind of the value, without reading it; `None` if this version does not know it.
    pub fn kind(&self) -> Option<Kind> {
        Kind::from_code(self.0.tag())
    }

    /// Grows by one with each message of one sender.
    pub fn sequence(&self) -> u64 {
        self.0.sequence()
    }

    /// Identifies the sending handle among all handles of the channel.
    pub fn sender(&self) -> u64 {
        self.0.sender()
    }

    /// CLOCK_MONOTONIC in nanoseconds when it was put; 0 if the sender does not say.
    pub fn publish_time_ns(&self) -> i64 {
        self.0.publish_time_ns()
    }

    /// CLOCK_MONOTONIC in nanoseconds when its content was captured; 0 if the sender does not say.
    pub fn capture_time_ns(&self) -> i64 {
        self.0.capture_time_ns()
    }

    /// CLOCK_MONOTONIC in nanoseconds when it was taken; 0 if it has no publish time.
    pub fn receive_time_ns(&self) -> i64 {
        self.0.receive_time_ns()
    }

    /// How old it was when it was taken; `None` if it has no publish time.
    pub fn age(&self) -> Option<Duration> {
        let age = self
            .receive_time_ns()
            .saturating_sub(self.publish_time_ns());
        (self.publish_time_ns() != 0).then(|| Duration::from_nanos(age.max(0) as u64))
    }

    /// Topics: messages of any sender this subscriber has lost since its previous take.
    pub fn missed(&self) -> u64 {
        self.0.missed()
    }

    /// Queues: an earlier receiver died with this message in hand.
    pub fn is_redelivered(&self) -> bool {
        self.0.is_redelivered()
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("sequence", &self.sequence())
            .field("sender", &self.sender())
            .field("value", &self.value())
            .finish()
    }
}
