//! States: what is not done as with other channels.

use std::ffi::c_void;

use simpleipc::{Error, Result, Status};

use crate::channel::{End, puts_only};
use crate::generated::{sipc_channel, sipc_error, sipc_message, sipc_value};
use crate::guard::{duration, guard, measured, present};
use crate::handle;
use crate::message::{self, Pattern};
use crate::value::Given;

/// The `expected` of a state that has no value yet.
const NO_VALUE: u64 = u64::MAX;

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_put_if(
    channel: *mut sipc_channel,
    value: *const sipc_value,
    expected: u64,
    timeout_ns: i64,
    error: *mut sipc_error,
) -> i32 {
    let put = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let given = unsafe { Given::new(value)? };
        let (expected, timeout) = (
            (expected != NO_VALUE).then_some(expected),
            duration(timeout_ns),
        );
        handle::with(channel, |channel| {
            let data: *const c_void = given.raw().data;
            if let Some(index) = channel.loans.find(data) {
                return channel.put_loan(index, given, timeout, Some(expected));
            }
            let End::Setter(setter) = &mut channel.end else {
                return Err(Error::new(
                    Status::WrongRole,
                    "only a state can be compared and set; open the handle with SIPC_ROLE_SET",
                ));
            };
            let capture_time_ns = given.raw().capture_time_ns;
            let outcome = setter.put_if(expected, &given.read()?, capture_time_ns, timeout);
            check_set(outcome)
        })
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, put) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_current(
    channel: *mut sipc_channel,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32 {
    let get = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let to = unsafe { measured(message)? }.cast_mut();
        let timeout = duration(timeout_ns);
        handle::with(channel, |channel| match &mut channel.end {
            // SAFETY: measured() has accepted it.
            End::Watcher(end) => unsafe {
                message::fill(to, end.get_timeout(timeout), Pattern::Topic)
            },
            End::Subscriber(_) | End::Receiver(_) | End::Waiter(_) => Err(Error::new(
                Status::WrongRole,
                "only a state has a current value; open the handle with SIPC_ROLE_WATCH",
            )),
            _ => Err(puts_only()),
        })
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, get) }
}

/// What a caller of [`sipc_put_if`] expects to be there.
pub(crate) type Expected = Option<u64>;

/// Nothing was set if another value is there than the caller knows.
pub(crate) fn check_set(outcome: Result<bool>) -> Result<()> {
    if outcome? {
        return Ok(());
    }
    Err(Error::new(
        Status::Conflict,
        "the state has another value than the expected one; get it and think again",
    ))
}
