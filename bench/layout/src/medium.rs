//! Two ways to carry a message that does not fit a slot: over consecutive slots, and in a chunk of
//! a pool with the slot naming the chunk.

use crate::lane::{BUSY, COMMIT, CONT, Got, Rx, STEP, Tx, sum};
use crate::sys::{Side, word};
use std::sync::atomic::{AtomicU64, Ordering::*, fence};

#[inline(always)]
fn fill<const W: usize>(buf: &mut [u64; W], s: u64) {
    for (i, w) in buf.iter_mut().enumerate() {
        *w = s.wrapping_add((i as u64).wrapping_mul(STEP));
    }
}

/// Payload words in the first slot and in each further slot.
const fn first_words(stride: usize) -> usize {
    stride / 8 - 2
}
const fn more_words(stride: usize) -> usize {
    stride / 8 - 1
}

/// The reader's cursor: stored when it is `every` positions behind, and, if that is not after each
/// message, when a poll finds nothing.
struct Cursor {
    word: &'static AtomicU64,
    stored: u64,
    every: u64,
}

impl Cursor {
    #[inline(always)]
    fn idle(&mut self, pos: u64) {
        if self.stored != pos {
            self.stored = pos;
            self.word.store(pos, Release);
        }
    }
    #[inline(always)]
    fn passed(&mut self, pos: u64) {
        if pos - self.stored >= self.every {
            self.stored = pos;
            self.word.store(pos, Release);
        }
    }
}

/// Slots that a message of `w` words takes.
pub const fn span(stride: usize, w: usize) -> u64 {
    1 + (w.saturating_sub(first_words(stride))).div_ceil(more_words(stride)) as u64
}

/// Sender of messages of `W` words over consecutive slots of `STRIDE` bytes. The first slot is
/// committed last, so that a message is there whole or not at all.
pub struct SpanTx<const STRIDE: usize, const W: usize> {
    ring: *mut u8,
    slots: u64,
    pos: u64,
    gate: u64,
    cursor: &'static AtomicU64,
    bell: &'static AtomicU64,
    rang: u64,
}

impl<const STRIDE: usize, const W: usize> SpanTx<STRIDE, W> {
    pub fn new(side: Side, slots: u64) -> Self {
        assert!(slots.is_power_of_two() && slots > span(STRIDE, W));
        SpanTx {
            ring: side.ring(),
            slots,
            pos: 0,
            gate: 0,
            cursor: side.cursor(),
            bell: side.bell(),
            rang: 0,
        }
    }
}

impl<const STRIDE: usize, const W: usize> Tx for SpanTx<STRIDE, W> {
    const PATTERN: u64 = W as u64;

    #[inline(always)]
    fn send(&mut self, s: u64) {
        let mut buf = [0u64; W];
        fill(&mut buf, s);
        std::hint::black_box(&mut buf);
        let n = span(STRIDE, W);
        while self.pos + n > self.gate + self.slots {
            self.gate = self.cursor.load(Acquire);
        }
        // SAFETY: every slot is inside the ring, and a slot has STRIDE bytes.
        unsafe {
            let slot = |k: u64| {
                self.ring
                    .add(((self.pos + k) & (self.slots - 1)) as usize * STRIDE)
            };
            for k in 0..n {
                word(slot(k)).store((self.pos + k) << 2 | BUSY, Relaxed);
            }
            fence(Release);
            let head = slot(0);
            word(head.add(8)).store((W * 8) as u64, Relaxed);
            let (a, rest) = buf.split_at(first_words(STRIDE).min(W));
            for (i, w) in a.iter().enumerate() {
                word(head.add(16 + i * 8)).store(*w, Relaxed);
            }
            for (k, part) in rest.chunks(more_words(STRIDE)).enumerate() {
                let at = slot(k as u64 + 1);
                for (i, w) in part.iter().enumerate() {
                    word(at.add(8 + i * 8)).store(*w, Relaxed);
                }
                word(at).store((self.pos + k as u64 + 1) << 2 | CONT, Release);
            }
            word(head).store(self.pos << 2 | COMMIT, Release);
        }
        self.pos += n;
        self.rang += self.bell.load(Relaxed) & 1;
    }
}

pub struct SpanRx<const STRIDE: usize, const W: usize> {
    ring: *mut u8,
    mask: u64,
    pos: u64,
    cursor: Cursor,
}

impl<const STRIDE: usize, const W: usize> SpanRx<STRIDE, W> {
    pub fn new(side: Side, slots: u64, every: u64) -> Self {
        let cursor = Cursor {
            word: side.cursor(),
            stored: 0,
            every,
        };
        SpanRx {
            ring: side.ring(),
            mask: slots - 1,
            pos: 0,
            cursor,
        }
    }
}

