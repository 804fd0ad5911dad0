//! A ring for one sender and one receiver that know each other: slots of 128 bytes, one releasing
//! store for each message, positions that each side keeps to itself. Messages above 104 bytes are
//! in a ring of bytes beside it.
//!
//! The receiver says how far it is every 64 messages, after a large message, and when it has found
//! nothing; the sender looks at that only when there seems to be no room. Both spin.

use crate::shared::Shared;
use anyhow::Result;
use harness::{Spec, System};
use std::sync::atomic::Ordering;

pub const RING: u8 = 0;
pub const MEMCPY: u8 = 1;

/// So many that the slots do not fit into a core's first cache: reading a line that is still in the
/// first cache of the other core takes three times as long as from the second.
const SLOTS: usize = 4096;
const SLOT_BYTES: usize = 128;
/// Within a slot: which message it holds, counted from 1; its length; the message, or where it is.
const NUMBER_AT: usize = 0;
const LEN_AT: usize = 8;
const SMALL_AT: usize = 16;
const SMALL_BYTES_MAX: usize = 104;

/// How many messages the receiver has taken; alone in its lines.
const TAKEN_AT: usize = 0;
const SLOTS_AT: usize = 128;
const LARGE_AT: usize = SLOTS_AT + SLOTS * SLOT_BYTES;
/// The ring of bytes has room for some messages of the largest size, and is not small.
const LARGE_MESSAGES: usize = 4;
const LARGE_BYTES_MIN: usize = 1 << 20;

const MESSAGES_PER_REPORT: u64 = 64;
const LARGE_REPORT_BYTES: usize = 4096;

/// The kinds differ in their names.
pub struct Ring<const KIND: u8>;

impl<const KIND: u8> System for Ring<KIND> {
    const NAME: &'static str = match KIND {
        RING => "ring",
        _ => "memcpy",
    };
    type Output = Output;
    type Input = Input;

    fn open_output(spec: &Spec) -> Result<Output> {
        Ok(Output {
            shared: Shared::open(spec, LARGE_AT + large_bytes(spec))?,
            large_bytes: large_bytes(spec),
            sent: 0,
            taken: 0,
            at: 0,
            ends: vec![0; SLOTS],
        })
    }

    fn open_input(spec: &Spec) -> Result<Input> {
        Ok(Input {
            shared: Shared::make(spec, LARGE_AT + large_bytes(spec))?,
            taken: 0,
            told: 0,
        })
    }
}

fn large_bytes(spec: &Spec) -> usize {
    (LARGE_MESSAGES * spec.max_bytes.next_multiple_of(64)).max(LARGE_BYTES_MIN)
}

fn slot(message: u64) -> usize {
    SLOTS_AT + (message as usize % SLOTS) * SLOT_BYTES
}

pub struct Output {
    shared: Shared,
    large_bytes: usize,
    sent: u64,
    /// What the receiver had taken when the sender last looked.
    taken: u64,
    /// Bytes of the ring of bytes that have been used, those left out at its end included.
    at: u64,
    /// The same as it was after each message.
    ends: Vec<u64>,
}

impl Output {
    fn look(&mut self) {
        // sync ring-room/acquire: what was taken has been read before it is overwritten.
        self.taken = self.shared.word(TAKEN_AT).load(Ordering::Acquire);
    }

    /// Where `len` bytes of the ring of bytes are free, one after the other.
    fn large_place(&mut self, len: usize) -> usize {
        let size = self.large_bytes as u64;
        let within = self.at % size;
        // A message is never cut in two; what is too short for it at the end stays empty.
        let begin = match within + len as u64 <= size {
            true => self.at,
            false => self.at - within + size,
        };
        let end = begin + (len as u64).next_multiple_of(64);
        while end - self.freed() > size {
            self.look();
        }
        self.at = end;
        (begin % size) as usize
    }

    /// Up to where the ring of bytes is free.
    fn freed(&self) -> u64 {
        match self.taken {
            0 => 0,
            taken => self.ends[(taken - 1) as usize % SLOTS],
        }
    }
}

impl harness::Output for Output {
    #[inline]
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        while self.sent - self.taken >= SLOTS as u64 {
            self.look();
        }
        let slot = slot(self.sent);
        let mut at = slot + SMALL_AT;
        if len > SMALL_BYTES_MAX {
            let place = self.large_place(len);
            self.shared.word(at).store(place as u64, Ordering::Relaxed);
            at = LARGE_AT + place;
        }
        // SAFETY: the receiver has taken what was here, and reads it again only when the number of
        // the slot says so.
        fill(unsafe { self.shared.bytes_mut(at, len) });
        self.shared
            .word(slot + LEN_AT)
            .store(len as u64, Ordering::Relaxed);
        self.ends[self.sent as usize % SLOTS] = self.at;
        self.sent += 1;
        // sync ring-message/release: whoever sees the number sees the message.
        self.shared
            .word(slot + NUMBER_AT)
            .store(self.sent, Ordering::Release);
        Ok(())
    }
}

pub struct Input {
    shared: Shared,
    taken: u64,
    /// What the sender has been told.
    told: u64,
}

impl Input {
    fn tell(&mut self) {
        self.told = self.taken;
        // sync ring-room/release: what was taken has been read before the sender learns of it.
        self.shared
            .word(TAKEN_AT)
            .store(self.taken, Ordering::Release);
    }
}

impl harness::Input for Input {
    #[inline]
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let slot = slot(self.taken);
        // sync ring-message/acquire: the message is read after its number.
        while self.shared.word(slot + NUMBER_AT).load(Ordering::Acquire) != self.taken + 1 {
            if self.told != self.taken {
                self.tell();
            }
        }
        let len = self.shared.word(slot + LEN_AT).load(Ordering::Relaxed) as usize;
        let at = match len {
            ..=SMALL_BYTES_MAX => slot + SMALL_AT,
            _ => LARGE_AT + self.shared.word(slot + SMALL_AT).load(Ordering::Relaxed) as usize,
        };
        // SAFETY: the sender writes here again only when it has been told that this was taken.
        each(unsafe { self.shared.bytes(at, len) });
        self.taken += 1;
        if self.taken - self.told >= MESSAGES_PER_REPORT || len > LARGE_REPORT_BYTES {
            self.tell();
        }
        Ok(1)
    }
}
