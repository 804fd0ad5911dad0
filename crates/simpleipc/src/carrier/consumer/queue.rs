//! Queues: claiming messages, leasing them, and taking over from dead receivers.

use super::unheld::{Unheld, resolve};
use super::{Consumer, LOOK_AROUND, Source};
use crate::carrier::message::{Chunk, KeptBy, LeaseHold, Message, NEW, Redelivery, UNSEEN};
use crate::carrier::now_ns;
use crate::error::Result;
use crate::layout::endpoint::{LEASE_NONE, Lease, STATE_FREE, STATE_LEFT};
use crate::ring::queue::{Claimed, finish, unclaim};
use crate::ring::repair::take_over;
use crate::sync::Ordering;
use std::sync::Arc;

/// Messages between two looks at the clock.
const LOOK_AROUND_MESSAGES: u64 = 256;

impl Consumer {
    pub(super) fn look_at_queue(&mut self) -> Result<Option<Message>> {
        self.taken += 1;
        if self.taken.is_multiple_of(LOOK_AROUND_MESSAGES) {
            let now = now_ns();
            if now - self.looked_around_ns > LOOK_AROUND.as_nanos() as i64 {
                self.looked_around_ns = now;
                self.inherit()?;
            }
        }
        if let Some(claimed) = self.inherited.take() {
            return self.deliver_inherited(claimed).map(Some);
        }
        let Source::Queue(taker) = &mut self.source else {
            return Ok(None);
        };
        let attachment = &self.attachment;
        let control = &attachment.control;
        let Some(claimed) = taker.claim(control) else {
            return Ok(None);
        };
        let mut hold = None;
        if let Some(reference) = claimed.reference() {
            match resolve(attachment, &mut self.segments, reference) {
                Ok(Some(found)) => hold = Some(found),
                Ok(None) => {
                    // Somebody has deleted the data file, or the sender breaks the protocol.
                    let pool = self.segments.pool();
                    finish(control, pool, claimed.lane, claimed.sequence, None);
                    return Err(self.lost_data());
                }
                Err(error) => {
                    // Out of descriptors or address space here; another receiver may have some.
                    unclaim(control, &claimed);
                    attachment.ring(control.bell());
                    return Err(error);
                }
            }
        }
        taker.lease(control, self.segments.pool(), &claimed);
        attachment.ring(control.space_bell());
        let redelivery = if claimed.attempts > 0 { UNSEEN } else { NEW };
        Ok(Some(self.deliver(&claimed, hold, redelivery)))
    }

    /// Makes a message of what a dead receiver has left in our lease.
    pub(super) fn deliver_inherited(&mut self, claimed: Claimed) -> Result<Message> {
        let mut hold = None;
        if let Some(reference) = claimed.reference() {
            match resolve(&self.attachment, &mut self.segments, reference) {
                Ok(Some(found)) => hold = Some(found),
                Ok(None) => {
                    self.lease = self.own_lease();
                    return Err(self.lost_data());
                }
                Err(error) => {
                    // Out of descriptors or address space for now: the next take tries again.
                    self.inherited = Some(claimed);
                    return Err(error);
                }
            }
        }
        let from = self.inherited_from.clamp(1, UNSEEN - 1);
        Ok(self.deliver(&claimed, hold, from))
    }

    /// Makes a message of what is in our lease.
    pub(super) fn deliver(
        &mut self,
        claimed: &Claimed,
        hold: Option<Unheld>,
        redelivery: Redelivery,
    ) -> Message {
        self.lease = self.own_lease();
        let lease = LeaseHold {
            attachment: Arc::clone(&self.attachment),
            word: self.lease,
        };
        let hold = hold.map(|found| Chunk::Held(found.held(KeptBy::Reference)));
        let mut message = Message::new(claimed.copy, claimed.sequence, 0, hold, Some(lease));
        message.redelivery = redelivery;
        message
    }

    pub(super) fn own_lease(&self) -> u64 {
        let block = self.attachment.control.endpoint(self.attachment.endpoint);
        block.lease().load(Ordering::Relaxed)
    }

    /// The message delivered last, if it is still in our lease, is done.
    #[inline(always)]
    pub(in crate::carrier) fn end_lease(&self) {
        let pending = self.ready.is_some() || self.inherited.is_some();
        if matches!(self.source, Source::Queue(_)) && !pending {
            let block = self.attachment.control.endpoint(self.attachment.endpoint);
            // Only what we put there: the block may be another's by now, if we were evicted.
            // Relaxed: nobody but us and our repairer reads it, and the kernel orders the latter.
            let _ = block.lease().compare_exchange(
                self.lease,
                LEASE_NONE,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// Whether another receiver has a message in hand, which its death would make ours.
    pub(super) fn others_lease(&self) -> bool {
        let control = &self.attachment.control;
        (0..control.endpoints_reserved())
            .filter(|e| *e != self.attachment.endpoint)
            .any(|e| {
                let block = control.endpoint(e);
                block.state().load(Ordering::Relaxed) != STATE_FREE
                    && Lease::from_word(block.lease().load(Ordering::Relaxed)).is_some()
            })
    }

    /// Whether somebody has repaired a dead receiver already, all but the message it had in hand.
    pub(super) fn is_left_a_message(&self) -> bool {
        let control = &self.attachment.control;
        matches!(self.source, Source::Queue(_))
            && (0..control.endpoints_reserved())
                .any(|e| control.endpoint(e).state().load(Ordering::Relaxed) == STATE_LEFT)
    }

    /// Takes over the message of one dead receiver, if there is one.
    pub(super) fn inherit(&mut self) -> Result<()> {
        let attachment = Arc::clone(&self.attachment);
        let (control, me) = (&attachment.control, attachment.endpoint);
        let mut inherited = None;
        let mut pid = 0;
        for e in (0..control.endpoints_reserved()).filter(|e| *e != me) {
            let in_hand = self.inherited.is_some() || inherited.is_some() || self.ready.is_some();
            let leased = Lease::from_word(control.endpoint(e).lease().load(Ordering::Relaxed));
            // Our lease has one place; a message of ours that is still in hand keeps it.
            if in_hand || Lease::from_word(self.own_lease()).is_some() {
                break;
            }
            if leased.is_none() {
                continue;
            }
            attachment.repair_leased(&mut self.segments, e, &mut |pool, dead| {
                pid = control.endpoint(dead).pid().load(Ordering::Relaxed);
                inherited = take_over(control, pool, dead, me);
            })?;
        }
        if inherited.is_some() {
            self.inherited = inherited;
            self.inherited_from = pid;
        }
        Ok(())
    }
}