impl<const STRIDE: usize, const W: usize> Rx for SpanRx<STRIDE, W> {
    #[inline(always)]
    fn recv(&mut self) -> Got {
        let n = span(STRIDE, W);
        let mut buf = [0u64; W];
        // SAFETY: every slot is inside the ring, and a slot has STRIDE bytes.
        let bad = unsafe {
            let slot = |k: u64| {
                self.ring
                    .add(((self.pos + k) & self.mask) as usize * STRIDE)
            };
            let head = slot(0);
            let want = self.pos << 2 | COMMIT;
            while word(head).load(Acquire) != want {
                self.cursor.idle(self.pos);
            }
            let mut bad = word(head.add(8)).load(Relaxed) != (W * 8) as u64;
            let (a, rest) = buf.split_at_mut(first_words(STRIDE).min(W));
            for (i, w) in a.iter_mut().enumerate() {
                *w = word(head.add(16 + i * 8)).load(Relaxed);
            }
            for (k, part) in rest.chunks_mut(more_words(STRIDE)).enumerate() {
                let at = slot(k as u64 + 1);
                for (i, w) in part.iter_mut().enumerate() {
                    *w = word(at.add(8 + i * 8)).load(Relaxed);
                }
            }
            fence(Acquire);
            bad |= word(head).load(Relaxed) != want;
            for k in 1..n {
                bad |= word(slot(k)).load(Relaxed) != (self.pos + k) << 2 | CONT;
            }
            bad
        };
        std::hint::black_box(&mut buf);
        self.pos += n;
        self.cursor.passed(self.pos);
        Got {
            first: buf[0],
            sum: sum(&buf),
            bad,
        }
    }
}

const FREE: u64 = 0;
const LOANED: u64 = 1;
const PUBLISHED: u64 = 2;

/// Chunk header, 64 bytes: word 0 `tag << 2 | state`, word 1 the readers' reference bits.
struct Pool {
    headers: *mut u8,
    payload: *mut u8,
}

impl Pool {
    #[inline(always)]
    fn state(&self, i: usize) -> &'static AtomicU64 {
        // SAFETY: `i` is below the number of chunks, whose headers are inside the side.
        unsafe { word(self.headers.add(i * 64)) }
    }
    #[inline(always)]
    fn refs(&self, i: usize) -> &'static AtomicU64 {
        // SAFETY: as above.
        unsafe { word(self.headers.add(i * 64 + 8)) }
    }
    #[inline(always)]
    fn data<const W: usize>(&self, i: usize) -> *mut [u64; W] {
        // SAFETY: as above, for the payload area.
        unsafe { self.payload.add(i * W * 8) as *mut [u64; W] }
    }
}

/// Sender of messages of `W` words in chunks. `IN_PLACE`: the message is made in the chunk;
/// otherwise it is made in private memory and copied in, by words as in a slot. `OWN`: the chunks
/// belong to this lane alone and readers take no references, so a loan needs neither CAS nor fence.
pub struct PoolTx<const W: usize, const IN_PLACE: bool, const OWN: bool> {
    ring: *mut u8,
    slots: u64,
    gate: u64,
    cursor: &'static AtomicU64,
    bell: &'static AtomicU64,
    rang: u64,
    pool: Pool,
    chunks: usize,
    hint: usize,
    /// Which chunk the occupant of each slot holds.
    held: Vec<u32>,
}

impl<const W: usize, const IN_PLACE: bool, const OWN: bool> PoolTx<W, IN_PLACE, OWN> {
    pub fn new(side: Side, slots: u64) -> Self {
        assert!(slots.is_power_of_two());
        PoolTx {
            ring: side.ring(),
            slots,
            gate: 0,
            cursor: side.cursor(),
            bell: side.bell(),
            rang: 0,
            pool: Pool {
                headers: side.chunk_headers(),
                payload: side.chunk_payload(),
            },
            chunks: slots as usize + 32,
            hint: 0,
            held: vec![0; slots as usize],
        }
    }

    #[inline(always)]
    fn loan(&mut self, s: u64) -> usize {
        loop {
            let i = self.hint;
            self.hint = if i + 1 == self.chunks { 0 } else { i + 1 };
            let w = self.pool.state(i).load(Relaxed);
            if w & 3 != FREE {
                continue;
            }
            if OWN {
                self.pool.state(i).store(s << 2 | LOANED, Relaxed);
                return i;
            }
            if self
                .pool
                .state(i)
                .compare_exchange(w, s << 2 | LOANED, SeqCst, Relaxed)
                .is_err()
            {
                continue;
            }
            fence(SeqCst);
            if self.pool.refs(i).load(Relaxed) != 0 {
                self.pool.state(i).store(FREE, Release);
                continue;
            }
            return i;
        }
    }
}

