//! The bytes of a channel: offsets, sizes and encodings, and nothing that acts on them.
//!
//! The drawing of every structure, with who writes and who reads each field, is spec/layout.md.
//! All integers have a fixed width and native byte order; 64-bit words are 8-aligned; no pointer,
//! usize, bool or enum is stored. 32- and 64-bit processes share the same offsets.

pub mod chunk;
pub mod endpoint;
pub mod header;
pub mod lane;
mod pattern;
pub mod permit;
pub mod segment;
pub mod service;

pub use pattern::Pattern;

/// The unit in which memory is reserved before it is touched.
pub const PAGE_BYTES: u64 = 4096;

/// `n` rounded up to a multiple of `to`, a power of two; `None` on overflow.
pub const fn round_up(n: u64, to: u64) -> Option<u64> {
    match n.checked_add(to - 1) {
        Some(sum) => Some(sum & !(to - 1)),
        None => None,
    }
}
