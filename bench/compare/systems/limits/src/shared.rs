//! A file in shared memory, mapped: made by the receiver, opened by the sender.

use anyhow::{Context, Result, ensure};
use harness::Spec;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Memory that two processes see. All of it is present from the start.
pub struct Shared {
    start: NonNull<u8>,
    bytes: usize,
}

impl Shared {
    /// Makes the memory of a channel; zero at first.
    pub fn make(spec: &Spec, bytes: usize) -> Result<Self> {
        Self::map(spec, bytes, true)
    }

    pub fn open(spec: &Spec, bytes: usize) -> Result<Self> {
        Self::map(spec, bytes, false)
    }

    fn map(spec: &Spec, bytes: usize, is_new: bool) -> Result<Self> {
        ensure!(
            spec.inputs == 1 && spec.outputs == 1,
            "limits have one sender and one receiver"
        );
        let path = spec.dir.join(format!("{}.limit", spec.channel));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(is_new)
            .open(&path);
        let file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
        if is_new {
            file.set_len(bytes as u64)
                .with_context(|| format!("{bytes} bytes are too many"))?;
        }
        ensure!(
            file.metadata()?.len() == bytes as u64,
            "the other end has other sizes in mind"
        );
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
        // SAFETY: a new mapping at a place of the kernel's choice; the file has this length.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                access,
                flags,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error()).context("the memory cannot be mapped");
        }
        let start = NonNull::new(start.cast()).context("the memory was mapped at zero")?;
        Ok(Self { start, bytes })
    }

    /// The word of 64 bits at this offset, a multiple of 8.
    #[inline]
    pub fn word(&self, at: usize) -> &AtomicU64 {
        assert!(
            at.is_multiple_of(8) && at + 8 <= self.bytes,
            "no word at {at}"
        );
        // SAFETY: within the mapping and aligned, as was checked; the mapping lives as long as
        // `self`, and all processes use this place as an atomic word.
        unsafe { AtomicU64::from_ptr(self.start.as_ptr().add(at).cast()) }
    }

    /// The word of 32 bits at this offset, a multiple of 4.
    #[inline]
    pub fn half_word(&self, at: usize) -> &AtomicU32 {
        assert!(
            at.is_multiple_of(4) && at + 4 <= self.bytes,
            "no word at {at}"
        );
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.start.as_ptr().add(at).cast()) }
    }

    /// Bytes to read.
    ///
    /// # Safety
    ///
    /// Nobody writes them before the slice is gone.
    #[inline]
    pub unsafe fn bytes(&self, at: usize, len: usize) -> &[u8] {
        assert!(
            at <= self.bytes && len <= self.bytes - at,
            "no {len} bytes at {at}"
        );
        // SAFETY: within the mapping, as was checked; that nobody writes is the caller's word.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(at), len) }
    }

    /// Bytes to write.
    ///
    /// # Safety
    ///
    /// Nobody else reads or writes them before the slice is gone.
    #[inline]
    pub unsafe fn bytes_mut(&mut self, at: usize, len: usize) -> &mut [u8] {
        assert!(
            at <= self.bytes && len <= self.bytes - at,
            "no {len} bytes at {at}"
        );
        // SAFETY: within the mapping, as was checked; that nobody looks is the caller's word.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().add(at), len) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and what was borrowed from it is gone with `self`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}
