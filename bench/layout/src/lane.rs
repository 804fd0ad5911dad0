//! The one-slot-per-message lane: a ring of slots with one writer, a seqlock in each slot, and a
//! cursor of the reader that the writer looks at only when its private copy says "full".
//!
//! Slot: word 0 `s << 2 | BUSY or COMMIT`, word 1 header, then the payload.

use crate::sys::{Side, clock_ns, futex_wait, futex_wake, membarrier, ticks, word};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*, compiler_fence, fence};

pub const BUSY: u64 = 1;
pub const COMMIT: u64 = 2;
/// Committed continuation of a spanned message.
pub const CONT: u64 = 3;

pub const NO_FENCE: u8 = 0;
pub const FENCE: u8 = 1;
pub const READY_BIT: u8 = 2;

pub const NO_STAMP: u8 = 0;
pub const CLOCK: u8 = 1;
pub const TSC: u8 = 2;
pub const CLOCK_PER_32: u8 = 3;

/// Bytes before the payload of a slot, and bytes of a stamp.
const HEADER: usize = 16;
const STAMP_LEN: usize = 8;

/// Where a stamp behind `len` bytes of payload ends.
const fn stamp_end(len: usize) -> usize {
    HEADER + len.next_multiple_of(8) + STAMP_LEN
}

// 40 bytes and a stamp are in the first line; 104 bytes and a stamp are in a slot of 128.
const _: () = assert!(stamp_end(40) <= 64 && stamp_end(104) <= 128);

/// Word `i` of message `s` is `s + i * STEP`.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sender of numbered messages; it blocks, spinning, while there is no room.
pub trait Tx {
    /// Words of pattern in each message.
    const PATTERN: u64;
    fn send(&mut self, s: u64);
}

/// What came out of one message.
pub struct Got {
    pub first: u64,
    pub sum: u64,
    pub bad: bool,
}

/// A receiver; it spins until the next message is there.
pub trait Rx {
    fn recv(&mut self) -> Got;
}

#[inline(always)]
pub fn sum<const W: usize>(buf: &[u64; W]) -> u64 {
    buf.iter().fold(0u64, |a, w| a.wrapping_add(*w))
}

pub struct LaneTx<const STRIDE: usize, const W: usize, const F: u8, const STAMP: u8> {
    ring: *mut u8,
    slots: u64,
    gate: u64,
    cursor: &'static AtomicU64,
    bell: &'static AtomicU64,
    ready: &'static AtomicU64,
    ready_bit: u64,
    stamp: u64,
    /// Pauses between two looks at the cursor while the ring is full.
    pauses: u32,
    rang: u64,
}

impl<const STRIDE: usize, const W: usize, const F: u8, const STAMP: u8>
    LaneTx<STRIDE, W, F, STAMP>
{
    pub fn new(side: Side, slots: u64) -> Self {
        Self::at(side, side.ring(), slots, 0)
    }

    /// A lane whose ring starts at `ring`; `lane` is its number in the ready bitmap.
    pub fn at(side: Side, ring: *mut u8, slots: u64, lane: usize) -> Self {
        const { assert!(16 + W * 8 <= STRIDE) };
        assert!(slots.is_power_of_two());
        LaneTx {
            ring,
            slots,
            gate: 0,
            cursor: side.cursor(),
            bell: side.bell(),
            ready: side.bitmap(),
            ready_bit: 1 << lane,
            stamp: 0,
            pauses: 0,
            rang: 0,
        }
    }

    pub fn pauses(self, pauses: u32) -> Self {
        LaneTx { pauses, ..self }
    }
}

