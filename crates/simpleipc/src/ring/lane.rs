//! A lane's words in shared memory, found through checked private geometry.

use super::slot::Slot;
use crate::layout::lane as bytes;
use crate::mem::Region;
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use std::ptr::NonNull;

/// A view of one lane. Reserved (see `Control::lanes_reserved`) before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    region: Region,
    slots: NonNull<[AtomicU64; 16]>,
    /// Queues only.
    takes: Option<NonNull<AtomicU64>>,
    /// Number of slots less one.
    mask: u64,
}

// SAFETY: the pointers lead into the region, which is as valid in one thread as in another, and
// to atomics only.
unsafe impl Send for Lane {}
// SAFETY: as for Send.
unsafe impl Sync for Lane {}

impl Lane {
    /// `region` is the whole of lane `index`, `depth` its number of slots, a power of two.
    pub fn new(region: Region, index: u32, depth: u32, queue: bool) -> Self {
        // Checked here once, for every masked index.
        let part = |offset: u64, bytes: u64| {
            let whole = u64::from(depth) * bytes;
            region.part(offset as usize, whole as usize).start()
        };
        let takes = queue.then(|| part(bytes::takes_offset(index, depth), 8).cast());
        Self {
            region,
            slots: part(bytes::slots_offset(index), bytes::SLOT_BYTES).cast(),
            takes,
            mask: u64::from(depth) - 1,
        }
    }

    #[inline]
    pub fn depth(&self) -> u64 {
        self.mask + 1
    }

    /// The slot of message `sequence`.
    #[inline]
    pub fn slot(&self, sequence: u64) -> Slot<'_> {
        // SAFETY: the index is masked to the depth, and `new` has checked that the region holds
        // so many slots of 16 words here; it is 64-aligned.
        Slot(unsafe { self.slots.add((sequence & self.mask) as usize).as_ref() })
    }

    /// Queues: the take word of message `sequence`.
    #[inline]
    pub fn take(&self, sequence: u64) -> &AtomicU64 {
        let takes = self.takes.expect("only queues have take words");
        // SAFETY: the index is masked to the depth, and `new` has checked that the region holds
        // so many words here; it is 8-aligned.
        unsafe { takes.add((sequence & self.mask) as usize).as_ref() }
    }

    /// The owner says where it is after so many messages, a power of two: to say it after each
    /// would cost a fast stream up to half of its speed (docs/layout-measurements.md).
    #[inline]
    pub fn tail_stride(&self) -> u64 {
        (self.depth() / 8).min(32)
    }

    /// The sequence after the last one published, as the owner last said; lags by less than
    /// [`Lane::tail_stride`], or by that much if the owner died over saying it.
    pub fn tail_hint(&self) -> u64 {
        // sync lane-tail/acquire: the slots below are published.
        self.region.u64(bytes::OFF_TAIL).load(Ordering::Acquire)
    }

    /// Owner only.
    #[inline]
    pub fn set_tail_hint(&self, tail: u64) {
        // sync lane-tail/release: after the commits it counts.
        self.region
            .u64(bytes::OFF_TAIL)
            .store(tail, Ordering::Release);
    }

    /// The true tail: a dead owner may have published without counting.
    pub fn find_tail(&self) -> u64 {
        let mut tail = self.tail_hint();
        for _ in 0..self.depth() {
            if !self.slot(tail).holds(tail) {
                break;
            }
            tail = tail.wrapping_add(1);
        }
        tail
    }

    /// The sequence of the newest message, or 0. Reads a few slots and no more.
    pub fn newest(&self) -> u64 {
        let hint = self.tail_hint();
        // What is published ends somewhere behind the hint.
        let (mut published, mut missing) = (hint, hint.saturating_add(2 * self.tail_stride()));
        while published < missing {
            let middle = published + (missing - published) / 2;
            if self.slot(middle).holds(middle) || self.slot(middle).sequence() > middle {
                published = middle + 1;
            } else {
                missing = middle;
            }
        }
        published.saturating_sub(1)
    }

    /// Endpoint index + 1 of the producer that holds the lane; 0 when it is free.
    pub fn owner(&self) -> &AtomicU32 {
        self.region.u32(bytes::OFF_OWNER)
    }
}
