//! Calls of services: what Client is made of, and how a server answers.

use std::ffi::CString;
use std::sync::Arc;

use capi::generated::*;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::channel::{Channel, Dropped, Options, directory_text};
use crate::encode::{Encoder, utf8};
use crate::failure::Report;
use crate::message::{Message, Room};
use crate::patience::{First, Timeout, wait};
use crate::producer::DETACH_BYTES;

/// A handle that calls the methods of a service.
#[pyclass(frozen, subclass, module = "simpleipc._native")]
pub(crate) struct Caller {
    channel: Arc<Channel>,
}

#[pymethods]
impl Caller {
    #[new]
    fn new(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        depth: u32,
        pool_bytes_max: u64,
        directory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Caller> {
        let options = Options {
            depth,
            pool_bytes_max,
            directory: directory.map(directory_text).transpose()?,
            ..Options::default()
        };
        let channel = Channel::open(py, name, SIPC_ROLE_CALL, &options)?;
        Ok(Caller { channel })
    }

    /// Starts a call and answers its number, 0 if it is one-way.
    fn begin(
        &self,
        method: &Bound<'_, PyString>,
        args: &Bound<'_, PyAny>,
        flags: u32,
        timeout: Timeout,
    ) -> PyResult<u64> {
        let py = method.py();
        let method = CString::new(utf8(method)?)
            .map_err(|_| PyValueError::new_err("the method holds a NUL character"))?;
        let mut encoder = Encoder::default();
        let mut value = SIPC_VALUE_INIT;
        encoder.encode(args, &mut value)?;
        let first = match encoder.data_bytes() >= DETACH_BYTES {
            true => First::Detach,
            false => First::Try,
        };
        let mut number = 0;
        let mut report = Report::new();
        let channels = std::slice::from_ref(&self.channel);
        let status = wait(py, timeout, first, channels, |timeout_ns| {
            let (raw, error) = (self.channel.raw(), report.as_mut_ptr());
            let (method, to) = (method.as_ptr(), &mut number);
            // SAFETY: a terminated text, and a filled value whose data the encoder keeps alive.
            unsafe { capi::sipc_call(raw, method, &value, flags, timeout_ns, to, error) }
        })?;
        report.check(py, status)?;
        Ok(number)
    }

    /// The next reply of a call; with True if it is an error of the server's program.
    fn result(&self, py: Python<'_>, call: u64, timeout: Timeout) -> PyResult<(Message, bool)> {
        let mut room = Room::new();
        let mut report = Report::new();
        let channels = std::slice::from_ref(&self.channel);
        let status = wait(py, timeout, First::Try, channels, |timeout_ns| {
            let (raw, to, error) = (self.channel.raw(), room.as_mut_ptr(), report.as_mut_ptr());
            // SAFETY: the outputs live in this frame.
            unsafe { capi::sipc_result(raw, call, timeout_ns, to, error) }
        })?;
        if status != SIPC_FAILED {
            report.check(py, status)?;
        }
        // SAFETY: filled with both statuses.
        Ok((unsafe { room.message() }, status == SIPC_FAILED))
    }

    /// Ends a call; one that is over is allowed.
    fn cancel(&self, py: Python<'_>, call: u64) -> PyResult<()> {
        Report::new().check(py, capi::sipc_cancel(self.channel.raw(), call))
    }

    /// Ends a call that nobody needs any more, once no other thread is inside the handle.
    fn drop_call(&self, call: u64) {
        self.channel.give_back(Dropped::Call(call));
    }

    /// A descriptor that is readable as long as there may be a reply to a call in flight; it is
    /// the handle's own.
    fn fileno(&self, py: Python<'_>) -> PyResult<i32> {
        self.channel.fd(py)
    }

    /// Ends the wait of another thread in this handle, or else the next one, with Interrupted.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        self.channel.interrupt(py)
    }

    /// Closes the handle; closing it again does nothing.
    fn close(&self) {
        self.channel.close();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let kind: Bound<'_, PyType> = slf.get_type();
        slf.get().channel.repr(&kind)
    }
}

impl Caller {
    pub(crate) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }
}

/// Answers a request.
#[pyfunction]
pub(crate) fn reply(
    request: &Bound<'_, Message>,
    value: &Bound<'_, PyAny>,
    flags: u32,
) -> PyResult<()> {
    let py = request.py();
    let held = request.borrow_mut().share(py)?;
    let mut encoder = Encoder::default();
    let mut raw = SIPC_VALUE_INIT;
    encoder.encode(value, &mut raw)?;
    let mut report = Report::new();
    // Waits at most 100 ms, and only for a client that does not take its replies.
    // SAFETY: `held` keeps the request, the encoder what the value points to.
    let status = unsafe { capi::sipc_reply(&mut held.request(), &raw, flags, report.as_mut_ptr()) };
    report.check(py, status)
}

/// Whether nobody waits for the reply to a request any more.
#[pyfunction]
pub(crate) fn cancelled(request: &Bound<'_, Message>) -> PyResult<bool> {
    let py = request.py();
    let held = request.borrow_mut().share(py)?;
    // SAFETY: `held` keeps the request.
    match unsafe { capi::sipc_cancelled(&mut held.request()) } {
        SIPC_CANCELLED => Ok(true),
        status => Report::new().check(py, status).map(|()| false),
    }
}
