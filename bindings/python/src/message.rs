//! A received message: what came, from whom, when, and how many were lost before it.

use std::sync::Arc;

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::memory::{self, Owner};
use crate::{decode, failure};

/// A message of the C surface, released when it is dropped.
pub(crate) struct Held(sipc_message);

// SAFETY: nothing changes it, and sipc_release may be called by any thread.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl Held {
    /// Takes over a message that a call has filled.
    pub(crate) fn new(filled: sipc_message) -> Held {
        Held(filled)
    }

    pub(crate) fn value(&self) -> &sipc_value {
        &self.0.value
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: filled by the library and released once.
        unsafe { capi::sipc_release(&mut self.0) };
    }
}

impl Owner for Held {
    fn is_writable(&self) -> bool {
        false
    }
}

/// One received message. A queue counts it as done when it is released, when the next one is taken
/// through the same handle, or when that is closed; should the program die before, it is delivered
/// again.
#[pyclass(module = "simpleipc")]
pub(crate) struct Message {
    memory: Memory,
    /// What `value` has answered, if that is more than a number or a text.
    value: Option<Py<PyAny>>,
    /// Grows by one with each message of one sender.
    #[pyo3(get)]
    sequence: u64,
    /// Identifies the sending handle among all handles of this channel.
    #[pyo3(get)]
    sender: u64,
    /// When it was put, on the clock of now_ns(); 0 if the sender is unstamped.
    #[pyo3(get)]
    publish_time_ns: i64,
    /// When its content was captured, as the sender says; 0 if it does not.
    #[pyo3(get)]
    capture_time_ns: i64,
    /// When it was taken, on the clock of now_ns(); 0 if the sender is unstamped.
    #[pyo3(get)]
    receive_time_ns: i64,
    /// Messages of a topic that this subscriber lost since the one before.
    #[pyo3(get)]
    missed: u64,
    /// An earlier receiver of the queue died while it held this message.
    #[pyo3(get)]
    redelivered: bool,
}

#[expect(clippy::large_enum_variant)] // in place, as most messages never share
enum Memory {
    Own(Held),
    /// Arrays may look at it, too.
    Shared(Arc<Held>),
    Released,
}

impl Message {
    pub(crate) fn new(filled: sipc_message) -> Message {
        Message {
            value: None,
            sequence: filled.sequence,
            sender: filled.sender,
            publish_time_ns: filled.publish_time_ns,
            capture_time_ns: filled.value.capture_time_ns,
            receive_time_ns: filled.receive_time_ns,
            missed: filled.missed,
            redelivered: filled.flags & SIPC_MESSAGE_REDELIVERED != 0,
            memory: Memory::Own(Held::new(filled)),
        }
    }

    fn raw(&self, py: Python<'_>) -> PyResult<&sipc_value> {
        match &self.memory {
            Memory::Own(held) => Ok(held.value()),
            Memory::Shared(held) => Ok(held.value()),
            Memory::Released => Err(failure::closed(py, "the message was released")),
        }
    }

    /// A share of the memory, which then outlives this object if need be.
    fn share(&mut self, py: Python<'_>) -> PyResult<Arc<Held>> {
        let held = match std::mem::replace(&mut self.memory, Memory::Released) {
            Memory::Own(held) => Arc::new(held),
            Memory::Shared(held) => held,
            Memory::Released => return Err(failure::closed(py, "the message was released")),
        };
        self.memory = Memory::Shared(held.clone());
        Ok(held)
    }
}

// A method borrows the object only while no Python code can run, so that no borrow can fail.
#[pymethods]
impl Message {
    /// The value; a tensor is a read-only array that looks at the channel's memory.
    #[getter]
    fn value<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let held = {
            let mut this = slf.borrow_mut();
            if let Some(value) = &this.value {
                return Ok(value.bind(py).clone());
            }
            if let Some(object) = decode::plain(py, this.raw(py)?) {
                return object;
            }
            this.share(py)?
        };
        let value = decode::tree(py, &held, held.value())?.unbind();
        let mut this = slf.borrow_mut();
        if matches!(this.memory, Memory::Released) {
            return Ok(value.into_bound(py)); // another thread was faster
        }
        Ok(this.value.get_or_insert(value).bind(py).clone())
    }

    /// A read-only memoryview of the bytes of a text, of bytes, a tensor or opaque data.
    #[getter]
    fn buffer<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let held = slf.borrow_mut().share(slf.py())?;
        match held.value().kind {
            SIPC_KIND_STR | SIPC_KIND_BYTES | SIPC_KIND_TENSOR | SIPC_KIND_OPAQUE => {
                memory::view(slf.py(), held.value(), &held)
            }
            _ => Err(PyTypeError::new_err("a value of this type has no buffer")),
        }
    }

    /// The format of a tensor, as rgb8; empty if it has none or is no tensor.
    #[getter]
    fn format<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let value = self.raw(py)?;
        if value.kind == SIPC_KIND_TENSOR {
            decode::label(py, value)
        } else {
            Ok(PyString::new(py, ""))
        }
    }

    /// From put to taken, or None if the sender is unstamped.
    #[getter]
    fn age_ns(&self) -> Option<i64> {
        (self.publish_time_ns != 0).then(|| self.receive_time_ns - self.publish_time_ns)
    }

    /// Lets go of the message; arrays taken from it stay valid and keep its memory.
    fn release(slf: &Bound<'_, Self>) {
        let (memory, value) = {
            let mut this = slf.borrow_mut();
            (
                std::mem::replace(&mut this.memory, Memory::Released),
                this.value.take(),
            )
        };
        drop((memory, value)); // after the borrow: dropping the value may run Python code
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(slf: &Bound<'_, Self>, _exception: &Bound<'_, PyTuple>) {
        Message::release(slf);
    }

    fn __repr__(&self) -> String {
        format!(
            "<simpleipc.Message {} of sender {}>",
            self.sequence, self.sender
        )
    }
}
