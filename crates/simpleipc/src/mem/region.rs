//! A piece of shared memory with a known length.

use crate::sync::{AtomicU32, AtomicU64};
use std::ptr::NonNull;

/// A view of mapped memory; does not own the mapping. Copyable, so that parts of a channel can
/// hold the sub-view they need.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a Region only hands out atomics and raw pointers; whoever creates one promises in
// `Region::new` that the memory stays mapped, and that holds for every thread alike.
unsafe impl Send for Region {}
// SAFETY: as for Send.
unsafe impl Sync for Region {}

impl Region {
    /// # Safety
    /// `base..base + len` is mapped readable, and writable where the user of the view writes,
    /// for as long as the view or a copy of it is used; `base` is 64-byte aligned.
    pub unsafe fn new(base: NonNull<u8>, len: usize) -> Self {
        debug_assert!((base.as_ptr() as usize).is_multiple_of(64));
        Self { base, len }
    }

    /// The view of `len` bytes at `offset`. Panics outside the region: offsets come from checked
    /// private geometry, never from shared words.
    pub fn part(&self, offset: usize, len: usize) -> Region {
        let end = offset.checked_add(len).expect("region part overflows");
        assert!(
            end <= self.len,
            "region part {offset}+{len} outside {}",
            self.len
        );
        // SAFETY: offset <= len, so the result is inside the mapping or one past its end.
        let base = unsafe { self.base.add(offset) };
        Region { base, len }
    }

    /// The 32-bit word at `offset`, 4-aligned.
    #[inline]
    pub fn u32(&self, offset: usize) -> &AtomicU32 {
        assert!(
            offset.is_multiple_of(4) && offset + 4 <= self.len,
            "word outside the region"
        );
        // SAFETY: in bounds and aligned (checked above); an atomic may be shared with other
        // processes, and any bit pattern is a valid integer.
        unsafe { &*self.base.add(offset).as_ptr().cast::<AtomicU32>() }
    }

    /// The 64-bit word at `offset`, 8-aligned.
    #[inline]
    pub fn u64(&self, offset: usize) -> &AtomicU64 {
        assert!(
            offset.is_multiple_of(8) && offset + 8 <= self.len,
            "word outside the region"
        );
        // SAFETY: as for `u32`.
        unsafe { &*self.base.add(offset).as_ptr().cast::<AtomicU64>() }
    }

    /// The start of the region, 64-aligned if it was made at such an offset.
    pub fn start(&self) -> NonNull<u8> {
        self.base
    }

    /// The start of the region.
    pub fn as_ptr(&self) -> *mut u8 {
        self.base.as_ptr()
    }
}

/// Asks for the cache line of `word`, which will be read soon. Changes nothing but the time.
#[inline(always)]
pub fn prefetch(word: &AtomicU64) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch faults on no address, and this one is valid.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(word.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = word;
}

/// Longer runs are left to the processor, which sees them coming.
const AHEAD_BYTES: usize = 256;

/// Asks for the cache lines of `len` bytes that will be read soon, if they are few.
#[inline(always)]
pub fn prefetch_bytes(start: *const u8, len: usize) {
    #[cfg(target_arch = "x86_64")]
    if len <= AHEAD_BYTES {
        for at in (0..len).step_by(64) {
            // SAFETY: a prefetch faults on no address; nothing is read through the pointer.
            unsafe {
                use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(at).cast());
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (start, len, AHEAD_BYTES);
}

/// Asks for the cache lines of `len` bytes that will be written soon, if they are few.
#[inline(always)]
pub fn prefetch_to_write(start: *mut u8, len: usize) {
    #[cfg(target_arch = "x86_64")]
    if len <= AHEAD_BYTES {
        for at in (0..len).step_by(64) {
            // SAFETY: as above; processors without the instruction do nothing.
            unsafe {
                core::arch::asm!(
                    "prefetchw [{}]", in(reg) start.wrapping_add(at),
                    options(nostack, preserves_flags)
                );
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (start, len);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Ordering;

    #[repr(align(64))]
    struct Page([u8; 256]);

    #[test]
    fn words_are_found_at_their_offsets_and_nowhere_outside() {
        let mut page = Page([0; 256]);
        let base = NonNull::new(page.0.as_mut_ptr()).expect("not null");
        // SAFETY: the page outlives the view and nobody else touches it meanwhile.
        let region = unsafe { Region::new(base, 256) };
        region.u64(248).store(7, Ordering::Relaxed);
        assert_eq!(region.part(128, 128).u64(120).load(Ordering::Relaxed), 7);
        for outside in [256, 252, usize::MAX - 7] {
            let caught =
                std::panic::catch_unwind(|| region.u64(outside & !7).load(Ordering::Relaxed));
            assert!(
                caught.is_err() || outside == 252,
                "offset {outside} was let through"
            );
        }
        assert!(std::panic::catch_unwind(|| region.part(200, 57)).is_err());
    }
}
