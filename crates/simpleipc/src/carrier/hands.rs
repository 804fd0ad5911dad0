//! How often a watcher has a value in hand.
//!
//! A subscriber gets each message once, so that its reference bit stands for one message. A watcher
//! may ask for the value again while it still has it in hand: then the bit stays until the last of
//! them is dropped, perhaps in another thread. Private memory; who dies leaves a bit, as ever.

use super::segments::Mapped;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A chunk that is in hand.
struct Held {
    segment: (u16, u16),
    chunk: u32,
    generation: u16,
    count: u32,
}

/// The chunks that one watcher has in hand, of which there are few.
#[derive(Default)]
pub struct Hands(Mutex<Vec<Held>>);

impl Hands {
    fn locked(&self) -> MutexGuard<'_, Vec<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a chunk in hand once more. `refer` sets the reference bit if it is the first time, and
    /// says whether the chunk is still the value's.
    #[inline(never)] // out of the way of subscribers
    pub fn take(
        &self,
        mapped: &Mapped,
        chunk: u32,
        generation: u16,
        refer: impl FnOnce() -> bool,
    ) -> bool {
        let segment = (mapped.view.index, mapped.view.generation);
        // All the while: whoever drops the last one takes the bit back.
        let mut all = self.locked();
        let mut known = all.iter_mut();
        if let Some(held) = known.find(|held| (held.segment, held.chunk) == (segment, chunk)) {
            // Nobody fills a chunk that is referred to: another value here breaks the protocol.
            held.count += u32::from(held.generation == generation);
            return held.generation == generation;
        }
        let is_held = refer();
        if is_held {
            all.push(Held {
                segment,
                chunk,
                generation,
                count: 1,
            });
        }
        is_held
    }

    /// Lets a chunk go; `release` takes the reference bit back if this was the last time.
    #[inline(never)] // as above
    pub fn drop(&self, mapped: &Mapped, chunk: u32, release: impl FnOnce()) {
        let segment = (mapped.view.index, mapped.view.generation);
        let mut all = self.locked();
        let mut known = all.iter();
        let at = known.position(|held| (held.segment, held.chunk) == (segment, chunk));
        let Some(at) = at else {
            return;
        };
        all[at].count -= 1;
        if all[at].count == 0 {
            all.swap_remove(at);
            release();
        }
    }
}
