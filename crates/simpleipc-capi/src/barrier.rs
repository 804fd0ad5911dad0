//! A barrier in every thread of this process at once, which spares the frequent side a fence.
//!
//! Who calls it has written something before and reads something after. Whoever else writes and
//! then reads, with a compiler fence in between, has then either been read or has read.
//!
//! The one file here that knows the operating system. Where there is no such barrier, `is_there`
//! says so, and handles are entered by locked instructions.

#[cfg(target_os = "linux")]
pub(crate) use linux::{all_threads, is_there};

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_there() -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn all_threads() -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicU8, Ordering, compiler_fence, fence};

    /// Whether `all_threads` will work; asked once. In a process with threads that may take
    /// milliseconds. No lock: a fork may come at any moment.
    pub(crate) fn is_there() -> bool {
        static KNOWN: AtomicU8 = AtomicU8::new(UNKNOWN);
        const UNKNOWN: u8 = 2;
        // Relaxed: whoever is late asks the kernel again and hears the same.
        match KNOWN.load(Ordering::Relaxed) {
            UNKNOWN => {
                let is_there = register();
                KNOWN.store(u8::from(is_there), Ordering::Relaxed);
                is_there
            }
            known => known == 1,
        }
    }

    /// Has every thread of this process pass a full barrier. False if the kernel refuses.
    pub(crate) fn all_threads() -> bool {
        // sync inside/seqcst: the other half of the fence that `enter_by` and `leave_by` have not.
        fence(Ordering::SeqCst);
        let barrier = || membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        let is_done = barrier() || (register() && barrier()); // a child may have to register anew
        compiler_fence(Ordering::SeqCst); // sync inside/seqcst: as above
        is_done
    }

    fn register() -> bool {
        membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
    }

    fn membarrier(command: libc::c_int) -> bool {
        // SAFETY: no pointers involved.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }
}
