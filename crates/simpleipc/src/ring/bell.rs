//! The bell: a word on which receivers sleep and which producers ring only if somebody sleeps.
//!
//! `word = count << 1 | SLEEPERS`. A sleeper sets the bit, makes sure the other side's stores
//! that came before its look at the bit are visible (a process-wide barrier, or fences on both
//! sides), looks once more for a message, and sleeps until the word changes. A producer publishes,
//! looks at the bit, and only if it is set clears it, counts up and wakes everybody. The bit is a
//! level, not a token: a sleeper that dies costs one wake-up of nobody.
//!
//! A producer killed between its publication and the wake-up leaves sleepers asleep; they look by
//! themselves at the end of their time slice.

use crate::sync::{AtomicU32, Ordering};

const SLEEPERS: u32 = 1;

/// One bell of a channel.
#[derive(Clone, Copy)]
pub struct Bell<'a>(pub &'a AtomicU32);

impl Bell<'_> {
    /// Announces a sleeper; returns the value to sleep on. The caller then issues the barrier,
    /// looks for messages again, and sleeps only if there are none.
    pub fn announce(&self) -> u32 {
        // sync bell/seqcst: before the barrier and the second look; pairs with the producer's
        // look at the bit after its publication, either fenced or ordered by our barrier.
        self.0.fetch_or(SLEEPERS, Ordering::SeqCst) | SLEEPERS
    }

    /// Whether somebody announced itself. The caller has published before, and has fenced if the
    /// channel needs it.
    #[inline(always)]
    pub fn has_sleepers(&self) -> bool {
        self.0.load(Ordering::Relaxed) & SLEEPERS != 0
    }

    /// Takes the announcement; true for the one caller who must now wake everybody.
    pub fn take_sleepers(&self) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while word & SLEEPERS != 0 {
            let rung = word.wrapping_add(2) & !SLEEPERS;
            let taken = self
                .0
                .compare_exchange(word, rung, Ordering::Relaxed, Ordering::Relaxed);
            match taken {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Changes the word so that nobody can fall asleep on the old value; the caller wakes
    /// everybody. Used by repairs and interrupts, which have no publication of their own.
    pub fn shake(&self) {
        // sync bell/seqcst: what the caller stored before is visible to whoever announces itself
        // after this and so could sleep on the new value.
        self.0.fetch_add(2, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_takes_the_announcement_exactly_once_and_changes_the_word() {
        let word = AtomicU32::new(0);
        let bell = Bell(&word);
        assert!(!bell.has_sleepers() && !bell.take_sleepers());
        let expected = bell.announce();
        assert!(bell.has_sleepers());
        assert!(bell.take_sleepers() && !bell.take_sleepers());
        assert_ne!(word.load(Ordering::Relaxed), expected);
    }
}
