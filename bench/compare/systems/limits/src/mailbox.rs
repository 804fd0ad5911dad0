//! One place for one message, and a count that says when it is there. It does for works in which
//! the sender waits for an answer; a receiver that is overtaken notices and gives up. The futex
//! also works where none answers: there the receiver says in a second count what it has taken.
//!
//! A message of up to 56 bytes is in the same cache line as the count.

use crate::shared::Shared;
use anyhow::{Result, ensure};
use harness::{Spec, System};
use std::sync::atomic::Ordering;

pub const BOUNCE: u8 = 0;
pub const FUTEX: u8 = 1;
pub const MEMCPY: u8 = 2;

/// The count and the length, half a word each, then a small message.
const COUNT_AT: usize = 0;
const LEN_AT: usize = 4;
const SMALL_AT: usize = 8;
const SMALL_BYTES_MAX: usize = 56;
const TAKEN_AT: usize = 64;
/// A larger message has lines of its own, beyond the line that is fetched along with the first.
const LARGE_AT: usize = 128;

/// The kinds differ in their names, and in that one sleeps.
pub struct Mailbox<const KIND: u8>;

impl<const KIND: u8> System for Mailbox<KIND> {
    const NAME: &'static str = match KIND {
        BOUNCE => "bounce",
        FUTEX => "futex",
        _ => "memcpy",
    };
    type Output = Output<KIND>;
    type Input = Input<KIND>;

    fn open_output(spec: &Spec) -> Result<Output<KIND>> {
        Ok(Output {
            shared: Shared::open(spec, LARGE_AT + spec.max_bytes)?,
            count: 0,
        })
    }

    fn open_input(spec: &Spec) -> Result<Input<KIND>> {
        Ok(Input {
            shared: Shared::make(spec, LARGE_AT + spec.max_bytes)?,
            count: 0,
        })
    }
}

fn place(len: usize) -> usize {
    match len {
        ..=SMALL_BYTES_MAX => SMALL_AT,
        _ => LARGE_AT,
    }
}

pub struct Output<const KIND: u8> {
    shared: Shared,
    count: u32,
}

impl<const KIND: u8> harness::Output for Output<KIND> {
    #[inline]
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        if KIND == FUTEX {
            // sync taken/acquire: the receiver has read the message before.
            while self.shared.half_word(TAKEN_AT).load(Ordering::Acquire) != self.count {
                std::thread::yield_now();
            }
        }
        // SAFETY: the receiver has read the message before, as it has answered or said so, and
        // reads this one only when the count says so.
        fill(unsafe { self.shared.bytes_mut(place(len), len) });
        self.shared
            .half_word(LEN_AT)
            .store(len as u32, Ordering::Relaxed);
        self.count = self.count.wrapping_add(1);
        // sync mailbox/release: whoever sees the count sees the message and its length.
        self.shared
            .half_word(COUNT_AT)
            .store(self.count, Ordering::Release);
        if KIND == FUTEX {
            futex(&self.shared, libc::FUTEX_WAKE, 1);
        }
        Ok(())
    }
}

pub struct Input<const KIND: u8> {
    shared: Shared,
    count: u32,
}

impl<const KIND: u8> harness::Input for Input<KIND> {
    #[inline]
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let next = self.count.wrapping_add(1);
        let count = loop {
            // sync mailbox/acquire: the message and its length are read after this.
            let count = self.shared.half_word(COUNT_AT).load(Ordering::Acquire);
            if count != self.count {
                break count;
            }
            // No pause of the processor between two looks: it would be a part of what is measured.
            if KIND == FUTEX {
                futex(&self.shared, libc::FUTEX_WAIT, self.count);
            }
        };
        ensure!(count == next, "a message was overtaken by the next one");
        self.count = next;
        let len = self.shared.half_word(LEN_AT).load(Ordering::Relaxed) as usize;
        // SAFETY: the sender writes here again only after the answer to this message, or the count.
        each(unsafe { self.shared.bytes(place(len), len) });
        if KIND == FUTEX {
            // sync taken/release: the message has been read.
            self.shared
                .half_word(TAKEN_AT)
                .store(count, Ordering::Release);
        }
        Ok(1)
    }
}

/// Sleeps while the count is `value`, or wakes as many. A call that fails has the same effect as
/// one that was woken for nothing: the caller looks again.
fn futex(shared: &Shared, operation: libc::c_int, value: u32) {
    let word = shared.half_word(COUNT_AT).as_ptr();
    let for_ever = std::ptr::null::<libc::timespec>();
    // SAFETY: the word lives as long as the mapping; the call reads it, and a null pointer stands
    // for no time-out.
    unsafe { libc::syscall(libc::SYS_futex, word, operation, value, for_ever) };
}
