//! What Subscriber, Receiver, Watcher, Waiter, Server, Host and PeerWatcher are made of: handles
//! that take.

use std::sync::Arc;

use capi::generated::*;
use pyo3::ffi::{Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use crate::caller::Caller;
use crate::channel::{Channel, Options, directory_text};
use crate::encode::Encoder;
use crate::failure::Report;
use crate::message::{Message, Room};
use crate::method::{self, Arguments};
use crate::patience::{First, Timeout, wait as wait_for};

/// A handle that takes.
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
                        depth = 0, pool_bytes_max = 0, directory = None, tap = false,
                        signal = 0))]
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
        tap: bool,
        signal: i32,
    ) -> PyResult<Consumer> {
        let flag = |is_set, bit| if is_set { bit } else { 0 };
        let options = Options {
            flags: flag(lossless, SIPC_OPTION_LOSSLESS)
                | flag(latest, SIPC_OPTION_LATEST)
                | flag(tap, SIPC_OPTION_TAP),
            history,
            depth,
            pool_bytes_max,
            directory: directory.map(directory_text).transpose()?,
            signal,
            ..Options::default()
        };
        Ok(Consumer {
            channel: Channel::open(py, name, role, &options)?,
            timeout,
        })
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

    /// The value of a state, as it is now, also if it has been taken before; waits at most
    /// `timeout` seconds if none has been set yet.
    #[pyo3(signature = (timeout = Timeout::FOREVER), text_signature = "($self, timeout=None)")]
    fn current(&self, py: Python<'_>, timeout: Timeout) -> PyResult<Message> {
        let mut room = Room::new();
        let mut report = Report::new();
        let channels = std::slice::from_ref(&self.channel);
        let status = wait_for(py, timeout, First::Try, channels, |timeout_ns| {
            let (raw, to, error) = (self.channel.raw(), room.as_mut_ptr(), report.as_mut_ptr());
            // SAFETY: the outputs live in this frame.
            unsafe { capi::sipc_current(raw, timeout_ns, to, error) }
        })?;
        report.check(py, status)?;
        // SAFETY: it was taken.
        Ok(unsafe { room.message() })
    }

    /// Says what a server offers: a list of dicts with name, args, returns, idempotent and about.
    fn describe(&self, methods: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut encoder = Encoder::default();
        let mut value = SIPC_VALUE_INIT;
        encoder.encode(methods, &mut value)?;
        let mut report = Report::new();
        // SAFETY: a filled value; the encoder keeps alive what it points to.
        let status =
            unsafe { capi::sipc_describe(self.channel.raw(), &value, report.as_mut_ptr()) };
        report.check(methods.py(), status)
    }

    /// Starts or stops a plugin: a dict as sipc_plugin wants it.
    fn plugin(&self, wish: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = wish.py();
        let mut encoder = Encoder::default();
        let mut value = SIPC_VALUE_INIT;
        encoder.encode(wish, &mut value)?;
        let mut report = Report::new();
        // A plugin that is asked to end may take two seconds over it. An interrupt is for others.
        let status = wait_for(py, Timeout::FOREVER, First::Detach, &[], |_| {
            // SAFETY: a filled value; the encoder keeps alive what it points to.
            unsafe { capi::sipc_plugin(self.channel.raw(), &value, report.as_mut_ptr()) }
        })?;
        report.check(py, status)
    }

    /// How long it waits where no other time is given: seconds, or None for ever.
    #[getter]
    fn timeout(&self) -> Option<f64> {
        self.timeout.seconds()
    }

    /// A descriptor that is readable as long as there may be something to take; it is the
    /// handle's own.
    fn fileno(&self, py: Python<'_>) -> PyResult<i32> {
        self.channel.fd(py)
    }

    /// Ends the wait of another thread in this handle, or else the next one, with Interrupted.
    fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        self.channel.interrupt(py)
    }

    /// Closes the handle; closing it again does nothing. Messages taken through it stay valid.
    fn close(&self, py: Python<'_>) {
        // The plugins of a host may take some time to end.
        py.detach(|| self.channel.close());
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*exception))]
    fn __exit__(&self, exception: &Bound<'_, PyTuple>) {
        self.close(exception.py());
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.get().channel.repr(&slf.get_type())
    }
}

impl Consumer {
    /// The methods that PyO3 does not make.
    pub(crate) fn add_methods(class: &Bound<'_, PyType>) -> PyResult<()> {
        method::add(
            class,
            c"receive",
            c"receive($self, timeout=...)\n--\n\n\
            Takes the next message, waiting for it at most `timeout` seconds; without one given, \
            as\nlong as the handle was opened with.",
            receive,
        )
    }

    fn receive(&self, py: Python<'_>, arguments: &Arguments) -> PyResult<Py<Message>> {
        let [timeout] = arguments.of(py, &[c"timeout"])?;
        let timeout = match timeout {
            None => self.timeout,
            Some(timeout) => timeout.extract()?,
        };
        let mut report = Report::new();
        match self.take(py, timeout, &mut report)? {
            Ok(message) => Ok(message),
            Err(status) => Err(report.exception(py, status)),
        }
    }

    /// A message, or the status that came instead of one.
    #[inline]
    fn take(
        &self,
        py: Python<'_>,
        timeout: Timeout,
        report: &mut Report,
    ) -> PyResult<Result<Py<Message>, i32>> {
        let mut room = Room::new();
        let channels = std::slice::from_ref(&self.channel);
        let status = wait_for(py, timeout, First::Try, channels, |timeout_ns| {
            let (raw, to, error) = (self.channel.raw(), room.as_mut_ptr(), report.as_mut_ptr());
            // SAFETY: the outputs live in this frame.
            unsafe { capi::sipc_take(raw, timeout_ns, to, error) }
        })?;
        if status != SIPC_OK {
            return Ok(Err(status));
        }
        // SAFETY: it was taken.
        let message = unsafe { room.message() };
        Bound::new(py, message).map(|message| Ok(message.unbind()))
    }
}

unsafe extern "C" fn receive(
    consumer: *mut PyObject,
    given: *const *mut PyObject,
    count: Py_ssize_t,
    names: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: CPython calls this with a Consumer, since it is a method of that class only.
    unsafe {
        let arguments = Arguments::new(given, count, names);
        method::answer(|py| {
            let consumer = Borrowed::from_ptr(py, consumer).cast_unchecked::<Consumer>();
            let message = consumer.get().receive(py, &arguments)?;
            Ok(message.into_bound(py).into_any())
        })
    }
}

/// Waits until one of several handles has a message, or a reply to one of its calls, and returns
/// that one; take from it with a timeout of 0.
#[pyfunction]
#[pyo3(signature = (handles, timeout = Timeout::FOREVER))]
#[pyo3(text_signature = "(handles, timeout=None)")]
pub(crate) fn wait<'py>(
    py: Python<'py>,
    handles: Vec<Bound<'py, PyAny>>,
    timeout: Timeout,
) -> PyResult<Bound<'py, PyAny>> {
    let channels = handles
        .iter()
        .map(channel_of)
        .collect::<PyResult<Vec<_>>>()?;
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

/// The channel of a handle that can be waited for.
fn channel_of(handle: &Bound<'_, PyAny>) -> PyResult<Arc<Channel>> {
    if let Ok(caller) = handle.cast::<Caller>() {
        return Ok(caller.get().channel().clone());
    }
    Ok(handle.cast::<Consumer>()?.get().channel.clone())
}