impl<const STRIDE: usize, const W: usize, const F: u8, const STAMP: u8> Tx
    for LaneTx<STRIDE, W, F, STAMP>
{
    const PATTERN: u64 = if STAMP == NO_STAMP {
        W as u64
    } else {
        W as u64 - 1
    };

    #[inline(always)]
    fn send(&mut self, s: u64) {
        if s >= self.gate + self.slots {
            loop {
                self.gate = self.cursor.load(Acquire);
                if s < self.gate + self.slots {
                    break;
                }
                for _ in 0..self.pauses {
                    std::hint::spin_loop();
                }
            }
        }
        // SAFETY: the slot is inside the ring, which is inside the region.
        unsafe {
            let slot = self.ring.add((s & (self.slots - 1)) as usize * STRIDE);
            word(slot).store(s << 2 | BUSY, Relaxed);
            fence(Release);
            word(slot.add(8)).store((W * 8) as u64, Relaxed);
            for i in 0..Self::PATTERN {
                let v = s.wrapping_add(i.wrapping_mul(STEP));
                word(slot.add(16 + i as usize * 8)).store(v, Relaxed);
            }
            if STAMP != NO_STAMP {
                match STAMP {
                    CLOCK => self.stamp = clock_ns(),
                    TSC => self.stamp = ticks(),
                    _ if s & 31 == 0 => self.stamp = clock_ns(),
                    _ => {}
                }
                word(slot.add(16 + (W - 1) * 8)).store(self.stamp, Relaxed);
            }
            word(slot).store(s << 2 | COMMIT, Release);
        }
        match F {
            FENCE => fence(SeqCst),
            READY_BIT => {
                self.ready.fetch_or(self.ready_bit, Release);
            }
            _ => compiler_fence(SeqCst),
        }
        if self.bell.load(Relaxed) & 1 != 0 {
            self.rang += 1;
        }
    }
}

/// Copies message `s` out of its slot once it is committed; `None` while it is not.
#[inline(always)]
fn read_slot<const W: usize>(slot: *mut u8, s: u64, stamped: bool, last: &mut u64) -> Option<Got> {
    // SAFETY: the caller passes a slot of at least 16 + W * 8 bytes inside the region.
    unsafe {
        let want = s << 2 | COMMIT;
        if word(slot).load(Acquire) != want {
            return None;
        }
        let mut buf = [0u64; W];
        let len = word(slot.add(8)).load(Relaxed);
        for (i, b) in buf.iter_mut().enumerate() {
            *b = word(slot.add(16 + i * 8)).load(Relaxed);
        }
        fence(Acquire);
        let mut bad = word(slot).load(Relaxed) != want || len != (W * 8) as u64;
        // The copy really is made, as an application would get it.
        std::hint::black_box(&mut buf);
        let mut total = sum(&buf);
        if stamped {
            let stamp = buf[W - 1];
            total = total.wrapping_sub(stamp);
            bad |= stamp < *last;
            *last = stamp;
        }
        Some(Got {
            first: buf[0],
            sum: total,
            bad,
        })
    }
}

/// In the place of `EVERY`: the cursor is stored after 32 messages, and when a poll finds nothing.
pub const LAZY: u64 = 0;

/// `EVERY`: the cursor is stored after that many messages.
pub struct LaneRx<const STRIDE: usize, const W: usize, const STAMPED: bool, const EVERY: u64> {
    ring: *mut u8,
    mask: u64,
    next: u64,
    stored: u64,
    cursor: &'static AtomicU64,
    last: u64,
}

impl<const STRIDE: usize, const W: usize, const STAMPED: bool, const EVERY: u64>
    LaneRx<STRIDE, W, STAMPED, EVERY>
{
    pub fn new(side: Side, slots: u64) -> Self {
        LaneRx {
            ring: side.ring(),
            mask: slots - 1,
            next: 0,
            stored: 0,
            cursor: side.cursor(),
            last: 0,
        }
    }

    #[inline(always)]
    fn try_recv(&mut self) -> Option<Got> {
        // SAFETY: inside the ring.
        let slot = unsafe { self.ring.add((self.next & self.mask) as usize * STRIDE) };
        let Some(got) = read_slot::<W>(slot, self.next, STAMPED, &mut self.last) else {
            if EVERY == LAZY && self.stored != self.next {
                self.stored = self.next;
                self.cursor.store(self.next, Release);
            }
            return None;
        };
        self.next += 1;
        if self
            .next
            .is_multiple_of(if EVERY == LAZY { 32 } else { EVERY })
        {
            self.stored = self.next;
            self.cursor.store(self.next, Release);
        }
        Some(got)
    }
}

