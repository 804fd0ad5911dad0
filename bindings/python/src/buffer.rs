//! Reading the memory of other Python objects: bytearray, memoryview, array, NumPy arrays.
//!
//! The buffer protocol entered the stable ABI in 3.11 without a change; every CPython since 3.0
//! exports these functions with this struct, so the wheel may use them from 3.9 on.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;

use pyo3::ffi::{Py_ssize_t, PyObject};
use pyo3::prelude::*;

/// A buffer of an object, which cannot be resized or freed until this is dropped.
pub(crate) struct Buffer(Box<Py_buffer>);

impl Buffer {
    /// The object's buffer with its shape, strides and format; an error if it has none.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Buffer> {
        let mut view = Box::new(MaybeUninit::<Py_buffer>::uninit());
        // SAFETY: on success the whole struct is filled. It stays where it is: some exporters let
        // its fields point into it.
        unsafe {
            if PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), PYBUF_RECORDS_RO) != 0 {
                return Err(PyErr::fetch(object.py()));
            }
            Ok(Buffer(view.assume_init()))
        }
    }

    pub(crate) fn data(&self) -> *const c_void {
        self.0.buf
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len as usize
    }

    pub(crate) fn item_bytes(&self) -> usize {
        self.0.itemsize as usize
    }

    /// The element's format as of the struct module, with Zf and Zd for complex numbers.
    pub(crate) fn format(&self) -> &[u8] {
        if self.0.format.is_null() {
            return b"B";
        }
        // SAFETY: a terminated text that lives as long as the buffer.
        unsafe { CStr::from_ptr(self.0.format) }.to_bytes()
    }

    pub(crate) fn shape(&self) -> &[Py_ssize_t] {
        if self.0.ndim == 0 || self.0.shape.is_null() {
            return &[];
        }
        // SAFETY: not NULL, and it has ndim elements.
        unsafe { std::slice::from_raw_parts(self.0.shape, self.0.ndim as usize) }
    }

    /// Dense and row-major.
    pub(crate) fn is_dense(&self) -> bool {
        // SAFETY: the struct is that of a filled buffer.
        unsafe { PyBuffer_IsContiguous(&*self.0, ROW_MAJOR) != 0 }
    }

    /// A dense row-major copy of the elements.
    pub(crate) fn to_dense(&self, py: Python<'_>) -> PyResult<Box<[u8]>> {
        let mut copy: Vec<u8> = Vec::with_capacity(self.len());
        // SAFETY: on success all of the `len` bytes there is room for have been written.
        unsafe {
            let to = copy.as_mut_ptr().cast();
            if PyBuffer_ToContiguous(to, &*self.0, self.0.len, ROW_MAJOR) != 0 {
                return Err(PyErr::fetch(py));
            }
            copy.set_len(self.len());
        }
        Ok(copy.into_boxed_slice())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: filled by PyObject_GetBuffer and released once; the encoder that owns it lives in
        // a call from Python, so the GIL is held.
        unsafe { PyBuffer_Release(&mut *self.0) };
    }
}

/// The struct of the buffer protocol.
#[repr(C)]
pub(crate) struct Py_buffer {
    buf: *mut c_void,
    pub(crate) obj: *mut PyObject,
    len: Py_ssize_t,
    itemsize: Py_ssize_t,
    readonly: c_int,
    ndim: c_int,
    format: *mut c_char,
    shape: *mut Py_ssize_t,
    strides: *mut Py_ssize_t,
    suboffsets: *mut Py_ssize_t,
    internal: *mut c_void,
}

/// Strides and format, for reading.
const PYBUF_RECORDS_RO: c_int = 0x10 | 0x08 | 0x04;

const ROW_MAJOR: c_char = b'C' as c_char;

unsafe extern "C" {
    fn PyObject_GetBuffer(object: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int;
    fn PyBuffer_IsContiguous(view: *const Py_buffer, order: c_char) -> c_int;
    fn PyBuffer_ToContiguous(
        to: *mut c_void,
        view: *const Py_buffer,
        len: Py_ssize_t,
        order: c_char,
    ) -> c_int;
    fn PyBuffer_Release(view: *mut Py_buffer);
    /// Fills a view of plain bytes; refuses a writable one of read-only memory.
    pub(crate) fn PyBuffer_FillInfo(
        view: *mut Py_buffer,
        object: *mut PyObject,
        data: *mut c_void,
        len: Py_ssize_t,
        readonly: c_int,
        flags: c_int,
    ) -> c_int;
}
