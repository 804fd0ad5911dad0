//! What a thread has of its own here: a record that says which handle it is inside, and the memory
//! of messages it has let go.
//!
//! Only the thread writes its record, with plain stores; `inside` is read by others, after a
//! barrier in all threads. A thread is known by the address of its own block in memory, which the
//! processor has at hand. When it has ended, another one may get that address and with it the
//! record: at any moment the two are one thread. So records are never given back.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::message::Hold;

/// On a cache line of its own: its thread writes it in each call.
#[repr(align(64))]
pub(crate) struct Record {
    /// The thread; 0 as long as the record is nobody's.
    thread: AtomicUsize,
    /// The handle it works with by leave of its record; 0 if none.
    pub(crate) inside: AtomicUsize,
    /// Boxes without contents. Relaxed: only the thread itself touches them.
    spares: [AtomicPtr<Hold>; SPARES_MAX],
    spare_count: AtomicUsize,
}

impl Record {
    const fn new() -> Record {
        Record {
            thread: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            spares: [const { AtomicPtr::new(ptr::null_mut()) }; SPARES_MAX],
            spare_count: AtomicUsize::new(0),
        }
    }

    /// That of the calling thread; `None` if there have been too many threads.
    #[inline]
    pub(crate) fn mine() -> Option<&'static Record> {
        let me = this_thread();
        // Takes the upper bits of the product, which depend on all of the lower ones.
        let first = ((me >> 6) as u32).wrapping_mul(0x9e37_79b9) >> (u32::BITS - RECORDS_BITS);
        let mut nearest = (0..PROBES_MAX).map(|step| {
            let index = (first as usize + step) % RECORDS.len();
            &RECORDS[index]
        });
        // Relaxed: a thread needs nothing of the one before it.
        nearest.find(|record| match record.thread.load(Ordering::Relaxed) {
            0 => {
                let claim = &record.thread;
                claim
                    .compare_exchange(0, me, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            }
            thread => thread == me,
        })
    }

    /// Whether it is that of the calling thread.
    #[inline(always)]
    pub(crate) fn is_mine(&self) -> bool {
        // Relaxed: only the thread itself ever reads its own address here.
        self.thread.load(Ordering::Relaxed) == this_thread()
    }
}

/// Memory for a message, if possible that of one which this thread has let go.
#[inline(always)]
pub(crate) fn memory() -> Box<MaybeUninit<Hold>> {
    if let Some(record) = Record::mine()
        && let Some(last) = record.spare_count.load(Ordering::Relaxed).checked_sub(1)
    {
        record.spare_count.store(last, Ordering::Relaxed);
        let spare = record.spares[last % SPARES_MAX].load(Ordering::Relaxed);
        // SAFETY: Box::into_raw in `keep` made it, and the count says that nobody has it now.
        return unsafe { Box::from_raw(spare.cast()) };
    }
    Box::new_uninit()
}

/// Keeps the memory of a message for another one, unless this thread has enough of it.
#[inline(always)]
pub(crate) fn keep(memory: Box<MaybeUninit<Hold>>) {
    if let Some(record) = Record::mine() {
        let count = record.spare_count.load(Ordering::Relaxed);
        if let Some(spare) = record.spares.get(count) {
            spare.store(Box::into_raw(memory).cast(), Ordering::Relaxed);
            record.spare_count.store(count + 1, Ordering::Relaxed);
        }
    }
}

/// Differs from that of every other thread that lives.
#[inline(always)]
fn this_thread() -> usize {
    let address: usize;
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    // SAFETY: the System V ABI for x86-64 has the thread's block begin with its own address.
    unsafe {
        std::arch::asm!(
            "mov {}, fs:0", out(reg) address,
            options(pure, readonly, nostack, preserves_flags)
        );
    }
    #[cfg(all(target_arch = "aarch64", target_os = "linux"))]
    // SAFETY: reads a register.
    unsafe {
        std::arch::asm!("mrs {}, tpidr_el0", out(reg) address, options(pure, nomem, nostack));
    }
    #[cfg(not(all(
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_os = "linux"
    )))]
    {
        thread_local!(static MARK: u64 = const { 0 });
        address = MARK.with(|mark| ptr::from_ref(mark).addr());
    }
    address
}

/// Threads of one process, also of the past; 64 bytes each, untouched memory until used.
static RECORDS: [Record; 1 << RECORDS_BITS] = [const { Record::new() }; 1 << RECORDS_BITS];
const RECORDS_BITS: u32 = 12;

/// A thread that finds none of so many records free does without one.
const PROBES_MAX: usize = 32;

/// As many as the cache line has room for.
const SPARES_MAX: usize = 5;
