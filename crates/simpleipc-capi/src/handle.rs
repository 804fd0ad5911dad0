//! What a `sipc_channel *` is: the number of a place in a table, never an address.
//!
//! The number holds the place's index and its generation, which grows with every close; so a handle
//! used after `sipc_close`, or a wild pointer, is answered with a status and never followed.
//!
//! Everything about who may do what with a place is one word, its `state`:
//!
//! ```text
//! | generation: 32 bits | 0 | visitors: 16 bits | CLOSING BUSY OPEN: 8 bits |
//! ```
//!
//! A thread that works with the handle holds BUSY. A visitor only touches the interrupter. Who sets
//! CLOSING while nobody is BUSY finishes the close; else the BUSY thread does when it leaves.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use simpleipc::{Error, Interrupter, Result, Status};

use crate::channel::Channel;
use crate::generated::sipc_channel;

/// Opens a handle on a channel.
pub(crate) fn register(channel: Channel) -> Result<*mut sipc_channel> {
    let opened = Opened {
        interrupter: channel.interrupter(),
        channel: UnsafeCell::new(channel),
    };
    let (index, place) = reserve().ok_or_else(|| {
        let sentence = format!("this process has its maximum of {HANDLES_MAX} open handles");
        Error::new(Status::TooManyPeers, sentence)
    })?;
    place
        .opened
        .store(Box::into_raw(Box::new(opened)), Ordering::Relaxed);
    place.owner.store(std::process::id(), Ordering::Relaxed);
    let generation = place.state.load(Ordering::Relaxed) & GENERATION;
    // sync place-open/release -> enter(), visit(): whoever sees OPEN sees `opened` and `owner`.
    place.state.store(generation | OPEN, Ordering::Release);
    Ok(encode(index, generation))
}

/// Works with the channel behind a handle; no other thread can meanwhile.
pub(crate) fn with<T>(
    handle: *mut sipc_channel,
    work: impl FnOnce(&mut Channel) -> Result<T>,
) -> Result<T> {
    let mut entered = enter(handle)?;
    let outcome = work(&mut entered);
    match outcome {
        Err(_) if entered.is_closing() => Err(closed()),
        _ => outcome,
    }
}

/// The exclusive use of a handle; ends when it is dropped.
pub(crate) struct Entered {
    place: &'static Place,
}

impl Entered {
    /// Another thread has closed the handle meanwhile.
    pub(crate) fn is_closing(&self) -> bool {
        // Relaxed: a hint; the leaving thread looks again.
        self.place.state.load(Ordering::Relaxed) & CLOSING != 0
    }
}

impl Deref for Entered {
    type Target = Channel;
    fn deref(&self) -> &Channel {
        // SAFETY: this thread holds BUSY: `opened` is set and nobody else touches `channel`.
        unsafe { &*(*self.place.opened.load(Ordering::Relaxed)).channel.get() }
    }
}

impl DerefMut for Entered {
    fn deref_mut(&mut self) -> &mut Channel {
        // SAFETY: as in deref(), and `self` is borrowed exclusively.
        unsafe { &mut *(*self.place.opened.load(Ordering::Relaxed)).channel.get() }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // sync handle-left/release -> enter(), finish(): what this thread did to the channel.
        let before = self.place.state.fetch_and(!BUSY, Ordering::AcqRel);
        if before & CLOSING != 0 {
            finish(self.place);
        }
    }
}

/// Begins to work with a handle.
pub(crate) fn enter(handle: *mut sipc_channel) -> Result<Entered> {
    let (place, generation) = locate(handle)?;
    let mut seen = generation | OPEN;
    loop {
        // sync handle-left/acquire <- Entered::drop(); place-open/acquire <- register().
        let swap =
            place
                .state
                .compare_exchange(seen, seen | BUSY, Ordering::Acquire, Ordering::Relaxed);
        match swap {
            Ok(_) => return Ok(Entered { place }),
            Err(now) if !is_open(now, generation) => return Err(closed()),
            Err(now) if now & BUSY != 0 => return Err(busy(place)),
            Err(now) => seen = now, // a visitor came or went
        }
    }
}

/// Closes a handle. If another thread works with it, that thread is interrupted and finishes.
pub(crate) fn close(handle: *mut sipc_channel) -> Result<()> {
    let (place, generation) = locate(handle)?;
    let before = update(place, generation, |state| {
        (state | CLOSING) + if state & BUSY != 0 { VISITOR } else { 0 }
    })?;
    if before & BUSY == 0 {
        finish(place);
    } else {
        leave_visit(place);
    }
    Ok(())
}

/// Interrupts the wait in progress on a handle, or else the next one.
pub(crate) fn interrupt(handle: *mut sipc_channel) -> Result<()> {
    let (place, generation) = locate(handle)?;
    update(place, generation, |state| state + VISITOR)?;
    leave_visit(place);
    Ok(())
}

