//! The places of open handles: a table, and how the number that is a handle tells its place.
//!
//! The number holds the place's index and its generation, which grows with every close; so a handle
//! used after `sipc_close`, or a wild pointer, is answered with a status and never followed.
//!
//! Who may do what with a place is its `state`, which `handle.rs` changes:
//!
//! ```text
//! | generation: 32 bits | 0 | visitors: 16 bits | flags: 8 bits |
//! ```

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use simpleipc::{Error, Interrupter, Result, Status};

use crate::channel::Channel;
use crate::generated::sipc_channel;
use crate::thread::Record;

/// What is behind an open handle.
pub(crate) struct Opened {
    pub(crate) interrupter: Interrupter,
    pub(crate) channel: UnsafeCell<Channel>,
}

/// On a cache line of its own: handles of different threads must not slow each other.
#[repr(align(64))]
pub(crate) struct Place {
    pub(crate) state: AtomicU64,
    pub(crate) opened: AtomicPtr<Opened>,
    /// The thread to which it is BIASED or was until it was REVOKED; else NULL, or of an earlier
    /// generation. Written by who has BUSY.
    pub(crate) owner: AtomicPtr<Record>,
    /// The process that opened it.
    pub(crate) process: AtomicU32,
}

impl Place {
    const fn new() -> Place {
        Place {
            state: AtomicU64::new(0),
            opened: AtomicPtr::new(ptr::null_mut()),
            owner: AtomicPtr::new(ptr::null_mut()),
            process: AtomicU32::new(0),
        }
    }

    /// The place that a handle has, or had before it was closed. A wild pointer has one, too.
    #[inline(always)]
    pub(crate) fn of(handle: *mut sipc_channel) -> &'static Place {
        &PLACES[index_of(handle)]
    }

    #[inline(always)]
    pub(crate) fn owner(&self) -> Option<&'static Record> {
        // SAFETY: NULL, or the address of a static.
        unsafe { self.owner.load(Ordering::Relaxed).as_ref() }
    }

    #[inline(always)]
    pub(crate) fn is_owned_by(&self, record: &Record) -> bool {
        ptr::eq(self.owner.load(Ordering::Relaxed), record)
    }

    /// Opened by this process, not by the parent it was forked from.
    pub(crate) fn is_mine(&self) -> bool {
        // Relaxed: written before the place was opened.
        self.process.load(Ordering::Relaxed) == std::process::id()
    }
}

/// Finds a free place and marks it BUSY but not OPEN. No lock: a fork may come at any moment.
pub(crate) fn reserve() -> Option<(usize, &'static Place)> {
    PLACES.iter().enumerate().find(|(_, place)| {
        let seen = place.state.load(Ordering::Relaxed);
        seen & !GENERATION == 0
            // sync place-free/acquire <- finish().
            && place
                .state
                .compare_exchange(seen, seen | BUSY, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    })
}

/// | generation | index: 12 bits | 1 |: never NULL, and odd, as no address of a struct is.
#[inline(always)]
pub(crate) fn encode(index: usize, generation: u64) -> *mut sipc_channel {
    let number = 1 | index << 1 | ((generation >> 32) as usize) << (INDEX_BITS + 1);
    ptr::without_provenance_mut(number)
}

#[inline(always)]
pub(crate) fn index_of(handle: *mut sipc_channel) -> usize {
    handle.addr() >> 1 & (HANDLES_MAX - 1)
}

/// The place of a handle and its generation, unless that has gone by.
pub(crate) fn locate(handle: *mut sipc_channel) -> Result<(&'static Place, u64)> {
    let place = Place::of(handle);
    // A 32-bit pointer has room for the low bits of the generation only: compare what it holds.
    let generation = place.state.load(Ordering::Relaxed) & GENERATION;
    if encode(index_of(handle), generation) != handle {
        return Err(closed());
    }
    Ok((place, generation))
}

pub(crate) fn is_open(state: u64, generation: u64) -> bool {
    state & (GENERATION | OPEN | CLOSING) == generation | OPEN
}

#[cold]
pub(crate) fn closed() -> Error {
    Error::new(
        Status::Closed,
        "the handle is closed, or was never one of sipc_open",
    )
}

pub(crate) const OPEN: u64 = 1;
pub(crate) const BUSY: u64 = 2;
pub(crate) const CLOSING: u64 = 4;
/// Somebody has taken it on to finish the close.
pub(crate) const FINISHING: u64 = 8;
/// The owner may enter by its record.
pub(crate) const BIASED: u64 = 16;
/// It may no more, but can still be inside.
pub(crate) const REVOKED: u64 = 32;
/// There is no owner, and will be none.
pub(crate) const SHARED: u64 = 64;
pub(crate) const FLAGS: u64 = 0xff;
pub(crate) const VISITOR: u64 = 1 << 8;
pub(crate) const VISITORS: u64 = 0x00ff_ff00;
pub(crate) const GENERATION: u64 = 0xffff_ffff << 32;
pub(crate) const GENERATION_ONE: u64 = 1 << 32;

/// Open handles of one process; 64 bytes each, untouched memory until used.
pub(crate) const HANDLES_MAX: usize = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 12;

static PLACES: [Place; HANDLES_MAX] = [const { Place::new() }; HANDLES_MAX];
