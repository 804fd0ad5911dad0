//! The one-call functions: a name and a value are enough. The handles behind them are the Rust
//! library's, one per channel and process, and are opened on first use.

use std::ffi::{c_char, c_void};

use simpleipc::{Result, Status};

use crate::generated::{sipc_error, sipc_message, sipc_value};
use crate::guard::{bytes, duration, guard, measured, present, text};
use crate::message;
use crate::presence::speak_c;
use crate::value::Given;

/// The name of a channel that is perhaps opened now.
///
/// # Safety
/// `name` is NULL or points to a NUL-terminated text that outlives `'a`.
#[inline]
unsafe fn channel<'a>(name: *const c_char) -> Result<&'a str> {
    speak_c();
    // SAFETY: passed on.
    unsafe { text(name, "name", Status::BadName) }
}

/// Writes one-call functions of one verb: the arguments between name and error, and the value they
/// make.
macro_rules! one_call {
    ($verb:path: $($function:ident($($arg:ident: $type:ty),*) => $value:expr;)*) => {$(
        /// See simpleipc.h.
        ///
        /// # Safety
        /// As the header says.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function(
            name: *const c_char,
            $($arg: $type,)*
            error: *mut sipc_error,
        ) -> i32 {
            // SAFETY: the pointers are what the header says.
            unsafe { guard(error, || $verb(channel(name)?, $value)) }
        }
    )*};
}

one_call! { simpleipc::send:
    sipc_send(value: *const sipc_value) => Given::new(value)?.read()?;
    sipc_send_bool(value: i32) => value != 0;
    sipc_send_int(value: i64) => value;
    sipc_send_float(value: f64) => value;
    sipc_send_str(value: *const c_char) => text(value, "value", Status::BadValue)?;
    sipc_send_bytes(data: *const c_void, len: u64) => bytes(data.cast(), len, "data")?;
}

one_call! { simpleipc::publish:
    sipc_publish(value: *const sipc_value) => Given::new(value)?.read()?;
    sipc_publish_bool(value: i32) => value != 0;
    sipc_publish_int(value: i64) => value;
    sipc_publish_float(value: f64) => value;
    sipc_publish_str(value: *const c_char) => text(value, "value", Status::BadValue)?;
    sipc_publish_bytes(data: *const c_void, len: u64) => bytes(data.cast(), len, "data")?;
}

one_call! { simpleipc::set:
    sipc_set(value: *const sipc_value) => Given::new(value)?.read()?;
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_get(
    name: *const c_char,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32 {
    let get = || {
        // SAFETY: the pointers are what the header says.
        unsafe {
            let to = measured(message)?.cast_mut();
            let name = channel(name)?;
            let value = simpleipc::get(name, duration(timeout_ns));
            message::fill(to, value, message::Pattern::Topic)
        }
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, get) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_notify(name: *const c_char, error: *mut sipc_error) -> i32 {
    // SAFETY: the pointers are what the header says.
    unsafe { guard(error, || simpleipc::notify(channel(name)?)) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_await(
    name: *const c_char,
    timeout_ns: i64,
    count: *mut u64,
    error: *mut sipc_error,
) -> i32 {
    let wait = || {
        present(count, "count")?;
        // SAFETY: the pointers are what the header says.
        unsafe {
            let name = channel(name)?;
            count.write(simpleipc::wait(name, duration(timeout_ns))?);
        }
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, wait) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_receive(
    name: *const c_char,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32 {
    let receive = || {
        // SAFETY: the pointers are what the header says.
        unsafe {
            let to = measured(message)?.cast_mut();
            let received = simpleipc::receive(channel(name)?, duration(timeout_ns));
            message::fill(to, received, message::Pattern::Queue)
        }
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, receive) }
}
