//! The clock of all works: CLOCK_MONOTONIC, the same in every process.

/// Nanoseconds since some moment that is the same for all processes of the machine.
#[inline]
pub fn now_ns() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a timespec of ours that the call fills in; it keeps no reference to it.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