impl<const STRIDE: usize, const W: usize, const STAMPED: bool, const EVERY: u64> Rx
    for LaneRx<STRIDE, W, STAMPED, EVERY>
{
    #[inline(always)]
    fn recv(&mut self) -> Got {
        loop {
            if let Some(g) = self.try_recv() {
                return g;
            }
        }
    }
}

/// A sender that wakes a sleeping receiver. `F` is `FENCE`, or `NO_FENCE` where the receiver calls
/// membarrier.
pub struct WakeTx<const F: u8> {
    lane: LaneTx<64, 6, F, NO_STAMP>,
    bell: &'static AtomicU32,
}

/// A receiver that sleeps whenever it finds nothing, after the handshake of the bell: announce,
/// make sure (`BARRIER`: by membarrier), look again, sleep.
pub struct SleepRx<const BARRIER: bool> {
    lane: LaneRx<64, 6, false, 1>,
    bell: &'static AtomicU32,
}

impl<const F: u8> WakeTx<F> {
    pub fn new(side: Side) -> Self {
        WakeTx {
            lane: LaneTx::new(side, 256),
            bell: side.futex(),
        }
    }
}

impl<const F: u8> Tx for WakeTx<F> {
    const PATTERN: u64 = 6;

    #[inline(always)]
    fn send(&mut self, s: u64) {
        self.lane.send(s);
        let b = self.bell.load(Relaxed);
        if b & 1 != 0 {
            let next = b.wrapping_add(2) & !1;
            if self.bell.compare_exchange(b, next, SeqCst, Relaxed).is_ok() {
                futex_wake(self.bell);
            }
        }
    }
}

impl<const BARRIER: bool> SleepRx<BARRIER> {
    pub fn new(side: Side) -> Self {
        SleepRx {
            lane: LaneRx::new(side, 256),
            bell: side.futex(),
        }
    }
}

impl<const BARRIER: bool> Rx for SleepRx<BARRIER> {
    #[inline(always)]
    fn recv(&mut self) -> Got {
        loop {
            if let Some(g) = self.lane.try_recv() {
                return g;
            }
            let b = self.bell.fetch_or(1, SeqCst) | 1;
            if BARRIER {
                membarrier();
            } else {
                fence(SeqCst);
            }
            if let Some(g) = self.lane.try_recv() {
                return g;
            }
            futex_wait(self.bell, b);
        }
    }
}

/// A reader of many lanes of 64-byte slots. It finds them by a bitmap: of the lanes in use, whose
/// next slots it polls in turn (`READY` false), or of the lanes that rang (`READY` true).
pub struct ScanRx<const READY: bool> {
    ring: *mut u8,
    lane_len: usize,
    slots: u64,
    next: [u64; 64],
    pending: u64,
    used: &'static AtomicU64,
    cursor: &'static AtomicU64,
}

impl<const READY: bool> ScanRx<READY> {
    pub fn new(side: Side, lanes: u32, lane_len: usize, slots: u64) -> Self {
        if !READY {
            side.bitmap().store(u64::MAX >> (64 - lanes), Relaxed);
        }
        ScanRx {
            ring: side.ring(),
            lane_len,
            slots,
            next: [0; 64],
            pending: 0,
            used: side.bitmap(),
            cursor: side.cursor(),
        }
    }
}

impl<const READY: bool> Rx for ScanRx<READY> {
    #[inline(always)]
    fn recv(&mut self) -> Got {
        loop {
            if self.pending == 0 {
                self.pending = self.used.load(Acquire);
                if READY && self.pending != 0 {
                    self.pending = self.used.swap(0, AcqRel);
                }
            }
            while self.pending != 0 {
                let l = self.pending.trailing_zeros() as usize;
                self.pending &= self.pending - 1;
                let n = self.next[l];
                let at = l * self.lane_len + (n & (self.slots - 1)) as usize * 64;
                // SAFETY: lane `l` and its slots are inside the side's ring area.
                let slot = unsafe { self.ring.add(at) };
                if let Some(g) = read_slot::<6>(slot, n, false, &mut 0) {
                    self.next[l] = n + 1;
                    self.cursor.store(n + 1, Release);
                    return g;
                }
            }
        }
    }
}
