//! Clock, sleeping and waking, and process-wide barriers on Linux.

use crate::sync::{AtomicU32, Ordering, compiler_fence};
use std::sync::OnceLock;
use std::time::Duration;

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Woken, or the word had changed, or for no reason at all: look again.
    Look,
    /// The time was over.
    TimedOut,
    /// A signal handler ran in this thread.
    Interrupted,
}

/// CLOCK_MONOTONIC in nanoseconds.
#[inline]
pub fn now_ns() -> i64 {
    // SAFETY: plain data, written by the call.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: valid pointer; this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as i64 * 1_000_000_000 + time.tv_nsec as i64
}

/// Changes with every boot of the machine; zeros if the system does not say.
pub fn boot_id() -> [u8; 16] {
    static BOOT_ID: OnceLock<[u8; 16]> = OnceLock::new();
    *BOOT_ID.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let mut id = [0u8; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).unwrap_or("0");
            *byte = u8::from_str_radix(pair, 16).unwrap_or(0);
        }
        id
    })
}

/// Whether a boot id is known to be of another boot than this one.
pub fn is_other_boot(id: [u8; 16]) -> bool {
    let known = |id: [u8; 16]| id != [0; 16];
    known(id) && known(boot_id()) && id != boot_id()
}

fn timespec(time: Duration) -> libc::timespec {
    // SAFETY: plain data, all of it integers.
    let mut spec: libc::timespec = unsafe { std::mem::zeroed() };
    spec.tv_sec = time.as_secs() as libc::time_t;
    spec.tv_nsec = time.subsec_nanos() as _;
    spec
}

/// Sleeps while `word` is `expected`, at most `time`.
pub fn wait_on(word: &AtomicU32, expected: u32, time: Duration) -> Waited {
    let time = timespec(time);
    // SAFETY: the word is valid for the call; FUTEX_WAIT (shared) only reads it.
    let done = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            expected,
            &time,
            0,
            0,
        )
    };
    waited(done)
}

fn waited(done: libc::c_long) -> Waited {
    if done >= 0 {
        return Waited::Look;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::ETIMEDOUT) => Waited::TimedOut,
        Some(libc::EINTR) => Waited::Interrupted,
        _ => Waited::Look,
    }
}

/// One word of `futex_waitv`, as the kernel wants it.
#[repr(C)]
struct WaitvEntry {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

/// A point in time, as `futex_waitv` wants it in 32-bit processes too.
#[repr(C)]
struct WaitvTime {
    seconds: i64,
    nanoseconds: i64,
}

/// Most words [`wait_on_any`] takes.
pub const WAIT_WORDS_MAX: usize = 128;

/// Sleeps while every word has its expected value, at most `time`. On a kernel without
/// `futex_waitv` the sleep on the first word is short, so that the others are looked at often.
pub fn wait_on_any(words: &[(&AtomicU32, u32)], time: Duration) -> Waited {
    const FUTEX2_SIZE_U32: u32 = 2;
    if let [(word, expected)] = words {
        return wait_on(word, *expected, time);
    }
    let entries: Vec<WaitvEntry> = words
        .iter()
        .take(WAIT_WORDS_MAX)
        .map(|(word, expected)| WaitvEntry {
            value: u64::from(*expected),
            address: word.as_ptr() as u64,
            flags: FUTEX2_SIZE_U32,
            reserved: 0,
        })
        .collect();
    let until = now_ns() + time.as_nanos().min(i64::MAX as u128 / 2) as i64;
    let until = WaitvTime {
        seconds: until / 1_000_000_000,
        nanoseconds: until % 1_000_000_000,
    };
    // SAFETY: the entries and the deadline are valid for the call, and so are the words.
    let done = unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            entries.as_ptr(),
            entries.len() as libc::c_uint,
            0 as libc::c_uint,
            &until,
            libc::CLOCK_MONOTONIC,
        )
    };
    let error = std::io::Error::last_os_error().raw_os_error();
    if done < 0 && matches!(error, Some(libc::ENOSYS | libc::EPERM | libc::EINVAL)) {
        return wait_on_each(words, time);
    }
    waited(done)
}

/// Short sleeps on the first word, with a look at the others in between.
fn wait_on_each(words: &[(&AtomicU32, u32)], time: Duration) -> Waited {
    const SLICE: Duration = Duration::from_millis(2);
    let mut left = time;
    while !left.is_zero() {
        let (first, expected) = words[0];
        let slice = left.min(SLICE);
        match wait_on(first, expected, slice) {
            Waited::TimedOut => left -= slice,
            other => return other,
        }
        let changed =
            |(word, expected): &(&AtomicU32, u32)| word.load(Ordering::Relaxed) != *expected;
        if words.iter().any(changed) {
            return Waited::Look;
        }
    }
    Waited::TimedOut
}

/// Wakes everybody who sleeps on the word, in whatever process.
pub fn wake_all(word: &AtomicU32) {
    // Never refused: nobody looks at the answer.
    crate::sync::refusal("wake");
    // SAFETY: the address is valid; FUTEX_WAKE does not touch the memory.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE,
            i32::MAX,
            0,
            0,
            0,
        )
    };
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: no pointers involved.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Declares this process to be one whose stores `barrier` of any process may order. False when
/// the kernel cannot: then producers here must fence after each publication.
pub fn register_producer() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED.get_or_init(|| membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED))
}

/// Makes every registered process pass a full barrier. False when the kernel cannot.
pub fn barrier() -> bool {
    // sync bell/seqcst: the other half of the producers' missing fence; see `ring::bell`.
    crate::sync::fence(Ordering::SeqCst);
    let done = membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED);
    compiler_fence(Ordering::SeqCst); // sync bell/seqcst: as above
    done
}
