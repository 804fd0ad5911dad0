//! The writing end of a lane: room, publication, and taking chunks back.

use super::control::Control;
use super::lane::Lane;
use super::pool::Pool;
use crate::layout::chunk::Reference;
use crate::layout::lane::{Head, TAKE_DONE, Take};
use crate::sync::{Ordering, crash_point, fence};
use std::collections::VecDeque;

/// The private state of the one producer that holds a lane.
pub struct Writer {
    lane: Lane,
    index: u32,
    next: u64,
    /// Topics: no lossless subscriber stood below this when we last looked.
    gate: u64,
    /// Topics: chunks that our messages still refer to, oldest first.
    published: VecDeque<(u64, Reference)>,
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
            gate: 0,
            published,
        }
    }

    pub fn lane_index(&self) -> u32 {
        self.index
    }

    /// The sequence the next message will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether the next message has a slot.
    #[inline]
    pub fn has_room(&mut self, control: &Control) -> bool {
        let depth = self.lane.depth();
        if self.next < depth {
            return true;
        }
        let oldest = self.next - depth;
        if control.geometry().is_queue() {
            // sync take-done/acquire: the receiver has copied the message out.
            let take = Take::from_word(self.lane.take(oldest).load(Ordering::Acquire));
            return take.state == TAKE_DONE && take.sequence == oldest;
        }
        if oldest < self.gate {
            return true;
        }
        // sync members/seqcst: our publications come before this look at the members; see
        // `Members::insert`.
        fence(Ordering::SeqCst);
        self.gate = control.least_cursor(control.gating(), self.index, self.next);
        oldest < self.gate
    }

    /// Publishes in the next slot. The caller has seen room.
    #[inline]
    pub fn publish(&mut self, pool: &Pool, head: Head, words: &[u64]) {
        self.retire_overwritten(pool);
        self.lane.slot(self.next).publish(self.next, head, words);
        crash_point("published");
        self.next = self.next.wrapping_add(1);
        self.lane.set_tail_hint(self.next);
    }

    /// Topics: remembers the chunk of the message about to be published.
    pub fn note_chunk(&mut self, reference: Reference) {
        self.published.push_back((self.next, reference));
    }

    /// Topics: lets go of the chunk whose slot the next message takes.
    #[inline]
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
        // sync members/seqcst: as in `has_room`.
        fence(Ordering::SeqCst);
        let passed = control.least_cursor(control.active(), self.index, self.next);
        self.retire_below(
            pool,
            passed.min(self.next.saturating_sub(control.history())),
        );
    }

    /// Topics, when memory is short: lets go of the oldest chunk that no lossless subscriber
    /// still needs. False when there is none.
    pub fn retire_oldest(&mut self, control: &Control, pool: &Pool) -> bool {
        // sync members/seqcst: as in `has_room`.
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
