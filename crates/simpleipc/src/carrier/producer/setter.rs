//! Setting a state: its one lane is lent for the time of one setting, so that all values of all
//! setters are in one order, and each can be compared with the one before.

use super::lease::reserve_lane;
use super::{PAUSES, Producer, Stamps};
use crate::carrier::attachment::Role;
use crate::carrier::join::{activate, join};
use crate::carrier::loan::Loan;
use crate::carrier::place::Place;
use crate::carrier::wait::{Deadline, Spin};
use crate::carrier::{Opening, now_ns};
use crate::error::Result;
use crate::layout::lane::{Head, PAYLOAD_WORDS};
use crate::ring::writer::{STATE_LANE, Writer};
use crate::sync::{Ordering, crash_point};
use std::sync::Arc;

/// Which value a new one may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever there is.
    Any,
    /// The one with this sequence number.
    Sequence(u64),
    /// None: nothing has been set yet.
    Nothing,
}

impl Producer {
    /// Opens a state to set it.
    pub fn open_setter(place: Place, opening: &Opening) -> Result<Self> {
        let (attachment, segments) = join(place, Role::Set, opening)?;
        reserve_lane(&attachment, STATE_LANE)?;
        let control = &attachment.control;
        let writer = Writer::idle(control);
        activate(&attachment);
        Ok(Self {
            epoch: control.epoch(),
            sender_id: attachment.sender_id(),
            attachment,
            segments,
            writer,
            hint: 0,
            loans: Arc::new(()),
            spin: Spin::new(),
            looked_around_ns: 0,
        })
    }

    /// Sets a value of `len` bytes that `write` puts where it is told, if the one before is the
    /// `expected` one; false if it is not. Nothing is set on an error.
    pub fn set(
        &mut self,
        tag: u8,
        len: usize,
        stamps: Stamps,
        deadline: Deadline,
        expected: Expected,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<bool> {
        self.attachment.check_process()?;
        let deadline = deadline.begun();
        if !stamps.leave_room_for(len) {
            let mut loan = self.loan(len, deadline)?;
            write(loan.bytes_mut());
            return self.set_loan(&mut loan, tag, stamps, deadline, expected);
        }
        let mut bytes = [0u8; PAYLOAD_WORDS * 8];
        write(&mut bytes[..len]);
        let head = Head {
            len: len as u16,
            tag,
            flags: 0,
            sender: self.sender_id,
        };
        self.replace(deadline, expected, |this| {
            this.publish(head, &bytes[..len], stamps);
        })
    }

    /// As [`Producer::set`], with a filled loan, which stays with the caller if nothing is set.
    pub fn set_loan(
        &mut self,
        loan: &mut Loan,
        tag: u8,
        stamps: Stamps,
        deadline: Deadline,
        expected: Expected,
    ) -> Result<bool> {
        self.attachment.check_process()?;
        self.check_loan(loan)?;
        self.replace(deadline, expected, |this| {
            this.publish_loan(loan, tag, stamps);
        })
    }

    /// Has the lane, and with it the last word, while `publish` works.
    fn replace(
        &mut self,
        deadline: Deadline,
        expected: Expected,
        publish: impl FnOnce(&mut Self),
    ) -> Result<bool> {
        self.attachment.check_own()?;
        if !self.try_enter() {
            self.wait_to_enter(deadline)?;
        }
        let followed = self.follow_epoch();
        let (control, endpoint) = (&self.attachment.control, self.attachment.endpoint);
        self.writer = Writer::adopt(control, self.segments.pool(), STATE_LANE);
        let is_expected = match (expected, self.writer.next()) {
            (Expected::Any, _) | (Expected::Nothing, 0) => true,
            (Expected::Sequence(sequence), next) => Some(sequence) == next.checked_sub(1),
            (Expected::Nothing, _) => false,
        };
        if followed.is_ok() && is_expected {
            publish(self);
        }
        self.writer.hand_over(self.segments.pool(), endpoint);
        let control = &self.attachment.control;
        self.attachment.ring(control.space_bell());
        followed.map(|()| is_expected)
    }

    fn try_enter(&mut self) -> bool {
        let (control, me) = (&self.attachment.control, self.attachment.endpoint + 1);
        let lane = control.lane(STATE_LANE);
        // sync lane-owner/acquire: the last setter has left the lane in order.
        let won = lane
            .owner()
            .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if won {
            crash_point("set-entered");
        }
        won
    }

    /// Another setter is at work, which takes well below a microsecond unless it is stopped.
    #[cold]
    fn wait_to_enter(&mut self, deadline: Deadline) -> Result<()> {
        if deadline.is_now() {
            self.look_around()?;
            return match self.try_enter() {
                true => Ok(()),
                false => Err(self.no_slot()),
            };
        }
        // That of a loan has not begun yet.
        let deadline = deadline.begun();
        let began_ns = now_ns();
        let mut spin = std::mem::replace(&mut self.spin, Spin::new());
        let entered = spin.until(PAUSES, || Ok(self.try_enter().then_some(())));
        self.spin = spin;
        if entered?.is_some() {
            return Ok(());
        }
        let outcome = self.sleep_for_slot(deadline, Self::try_enter);
        self.spin.learn(now_ns() - began_ns);
        outcome
    }
}
