//! What Subscriber and Receiver are made of: handles that take.

use std::sync::Arc;

use capi::generated::*;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::channel::{Channel, Options, directory_text};
use crate::failure::Report;
use crate::message::Message;
use crate::patience::{First, Timeout, wait as wait_for};

/// A handle that takes messages of a topic or out of a queue.
#[pyclass(frozen, subclass, module = "simpleipc._native")]
pub(crate) struct Consumer {
    channel: Arc<Channel>,
    timeout: Timeout,
}

#[pymethods]
impl Consumer {
    #[new]
    #[expect(clippy::too_many_arguments)] // Python names them
    #[pyo3(signature = (name, role, timeout, lossless = false, latest = false, history = 0,
                        depth = 0, pool_bytes_max = 0, directory = None))]
    fn new(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        role: u32,
        timeout: Timeout,
        lossless: bool,
        latest: bool,
        history: u32,
        depth: u32,
        pool_bytes_max: u64,
        directory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Consumer> {
        let flag = |is_set, bit| if is_set { bit } else { 0 };
        let options = Options {
            flags: flag(lossless, SIPC_OPTION_LOSSLESS) | flag(latest, SIPC_OPTION_LATEST),
            history,
            depth,
            pool_bytes_max,
            directory: directory.map(directory_text).transpose()?,
        };
        Ok(Consumer {
            channel: Channel::open(py, name, role, &options)?,
            timeout,
        })
    }

    /// Takes the next message, waiting for it at most `timeout` seconds; without one given, as long
    /// as the handle was opened with.
    #[pyo3(signature = (timeout = Patience::AsOpened), text_signature = "($self, timeout=...)")]
    fn receive(&self, py: Python<'_>, timeout: Patience) -> PyResult<Py<Message>> {
        let timeout = match timeout {
            Patience::AsOpened => self.timeout,
            Patience::Given(timeout) => timeout,
        };
        let mut report = Report::new();
        match self.take(py, timeout, &mut report)? {
            Ok(message) => Ok(message),
            Err(status) => Err(report.exception(py, status)),
        }
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<Message>>> {
        let mut report = Report::new();
        match self.take(py, self.timeout, &mut report)? {
            Ok(message) => Ok(Some(message)),
            Err(SIPC_TIMEOUT) => Ok(None),
            Err(status) => Err(report.exception(py, status)),
        }
    }

    /// Ends the wait of another thread in this handle, or else the next one, with Interrupted.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        self.channel.interrupt(py)
    }

    /// Closes the handle; closing it again does nothing. Messages taken through it stay valid.
    fn close(&self) {
        self.channel.close();
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.channel.close();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.get().channel.repr(&slf.get_type())
    }
}

impl Consumer {
    /// A message, or the status that came instead of one.
    #[inline]
    fn take(
        &self,
        py: Python<'_>,
        timeout: Timeout,
        report: &mut Report,
    ) -> PyResult<Result<Py<Message>, i32>> {
        // Filled in place: a message is 280 bytes that are better not moved.
        let message = Bound::new(py, Message::empty())?;
        let room = message.borrow_mut().room();
        let channels = std::slice::from_ref(&self.channel);
        let status = wait_for(py, timeout, First::Try, channels, |timeout_ns| {
            let (raw, error) = (self.channel.raw(), report.as_mut_ptr());
            // SAFETY: `message` keeps the room and has not been shown to anybody yet.
            unsafe { capi::sipc_take(raw, timeout_ns, room, error) }
        })?;
        Ok(if status == SIPC_OK {
            Ok(message.unbind())
        } else {
            Err(status)
        })
    }
}

/// Waits until one of several handles has a message and returns that one; take from it with a
/// timeout of 0.
#[pyfunction]
#[pyo3(signature = (handles, timeout = Timeout::FOREVER))]
#[pyo3(text_signature = "(handles, timeout=None)")]
pub(crate) fn wait<'py>(
    py: Python<'py>,
    handles: Vec<Bound<'py, Consumer>>,
    timeout: Timeout,
) -> PyResult<Bound<'py, Consumer>> {
    let channels: Vec<Arc<Channel>> = handles.iter().map(|h| h.get().channel.clone()).collect();
    let raw: Vec<*mut sipc_channel> = channels.iter().map(|channel| channel.raw()).collect();
    let mut index = 0;
    let mut report = Report::new();
    let status = wait_for(py, timeout, First::Try, &channels, |timeout_ns| {
        let (count, error) = (raw.len() as u32, report.as_mut_ptr());
        // SAFETY: `count` handles; the outputs live in this frame.
        unsafe { capi::sipc_wait(raw.as_ptr(), count, timeout_ns, &mut index, error) }
    })?;
    report.check(py, status)?;
    Ok(handles[index as usize].clone())
}

/// A timeout that may be left out, which None is not.
pub(crate) enum Patience {
    AsOpened,
    Given(Timeout),
}

impl FromPyObject<'_, '_> for Patience {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Patience> {
        object.extract().map(Patience::Given)
    }
}
