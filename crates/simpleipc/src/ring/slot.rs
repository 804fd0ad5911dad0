//! A slot: the sequence word, the head and up to 112 bytes, published by one release store.
//!
//! The single writer marks the slot busy, fills it, and commits. Readers copy and look again: a
//! copy counts only if the sequence word is the same before and after (Boehm, "Can seqlocks get
//! along with programming language memory models?", MSPC 2012).

use crate::layout::lane::{Head, PAYLOAD_WORDS, busy, committed};
use crate::sync::{AtomicU64, Ordering, crash_point, fence};

/// A slot's words in shared memory.
#[derive(Clone, Copy)]
pub struct Slot<'a>(pub &'a [AtomicU64; 16]);

/// A private copy of a slot.
#[derive(Clone, Copy, Debug)]
pub struct SlotCopy {
    pub head: Head,
    pub words: [u64; PAYLOAD_WORDS],
}

/// What a reader found where it looked for a message.
#[derive(Debug)]
pub enum Found {
    /// Not there yet.
    Nothing,
    /// The message.
    Message(SlotCopy),
    /// A later message has taken its place.
    Overwritten,
}

impl Slot<'_> {
    /// Publishes message `sequence`. Only the lane's owner may call this.
    #[inline]
    pub fn publish(&self, sequence: u64, head: Head, words: &[u64]) {
        self.0[0].store(busy(sequence), Ordering::Relaxed);
        // sync slot-busy/release: whoever sees one of the stores below also sees the slot busy,
        // and so throws its copy away.
        fence(Ordering::Release);
        crash_point("slot-busy");
        self.0[1].store(head.to_word(), Ordering::Relaxed);
        for (cell, word) in self.0[2..].iter().zip(words) {
            cell.store(*word, Ordering::Relaxed);
        }
        crash_point("slot-filled");
        // sync slot-commit/release: the head and payload above, and the chunk they may name, are
        // visible to whoever sees this value. This is the publication.
        self.0[0].store(committed(sequence), Ordering::Release);
    }

    /// Looks for message `sequence`.
    #[inline]
    pub fn read(&self, sequence: u64) -> Found {
        // sync slot-commit/acquire: see `publish`.
        let before = self.0[0].load(Ordering::Acquire);
        if before != committed(sequence) {
            return if before >> 2 > sequence {
                Found::Overwritten
            } else {
                Found::Nothing
            };
        }
        let head = Head::from_word(self.0[1].load(Ordering::Relaxed));
        let mut words = [0u64; PAYLOAD_WORDS];
        let used = head.words().unwrap_or(PAYLOAD_WORDS);
        for (word, cell) in words.iter_mut().zip(&self.0[2..]).take(used) {
            *word = cell.load(Ordering::Relaxed);
        }
        // sync slot-busy/acquire: if a word above came from a later message, the load below sees
        // that message's busy mark or something newer.
        fence(Ordering::Acquire);
        if self.0[0].load(Ordering::Relaxed) != before {
            return Found::Overwritten;
        }
        Found::Message(SlotCopy { head, words })
    }

    /// Whether message `sequence` is published and still there.
    pub fn holds(&self, sequence: u64) -> bool {
        // sync slot-commit/acquire: as in `read`; the caller may go on to read the slot.
        self.0[0].load(Ordering::Acquire) == committed(sequence)
    }

    /// The sequence the slot is at, published or not.
    pub fn sequence(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed) >> 2
    }
}
