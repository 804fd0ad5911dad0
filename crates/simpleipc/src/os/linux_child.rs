//! Child processes on Linux: that they end with their parent, and how they end.

use super::linux::last_error;
use crate::error::Result;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// How a child has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It has returned this code.
    Code(i32),
    /// This signal has ended it.
    Signal(i32),
}

/// The child will be the first of a process group of its own, get signals as if this process had
/// not blocked or ignored any, and be killed when the thread that starts it ends, also if that is
/// because this process is killed.
pub fn bind_to_parent(command: &mut Command) {
    let parent = std::process::id() as libc::pid_t;
    command.process_group(0);
    let bind = move || {
        // SAFETY: all of these are async-signal-safe; the set is plain data that the first call on
        // it writes.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != parent {
                // The parent has ended before it was asked to.
                libc::_exit(1);
            }
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
        }
        Ok(())
    };
    // SAFETY: the closure only makes system calls, and allocates nothing.
    unsafe { command.pre_exec(bind) };
}

/// Waits until a child has ended. Its number stays taken until it is waited for as usual.
pub fn wait_for_end(pid: u32) -> Result<Ended> {
    loop {
        // SAFETY: the information is plain data that the call writes.
        let (outcome, info) = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let how = libc::WEXITED | libc::WNOWAIT;
            (libc::waitid(libc::P_PID, pid, &mut info, how), info)
        };
        if outcome == 0 {
            // SAFETY: the call has filled it in for a child that has ended.
            let status = unsafe { info.si_status() };
            return Ok(match info.si_code {
                libc::CLD_EXITED => Ended::Code(status),
                _ => Ended::Signal(status),
            });
        }
        let error = last_error("wait for a child process");
        if error.os_code() != libc::EINTR {
            return Err(error);
        }
    }
}

/// Asks a process group to end, or with `force` ends it. The group of a child that has not been
/// waited for is never somebody else's.
pub fn end_group(pid: u32, force: bool) {
    let signal = if force { libc::SIGKILL } else { libc::SIGTERM };
    // SAFETY: no pointers.
    unsafe { libc::kill(-(pid as libc::pid_t), signal) };
}
