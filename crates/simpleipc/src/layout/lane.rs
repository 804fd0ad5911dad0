//! A lane: one producer's ring of slots. Lanes belong to the channel and are lent to producers.
//!
//! Message `s` of a lane lies in slot `s & (depth - 1)`; sequences never wrap.

use super::{PAGE_BYTES, round_up};

/// Bytes before the first slot, at least.
const LANE_HEADER_BYTES: u64 = 256;
/// Lanes begin a multiple of 4 KiB apart; if their slots did too, a reader that polls many lanes
/// would find all of them in the same few sets of its cache.
const LANE_COLOURS: u64 = 8;
/// Bytes of a slot: two cache lines, so that a short message with its stamp touches only one.
pub const SLOT_BYTES: u64 = 128;
/// 64-bit words of a slot after its sequence and head words.
pub const PAYLOAD_WORDS: usize = 14;

/// a64, written by the owner: the sequence after the last published one; may lag by one.
pub const OFF_TAIL: usize = 0;
/// a32, on a line of its own: endpoint index + 1 of the owner, 0 when the lane is free.
pub const OFF_OWNER: usize = 128;

/// Slot state in the low two bits of the sequence word: being written.
pub const SLOT_BUSY: u64 = 1;
/// Slot state: published.
pub const SLOT_COMMIT: u64 = 2;

/// Flag in the head word: the payload is a chunk reference.
pub const FLAG_CHUNK: u8 = 1;
/// Flag: a publish time follows the payload.
pub const FLAG_STAMPED: u8 = 2;
/// Flag: a capture time follows the payload (and the publish time, if any).
pub const FLAG_CAPTURED: u8 = 4;

/// Take word of a queue's slot: `attempts << 56 | endpoint << 48 | sequence << 2 | state`.
pub const TAKE_READY: u64 = 0;
/// A receiver is copying the message.
pub const TAKE_TAKEN: u64 = 1;
/// The message has left the ring; the slot may be reused.
pub const TAKE_DONE: u64 = 2;

/// The sequence word of message `sequence` once it is published.
pub const fn committed(sequence: u64) -> u64 {
    sequence << 2 | SLOT_COMMIT
}

/// The sequence word while message `sequence` is being written.
pub const fn busy(sequence: u64) -> u64 {
    sequence << 2 | SLOT_BUSY
}

/// A decoded take word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    pub attempts: u8,
    pub endpoint: u8,
    pub sequence: u64,
    pub state: u64,
}

impl Take {
    pub const fn to_word(self) -> u64 {
        (self.attempts as u64) << 56
            | (self.endpoint as u64) << 48
            | (self.sequence & 0x3fff_ffff_ffff) << 2
            | self.state
    }

    pub const fn from_word(word: u64) -> Self {
        Self {
            attempts: (word >> 56) as u8,
            endpoint: (word >> 48) as u8,
            sequence: word >> 2 & 0x3fff_ffff_ffff,
            state: word & 3,
        }
    }
}

/// What a slot says of its message, packed in its second word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Bytes inline; meaningless with [`FLAG_CHUNK`].
    pub len: u16,
    pub tag: u8,
    pub flags: u8,
    /// Identity of the sending handle: `generation << 8 | endpoint`.
    pub sender: u32,
}

impl Head {
    pub const fn to_word(self) -> u64 {
        self.len as u64
            | (self.tag as u64) << 16
            | (self.flags as u64) << 24
            | (self.sender as u64) << 32
    }

    pub const fn from_word(word: u64) -> Self {
        Self {
            len: word as u16,
            tag: (word >> 16) as u8,
            flags: (word >> 24) as u8,
            sender: (word >> 32) as u32,
        }
    }

    /// Words of payload that belong to the message; `None` when the head is nonsense.
    pub const fn words(self) -> Option<usize> {
        let stamps =
            (self.flags & FLAG_STAMPED != 0) as usize + (self.flags & FLAG_CAPTURED != 0) as usize;
        let body = if self.flags & FLAG_CHUNK != 0 {
            super::chunk::REFERENCE_WORDS
        } else {
            (self.len as usize).div_ceil(8)
        };
        if body + stamps <= PAYLOAD_WORDS {
            Some(body + stamps)
        } else {
            None
        }
    }
}

/// Bytes of a lane of `depth` slots, whole pages.
pub const fn lane_bytes(depth: u32, queue: bool) -> u64 {
    let takes = if queue { depth as u64 * 8 } else { 0 };
    let bytes = LANE_HEADER_BYTES * LANE_COLOURS + depth as u64 * SLOT_BYTES + takes;
    match round_up(bytes, PAGE_BYTES) {
        Some(bytes) => bytes,
        None => u64::MAX,
    }
}

/// Offset of the first slot within lane `index`.
pub const fn slots_offset(index: u32) -> u64 {
    LANE_HEADER_BYTES * (1 + index as u64 % LANE_COLOURS)
}

/// Offset of the take words within a queue's lane `index`.
pub const fn takes_offset(index: u32, depth: u32) -> u64 {
    slots_offset(index) + depth as u64 * SLOT_BYTES
}

const _: () = assert!(16 + PAYLOAD_WORDS * 8 == SLOT_BYTES as usize);
