//! Locks and semaphores: `sipc_lock`, `sipc_unlock`.

use std::mem;

use simpleipc::{Error, Options, Result, Semaphore, Status};

use crate::channel::{Channel, End};
use crate::generated::{sipc_channel, sipc_error};
use crate::guard::{duration, guard, present};
use crate::handle;

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_lock(
    channel: *mut sipc_channel,
    timeout_ns: i64,
    abandoned_pid: *mut u64,
    error: *mut sipc_error,
) -> i32 {
    let lock = || {
        present(channel, "channel")?;
        let abandoned = handle::with(channel, |channel| {
            let permit = channel.semaphore()?.acquire(duration(timeout_ns))?;
            let abandoned = permit.abandoned().unwrap_or(0);
            // Until sipc_unlock or sipc_close.
            mem::forget(permit);
            Ok(abandoned)
        })?;
        if !abandoned_pid.is_null() {
            // SAFETY: not NULL, and the caller promises room for the number.
            unsafe { abandoned_pid.write(abandoned.into()) };
        }
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, lock) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_unlock(channel: *mut sipc_channel, error: *mut sipc_error) -> i32 {
    let unlock = || {
        present(channel, "channel")?;
        handle::with(channel, |channel| channel.semaphore()?.release())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, unlock) }
}

/// Opens a lock; it is a semaphore with one permit.
pub(crate) fn open(name: &str, permits: u32, options: &Options) -> Result<Semaphore> {
    Semaphore::open(name, permits.max(1), options)
}

impl Channel {
    fn semaphore(&mut self) -> Result<&mut Semaphore> {
        match &mut self.end {
            End::Lock(semaphore) => Ok(semaphore),
            _ => Err(Error::new(
                Status::WrongRole,
                "the handle was not opened with SIPC_ROLE_LOCK, and has nothing to lock",
            )),
        }
    }
}

#[cold]
pub(crate) fn locks_only() -> Error {
    Error::new(
        Status::WrongRole,
        "the handle was opened to lock; there is nothing to put or to take",
    )
}
