//! `simpleipc._native`: the C surface for Python.
//!
//! Like every binding this one only calls the functions of spec/api.toml, so that one meaning holds
//! in all languages; they are linked in, which makes the wheel self-contained. The handle
//! classes, the exceptions and the value types are Python, in python/simpleipc.
//!
//! Rules: the GIL is let go only to wait and to copy much; no Python code runs while a `sipc_value`
//! points into an object that nothing keeps alive; what a NumPy array looks at outlives the array.

mod array;
mod buffer;
mod caller;
mod channel;
mod consumer;
mod decode;
mod dtype;
mod encode;
mod failure;
mod loan;
mod locker;
mod memory;
mod message;
mod method;
mod one_call;
mod patience;
mod presence;
mod producer;

use std::ffi::CStr;
use std::ptr;

use pyo3::prelude::*;

use crate::channel::{directory_text, name_text};
use crate::failure::Report;

#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::caller::{Caller, cancelled, reply};
    #[pymodule_export]
    use super::consumer::{Consumer, wait};
    #[pymodule_export]
    use super::locker::Locker;
    #[pymodule_export]
    use super::message::Message;
    #[pymodule_export]
    use super::one_call::{close_cached, get, notify, publish, send, set, wait_signal};
    #[pymodule_export]
    use super::presence::{identify, peers};
    #[pymodule_export]
    use super::producer::Producer;
    #[pymodule_export]
    use super::{audit, clean, now_ns, version};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        Consumer::add_methods(&module.py().get_type::<Consumer>())?;
        Producer::add_methods(&module.py().get_type::<Producer>())
    }

    #[pymodule_export]
    const ROLE_PUBLISH: u32 = capi::generated::SIPC_ROLE_PUBLISH;
    #[pymodule_export]
    const ROLE_SUBSCRIBE: u32 = capi::generated::SIPC_ROLE_SUBSCRIBE;
    #[pymodule_export]
    const ROLE_SEND: u32 = capi::generated::SIPC_ROLE_SEND;
    #[pymodule_export]
    const ROLE_RECEIVE: u32 = capi::generated::SIPC_ROLE_RECEIVE;
    #[pymodule_export]
    const ROLE_SET: u32 = capi::generated::SIPC_ROLE_SET;
    #[pymodule_export]
    const ROLE_WATCH: u32 = capi::generated::SIPC_ROLE_WATCH;
    #[pymodule_export]
    const ROLE_NOTIFY: u32 = capi::generated::SIPC_ROLE_NOTIFY;
    #[pymodule_export]
    const ROLE_WAIT: u32 = capi::generated::SIPC_ROLE_WAIT;
    #[pymodule_export]
    const ROLE_SERVE: u32 = capi::generated::SIPC_ROLE_SERVE;
    #[pymodule_export]
    const ROLE_PEERS: u32 = capi::generated::SIPC_ROLE_PEERS;
    #[pymodule_export]
    const ROLE_HOST: u32 = capi::generated::SIPC_ROLE_HOST;
    #[pymodule_export]
    const CALL_IDEMPOTENT: u32 = capi::generated::SIPC_CALL_IDEMPOTENT;
    #[pymodule_export]
    const CALL_ONE_WAY: u32 = capi::generated::SIPC_CALL_ONE_WAY;
    #[pymodule_export]
    const MESSAGE_ONE_WAY: u32 = capi::generated::SIPC_MESSAGE_ONE_WAY;
    #[pymodule_export]
    const MESSAGE_MORE: u32 = capi::generated::SIPC_MESSAGE_MORE;
    #[pymodule_export]
    const REPLY_MORE: u32 = capi::generated::SIPC_REPLY_MORE;
    #[pymodule_export]
    const REPLY_ERROR: u32 = capi::generated::SIPC_REPLY_ERROR;
}

/// The clock of all time stamps: CLOCK_MONOTONIC in nanoseconds.
#[pyfunction]
fn now_ns() -> i64 {
    capi::sipc_now_ns()
}

/// The library's version as text.
#[pyfunction]
fn version() -> &'static str {
    // SAFETY: a static text with its terminator.
    unsafe { CStr::from_ptr(capi::sipc_version()) }
        .to_str()
        .unwrap_or("")
}

/// The JSON text that describes one channel or all of a directory.
#[pyfunction]
fn audit(
    py: Python<'_>,
    name: Option<&Bound<'_, PyAny>>,
    directory: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let name = name.map(name_text).transpose()?;
    let directory = directory.map(directory_text).transpose()?;
    let name_ptr = name.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    let directory_ptr = directory.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    let mut report = Report::new();
    let mut text: Vec<u8> = Vec::new();
    loop {
        let mut needed = 0;
        // SAFETY: two terminated texts or NULL, and `text` has the capacity that is said.
        let status = unsafe {
            capi::sipc_audit(
                name_ptr,
                directory_ptr,
                text.as_mut_ptr().cast(),
                text.capacity() as u64,
                &mut needed,
                report.as_mut_ptr(),
            )
        };
        report.check(py, status)?;
        if needed as usize <= text.capacity() {
            // SAFETY: on success `needed` bytes, the last of them NUL, have been written.
            unsafe { text.set_len(needed.saturating_sub(1) as usize) };
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
        text.reserve(needed as usize);
    }
}

/// Removes what nobody uses; answers how many channels went.
#[pyfunction]
fn clean(
    py: Python<'_>,
    directory: Option<&Bound<'_, PyAny>>,
    age_max: patience::Timeout,
) -> PyResult<u64> {
    let directory = directory.map(directory_text).transpose()?;
    let directory_ptr = directory.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    let mut count = 0;
    let mut report = Report::new();
    // SAFETY: a terminated text or NULL; the outputs live in this frame.
    let status =
        unsafe { capi::sipc_clean(directory_ptr, age_max.ns(), &mut count, report.as_mut_ptr()) };
    report.check(py, status)?;
    Ok(count)
}
