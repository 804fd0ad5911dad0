//! A publisher's stock of chunks: memory of its own past messages, ready for the next ones.
//!
//! A chunk in stock is on loan to the publisher, so its death frees it like any loan. Chunks are
//! taken back many at a time: one look at the subscribers and one fence for all of them, where
//! each message would else pay for both (docs/layout-measurements.md).

use super::pool::Pool;
use crate::layout::chunk::Reference;
use crate::mem::prefetch_to_write;
use crate::sync::{Ordering, crash_point, fence};
use std::collections::VecDeque;

/// Chunks above this size are not kept: to fill one takes longer than to find one.
pub const STOCK_CHUNK_BYTES: u64 = 16 << 10;
/// Most bytes in stock. Other publishers cannot use them.
const STOCK_BYTES: u64 = 256 << 10;
/// Most chunks in stock.
const STOCK_CHUNKS: u64 = 64;

/// The chunks, the most recently used one last.
#[derive(Default)]
pub struct Stock(VecDeque<Reference>);

impl Stock {
    /// A chunk for `needed` bytes, the one most likely to be in the cache.
    #[inline]
    pub fn take(&mut self, pool: &Pool, needed: u64) -> Option<Reference> {
        let reference = *self.0.front()?;
        let fits = pool.find(reference)?.fits(needed);
        if fits { self.0.pop_front() } else { None }
    }

    /// Asks for the memory of the chunk that will be taken next, while the last message travels.
    #[inline]
    pub fn prefetch(&self, pool: &Pool, len: usize) {
        if let Some(reference) = self.0.front()
            && let Some(segment) = pool.find(*reference)
        {
            prefetch_to_write(segment.bytes(reference.chunk), len);
        }
    }

    /// Puts a chunk on loan to us back in stock.
    pub fn put_back(&mut self, reference: Reference) {
        self.0.push_front(reference);
    }

    /// Takes chunks of the oldest messages in `published` below `limit` back, which are messages
    /// of lane `lane` that every subscriber has passed.
    pub fn refill(
        &mut self,
        pool: &Pool,
        published: &mut VecDeque<(u64, Reference)>,
        lane: u32,
        limit: u64,
        endpoint: u32,
    ) {
        let mut bytes = 0;
        let first = self.0.len();
        while let Some((sequence, reference)) = published.front().copied() {
            if sequence >= limit || self.0.len() as u64 >= STOCK_CHUNKS {
                break;
            }
            let segment = pool.find(reference);
            bytes += segment.map_or(0, |segment| segment.geometry.chunk_bytes);
            if bytes > STOCK_BYTES {
                break;
            }
            published.pop_front();
            // Somebody short of memory may have retired it already.
            let reloan = |segment: &super::pool::Segment| {
                segment.reloan(reference, lane, sequence, endpoint)
            };
            if let Some(generation) = segment.and_then(reloan) {
                crash_point("chunk-restocked");
                self.0.push_back(Reference {
                    generation,
                    ..reference
                });
            }
        }
        fence(Ordering::SeqCst); // sync chunk-claim/seqcst: the claims before the looks below
        let mut at = first;
        while let Some(reference) = self.0.get(at).copied() {
            match pool.find(reference) {
                // Somebody still looks at the message: free once it is let go of.
                Some(segment) if segment.is_referenced(reference.chunk) => {
                    segment.unloan(reference.chunk, reference.generation);
                    self.0.remove(at);
                }
                _ => at += 1,
            }
        }
    }

    /// Gives everything back, to whoever needs it. True if there was something.
    pub fn clear(&mut self, pool: &Pool) -> bool {
        let any = !self.0.is_empty();
        for reference in self.0.drain(..) {
            if let Some(segment) = pool.find(reference) {
                segment.unloan(reference.chunk, reference.generation);
            }
        }
        any
    }
}
