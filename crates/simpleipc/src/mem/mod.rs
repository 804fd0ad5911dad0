//! Bounds-checked access to shared memory: the only way from an offset to a word.
//!
//! Shared words are reached as atomics or copied through raw pointers; no reference to shared
//! bytes is made here but to atomics. What a word holds is the caller's to distrust.

mod region;

pub use region::{Region, prefetch, prefetch_bytes, prefetch_to_write};
