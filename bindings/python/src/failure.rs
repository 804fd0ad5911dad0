//! From a status of the C surface to a Python exception; which one is decided in errors.py.

use std::borrow::Cow;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr::addr_of_mut;

use capi::generated::{SIPC_BAD_VALUE, SIPC_CLOSED, SIPC_FULL, SIPC_OK, SIPC_TIMEOUT, sipc_error};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The error object of one call. It is large and most calls succeed, so only its head is set.
pub(crate) struct Report(MaybeUninit<sipc_error>);

impl Report {
    pub(crate) fn new() -> Report {
        let mut object = MaybeUninit::<sipc_error>::uninit();
        let start = object.as_mut_ptr();
        // SAFETY: the fields lie in `object`; they are written, not read.
        unsafe {
            addr_of_mut!((*start).size).write(size_of::<sipc_error>() as u32);
            addr_of_mut!((*start).status).write(SIPC_OK);
        }
        Report(object)
    }

    /// What the C functions take as their last argument.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut sipc_error {
        self.0.as_mut_ptr()
    }

    /// An exception unless the status is OK.
    pub(crate) fn check(&self, py: Python<'_>, status: i32) -> PyResult<()> {
        if status == SIPC_OK {
            Ok(())
        } else {
            Err(self.exception(py, status))
        }
    }

    /// The exception for a status that is not OK.
    #[cold]
    pub(crate) fn exception(&self, py: Python<'_>, status: i32) -> PyErr {
        let object = self.0.as_ptr();
        // SAFETY: new() has set the status; a failing call that sets it fills the whole object.
        unsafe {
            if (*object).status == status {
                let sentence = CStr::from_ptr((*object).message.as_ptr()).to_string_lossy();
                exception(py, status, (*object).os_code, &sentence)
            } else {
                exception(py, status, 0, &status_text(status))
            }
        }
    }
}

/// CLOSED, found out before any call.
#[cold]
pub(crate) fn closed(py: Python<'_>, sentence: &str) -> PyErr {
    exception(py, SIPC_CLOSED, 0, sentence)
}

/// BAD_VALUE, found out before any call.
#[cold]
pub(crate) fn bad_value(py: Python<'_>, sentence: &str) -> PyErr {
    exception(py, SIPC_BAD_VALUE, 0, sentence)
}

/// The exception for a status, made by errors.py.
#[cold]
pub(crate) fn exception(py: Python<'_>, status: i32, os_code: i32, sentence: &str) -> PyErr {
    static FAILURE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static TIMEOUT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static FULL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = match status {
        SIPC_TIMEOUT => bare(&TIMEOUT, py, "Timeout", sentence),
        SIPC_FULL => bare(&FULL, py, "Full", sentence),
        _ => FAILURE
            .import(py, "simpleipc.errors", "failure")
            .and_then(|failure| failure.call1((status, os_code, sentence))),
    };
    made.map_or_else(|error| error, PyErr::from_value)
}

/// An exception as errors.py makes it, but without its __init__, which takes longer than all the
/// rest of a try that finds nothing. The status is an attribute of its class.
fn bare<'py>(
    class: &'static PyOnceLock<Py<PyAny>>,
    py: Python<'py>,
    name: &str,
    sentence: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let class = class.import(py, "simpleipc.errors", name)?;
    let object = class.call_method1(intern!(py, "__new__"), (class,))?;
    object.setattr(intern!(py, "args"), (sentence,))?;
    Ok(object)
}

/// The status an exception was made for, or OK if it is none of ours.
pub(crate) fn status_of(py: Python<'_>, error: &PyErr) -> i32 {
    let status = error.value(py).getattr(intern!(py, "status"));
    status
        .and_then(|status| status.extract())
        .unwrap_or(SIPC_OK)
}

/// The handle is of no use any more; the number of a status tells its class.
pub(crate) fn is_gone(status: i32) -> bool {
    (10..20).contains(&status)
}

fn status_text(status: i32) -> Cow<'static, str> {
    // SAFETY: a static text with its terminator for any number.
    unsafe { CStr::from_ptr(capi::sipc_status_text(status)) }.to_string_lossy()
}
