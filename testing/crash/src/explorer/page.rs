//! What children have done, in memory that they share with their parent, so that it survives them.

use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Those who may die: the one the scene is about, the one that recovers, one that is dead before.
pub const PARTS: usize = 3;
/// Who sends: a survivor, or one of them.
pub const SENDERS: usize = 1 + PARTS;
pub const SURVIVOR: usize = 0;

/// See [`Part::refused`].
pub const NO_SUCH_ERROR: u32 = u32::MAX;

/// What one child has done, as far as it lived to say so.
#[derive(Default)]
pub struct Part {
    pub steps: AtomicU64,
    /// The address of the place in the code where it met its fate, or 0.
    pub met_at: AtomicUsize,
    /// The error that a call of it was refused with; 0 if none was, `NO_SUCH_ERROR` if the call
    /// has not so many.
    pub refused: AtomicU32,
    /// Messages it began to send, and those whose sending returned.
    pub begun: AtomicU64,
    pub sent: AtomicU64,
    /// Messages it was given and those it was done with, as bits, by sender.
    pub given: [AtomicU64; SENDERS],
    pub done: [AtomicU64; SENDERS],
    /// How often it has asked for its parent's service, and how often it has been served.
    pub asked: AtomicU32,
    pub served: AtomicU32,
}

impl Part {
    /// Where it met its fate.
    pub fn met_at(&self) -> String {
        match self.met_at.load(Relaxed) {
            0 => "its end".to_owned(),
            // SAFETY: the child has the same program at the same addresses, and stored a
            // reference with static life.
            at => unsafe { *(at as *const Location<'static>) }.to_string(),
        }
    }
}

/// Memory shared with the children, in a fork as in this process.
pub struct Page(*mut [Part; PARTS]);

impl Page {
    pub fn new() -> Self {
        // SAFETY: a fresh mapping at an address of the kernel's choice, checked below.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<[Part; PARTS]>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED, "no memory");
        Self(page.cast())
    }

    /// For the next run.
    pub fn clear(&self) {
        // SAFETY: the mapping is as long as the parts and never unmapped; no child lives.
        unsafe { self.0.write(Default::default()) };
    }

    pub fn parts(&self) -> &'static [Part; PARTS] {
        // SAFETY: the mapping is never unmapped, and its zeros are a valid value.
        unsafe { &*self.0 }
    }
}
