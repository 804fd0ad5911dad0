//! Linux.
//!
//! | need | mechanism | since |
//! |---|---|---|
//! | unnamed file that gets its name when complete | `O_TMPFILE`, `linkat` | 3.11 |
//! | a lock that ends with its owner | open file description locks, `F_OFD_SETLK` | 3.15 |
//! | memory that is there when touched | `fallocate` on tmpfs | 3.5 |
//! | sleeping on a word | `futex`; on several words `futex_waitv`, else short slices | 5.16 |
//! | process-wide barrier | `membarrier` GLOBAL_EXPEDITED, else fences | 4.16 |
//! | hearing of a file | `inotify`, else looking; `timerfd`, `epoll` | 2.6.27 |
//! | noticing a fork | `pthread_atfork`, and a page with `MADV_WIPEONFORK` | 4.14 |

use crate::error::{Error, Result, Status};

pub use super::linux_child::{Ended, bind_to_parent, end_group, wait_for_end};
pub use super::linux_event::Event;
pub use super::linux_file::{
    File, Mapping, free_bytes, list, make_directory, remove, remove_directory,
};
pub use super::linux_process::{
    at_exit, block_signals, fork_cookie, has_processor_to_spare, is_forked, is_signal, process_id,
    program_name, program_of, raise, random_bytes, user_id, watch_forks, yield_now,
};
pub use super::linux_rights::{Rights, rights, rights_unfollowed};
pub use super::linux_wait::{
    WAIT_WORDS_MAX, Waited, barrier, boot_id, is_other_boot, now_ns, register_producer, wait_on,
    wait_on_any, wake_all,
};
pub use super::linux_watch::Watch;

/// The last error of a system call as one of ours; `what` says what was being done to what.
pub(super) fn last_error(what: &str) -> Error {
    let error = std::io::Error::last_os_error();
    os_error(what, error.raw_os_error().unwrap_or(0))
}

/// A system error number as one of ours.
pub(super) fn os_error(what: &str, code: i32) -> Error {
    let text = std::io::Error::from_raw_os_error(code);
    let (status, remedy) = match code {
        libc::EACCES | libc::EPERM | libc::EROFS => (
            Status::NoPermission,
            "give this user access to the directory, or name another one in SIPC_DIR",
        ),
        libc::ENOMEM => (
            Status::NoSpace,
            "free some memory, or raise the limits of this process (ulimit -v, \
             vm.max_map_count, the memory of its container)",
        ),
        libc::ENOSPC | libc::EDQUOT => (
            Status::NoSpace,
            "free some shared memory, make it larger (docker run --shm-size), or name another \
             directory in SIPC_DIR",
        ),
        libc::ENOENT | libc::ENOTDIR => (
            Status::NoDirectory,
            "create it, or name another one in SIPC_DIR",
        ),
        libc::EMFILE | libc::ENFILE => (
            Status::System,
            "close some files or raise the limit (ulimit -n)",
        ),
        libc::ENOLCK => (
            Status::System,
            "the system has no memory for more file locks; close some programs",
        ),
        libc::EINTR => (Status::System, "a signal came in between; try again"),
        _ => (Status::System, "see the error number"),
    };
    Error::os(status, code, format!("{what}: {text}; {remedy}"))
}

/// Makes a system call that answers -1 on failure. A test may have it fail instead.
#[inline(always)]
#[cfg_attr(feature = "testing", track_caller)]
pub(super) fn attempt(call: &'static str, made: impl FnOnce() -> libc::c_int) -> libc::c_int {
    match attempt_io(call) {
        Ok(()) => made(),
        Err(error) => {
            // SAFETY: the location of this thread's error number is always valid.
            unsafe { *libc::__errno_location() = error.raw_os_error().unwrap_or(0) };
            -1
        }
    }
}

/// As [`attempt`], before a call that the standard library makes for us.
#[inline(always)]
#[cfg_attr(feature = "testing", track_caller)]
pub(super) fn attempt_io(call: &'static str) -> std::io::Result<()> {
    match crate::sync::refusal(call) {
        None => Ok(()),
        Some(code) => Err(std::io::Error::from_raw_os_error(code)),
    }
}

/// `value` of a system call that answers -1 on failure.
pub(super) fn check(value: libc::c_int, what: &dyn Fn() -> String) -> Result<libc::c_int> {
    if value < 0 {
        // Before anything else can fail.
        let error = std::io::Error::last_os_error();
        Err(os_error(&what(), error.raw_os_error().unwrap_or(0)))
    } else {
        Ok(value)
    }
}
