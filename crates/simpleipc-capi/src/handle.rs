//! Entering handles, leaving and closing them: who may work with one, and who drops it.
//!
//! What a handle is, and the word `state` that all of this is about, `place.rs` says.
//!
//! A thread that works with the handle holds BUSY. A visitor only touches the interrupter. Who sets
//! CLOSING while nobody is inside finishes the close; else the thread inside does when it leaves.
//!
//! # The bias
//!
//! Taking and giving BUSY are locked instructions. Behind a publication each would wait until the
//! reader's processor gives up the cache line, several times as long as all the rest of a put. So a
//! handle becomes BIASED to the first thread that uses it, its owner, which from then on enters and
//! leaves by plain stores to a record of its own (`thread.rs`) that lives for ever:
//!
//! ```text
//! enter: inside = handle; look at state       leave: inside = 0; look at state
//! ```
//!
//! The owner is in if it finds OPEN and BIASED and no other flag. A thread that also wants in turns
//! BIASED into REVOKED; one that closes sets CLOSING. Either then has every thread pass a barrier
//! (`barrier.rs`), and reads the owner's `inside`. If R is the change of the state, then
//!
//! ```text
//! the owner's look at the state | the other finds              | outcome
//! ------------------------------|------------------------------|--------------------------------
//! on entering, before R         | handle: the store was before | the owner is in; the other is
//!                               | the barrier                  | BUSY, a close is the owner's
//! on entering, after R          | handle, or 0                 | the owner goes out again
//! on leaving, before R          | 0: as above                  | the other is in, or finishes
//! on leaving, after R           | handle, or 0                 | the other is BUSY, or in
//! ```
//!
//! In the rows "after R" the owner sees CLOSING, too, and whoever is the first to set FINISHING
//! finishes. So never two are in, and never nobody finishes. REVOKED becomes SHARED when somebody
//! has found the owner outside; from then on, as in a kernel without the barrier, there is BUSY
//! only. An owner that was held up before its store to `inside` writes to nobody else's memory, and
//! finds another generation, or another owner.
//!
//! The owner of several handles, as in `sipc_wait`, is inside one by its record and has BUSY in the
//! others. An interrupt is a visitor and needs no barrier, so it stays fit for signal handlers.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{Ordering, compiler_fence};

use simpleipc::{Error, Result, Status};

use crate::barrier;
use crate::channel::Channel;
use crate::generated::sipc_channel;
use crate::place::{
    BIASED, BUSY, CLOSING, FINISHING, FLAGS, GENERATION, GENERATION_ONE, HANDLES_MAX, OPEN, Opened,
    Place, REVOKED, SHARED, VISITOR, VISITORS, closed, encode, index_of, is_open, locate, reserve,
};
use crate::thread::Record;

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
    place.process.store(std::process::id(), Ordering::Relaxed);
    let generation = place.state.load(Ordering::Relaxed) & GENERATION;
    let bias = if barrier::is_there() { 0 } else { SHARED };
    // sync place-open/release -> enter_by(), seize(), update(): whoever sees OPEN sees `opened` and
    // `process`.
    place
        .state
        .store(generation | bias | OPEN, Ordering::Release);
    Ok(encode(index, generation))
}

/// Works with the channel behind a handle; no other thread can meanwhile.
#[inline(always)]
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
    generation: u64,
    /// By leave of this record; else this thread holds BUSY.
    by: Option<&'static Record>,
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
    #[inline(always)]
    fn deref(&self) -> &Channel {
        // SAFETY: this thread is inside: `opened` is set and nobody else touches `channel`.
        unsafe { &*(*self.place.opened.load(Ordering::Relaxed)).channel.get() }
    }
}

impl DerefMut for Entered {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Channel {
        // SAFETY: as in deref(), and `self` is borrowed exclusively.
        unsafe { &mut *(*self.place.opened.load(Ordering::Relaxed)).channel.get() }
    }
}

impl Drop for Entered {
    #[inline(always)]
    fn drop(&mut self) {
        match self.by {
            Some(record) => leave_by(record, self.place, self.generation),
            None => give_back(self.place, self.generation),
        }
    }
}

/// Begins to work with a handle.
#[inline(always)]
pub(crate) fn enter(handle: *mut sipc_channel) -> Result<Entered> {
    let place = Place::of(handle);
    match place.owner() {
        Some(record) if record.is_mine() && record.inside.load(Ordering::Relaxed) == 0 => {
            enter_by(record, place, handle)
        }
        _ => seize(handle),
    }
}

