//! Descriptors for event loops.

use std::os::fd::AsRawFd;

use simpleipc::Result;

use crate::channel::{Channel, End, puts_only};
use crate::generated::{sipc_channel, sipc_error};
use crate::guard::{guard, present};
use crate::handle;

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_fd(
    channel: *mut sipc_channel,
    fd: *mut i32,
    error: *mut sipc_error,
) -> i32 {
    let ask = || {
        present(channel, "channel")?;
        present(fd, "fd")?;
        let number = handle::with(channel, Channel::fd)?;
        // SAFETY: not NULL, and the caller promises room for the number.
        unsafe { fd.write(number) };
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, ask) }
}

impl Channel {
    fn fd(&mut self) -> Result<i32> {
        let fd = match &mut self.end {
            End::Subscriber(end) => end.fd()?,
            End::Receiver(end) => end.fd()?,
            End::Watcher(end) => end.fd()?,
            End::Waiter(end) => end.fd()?,
            End::Server(end) => end.fd()?,
            End::Client(end) => end.fd()?,
            End::Host(end) => end.events().fd()?,
            End::Peers(end) => end.fd()?,
            _ => return Err(puts_only()),
        };
        Ok(fd.as_raw_fd())
    }
}
