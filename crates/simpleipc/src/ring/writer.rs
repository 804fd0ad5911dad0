//! The writing end of a lane: room, publication, and taking chunks back.

use super::control::Control;
use super::lane::Lane;
use super::pool::Pool;
use super::stock::Stock;
use crate::layout::chunk::Reference;
use crate::layout::lane::{Head, TAKE_DONE, Take};
use crate::sync::{Ordering, crash_point, fence};
use std::collections::VecDeque;

/// Queues: slots looked at when room is looked for; their take words lie in so few cache lines.
const TAKES_AT_ONCE: u64 = 64;

/// The one lane of a state, lent for the time of one setting.
pub const STATE_LANE: u32 = 0;

/// The private state of the one producer that holds a lane.
pub struct Writer {
    lane: Lane,
    index: u32,
    next: u64,
    /// Messages below this had a slot when we last looked.
    room_until: u64,
    /// Topics: chunks that our messages still refer to, oldest first.
    published: VecDeque<(u64, Reference)>,
    /// Topics: chunks that are ours to fill.
    stock: Stock,
}

impl Writer {
    /// Takes up lane `index`, whose owner word the caller has just won. Continues where the last
    /// owner stopped, dead or alive, and takes its chunks in charge.
    pub fn adopt(control: &Control, pool: &Pool, index: u32) -> Self {
        let lane = control.lane(index);
        let next = lane.find_tail();
        lane.set_tail_hint(next);
        let mut published = VecDeque::new();
        if !control.geometry().is_queue() {
            published = pool.published_by(&lane, index);
        }
        Self {
            lane,
            index,
            next,
            // The first lap overwrites nothing; later ones have to look.
            room_until: next.max(lane.depth()),
            published,
            stock: Stock::default(),
        }
    }

    /// State: a writer that has no lane yet. It becomes one of use with [`Writer::adopt`].
    pub fn idle(control: &Control) -> Self {
        Self {
            lane: control.lane(STATE_LANE),
            index: STATE_LANE,
            next: 0,
            room_until: 0,
            published: VecDeque::new(),
            stock: Stock::default(),
        }
    }

