//! A received message: its facts, and its bytes wherever they are.

use super::attachment::Attachment;
use super::segments::Mapped;
use crate::layout::endpoint::LEASE_NONE;
use crate::layout::lane::{FLAG_CAPTURED, FLAG_STAMPED, PAYLOAD_WORDS};
use crate::os;
use crate::ring::pool::Line;
use crate::ring::slot::SlotCopy;
use crate::sync::Ordering;
use std::sync::Arc;

/// A message that was taken. Dropping it lets go of the shared memory it may look at and, in a
/// queue, reports it done; a process that dies instead is cleaned up after by the others.
///
/// It may be dropped in any thread, and may outlive the handle it came from.
pub struct Message {
    /// Head, payload or the reference to it, stamps.
    copy: SlotCopy,
    sequence: u64,
    missed: u64,
    receive_ns: i64,
    pub(super) redelivery: Redelivery,
    /// Declared before the chunk: the claim ends first, and the memory is let go of second. A lease
    /// without its memory would have the next receiver look at somebody else's message.
    lease: Option<LeaseHold>,
    chunk: Option<Chunk>,
}

/// Queues: whether an earlier receiver died with the message: `NEW`, `UNSEEN`, or the process id of
/// one that may have seen it. One number, because messages are moved about.
pub(super) type Redelivery = u32;
/// Nobody did.
pub(super) const NEW: Redelivery = 0;
/// One did before it could look at it.
pub(super) const UNSEEN: Redelivery = u32::MAX;

/// Where the payload of a large message is.
pub(super) enum Chunk {
    /// Ours until the message is dropped.
    Held(ChunkHold),
    /// Kept by whoever shows the message to the program, for as long as it does; or in a copy of
    /// its own, which `start` then leads to.
    Lent {
        start: *const u8,
        len: usize,
        _copy: Option<Box<[Line]>>,
    },
}

// SAFETY: the pointer leads to shared memory that is only read, and that stays mapped while the
// message lives, in whatever thread.
unsafe impl Send for Chunk {}
// SAFETY: as for Send.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// The first `len` bytes of `lines`, which are as many.
    pub fn of_copy(lines: Vec<Line>, len: usize) -> Self {
        let copy = lines.into_boxed_slice();
        Self::Lent {
            start: copy.as_ptr().cast(),
            len: len.min(size_of_val(&*copy)),
            _copy: Some(copy),
        }
    }
}

/// The chunk of a message in hand.
pub(super) struct ChunkHold {
    pub attachment: Arc<Attachment>,
    pub mapped: Arc<Mapped>,
    pub chunk: u32,
    pub len: u64,
    pub kept_by: KeptBy,
}

/// What keeps a chunk from being used again.
#[derive(Clone, Copy)]
pub(super) enum KeptBy {
    /// The endpoint's reference bit.
    Reference,
    /// The same of a watcher, which may have the value in hand more than once.
    Hands,
    /// The subscriber's cursor, which has not passed the message, as long as the gate says so;
    /// after that the reference bit.
    Cursor {
        number: u64,
        lane: u32,
        sequence: u64,
    },
    /// The reference bit, which goes to the next receiver with the message.
    Successor,
}

impl Drop for ChunkHold {
    fn drop(&mut self) {
        let attachment = &self.attachment;
        if matches!(self.kept_by, KeptBy::Successor) || attachment.is_forked() {
            return;
        }
        match self.kept_by {
            KeptBy::Cursor {
                number,
                lane,
                sequence,
            } if attachment.gate.open(number) => {
                // sync cursor/release: after the program has looked at the message.
                attachment
                    .control
                    .endpoint(attachment.endpoint)
                    .cursor(lane)
                    .fetch_max(sequence.wrapping_add(1), Ordering::Release);
            }
            KeptBy::Hands => attachment.hands.drop(&self.mapped, self.chunk, || {
                self.mapped.view.release(self.chunk, attachment.endpoint);
            }),
            _ => self.mapped.view.release(self.chunk, attachment.endpoint),
        }
        attachment.ring(attachment.control.space_bell());
    }
}

/// The claim on a queue's message; ended by the next receive of the same handle, too.
pub(super) struct LeaseHold {
    pub attachment: Arc<Attachment>,
    pub word: u64,
}

