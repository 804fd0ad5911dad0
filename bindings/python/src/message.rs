//! A received message: what came, from whom, when, and how many were lost before it.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{self, addr_of_mut};
use std::sync::Arc;

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::decode::{self, Flat};
use crate::failure;
use crate::memory::{self, Owner};

/// What one take fills. It is large, so only what a take must find there is set before.
pub(crate) struct Room(MaybeUninit<sipc_message>);

impl Room {
    #[inline]
    pub(crate) fn new() -> Room {
        let mut room = MaybeUninit::<sipc_message>::uninit();
        let start = room.as_mut_ptr();
        // SAFETY: the fields lie in `room`; they are written, not read.
        unsafe {
            addr_of_mut!((*start).size).write(size_of::<sipc_message>() as u32);
            addr_of_mut!((*start).hold).write(ptr::null_mut());
        }
        Room(room)
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut sipc_message {
        self.0.as_mut_ptr()
    }

    /// The message that has been taken.
    ///
    /// # Safety
    /// sipc_take has answered OK for this room, once.
    #[inline]
    pub(crate) unsafe fn message(&self) -> Message {
        // SAFETY: a take that succeeds fills the whole struct.
        let raw = unsafe { self.0.assume_init_ref() };
        let hold = Hold(raw.hold);
        Message {
            memory: match Flat::of(&raw.value) {
                Some(value) => Memory::Own { value, hold },
                None => Memory::shared(raw.value, hold),
            },
            value: None,
            sequence: raw.sequence,
            sender: raw.sender,
            publish_time_ns: raw.publish_time_ns,
            capture_time_ns: raw.value.capture_time_ns,
            receive_time_ns: raw.receive_time_ns,
            missed: raw.missed,
            flags: raw.flags,
        }
    }
}

/// What keeps the memory of a message, and tells a queue when it is gone that the message is done.
struct Hold(*mut c_void);

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: numbers and pointers, so all zero is one; quicker than to copy a constant.
            let mut message = unsafe { MaybeUninit::<sipc_message>::zeroed().assume_init() };
            message.size = size_of::<sipc_message>() as u32;
            message.hold = self.0;
            // SAFETY: the library has made the hold, which is released here and nowhere else.
            unsafe { capi::sipc_release(&mut message) };
        }
    }
}

/// A message that arrays look at, released when the last of them is gone.
pub(crate) struct Held {
    value: sipc_value,
    hold: Hold,
}

// SAFETY: nothing changes it, and sipc_release may be called by any thread.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl Held {
    pub(crate) fn value(&self) -> &sipc_value {
        &self.value
    }

    /// The message as sipc_reply wants it.
    pub(crate) fn request(&self) -> sipc_message {
        sipc_message {
            hold: self.hold.0,
            ..SIPC_MESSAGE_INIT
        }
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
    /// SIPC_MESSAGE_*
    #[pyo3(get)]
    flags: u32,
}

/// Who releases the memory of a message.
enum Memory {
    /// This object, which alone looks there.
    Own {
        value: Flat,
        hold: Hold,
    },
    /// The last of those who look there.
    Shared(Arc<Held>),
    Released,
}

impl Memory {
    #[inline(never)]
    fn shared(value: sipc_value, hold: Hold) -> Memory {
        Memory::Shared(Arc::new(Held { value, hold }))
    }
}

// SAFETY: the pointers lead to memory that nobody changes and any thread may release.
unsafe impl Send for Message {}
// SAFETY: as above.
unsafe impl Sync for Message {}

impl Message {
    /// A share of the memory, which then outlives this object if need be.
    pub(crate) fn share(&mut self, py: Python<'_>) -> PyResult<Arc<Held>> {
        let memory = match std::mem::replace(&mut self.memory, Memory::Released) {
            Memory::Own { value, hold } => Memory::shared(value.to_c(), hold),
            other => other,
        };
        self.memory = memory;
        match &self.memory {
            Memory::Shared(held) => Ok(held.clone()),
            _ => Err(failure::closed(py, "the message was released")),
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
        if let Memory::Own { value, .. } = &slf.borrow().memory {
            return decode::plain(py, value);
        }
        let held = {
            let mut this = slf.borrow_mut();
            if let Some(value) = &this.value {
                return Ok(value.bind(py).clone());
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
        match &self.memory {
            Memory::Shared(held) if held.value().kind == SIPC_KIND_TENSOR => {
                decode::label(py, held.value())
            }
            Memory::Released => Err(failure::closed(py, "the message was released")),
            _ => Ok(PyString::new(py, "")),
        }
    }

    /// From put to taken, or None if the sender is unstamped.
    #[getter]
    fn age_ns(&self) -> Option<i64> {
        (self.publish_time_ns != 0).then(|| self.receive_time_ns - self.publish_time_ns)
    }

    /// An earlier receiver of the queue died while it held this message.
    #[getter]
    fn redelivered(&self) -> bool {
        self.flags & SIPC_MESSAGE_REDELIVERED != 0
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