    /// State: lets go of the values before the newest one, and of the lane.
    pub fn hand_over(&mut self, pool: &Pool, endpoint: u32) {
        self.retire_below(pool, self.next.saturating_sub(1));
        self.lane.set_tail_hint(self.next);
        crash_point("set");
        // sync lane-owner/release: the lane is in order for its next owner.
        let _ = self.lane.owner().compare_exchange(
            endpoint + 1,
            0,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }

    pub fn lane_index(&self) -> u32 {
        self.index
    }

    /// The sequence the next message will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether the next message has a slot.
    #[inline(always)]
    pub fn has_room(&mut self, control: &Control) -> bool {
        self.next < self.room_until || self.look_for_room(control)
    }

    /// Queues: whether the next `count` messages have slots.
    pub fn has_room_for(&mut self, control: &Control, count: u64) -> bool {
        let wanted = self.next.saturating_add(count);
        while self.room_until < wanted {
            let before = self.room_until;
            self.look_for_room(control);
            if self.room_until == before {
                return false;
            }
        }
        true
    }

    /// Whether the next message has a slot, by a look at those who may be in the way.
    #[cold]
    fn look_for_room(&mut self, control: &Control) -> bool {
        let depth = self.lane.depth();
        if control.geometry().is_queue() {
            let taken = self.room_until - depth;
            let most = self.next.min(taken.saturating_add(TAKES_AT_ONCE));
            let done = |sequence: &u64| {
                // sync take-done/acquire: the receiver has copied the message out.
                let take = Take::from_word(self.lane.take(*sequence).load(Ordering::Acquire));
                take.state == TAKE_DONE && take.sequence == *sequence
            };
            let made = (taken..most).take_while(done).count() as u64;
            self.room_until = self.room_until.saturating_add(made);
        } else {
            // sync members/seqcst: our publications come before this look at the members; see
            // `Members::insert`.
            fence(Ordering::SeqCst);
            let gate = control.least_cursor(control.gating(), self.index, self.next);
            self.room_until = gate.saturating_add(depth);
        }
        self.next < self.room_until
    }

    /// Publishes in the next slot. The caller has seen room.
    #[inline(always)]
    pub fn publish(&mut self, pool: &Pool, head: Head, body: &[u8], stamps: &[u64]) {
        if !self.published.is_empty() {
            self.retire_overwritten(pool);
        }
        let slot = self.lane.slot(self.next);
        slot.publish(self.next, head, body, stamps);
        crash_point("published");
        self.next = self.next.wrapping_add(1);
        if self.next & (self.lane.tail_stride() - 1) == 0 {
            self.lane.set_tail_hint(self.next);
        }
    }

    /// Topics: remembers the chunk of the message about to be published.
    pub fn note_chunk(&mut self, reference: Reference) {
        self.published.push_back((self.next, reference));
    }

    /// Topics: a chunk of ours for `needed` bytes, taken back from a message that every subscriber
    /// has passed. `endpoint` is the publisher's, which owns this lane.
    #[inline]
    pub fn take_stock(
        &mut self,
        control: &Control,
        pool: &Pool,
        needed: u64,
        endpoint: u32,
    ) -> Option<Reference> {
        if let Some(reference) = self.stock.take(pool, needed) {
            return Some(reference);
        }
        self.restock(control, pool, needed, endpoint);
        self.stock.take(pool, needed)
    }

    #[cold]
    fn restock(&mut self, control: &Control, pool: &Pool, needed: u64, endpoint: u32) {
        self.stock.clear(pool); // of another size
        let Some((_, oldest)) = self.published.front() else {
            return;
        };
        if !pool
            .find(*oldest)
            .is_some_and(|segment| segment.fits(needed))
        {
            return;
        }
        let limit = self.passed(control);
        let (published, lane) = (&mut self.published, self.index);
        self.stock.refill(pool, published, lane, limit, endpoint);
    }

    /// Asks for the memory of the next message, which may be about as long as the last one.
    #[inline]
    pub fn prefetch_stock(&self, pool: &Pool, len: usize) {
        self.stock.prefetch(pool, len);
    }

    /// Puts a chunk from the stock back, unused.
    pub fn put_back_stock(&mut self, reference: Reference) {
        self.stock.put_back(reference);
    }

    /// Gives the stock back. True if there was one.
    pub fn clear_stock(&mut self, pool: &Pool) -> bool {
        self.stock.clear(pool)
    }

    /// Topics: every subscriber has passed the messages below this, and history does not ask for
    /// them.
    fn passed(&self, control: &Control) -> u64 {
        // sync members/seqcst: as in `look_for_room`.
        fence(Ordering::SeqCst);
        let passed = control.least_cursor(control.active(), self.index, self.next);
        passed.min(self.next.saturating_sub(control.history()))
    }

    /// Topics: lets go of the chunk whose slot the next message takes.
    fn retire_overwritten(&mut self, pool: &Pool) {
        while let Some((sequence, reference)) = self.published.front().copied() {
            if sequence.saturating_add(self.lane.depth()) > self.next {
                break;
            }
            pool.retire(reference, self.index, sequence);
            self.published.pop_front();
        }
    }

    /// Topics: lets go of chunks that every subscriber has passed and history does not ask for.
    pub fn retire_passed(&mut self, control: &Control, pool: &Pool) {
        if self.published.is_empty() {
            return;
        }
        let limit = self.passed(control);
        self.retire_below(pool, limit);
    }

    /// Topics, when memory is short: lets go of the oldest chunk that no lossless subscriber
    /// still needs. False when there is none.
    pub fn retire_oldest(&mut self, control: &Control, pool: &Pool) -> bool {
        // sync members/seqcst: as in `look_for_room`.
        fence(Ordering::SeqCst);
        let needed = control.least_cursor(control.gating(), self.index, self.next);
        match self.published.front() {
            Some((sequence, _)) if *sequence < needed => {
                self.retire_below(pool, sequence.saturating_add(1));
                true
            }
            _ => false,
        }
    }

    fn retire_below(&mut self, pool: &Pool, limit: u64) {
        while let Some((sequence, reference)) = self.published.front().copied() {
            if sequence >= limit {
                break;
            }
            pool.retire(reference, self.index, sequence);
            self.published.pop_front();
        }
    }
}
