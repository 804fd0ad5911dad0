//! A slot: the sequence word, the head and up to 112 bytes, published by one release store.
//!
//! The single writer marks the slot busy, fills it, and commits. Readers copy and look again: a
//! copy counts only if the sequence word is the same before and after (Boehm, "Can seqlocks get
//! along with programming language memory models?", MSPC 2012).

use crate::layout::lane::{FLAG_CHUNK, Head, PAYLOAD_WORDS, busy, committed};
use crate::mem::prefetch;
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

/// 64-bit words of payload in the first cache line of a slot.
pub const LINE_WORDS: usize = 6;

/// A private copy of a slot's first cache line: all there is of most messages. Small enough to
/// stay in registers until it is known where the message goes.
#[derive(Clone, Copy, Debug)]
pub struct LineCopy {
    pub head: Head,
    pub words: [u64; LINE_WORDS],
}

impl LineCopy {
    /// Whether the message goes on behind the first line.
    #[inline(always)]
    pub fn is_cut(&self) -> bool {
        self.head.words().is_none_or(|words| words > LINE_WORDS)
    }

    /// Whether the payload is a reference to a chunk.
    #[inline(always)]
    pub fn is_chunk(&self) -> bool {
        self.head.flags & FLAG_CHUNK != 0
    }

    /// The message, if it is not cut.
    #[inline(always)]
    pub fn whole(&self) -> SlotCopy {
        let [a, b, c, d, e, f] = self.words;
        SlotCopy {
            head: self.head,
            words: [a, b, c, d, e, f, 0, 0, 0, 0, 0, 0, 0, 0],
        }
    }
}

/// What a reader found where it looked for a message.
#[derive(Clone, Copy, Debug)]
pub enum Found<T> {
    /// Not there yet.
    Nothing,
    /// The message.
    Message(T),
    /// A later message has taken its place.
    Overwritten,
}

impl Slot<'_> {
    /// Publishes message `sequence`, its payload followed by its stamps; together they fit. Only
    /// the lane's owner may call this.
    #[inline(always)]
    pub fn publish(&self, sequence: u64, head: Head, body: &[u8], stamps: &[u64]) {
        self.0[0].store(busy(sequence), Ordering::Relaxed);
        // sync slot-busy/release: whoever sees one of the stores below also sees the slot busy,
        // and so throws its copy away.
        fence(Ordering::Release);
        crash_point("slot-busy");
        self.0[1].store(head.to_word(), Ordering::Relaxed);
        let (words, rest) = body.as_chunks::<8>();
        let (cells, after) = self.0[2..].split_at(words.len());
        for (cell, eight) in cells.iter().zip(words) {
            cell.store(u64::from_ne_bytes(*eight), Ordering::Relaxed);
        }
        let mut after = after.iter();
        if !rest.is_empty()
            && let Some(cell) = after.next()
        {
            let mut eight = [0; 8];
            eight[..rest.len()].copy_from_slice(rest);
            cell.store(u64::from_ne_bytes(eight), Ordering::Relaxed);
        }
        for (cell, stamp) in after.zip(stamps) {
            cell.store(*stamp, Ordering::Relaxed);
        }
        crash_point("slot-filled");
        // sync slot-commit/release: the head and payload above, and the chunk they may name, are
        // visible to whoever sees this value. This is the publication.
        self.0[0].store(committed(sequence), Ordering::Release);
    }

    /// Looks for message `sequence`.
    pub fn read(&self, sequence: u64) -> Found<SlotCopy> {
        self.read_words(sequence, |head| {
            let mut words = [0u64; PAYLOAD_WORDS];
            let used = head.words().unwrap_or(PAYLOAD_WORDS);
            for (word, cell) in words.iter_mut().zip(&self.0[2..]).take(used) {
                *word = cell.load(Ordering::Relaxed);
            }
            SlotCopy { head, words }
        })
    }

    /// Looks for message `sequence`, at its first cache line only.
    #[inline(always)]
    pub fn read_line(&self, sequence: u64) -> Found<LineCopy> {
        self.read_words(sequence, |head| LineCopy {
            head,
            words: std::array::from_fn(|at| self.0[2 + at].load(Ordering::Relaxed)),
        })
    }

    /// Looks for message `sequence` and has `copy` load what is wanted of it.
    #[inline(always)]
    fn read_words<T>(&self, sequence: u64, copy: impl FnOnce(Head) -> T) -> Found<T> {
        // sync slot-commit/acquire: see `publish`.
        let before = self.0[0].load(Ordering::Acquire);
        if before != committed(sequence) {
            // If the message will have a second line, have both arrive at once.
            prefetch(&self.0[8]);
            return if before >> 2 > sequence {
                Found::Overwritten
            } else {
                Found::Nothing
            };
        }
        let copy = copy(Head::from_word(self.0[1].load(Ordering::Relaxed)));
        // sync slot-busy/acquire: if a word above came from a later message, the load below sees
        // that message's busy mark or something newer.
        fence(Ordering::Acquire);
        if self.0[0].load(Ordering::Relaxed) != before {
            return Found::Overwritten;
        }
        Found::Message(copy)
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
