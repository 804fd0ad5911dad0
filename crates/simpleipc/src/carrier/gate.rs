//! How a lossless subscriber keeps one large message without a word in shared memory.
//!
//! Producers reuse nothing at or above a lossless subscriber's cursor. So the cursor that has not
//! passed the message in hand protects it, at no cost. Only a message that lives longer than the
//! cursor stays gets a reference bit. Whose move it is, the subscriber's or that of whoever drops
//! the message, perhaps in another thread, is decided by one word of private memory.

use crate::sync::{AtomicU64, Ordering};

/// Nothing is kept by the cursor.
const OPEN: u64 = 0;

/// What the cursors of one subscriber keep: a message, by its number, which is not 0.
#[derive(Default)]
pub struct Gate {
    kept: AtomicU64,
}

impl Gate {
    /// The cursor keeps message `number` from now on; nothing else is kept. Subscriber only.
    pub fn close(&self, number: u64) {
        self.kept.store(number, Ordering::Relaxed);
    }

    /// Whether `number` is still kept.
    #[inline]
    pub fn keeps(&self, number: u64) -> bool {
        self.kept.load(Ordering::Relaxed) == number
    }

    /// Ends the keeping of `number`; true for the one caller who did it.
    pub fn open(&self, number: u64) -> bool {
        // sync gate/acquire: what the other side did before it lost the race is visible.
        // sync gate/release: our part with the message came before.
        self.kept
            .compare_exchange(number, OPEN, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_of_two_ends_the_keeping() {
        let gate = Gate::default();
        gate.close(7);
        assert!(!gate.open(6));
        assert!(gate.keeps(7) && gate.open(7));
        assert!(!gate.open(7));
    }
}