/// Enters by the record of this thread, if the handle is biased to it.
#[inline(always)]
fn enter_by(
    record: &'static Record,
    place: &'static Place,
    handle: *mut sipc_channel,
) -> Result<Entered> {
    // sync handle-left/release -> is_owner_inside(): what this thread did to the channel before.
    record.inside.store(handle.addr(), Ordering::Release);
    // sync inside/seqcst: the store before the look; see the head of this file.
    compiler_fence(Ordering::SeqCst);
    // sync place-open/acquire <- register(); the bias with its owner <- give_back().
    let state = place.state.load(Ordering::Acquire);
    let generation = state & GENERATION;
    if encode(index_of(handle), generation) == handle
        && state & FLAGS == OPEN | BIASED
        && place.is_owned_by(record)
    {
        return Ok(Entered {
            place,
            generation,
            by: Some(record),
        });
    }
    turn_back(record, handle)
}

/// Goes out again, and tries it as everybody else does.
#[cold]
fn turn_back(record: &'static Record, handle: *mut sipc_channel) -> Result<Entered> {
    match locate(handle) {
        // Who closes may have found us inside and left the rest to us.
        Ok((place, generation)) => leave_by(record, place, generation),
        Err(_) => record.inside.store(0, Ordering::Relaxed),
    }
    seize(handle)
}

#[inline(always)]
fn leave_by(record: &'static Record, place: &Place, generation: u64) {
    // sync handle-left/release -> is_owner_inside(): what this thread did to the channel.
    record.inside.store(0, Ordering::Release);
    // sync inside/seqcst: the store before the look; see the head of this file.
    compiler_fence(Ordering::SeqCst);
    if place.state.load(Ordering::Relaxed) & CLOSING != 0 {
        finish_as_owner(record, place, generation);
    }
}

/// Finishes a close that may have been left to this thread. Not if it never was the owner: then
/// that one may be inside.
#[cold]
fn finish_as_owner(record: &Record, place: &Place, generation: u64) {
    // sync place-open/acquire: the owner <- give_back(), which came before the close.
    let state = place.state.load(Ordering::Acquire);
    if state & GENERATION == generation && place.is_owned_by(record) {
        finish(place, generation);
    }
}

/// Takes BUSY, from the owner if need be.
#[cold]
fn seize(handle: *mut sipc_channel) -> Result<Entered> {
    let (place, generation) = locate(handle)?;
    // sync place-open/acquire <- register(); the bias with its owner <- give_back().
    let mut seen = place.state.load(Ordering::Acquire);
    loop {
        if !is_open(seen, generation) {
            return Err(closed());
        }
        if seen & BUSY != 0 {
            return Err(busy(place));
        }
        let next = if seen & BIASED != 0 && !place.owner().is_some_and(Record::is_mine) {
            seen - BIASED + REVOKED
        } else if is_owner_inside(place, seen, handle) {
            return Err(busy(place));
        } else if seen & REVOKED != 0 {
            seen - REVOKED + SHARED + BUSY
        } else {
            seen + BUSY
        };
        // sync handle-left/acquire <- give_back(); place-open/acquire <- register().
        let swap = place
            .state
            .compare_exchange(seen, next, Ordering::Acquire, Ordering::Acquire);
        match swap {
            Ok(_) if next & BUSY != 0 => break,
            Ok(_) => seen = next,
            Err(now) => seen = now,
        }
    }
    if seen & REVOKED != 0 {
        // So that the owner of old need not try its record any more.
        place.owner.store(ptr::null_mut(), Ordering::Relaxed);
    }
    Ok(Entered {
        place,
        generation,
        by: None,
    })
}

/// Gives BUSY back. The first thread to do so becomes the owner of the handle.
#[cold]
fn give_back(place: &Place, generation: u64) {
    let mut change = BUSY.wrapping_neg();
    // Relaxed: nobody but the thread that has BUSY changes a state without these.
    if place.state.load(Ordering::Relaxed) & (BIASED | REVOKED | SHARED) == 0 {
        let record = Record::mine();
        let owner = record.map_or(ptr::null_mut(), |record| ptr::from_ref(record).cast_mut());
        place.owner.store(owner, Ordering::Relaxed);
        change = change.wrapping_add(record.map_or(SHARED, |_| BIASED));
    }
    // sync handle-left/release -> seize(), finish(): what this thread did to the channel.
    // place-open/release -> enter_by(), seize(): whoever sees BIASED sees to whom.
    let before = place.state.fetch_add(change, Ordering::AcqRel);
    if before & CLOSING != 0 {
        finish(place, generation);
    }
}

