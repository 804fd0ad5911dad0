//! A lane's words in shared memory, found through checked private geometry.

use super::slot::Slot;
use crate::layout::lane as bytes;
use crate::mem::Region;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// A view of one lane. Reserved (see `Control::lanes_reserved`) before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    region: Region,
    depth: u64,
    slots: usize,
    takes: usize,
}

impl Lane {
    /// `region` is the whole of lane `index`, `depth` its number of slots, a power of two.
    pub fn new(region: Region, index: u32, depth: u32) -> Self {
        let (slots, takes) = (
            bytes::slots_offset(index),
            bytes::takes_offset(index, depth),
        );
        Self {
            region,
            depth: u64::from(depth),
            slots: slots as usize,
            takes: takes as usize,
        }
    }

    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// The slot of message `sequence`.
    #[inline]
    pub fn slot(&self, sequence: u64) -> Slot<'_> {
        let index = (sequence & (self.depth - 1)) as usize;
        let first = self
            .region
            .u64(self.slots + index * bytes::SLOT_BYTES as usize);
        // SAFETY: the index is masked to the depth, and the region holds `depth` slots of 16
        // words after the header (checked when the geometry was read); `first` is the slot's
        // first word, so 16 words from it are in bounds and 8-aligned.
        Slot(unsafe { &*std::ptr::from_ref(first).cast::<[AtomicU64; 16]>() })
    }

    /// Queues: the take word of message `sequence`.
    #[inline]
    pub fn take(&self, sequence: u64) -> &AtomicU64 {
        let index = (sequence & (self.depth - 1)) as usize;
        self.region.u64(self.takes + index * 8)
    }

    /// The sequence after the last one published, as the owner last said; may lag by one.
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
        for _ in 0..self.depth {
            if !self.slot(tail).holds(tail) {
                break;
            }
            tail = tail.wrapping_add(1);
        }
        tail
    }

    /// Endpoint index + 1 of the producer that holds the lane; 0 when it is free.
    pub fn owner(&self) -> &AtomicU32 {
        self.region.u32(bytes::OFF_OWNER)
    }
}