/// Does the visitor's one errand and counts it out. Safe in a signal handler: no lock, no heap.
fn leave_visit(place: &Place) {
    // SAFETY: `opened` stays until the last visitor is counted out; `interrupter` is only read.
    unsafe { &(*place.opened.load(Ordering::Relaxed)).interrupter }.interrupt();
    // sync visit-over/release -> finish(): the interrupter is no longer in use.
    place.state.fetch_sub(VISITOR, Ordering::Release);
}

/// Changes the state of an open place; answers what it was before.
fn update(place: &Place, generation: u64, change: impl Fn(u64) -> u64) -> Result<u64> {
    let mut seen = place.state.load(Ordering::Relaxed);
    loop {
        if !is_open(seen, generation) {
            return Err(closed());
        }
        // sync place-open/acquire <- register(); handle-left/acquire <- Entered::drop().
        let swap =
            place
                .state
                .compare_exchange(seen, change(seen), Ordering::Acquire, Ordering::Relaxed);
        match swap {
            Ok(before) => return Ok(before),
            Err(now) => seen = now,
        }
    }
}

/// Drops the channel and frees the place. Only the thread that owns the close comes here.
fn finish(place: &Place) {
    // sync visit-over/acquire <- leave_visit(). A visitor stays for one futex call at most.
    while place.state.load(Ordering::Acquire) & VISITORS != 0 {
        if !place.is_mine() {
            return; // the visitor is a thread of the parent process: it never leaves in this one
        }
        std::thread::yield_now();
    }
    let opened = place.opened.swap(ptr::null_mut(), Ordering::Relaxed);
    // SAFETY: made by Box::into_raw in register(); CLOSING keeps everybody else out.
    drop(unsafe { Box::from_raw(opened) });
    let generation = place.state.load(Ordering::Relaxed) & GENERATION;
    // sync place-free/release -> reserve(): the place is empty.
    place
        .state
        .store(generation.wrapping_add(GENERATION_ONE), Ordering::Release);
}

/// Finds a free place and marks it BUSY but not OPEN. No lock: a fork may come at any moment.
fn reserve() -> Option<(usize, &'static Place)> {
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

struct Opened {
    interrupter: Interrupter,
    channel: UnsafeCell<Channel>,
}

/// On a cache line of its own: handles of different threads must not slow each other.
#[repr(align(64))]
struct Place {
    state: AtomicU64,
    opened: AtomicPtr<Opened>,
    owner: AtomicU32,
}

impl Place {
    const fn new() -> Place {
        Place {
            state: AtomicU64::new(0),
            opened: AtomicPtr::new(ptr::null_mut()),
            owner: AtomicU32::new(0),
        }
    }

    /// Opened by this process, not by the parent it was forked from.
    fn is_mine(&self) -> bool {
        // Relaxed: written before the place was opened.
        self.owner.load(Ordering::Relaxed) == std::process::id()
    }
}

const OPEN: u64 = 1;
const BUSY: u64 = 2;
const CLOSING: u64 = 4;
const VISITOR: u64 = 1 << 8;
const VISITORS: u64 = 0x00ff_ff00;
const GENERATION: u64 = 0xffff_ffff << 32;
const GENERATION_ONE: u64 = 1 << 32;

/// Open handles of one process; 64 bytes each, untouched memory until used.
const HANDLES_MAX: usize = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 12;

static PLACES: [Place; HANDLES_MAX] = [const { Place::new() }; HANDLES_MAX];

/// | generation | index: 12 bits | 1 |: never NULL, and odd, as no address of a struct is.
fn encode(index: usize, generation: u64) -> *mut sipc_channel {
    let number = 1 | index << 1 | ((generation >> 32) as usize) << (INDEX_BITS + 1);
    ptr::without_provenance_mut(number)
}

fn locate(handle: *mut sipc_channel) -> Result<(&'static Place, u64)> {
    let index = handle.addr() >> 1 & (HANDLES_MAX - 1);
    let place = &PLACES[index];
    // A 32-bit pointer has room for the low bits of the generation only: compare what it holds.
    let generation = place.state.load(Ordering::Relaxed) & GENERATION;
    if encode(index, generation) != handle {
        return Err(closed());
    }
    Ok((place, generation))
}

fn is_open(state: u64, generation: u64) -> bool {
    state & (GENERATION | OPEN | CLOSING) == generation | OPEN
}

pub(crate) fn closed() -> Error {
    Error::new(
        Status::Closed,
        "the handle is closed, or was never one of sipc_open",
    )
}

fn busy(place: &Place) -> Error {
    if place.is_mine() {
        let sentence = "another thread is inside this handle; open one handle per thread";
        Error::new(Status::Busy, sentence)
    } else {
        let sentence = "the handle belongs to the parent process; open a new one in the child";
        Error::new(Status::Forked, sentence)
    }
}