/// Whether the owner, if there is one, works with the handle. The caller has made sure that it
/// cannot enter any more, or is the owner.
fn is_owner_inside(place: &Place, state: u64, handle: *mut sipc_channel) -> bool {
    if state & (BIASED | REVOKED) == 0 {
        return false;
    }
    let Some(record) = place.owner() else {
        return false; // somebody has just found it outside
    };
    if !record.is_mine() && !barrier::all_threads() {
        return true; // the kernel has withdrawn the barrier: nobody can say, so nobody gets in
    }
    // sync handle-left/acquire <- enter_by(), leave_by().
    record.inside.load(Ordering::Acquire) == handle.addr()
}

/// Closes a handle. If another thread works with it, that thread is interrupted and finishes.
pub(crate) fn close(handle: *mut sipc_channel) -> Result<()> {
    let (place, generation) = locate(handle)?;
    let before = update(place, generation, |state| (state | CLOSING) + VISITOR)?;
    let is_used = before & BUSY != 0 || is_owner_inside(place, before, handle);
    if is_used {
        interrupt_as_visitor(place);
    }
    end_visit(place);
    if !is_used {
        finish(place, generation);
    }
    Ok(())
}

/// Interrupts the wait in progress on a handle, or else the next one.
pub(crate) fn interrupt(handle: *mut sipc_channel) -> Result<()> {
    let (place, generation) = locate(handle)?;
    update(place, generation, |state| state + VISITOR)?;
    interrupt_as_visitor(place);
    end_visit(place);
    Ok(())
}

/// The visitor's one errand. Safe in a signal handler: no lock, no heap.
fn interrupt_as_visitor(place: &Place) {
    // SAFETY: `opened` stays until the last visitor is counted out; `interrupter` is only read.
    unsafe { &(*place.opened.load(Ordering::Relaxed)).interrupter }.interrupt();
}

fn end_visit(place: &Place) {
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
        // sync place-open/acquire <- register(), give_back().
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

/// Drops the channel and frees the place, if a close waits for it and nobody has done so yet. The
/// caller has seen that nobody is inside, or was the one.
#[cold]
fn finish(place: &Place, generation: u64) {
    const PHASE: u64 = GENERATION | OPEN | BUSY | CLOSING | FINISHING;
    let mut seen = place.state.load(Ordering::Relaxed);
    loop {
        if seen & PHASE != generation | OPEN | CLOSING {
            return;
        }
        let next = seen | FINISHING;
        // sync handle-left/acquire <- give_back(); place-open/acquire <- register().
        let swap = place
            .state
            .compare_exchange(seen, next, Ordering::Acquire, Ordering::Relaxed);
        match swap {
            Ok(_) => break,
            Err(now) => seen = now,
        }
    }
    // sync visit-over/acquire <- end_visit(). A visitor stays for one barrier and one futex call.
    while place.state.load(Ordering::Acquire) & VISITORS != 0 {
        if !place.is_mine() {
            return; // the visitor is a thread of the parent process: it never leaves in this one
        }
        std::thread::yield_now();
    }
    let opened = place.opened.swap(ptr::null_mut(), Ordering::Relaxed);
    // SAFETY: made by Box::into_raw in register(); CLOSING keeps everybody else out.
    drop(unsafe { Box::from_raw(opened) });
    // sync place-free/release -> reserve(): the place is empty.
    place
        .state
        .store(generation.wrapping_add(GENERATION_ONE), Ordering::Release);
}

#[cold]
fn busy(place: &Place) -> Error {
    if place.is_mine() {
        let sentence = "another thread is inside this handle; open one handle per thread";
        Error::new(Status::Busy, sentence)
    } else {
        let sentence = "the handle belongs to the parent process; open a new one in the child";
        Error::new(Status::Forked, sentence)
    }
}

#[cfg(test)]
#[path = "handle_test.rs"]
mod tests;
