//! A received message: what came, from whom, when, and how many were lost before it.

use std::ptr;
use std::sync::Arc;

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::memory::{self, Owner};
use crate::{decode, failure};

/// A message that arrays look at, released when the last of them is gone.
pub(crate) struct Held(sipc_message);

// SAFETY: nothing changes it, and sipc_release may be called by any thread.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl Held {
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
    /// Filled in place; the facts in it outlive its release.
    raw: sipc_message,
    memory: Memory,
    /// What `value` has answered, if that is more than a number or a text.
    value: Option<Py<PyAny>>,
}

/// Who releases what `raw` points to.
enum Memory {
    Own,
    /// The last of those who look at it.
    Shared(Arc<Held>),
    Released,
}

// SAFETY: the pointers in `raw` lead to memory that nobody changes and any thread may release.
unsafe impl Send for Message {}
// SAFETY: as above.
unsafe impl Sync for Message {}

impl Message {
    /// Room for a message.
    pub(crate) fn empty() -> Message {
        Message {
            raw: SIPC_MESSAGE_INIT,
            memory: Memory::Own,
            value: None,
        }
    }

    /// What sipc_take fills; once.
    pub(crate) fn room(&mut self) -> *mut sipc_message {
        &mut self.raw
    }

    fn value_in_c(&self, py: Python<'_>) -> PyResult<&sipc_value> {
        match self.memory {
            Memory::Released => Err(failure::closed(py, "the message was released")),
            Memory::Own | Memory::Shared(_) => Ok(&self.raw.value),
        }
    }

    /// A share of the memory, which then outlives this object if need be.
    fn share(&mut self, py: Python<'_>) -> PyResult<Arc<Held>> {
        match &self.memory {
            Memory::Released => Err(failure::closed(py, "the message was released")),
            Memory::Shared(held) => Ok(held.clone()),
            Memory::Own => {
                let hold = std::mem::replace(&mut self.raw.hold, ptr::null_mut());
                let held = Arc::new(Held(sipc_message { hold, ..self.raw }));
                self.memory = Memory::Shared(held.clone());
                Ok(held)
            }
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        if !self.raw.hold.is_null() {
            // SAFETY: filled by the library; nobody shares it, or `hold` would be NULL.
            unsafe { capi::sipc_release(&mut self.raw) };
        }
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
            if let Some(object) = decode::plain(py, this.value_in_c(py)?) {
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
        let value = self.value_in_c(py)?;
        if value.kind == SIPC_KIND_TENSOR {
            decode::label(py, value)
        } else {
            Ok(PyString::new(py, ""))
        }
    }

    /// Grows by one with each message of one sender.
    #[getter]
    fn sequence(&self) -> u64 {
        self.raw.sequence
    }

    /// Identifies the sending handle among all handles of this channel.
    #[getter]
    fn sender(&self) -> u64 {
        self.raw.sender
    }

    /// When it was put, on the clock of now_ns(); 0 if the sender is unstamped.
    #[getter]
    fn publish_time_ns(&self) -> i64 {
        self.raw.publish_time_ns
    }

    /// When its content was captured, as the sender says; 0 if it does not.
    #[getter]
    fn capture_time_ns(&self) -> i64 {
        self.raw.value.capture_time_ns
    }

    /// When it was taken, on the clock of now_ns(); 0 if the sender is unstamped.
    #[getter]
    fn receive_time_ns(&self) -> i64 {
        self.raw.receive_time_ns
    }

    /// From put to taken, or None if the sender is unstamped.
    #[getter]
    fn age_ns(&self) -> Option<i64> {
        let raw = &self.raw;
        (raw.publish_time_ns != 0).then(|| raw.receive_time_ns - raw.publish_time_ns)
    }

    /// Messages of a topic that this subscriber lost since the one before.
    #[getter]
    fn missed(&self) -> u64 {
        self.raw.missed
    }

    /// An earlier receiver of the queue died while it held this message.
    #[getter]
    fn redelivered(&self) -> bool {
        self.raw.flags & SIPC_MESSAGE_REDELIVERED != 0
    }

    /// Lets go of the message; arrays taken from it stay valid and keep its memory.
    fn release(slf: &Bound<'_, Self>) {
        let (memory, value) = {
            let mut this = slf.borrow_mut();
            // SAFETY: filled by the library; a message that is shared or released has no hold.
            unsafe { capi::sipc_release(&mut this.raw) };
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
            self.raw.sequence, self.raw.sender
        )
    }
}