impl<const W: usize, const IN_PLACE: bool, const OWN: bool> Tx for PoolTx<W, IN_PLACE, OWN> {
    const PATTERN: u64 = W as u64;

    #[inline(always)]
    fn send(&mut self, s: u64) {
        while s >= self.gate + self.slots {
            self.gate = self.cursor.load(Acquire);
        }
        let at = (s & (self.slots - 1)) as usize;
        if s >= self.slots {
            self.pool.state(self.held[at] as usize).store(FREE, Release);
        }
        let i = self.loan(s);
        self.held[at] = i as u32;
        // SAFETY: the chunk is loaned to this sender, so nobody else touches its payload; the slot
        // is inside the ring.
        unsafe {
            let data = self.pool.data::<W>(i);
            if IN_PLACE {
                fill(&mut *data, s);
            } else {
                let mut buf = [0u64; W];
                fill(&mut buf, s);
                std::hint::black_box(&mut buf);
                for (k, w) in buf.iter().enumerate() {
                    word((data as *mut u8).add(k * 8)).store(*w, Relaxed);
                }
            }
            self.pool.state(i).store(s << 2 | PUBLISHED, Release);
            let slot = self.ring.add(at * 64);
            word(slot).store(s << 2 | BUSY, Relaxed);
            fence(Release);
            word(slot.add(8)).store(0xffff, Relaxed);
            word(slot.add(16)).store(i as u64, Relaxed);
            word(slot.add(24)).store((W * 8) as u64, Relaxed);
            word(slot).store(s << 2 | COMMIT, Release);
        }
        self.rang += self.bell.load(Relaxed) & 1;
    }
}

/// `REF`: the reader sets and clears its reference bit; otherwise its cursor protects the chunk.
pub struct PoolRx<const W: usize, const IN_PLACE: bool, const REF: bool> {
    ring: *mut u8,
    mask: u64,
    next: u64,
    cursor: Cursor,
    pool: Pool,
}

impl<const W: usize, const IN_PLACE: bool, const REF: bool> PoolRx<W, IN_PLACE, REF> {
    pub fn new(side: Side, slots: u64, every: u64) -> Self {
        PoolRx {
            ring: side.ring(),
            mask: slots - 1,
            next: 0,
            cursor: Cursor {
                word: side.cursor(),
                stored: 0,
                every,
            },
            pool: Pool {
                headers: side.chunk_headers(),
                payload: side.chunk_payload(),
            },
        }
    }
}

impl<const W: usize, const IN_PLACE: bool, const REF: bool> Rx for PoolRx<W, IN_PLACE, REF> {
    #[inline(always)]
    fn recv(&mut self) -> Got {
        let s = self.next;
        // SAFETY: the slot is inside the ring; the chunk number was written by the sender, and the
        // chunk stays published until this reader's cursor passes it.
        unsafe {
            let slot = self.ring.add((s & self.mask) as usize * 64);
            let want = s << 2 | COMMIT;
            while word(slot).load(Acquire) != want {
                self.cursor.idle(s);
            }
            let i = word(slot.add(16)).load(Relaxed) as usize;
            let len = word(slot.add(24)).load(Relaxed);
            fence(Acquire);
            let mut bad = word(slot).load(Relaxed) != want || len != (W * 8) as u64;
            if REF {
                self.pool.refs(i).fetch_or(1, SeqCst);
                bad |= self.pool.state(i).load(Acquire) != s << 2 | PUBLISHED;
            }
            let data = self.pool.data::<W>(i);
            let (first, total) = if IN_PLACE {
                ((*data)[0], sum(&*data))
            } else {
                let mut buf = [0u64; W];
                for (k, w) in buf.iter_mut().enumerate() {
                    *w = word((data as *mut u8).add(k * 8)).load(Relaxed);
                }
                fence(Acquire);
                bad |= word(slot).load(Relaxed) != want;
                std::hint::black_box(&mut buf);
                (buf[0], sum(&buf))
            };
            if REF {
                self.pool.refs(i).fetch_and(!1, Release);
            }
            self.next = s + 1;
            self.cursor.passed(s + 1);
            Got {
                first,
                sum: total,
                bad,
            }
        }
    }
}
