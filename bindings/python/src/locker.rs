//! What Lock and Semaphore are made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use capi::generated::*;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::channel::{Channel, Options, directory_text};
use crate::failure::Report;
use crate::patience::{First, Timeout, wait};

/// A handle that locks and unlocks.
#[pyclass(frozen, subclass, module = "simpleipc._native")]
pub(crate) struct Locker {
    channel: Arc<Channel>,
    timeout: Timeout,
    /// The process that died holding the lock before this handle got it, or 0. Relaxed: the GIL
    /// orders its uses.
    abandoned_pid: AtomicU64,
}

#[pymethods]
impl Locker {
    #[new]
    fn new(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        permits: u32,
        timeout: Timeout,
        directory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Locker> {
        let options = Options {
            permits,
            directory: directory.map(directory_text).transpose()?,
            ..Options::default()
        };
        Ok(Locker {
            channel: Channel::open(py, name, SIPC_ROLE_LOCK, &options)?,
            timeout,
            abandoned_pid: AtomicU64::new(0),
        })
    }

    /// Waits for the lock, at most `timeout` seconds; answers whether it is this handle's now.
    #[pyo3(signature = (timeout = Timeout::FOREVER), text_signature = "($self, timeout=None)")]
    fn acquire(&self, py: Python<'_>, timeout: Timeout) -> PyResult<bool> {
        let mut report = Report::new();
        match self.lock(py, timeout, &mut report)? {
            SIPC_TIMEOUT => Ok(false),
            status => report.check(py, status).map(|()| true),
        }
    }

    /// Gives it back; any thread may.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        let mut report = Report::new();
        // SAFETY: the error object lives in this frame.
        let status = unsafe { capi::sipc_unlock(self.channel.raw(), report.as_mut_ptr()) };
        report.check(py, status)
    }

    /// The process that died holding the lock just before this handle got it, or None: what it
    /// protects may be half done.
    #[getter]
    fn abandoned(&self) -> Option<u64> {
        Some(self.abandoned_pid.load(Ordering::Relaxed)).filter(|&pid| pid != 0)
    }

    /// Ends the wait of another thread in this handle, or else the next one, with Interrupted.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        self.channel.interrupt(py)
    }

    /// Closes the handle and gives back what it has; closing it again does nothing.
    fn close(&self) {
        self.channel.close();
    }

    fn __enter__<'py>(slf: Bound<'py, Self>, py: Python<'py>) -> PyResult<Bound<'py, Self>> {
        let mut report = Report::new();
        let locker = slf.get();
        let status = locker.lock(py, locker.timeout, &mut report)?;
        report.check(py, status)?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        if self.channel.is_closed() {
            return Ok(()); // which has given it back
        }
        self.release(py)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.get().channel.repr(&slf.get_type())
    }
}

impl Locker {
    fn lock(&self, py: Python<'_>, timeout: Timeout, report: &mut Report) -> PyResult<i32> {
        let mut abandoned_pid = 0;
        let channels = std::slice::from_ref(&self.channel);
        let status = wait(py, timeout, First::Try, channels, |timeout_ns| {
            let (raw, error) = (self.channel.raw(), report.as_mut_ptr());
            // SAFETY: the outputs live in this frame.
            unsafe { capi::sipc_lock(raw, timeout_ns, &mut abandoned_pid, error) }
        })?;
        if status == SIPC_OK {
            self.abandoned_pid.store(abandoned_pid, Ordering::Relaxed);
        }
        Ok(status)
    }
}
