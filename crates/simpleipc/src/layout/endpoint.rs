//! An endpoint: one open handle of one process, with its read cursors and its lease.
//!
//! A block is written by the handle that holds the kernel lock on the endpoint's byte, and by
//! nobody else; after the owner's death the lock, and with it the pen, goes to the repairer.

/// Bytes of an endpoint block; four of them fill a page.
pub const BLOCK_BYTES: u64 = 1024;

/// a32: FREE, JOINING, ACTIVE or LEFT.
pub const OFF_STATE: usize = 0;
/// a32: counts the lives of this block; part of the sender's identity.
pub const OFF_GENERATION: usize = 4;
/// u32: the role, as numbered in the C interface.
pub const OFF_ROLE: usize = 8;
/// u32: pid, in the owner's own namespace; for people, never for decisions.
pub const OFF_PID: usize = 12;
/// u64: CLOCK_MONOTONIC at the time of joining.
pub const OFF_JOINED_NS: usize = 16;
/// a64: messages this subscriber has missed in all.
pub const OFF_MISSED: usize = 24;
/// a64: locks: CLOCK_MONOTONIC at which an endpoint that stands in line began to wait.
pub const OFF_WAITING_SINCE_NS: usize = 32;
/// a64 x 8: the name of the program, UTF-8 with zeros after it; all zeros of an older library.
pub const OFF_PROGRAM: usize = 40;
/// a64 x 2: the language it is written in, as above.
pub const OFF_LANGUAGE: usize = 112;

/// Words of the program's name.
pub const PROGRAM_WORDS: usize = 8;
/// Words of the language's name.
pub const LANGUAGE_WORDS: usize = 2;

/// a64: the lease: `attempts << 56 | sequence << 8 | lane << 2 | state`; queues only.
pub const OFF_LEASE: usize = 128;
/// Copy of the leased slot, 128 bytes.
pub const OFF_LEASE_SLOT: usize = 256;

/// a64 x 64: for every lane, the sequence this subscriber will read next. In a reply channel, for
/// every slot of its client, the number of the call that waits for replies, or 0.
pub const OFF_CURSORS: usize = 512;

/// State: nobody's.
pub const STATE_FREE: u32 = 0;
/// State: being set up, or being cleaned up.
pub const STATE_JOINING: u32 = 1;
/// State: in use.
pub const STATE_ACTIVE: u32 = 2;
/// State: the owner is dead and all is repaired but its lease, which waits for a receiver.
pub const STATE_LEFT: u32 = 3;

/// Lease states.
pub const LEASE_NONE: u64 = 0;
/// The copy is complete: the message is in hand.
pub const LEASE_VALID: u64 = 1;

/// A decoded lease word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Deliveries that ended in a death.
    pub attempts: u8,
    pub sequence: u64,
    pub lane: u32,
}

impl Lease {
    pub const fn to_word(self) -> u64 {
        (self.attempts as u64) << 56
            | (self.sequence & 0xffff_ffff_ffff) << 8
            | (self.lane as u64 & 63) << 2
            | LEASE_VALID
    }

    /// `None` when nothing is leased.
    pub const fn from_word(word: u64) -> Option<Self> {
        if word & 3 != LEASE_VALID {
            return None;
        }
        Some(Self {
            attempts: (word >> 56) as u8,
            sequence: word >> 8 & 0xffff_ffff_ffff,
            lane: (word >> 2 & 63) as u32,
        })
    }
}

const _: () = assert!(OFF_CURSORS + 64 * 8 == BLOCK_BYTES as usize);
const _: () = assert!(OFF_LEASE_SLOT + 128 <= OFF_CURSORS);
const _: () = assert!(OFF_PROGRAM + PROGRAM_WORDS * 8 <= OFF_LANGUAGE);
const _: () = assert!(OFF_LANGUAGE + LANGUAGE_WORDS * 8 <= OFF_LEASE);
