//! What clients and servers do with their lane beyond putting messages into it.

use crate::carrier::producer::Producer;
use crate::carrier::wait::Deadline;
use crate::error::Result;
use crate::ring::queue::withdraw;
use std::time::Duration;

/// A server that waits for room looks around this often.
const SLICE: Duration = Duration::from_millis(10);

impl Producer {
    /// Where the message put last is: the lane, and its number there.
    pub fn last_put(&self) -> (u32, u64) {
        (self.writer.lane_index(), self.writer.next().wrapping_sub(1))
    }

    /// Takes back a message of ours that nobody has taken yet; false if somebody has.
    pub fn take_back(&mut self, sequence: u64) -> bool {
        let attachment = &self.attachment;
        if attachment.is_forked() || attachment.check_own().is_err() {
            return false;
        }
        let (control, lane) = (&attachment.control, self.writer.lane_index());
        withdraw(
            control,
            self.segments.pool(),
            attachment.endpoint,
            lane,
            sequence,
        )
    }

    /// Repairs what the dead have left in the channel, now and then.
    pub fn look_after(&mut self) -> Result<()> {
        self.look_around()
    }

    /// Waits until `count` messages more have room. A queue that has no room for so many may still
    /// have some for one.
    pub(super) fn wait_for_room_for(&mut self, count: u64, deadline: Deadline) -> Result<()> {
        let deadline = deadline.begun();
        loop {
            let bell = self.attachment.control.space_bell();
            let expected = self.attachment.announce(bell);
            if self.writer.has_room_for(&self.attachment.control, count) {
                return Ok(());
            }
            let Some(slice) = deadline.left(SLICE) else {
                return Err(self.no_slot());
            };
            self.sleep(expected, slice)?;
        }
    }
}
