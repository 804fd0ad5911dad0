//! The receiving end of a queue: every message to exactly one receiver, and back into the queue
//! when that receiver dies with it.
//!
//! A receiver marks the slot's take word with its own number, copies the slot into its lease,
//! declares the lease valid, and marks the slot done. From the first mark on, each state names
//! the receiver, so that whoever repairs it knows where the message is.

use super::control::Control;
use super::lane::Lane;
use super::pool::Pool;
use super::slot::{Found, SlotCopy};
use crate::layout::chunk::Reference;
use crate::layout::endpoint::{LEASE_NONE, Lease};
use crate::layout::lane::{FLAG_CHUNK, Head, TAKE_DONE, TAKE_READY, TAKE_TAKEN, Take, committed};
use crate::sync::{Ordering, crash_point};

/// The private state of one receiver.
pub struct Taker {
    endpoint: u32,
    lanes: Vec<(u32, Lane)>,
    /// Nothing below this waits for us on each lane, unless the epoch changes.
    heads: [u64; super::reader::LANES],
    turn: usize,
    epoch: Option<u64>,
}

/// A message marked as ours and not yet leased.
pub struct Claimed {
    pub lane: u32,
    pub sequence: u64,
    pub attempts: u8,
    pub copy: SlotCopy,
}

impl Claimed {
    /// The chunk it refers to, if any.
    pub fn reference(&self) -> Option<Reference> {
        let is_chunk = self.copy.head.flags & FLAG_CHUNK != 0;
        is_chunk.then(|| Reference::from_words([self.copy.words[0], self.copy.words[1]]))
    }
}

impl Taker {
    pub fn new(endpoint: u32) -> Self {
        Self {
            endpoint,
            lanes: Vec::with_capacity(super::reader::LANES),
            heads: [0; super::reader::LANES],
            turn: 0,
            epoch: None,
        }
    }

    /// Whether [`Taker::claim`] may find something that it did not find last time.
    #[inline(always)]
    pub fn has_news(&self, control: &Control) -> bool {
        self.epoch != Some(control.epoch())
            || self.lanes.iter().any(|(index, lane)| {
                let head = self.heads[*index as usize];
                lane.slot(head).sequence() > head || lane.slot(head).holds(head)
            })
    }

    /// Marks one waiting message as ours.
    pub fn claim(&mut self, control: &Control) -> Option<Claimed> {
        let epoch = control.epoch();
        if self.epoch != Some(epoch) {
            // A repair may have put messages back below our heads.
            self.epoch = Some(epoch);
            self.look_for_lanes(control);
        }
        for step in 0..self.lanes.len() {
            let at = (self.turn + step) % self.lanes.len();
            let (index, lane) = self.lanes[at];
            if let Some(claimed) = self.claim_on(index, &lane) {
                self.turn = at + 1;
                return Some(claimed);
            }
        }
        None
    }

    fn look_for_lanes(&mut self, control: &Control) {
        let mut reserved = control.lanes_reserved();
        self.lanes.clear();
        while reserved != 0 {
            let index = reserved.trailing_zeros();
            reserved &= reserved - 1;
            let lane = control.lane(index);
            self.heads[index as usize] = lane.tail_hint().saturating_sub(lane.depth());
            self.lanes.push((index, lane));
        }
    }

