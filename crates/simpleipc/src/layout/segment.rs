//! A data segment: a file of equal chunks; and its entry in the control file's table.

use super::chunk::CHUNK_HEADER_BYTES;
use super::{PAGE_BYTES, round_up};

/// First bytes of every data segment.
pub const MAGIC: [u8; 8] = *b"SIPCSEG\0";
/// Entries of the segment table.
pub const SEGMENTS: usize = 64;
/// Bytes before the chunk headers.
pub const SEGMENT_HEADER_BYTES: u64 = 4096;

/// Chunks of one segment, at most: as many of the smallest as go into the largest segment that
/// has more than one. A claim of more would have others look at memory for ever.
pub const CHUNKS_MAX: u32 = 1 << 16;

/// Table entry state: unused, with the generation the next use will have.
pub const ENTRY_FREE: u64 = 0;
/// Table entry state: the file `nonce` is part of the channel.
pub const ENTRY_LIVE: u64 = 1;

/// A decoded table entry: `nonce << 16 | generation << 2 | state`. One word, so that a segment
/// enters and leaves the channel in a single store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names the file; 48 bits.
    pub nonce: u64,
    /// Counts the uses of this entry; 14 bits.
    pub generation: u16,
    pub state: u64,
}

impl Entry {
    pub const fn to_word(self) -> u64 {
        self.nonce << 16 | (self.generation as u64 & 0x3fff) << 2 | self.state
    }

    pub const fn from_word(word: u64) -> Self {
        Self {
            nonce: word >> 16,
            generation: (word >> 2 & 0x3fff) as u16,
            state: word & 3,
        }
    }
}

/// The immutable facts of a segment, copied out of its header and checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentGeometry {
    pub chunks: u32,
    /// Bytes of a chunk; a multiple of 64.
    pub chunk_bytes: u64,
    pub nonce: u64,
    pub channel: [u8; 16],
}

impl SegmentGeometry {
    /// Offset of the first chunk's memory, page-aligned; `None` on overflow.
    pub fn payload_offset(&self) -> Option<u64> {
        let headers = u64::from(self.chunks) * CHUNK_HEADER_BYTES;
        round_up(SEGMENT_HEADER_BYTES + headers, PAGE_BYTES)
    }

    pub fn total_bytes(&self) -> Option<u64> {
        let payload = u64::from(self.chunks).checked_mul(self.chunk_bytes)?;
        round_up(self.payload_offset()?.checked_add(payload)?, PAGE_BYTES)
    }

    pub fn to_header(self) -> [u8; 64] {
        let mut header = [0u8; 64];
        header[..8].copy_from_slice(&MAGIC);
        header[8..24].copy_from_slice(&self.channel);
        header[24..32].copy_from_slice(&self.nonce.to_ne_bytes());
        header[32..40].copy_from_slice(&self.chunk_bytes.to_ne_bytes());
        header[40..44].copy_from_slice(&self.chunks.to_ne_bytes());
        header
    }

    /// `None` unless the header is sound and fits a file of `file_bytes`.
    pub fn from_header(header: &[u8], file_bytes: u64) -> Option<Self> {
        if header.len() < 64 || header[..8] != MAGIC {
            return None;
        }
        let word = |at: usize| u64::from_ne_bytes(header[at..at + 8].try_into().expect("8 bytes"));
        let geometry = Self {
            channel: header[8..24].try_into().expect("16 bytes"),
            nonce: word(24),
            chunk_bytes: word(32),
            chunks: word(40) as u32,
        };
        let sane = (1..=CHUNKS_MAX).contains(&geometry.chunks)
            && geometry.chunk_bytes > 0
            && geometry.chunk_bytes.is_multiple_of(64)
            && geometry.total_bytes()? <= file_bytes;
        sane.then_some(geometry)
    }
}
