//! A chunk: the memory of one large message, and the word that says whose it is.
//!
//! A chunk is free if and only if its state is FREE and no reference bit is set: there is no free
//! list to corrupt. References are a set of endpoints, not a count, so that clearing a dead
//! endpoint's bit twice does no harm.

/// Bytes of a chunk header.
pub const CHUNK_HEADER_BYTES: u64 = 64;
/// a64: `sequence << 24 | owner << 16 | generation << 2 | state`.
pub const OFF_WORD: usize = 0;
/// a64 x 4: bit e is set while endpoint e looks at the chunk.
pub const OFF_REFS: usize = 8;

/// State: nobody's (once no reference is left).
pub const FREE: u64 = 0;
/// State: endpoint `owner` fills it.
pub const LOANED: u64 = 1;
/// State: message `sequence` of lane `owner` refers to it.
pub const PUBLISHED: u64 = 2;

/// Generations are 14 bits and wrap.
pub const GENERATION_MASK: u64 = 0x3fff;
/// Sequences are kept modulo 2^40.
pub const SEQUENCE_MASK: u64 = 0xff_ffff_ffff;

/// A decoded chunk word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub state: u64,
    pub generation: u64,
    pub owner: u8,
    pub sequence: u64,
}

impl Word {
    pub const fn to_word(self) -> u64 {
        self.state
            | (self.generation & GENERATION_MASK) << 2
            | (self.owner as u64) << 16
            | (self.sequence & SEQUENCE_MASK) << 24
    }

    pub const fn from_word(word: u64) -> Self {
        Self {
            state: word & 3,
            generation: word >> 2 & GENERATION_MASK,
            owner: (word >> 16) as u8,
            sequence: word >> 24,
        }
    }

    pub const fn free(generation: u64) -> Self {
        Self {
            state: FREE,
            generation,
            owner: 0,
            sequence: 0,
        }
    }

    pub const fn loaned(endpoint: u8, generation: u64) -> Self {
        Self {
            state: LOANED,
            generation,
            owner: endpoint,
            sequence: 0,
        }
    }

    pub const fn published(lane: u8, sequence: u64, generation: u64) -> Self {
        Self {
            state: PUBLISHED,
            generation,
            owner: lane,
            sequence: sequence & SEQUENCE_MASK,
        }
    }
}

/// Words a chunk reference takes in a slot.
pub const REFERENCE_WORDS: usize = 2;

/// How a slot names a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Index in the segment table.
    pub segment: u16,
    /// Low bits of that entry's generation.
    pub segment_generation: u16,
    pub chunk: u32,
    /// Generation of the chunk.
    pub generation: u16,
    /// Bytes of the message, at most 2^48 - 1.
    pub len: u64,
}

impl Reference {
    pub const fn to_words(self) -> [u64; REFERENCE_WORDS] {
        [
            self.segment as u64
                | (self.segment_generation as u64) << 16
                | (self.chunk as u64) << 32,
            self.generation as u64 | self.len << 16,
        ]
    }

    /// As they stand in the slot, in the machine's byte order.
    pub const fn to_bytes(self) -> [u8; REFERENCE_WORDS * 8] {
        let [first, second] = self.to_words();
        let (first, second) = (first.to_ne_bytes(), second.to_ne_bytes());
        let mut bytes = [0; REFERENCE_WORDS * 8];
        let (low, high) = bytes.split_at_mut(8);
        low.copy_from_slice(&first);
        high.copy_from_slice(&second);
        bytes
    }

    pub const fn from_words(words: [u64; REFERENCE_WORDS]) -> Self {
        Self {
            segment: words[0] as u16,
            segment_generation: (words[0] >> 16) as u16,
            chunk: (words[0] >> 32) as u32,
            generation: words[1] as u16,
            len: words[1] >> 16,
        }
    }
}
