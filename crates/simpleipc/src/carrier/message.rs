//! A received message: its facts, and its bytes wherever they are.

use super::attachment::Attachment;
use super::segments::Mapped;
use crate::layout::endpoint::LEASE_NONE;
use crate::layout::lane::{FLAG_CAPTURED, FLAG_STAMPED, Head, PAYLOAD_WORDS};
use crate::os;
use crate::sync::Ordering;
use std::sync::Arc;

/// A message that has been taken. Dropping it lets go of the memory it looks at and, in a queue,
/// reports it done.
pub struct Message {
    pub(super) head: Head,
    pub(super) sequence: u64,
    pub(super) missed: u64,
    pub(super) redelivered: bool,
    publish_ns: i64,
    capture_ns: i64,
    receive_ns: i64,
    /// Declared before the body: the claim ends first, and the memory is let go of second. A lease
    /// without its memory would have the next receiver look at somebody else's message.
    lease: Option<LeaseHold>,
    body: Body,
}

enum Body {
    Inline([u64; PAYLOAD_WORDS]),
    Chunk(ChunkHold),
}

/// A reference to a chunk.
pub(super) struct ChunkHold {
    pub attachment: Arc<Attachment>,
    pub mapped: Arc<Mapped>,
    pub chunk: u32,
    pub len: u64,
    /// The reference stays: the message goes to the next receiver.
    pub left_behind: bool,
}

impl Drop for ChunkHold {
    fn drop(&mut self) {
        if !self.left_behind && !self.attachment.is_forked() {
            self.mapped
                .view
                .release(self.chunk, self.attachment.endpoint);
            self.attachment.ring(self.attachment.control.space_bell());
        }
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
    pub(super) fn new(
        head: Head,
        sequence: u64,
        words: [u64; PAYLOAD_WORDS],
        chunk: Option<ChunkHold>,
        lease: Option<LeaseHold>,
    ) -> Self {
        let body_words = match &chunk {
            Some(_) => crate::layout::chunk::REFERENCE_WORDS,
            None => usize::from(head.len).div_ceil(8),
        };
        let mut stamps = words.iter().skip(body_words).copied();
        let mut stamp = |flag: u8| {
            if head.flags & flag != 0 {
                stamps.next().unwrap_or(0) as i64
            } else {
                0
            }
        };
        let publish_ns = stamp(FLAG_STAMPED);
        let capture_ns = stamp(FLAG_CAPTURED);
        Self {
            head,
            sequence,
            missed: 0,
            redelivered: false,
            publish_ns,
            capture_ns,
            receive_ns: if publish_ns != 0 { os::now_ns() } else { 0 },
            body: chunk.map_or(Body::Inline(words), Body::Chunk),
            lease,
        }
    }

    /// Queues: the message was never given to the program. Dropping it leaves it in the lease of
    /// its endpoint, for the next receiver to find.
    pub(super) fn leave_behind(mut self) {
        if let Some(lease) = &mut self.lease {
            lease.word = LEASE_NONE;
        }
        if let Body::Chunk(hold) = &mut self.body {
            hold.left_behind = true;
        }
    }

    /// Says how to read the payload.
    pub fn tag(&self) -> u8 {
        self.head.tag
    }

    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    pub fn sender(&self) -> u64 {
        u64::from(self.head.sender)
    }

    pub fn publish_time_ns(&self) -> i64 {
        self.publish_ns
    }

    pub fn capture_time_ns(&self) -> i64 {
        self.capture_ns
    }

    pub fn receive_time_ns(&self) -> i64 {
        self.receive_ns
    }

    pub fn missed(&self) -> u64 {
        self.missed
    }

    pub fn is_redelivered(&self) -> bool {
        self.redelivered
    }

    /// The payload. Of a large message this is the shared memory itself: nobody who keeps the
    /// protocol changes it, but a hostile member of the channel could.
    pub fn payload(&self) -> &[u8] {
        match &self.body {
            Body::Inline(words) => {
                let len = usize::from(self.head.len).min(PAYLOAD_WORDS * 8);
                // SAFETY: the words are 112 initialized bytes, of which the first `len` are read.
                unsafe { std::slice::from_raw_parts(words.as_ptr().cast::<u8>(), len) }
            }
            Body::Chunk(hold) => {
                let start = hold.mapped.view.bytes(hold.chunk);
                // SAFETY: len was checked against the chunk's size when the reference was
                // resolved; the chunk stays mapped while the hold lives, and our reference bit
                // keeps it from being handed out again.
                unsafe { std::slice::from_raw_parts(start, hold.len as usize) }
            }
        }
    }

    /// Whether the payload is shared memory rather than a private copy.
    pub fn is_shared(&self) -> bool {
        matches!(self.body, Body::Chunk(_))
    }
}