    fn claim_on(&mut self, index: u32, lane: &Lane) -> Option<Claimed> {
        let head = &mut self.heads[index as usize];
        for _ in 0..=lane.depth() {
            let sequence = *head;
            let slot = lane.slot(sequence);
            if !slot.holds(sequence) {
                if slot.sequence() <= sequence {
                    return None;
                }
                *head = lane
                    .tail_hint()
                    .saturating_sub(lane.depth())
                    .max(sequence.saturating_add(1));
                continue;
            }
            let seen = lane.take(sequence).load(Ordering::Relaxed);
            let take = Take::from_word(seen);
            let gone = take.sequence == sequence && take.state != TAKE_READY;
            if gone || take.sequence > sequence {
                *head = sequence.wrapping_add(1);
                continue;
            }
            let attempts = if take.sequence == sequence {
                take.attempts
            } else {
                0
            };
            let endpoint = self.endpoint as u8;
            let mine = Take {
                attempts,
                endpoint,
                sequence,
                state: TAKE_TAKEN,
            };
            // sync take-claim/acquire: pairs with the repairer's putting back; what it repaired
            // is visible to us.
            let won = lane.take(sequence).compare_exchange(
                seen,
                mine.to_word(),
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if won.is_err() {
                continue;
            }
            crash_point("queue-taken");
            *head = sequence.wrapping_add(1);
            // Without one, the writer breaks the protocol; the slot is its own again.
            if let Found::Message(copy) = slot.read(sequence) {
                return Some(Claimed {
                    lane: index,
                    sequence,
                    attempts,
                    copy,
                });
            }
        }
        None
    }

    /// Moves a claimed message into our lease and out of the ring. The previous lease is over.
    pub fn lease(&self, control: &Control, pool: &Pool, claimed: &Claimed) {
        let block = control.endpoint(self.endpoint);
        block.lease().store(LEASE_NONE, Ordering::Relaxed);
        // Until the release below, only a repairer could look, and it waits for our death.
        store_copy(control, self.endpoint, claimed.sequence, &claimed.copy);
        let segment = claimed
            .reference()
            .and_then(|reference| pool.find(reference));
        if let (Some(segment), Some(reference)) = (segment, claimed.reference()) {
            segment.add_reference(reference.chunk, self.endpoint);
        }
        crash_point("queue-copied");
        let lease = Lease {
            attempts: claimed.attempts,
            sequence: claimed.sequence,
            lane: claimed.lane,
        };
        // sync lease/release: the copy is complete.
        block.lease().store(lease.to_word(), Ordering::Release);
        crash_point("queue-leased");
        finish(
            control,
            pool,
            claimed.lane,
            claimed.sequence,
            claimed.reference(),
        );
        crash_point("queue-done");
    }
}

/// Takes a message that nobody has taken yet out of the queue, on behalf of its sender, who is
/// `endpoint`. False if somebody was faster.
pub fn withdraw(control: &Control, pool: &Pool, endpoint: u32, lane: u32, sequence: u64) -> bool {
    let view = control.lane(lane);
    let cell = view.take(sequence);
    let seen = cell.load(Ordering::Relaxed);
    let take = Take::from_word(seen);
    let gone = take.sequence == sequence && take.state != TAKE_READY;
    if gone || take.sequence > sequence {
        return false;
    }
    let mine = Take {
        attempts: 0,
        endpoint: endpoint as u8,
        sequence,
        state: TAKE_TAKEN,
    };
    // sync take-claim/acquire: as for any receiver.
    let won = cell.compare_exchange(seen, mine.to_word(), Ordering::Acquire, Ordering::Relaxed);
    if won.is_err() {
        return false;
    }
    crash_point("request-withdrawn");
    let mut reference = None;
    if let Found::Message(copy) = view.slot(sequence).read(sequence) {
        let is_chunk = copy.head.flags & FLAG_CHUNK != 0;
        reference = is_chunk.then(|| Reference::from_words([copy.words[0], copy.words[1]]));
    }
    finish(control, pool, lane, sequence, reference);
    true
}

/// Puts a claimed message back, as if it had never been claimed. The caller rings the bell.
pub fn unclaim(control: &Control, claimed: &Claimed) {
    let ready = Take {
        attempts: claimed.attempts,
        endpoint: 0,
        sequence: claimed.sequence,
        state: TAKE_READY,
    };
    // sync take-claim/release: the message is in order for whoever claims it next.
    control
        .lane(claimed.lane)
        .take(claimed.sequence)
        .store(ready.to_word(), Ordering::Release);
    // All receivers, we included, have passed it and look again when the epoch changes.
    control.bump_epoch();
}

/// Ends the part that the ring has in a leased message: the slot and, for large ones, the chunk.
pub fn finish(
    control: &Control,
    pool: &Pool,
    lane: u32,
    sequence: u64,
    reference: Option<Reference>,
) {
    let done = Take {
        attempts: 0,
        endpoint: 0,
        sequence,
        state: TAKE_DONE,
    };
    // sync take-done/release: after our copy of the slot.
    control
        .lane(lane)
        .take(sequence)
        .store(done.to_word(), Ordering::Release);
    if let Some(reference) = reference {
        pool.retire(reference, lane, sequence);
    }
}

/// Writes a message into the lease of `endpoint`, whose block the caller owns and whose lease
/// word is NONE.
pub fn store_copy(control: &Control, endpoint: u32, sequence: u64, copy: &SlotCopy) {
    let block = control.endpoint(endpoint);
    block
        .lease_word(0)
        .store(committed(sequence), Ordering::Relaxed);
    block
        .lease_word(1)
        .store(copy.head.to_word(), Ordering::Relaxed);
    for (index, word) in copy.words.iter().enumerate() {
        block.lease_word(index + 2).store(*word, Ordering::Relaxed);
    }
}

/// Reads the lease of `endpoint`.
pub fn load_copy(control: &Control, endpoint: u32) -> Option<Claimed> {
    let block = control.endpoint(endpoint);
    // sync lease/acquire: the copy is complete if the word says so.
    let lease = Lease::from_word(block.lease().load(Ordering::Acquire))?;
    let head = Head::from_word(block.lease_word(1).load(Ordering::Relaxed));
    let words = std::array::from_fn(|i| block.lease_word(i + 2).load(Ordering::Relaxed));
    Some(Claimed {
        lane: lease.lane,
        sequence: lease.sequence,
        attempts: lease.attempts,
        copy: SlotCopy { head, words },
    })
}
