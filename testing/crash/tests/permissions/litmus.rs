//! Whether the process-wide barrier reaches a process of another user.
//!
//! Two processes each store one word and then load the other's. The fast one has no fence in
//! between, as producers have none; the slow one issues the barrier, as sleepers do. Then never
//! do both load the old value (see `ring/bell.rs` in the library). Without the barrier they do,
//! now and then.

use std::fs::OpenOptions;
use std::io::Result;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering, compiler_fence};
use std::time::{Duration, Instant};

const ROUNDS: u32 = 30_000;
const TIME_MAX: Duration = Duration::from_secs(3);

/// A word on a pair of cache lines of its own.
#[repr(align(128))]
struct Cell(AtomicU32);

#[repr(C)]
struct Table {
    /// The round that may be run; `u32::MAX` when there are no more.
    round: Cell,
    /// The round that the fast one has finished.
    finished: Cell,
    fast: Cell,
    slow: Cell,
    /// What the fast one has loaded.
    seen: Cell,
}

/// Bytes of the file that both map.
pub const BYTES: u64 = size_of::<Table>() as u64;

fn map(path: &Path) -> Result<&'static Table> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    // SAFETY: a fresh shared mapping at an address of the kernel's choice; never unmapped.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            BYTES as usize,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: page-aligned, as long as the table, zeros at first, and only atomics.
    Ok(unsafe { &*base.cast::<Table>() })
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: no pointers involved.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Waits until `done`, letting others run now and then: there may be one processor.
fn until(done: impl Fn() -> bool) {
    let mut looks = 0u32;
    while !done() {
        looks += 1;
        match looks.is_multiple_of(4096) {
            true => std::thread::yield_now(),
            false => std::hint::spin_loop(),
        }
    }
}

/// The side without a fence. Answers `ok`.
pub fn fast(path: &Path) -> Result<String> {
    let table = map(path)?;
    membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
    let mut done = 0;
    loop {
        until(|| table.round.0.load(Ordering::Acquire) != done);
        done = table.round.0.load(Ordering::Acquire);
        if done == u32::MAX {
            return Ok("ok".to_string());
        }
        table.fast.0.store(done, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        let seen = table.slow.0.load(Ordering::Relaxed);
        table.seen.0.store(seen, Ordering::Relaxed);
        table.finished.0.store(done, Ordering::Release);
    }
}

/// The side with the barrier. Answers in how many of how many rounds both saw the old value.
pub fn slow(path: &Path, barrier: bool) -> Result<String> {
    let table = map(path)?;
    let began = Instant::now();
    let (mut both, mut round) = (0u32, 0u32);
    while round < ROUNDS && began.elapsed() < TIME_MAX {
        round += 1;
        table.round.0.store(round, Ordering::Release);
        // As long as the other needs to notice, a little more or less each time.
        for _ in 0..round % 64 {
            std::hint::spin_loop();
        }
        table.slow.0.store(round, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        if barrier && !membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED) {
            break;
        }
        compiler_fence(Ordering::SeqCst);
        let seen = table.fast.0.load(Ordering::Relaxed);
        until(|| table.finished.0.load(Ordering::Acquire) == round);
        let other = table.seen.0.load(Ordering::Relaxed);
        both += u32::from(seen != round && other != round);
    }
    table.round.0.store(u32::MAX, Ordering::Release);
    Ok(format!("{both} of {round}"))
}