impl Drop for LeaseHold {
    fn drop(&mut self) {
        if self.word != LEASE_NONE && !self.attachment.is_forked() {
            let block = self.attachment.control.endpoint(self.attachment.endpoint);
            // Relaxed: nobody but us and our repairer reads it, and the kernel orders the latter.
            let _ = block.lease().compare_exchange(
                self.word,
                LEASE_NONE,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }
}

impl Message {
    #[inline(always)]
    pub(super) fn new(
        copy: SlotCopy,
        sequence: u64,
        missed: u64,
        chunk: Option<Chunk>,
        lease: Option<LeaseHold>,
    ) -> Self {
        let stamped = copy.head.flags & FLAG_STAMPED != 0;
        Self {
            copy,
            sequence,
            missed,
            receive_ns: if stamped { os::now_ns() } else { 0 },
            redelivery: NEW,
            lease,
            chunk,
        }
    }

    /// A time that travels behind the payload or, if `after` others do, behind those.
    fn stamp(&self, flag: u8, after: usize) -> i64 {
        if self.copy.head.flags & flag == 0 {
            return 0;
        }
        let body = match &self.chunk {
            Some(_) => crate::layout::chunk::REFERENCE_WORDS,
            None => usize::from(self.copy.head.len).div_ceil(8),
        };
        self.copy
            .words
            .get(body + after)
            .map_or(0, |word| *word as i64)
    }

    /// Queues: the message was never given to the program. Dropping it leaves it in the lease of
    /// its endpoint, for the next receiver to find.
    pub(super) fn leave_behind(mut self) {
        if let Some(lease) = &mut self.lease {
            lease.word = LEASE_NONE;
        }
        if let Some(Chunk::Held(hold)) = &mut self.chunk {
            hold.kept_by = KeptBy::Successor;
        }
    }

    /// Says how to read the payload.
    #[inline]
    pub(crate) fn tag(&self) -> u8 {
        self.copy.head.tag
    }

    /// Grows by one with each message of one sender.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Identifies the sending handle among all handles of the channel.
    pub fn sender(&self) -> u64 {
        u64::from(self.copy.head.sender)
    }

    /// CLOCK_MONOTONIC in nanoseconds when it was put; 0 if the sender does not say.
    pub fn publish_time_ns(&self) -> i64 {
        self.stamp(FLAG_STAMPED, 0)
    }

    /// CLOCK_MONOTONIC in nanoseconds when its content was captured; 0 if the sender does not say.
    pub fn capture_time_ns(&self) -> i64 {
        let after = usize::from(self.copy.head.flags & FLAG_STAMPED != 0);
        self.stamp(FLAG_CAPTURED, after)
    }

    /// CLOCK_MONOTONIC in nanoseconds when it was taken; 0 if it has no publish time.
    pub fn receive_time_ns(&self) -> i64 {
        self.receive_ns
    }

    /// Topics: messages of any sender this subscriber has lost since its previous take.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Queues: an earlier receiver died with this message in hand.
    pub fn is_redelivered(&self) -> bool {
        self.redelivery != NEW
    }

    /// Queues: as [`is_redelivered`](Self::is_redelivered), if the dead one may have seen it: its
    /// process id, for people.
    pub(crate) fn died_pid(&self) -> Option<u32> {
        (self.redelivery != NEW && self.redelivery != UNSEEN).then_some(self.redelivery)
    }

    /// The payload. Of a large message this is the shared memory itself: nobody who keeps the
    /// protocol changes it, but a hostile member of the channel could.
    #[inline]
    pub(crate) fn payload(&self) -> &[u8] {
        match &self.chunk {
            None => {
                let len = usize::from(self.copy.head.len).min(PAYLOAD_WORDS * 8);
                let words = self.copy.words.as_ptr().cast::<u8>();
                // SAFETY: the words are 112 initialized bytes, of which the first `len` are read.
                unsafe { std::slice::from_raw_parts(words, len) }
            }
            // SAFETY: as below; whoever lent it keeps it while the message can be looked at, and a
            // copy is kept by the message.
            Some(Chunk::Lent { start, len, .. }) => unsafe {
                std::slice::from_raw_parts(*start, *len)
            },
            Some(Chunk::Held(hold)) => {
                let start = hold.mapped.view.bytes(hold.chunk);
                // SAFETY: len was checked against the chunk's size when the reference was
                // resolved; the chunk stays mapped while the hold lives, and our cursor or our
                // reference bit keeps it from being handed out again.
                unsafe { std::slice::from_raw_parts(start, hold.len as usize) }
            }
        }
    }

    /// Whether the payload may be shared memory: it is not for sure a private copy.
    #[inline]
    pub(crate) fn is_shared(&self) -> bool {
        self.chunk.is_some()
    }
}
