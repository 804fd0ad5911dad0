//! Showing memory of a channel to Python: an object with a buffer that keeps its owner alive.
//!
//! The buffer slots of a type are not among the macros of PyO3 for the stable ABI before 3.11, so
//! the type is made by hand. Python sees it only as what a memoryview or an array rests on.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use capi::generated::sipc_value;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyMemoryView;

use crate::buffer::{Py_buffer, PyBuffer_FillInfo};

/// What the memory belongs to: a message or a loan. It keeps the memory valid while it lives.
pub(crate) trait Owner: Send + Sync + 'static {
    /// Whether Python may write there now.
    fn is_writable(&self) -> bool;
}

/// A Python object whose buffer is the data of a value.
pub(crate) fn expose<'py>(
    py: Python<'py>,
    value: &sipc_value,
    owner: &Arc<impl Owner>,
) -> PyResult<Bound<'py, PyAny>> {
    let kind = memory_type(py)?;
    let region = Region {
        data: value.data.cast_mut(),
        len: value.len as usize,
        owner: owner.clone(),
    };
    // SAFETY: the type was made with room for a MemoryObject; the part after its head is zeroed,
    // needs no drop and was not yet seen by anybody.
    unsafe {
        let object = ffi::PyType_GenericAlloc(kind.as_ptr().cast(), 0);
        let object = Bound::from_owned_ptr_or_err(py, object)?;
        (&raw mut (*object.as_ptr().cast::<MemoryObject>()).region).write(Some(region));
        Ok(object)
    }
}

/// A memoryview of the data of a value, as bytes.
pub(crate) fn view<'py>(
    py: Python<'py>,
    value: &sipc_value,
    owner: &Arc<impl Owner>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyMemoryView::from(&expose(py, value, owner)?)?.into_any())
}

struct Region {
    data: *mut c_void,
    len: usize,
    owner: Arc<dyn Owner>,
}

#[repr(C)]
struct MemoryObject {
    head: ffi::PyObject,
    /// None only in an object that Python code made by calling the type.
    region: Option<Region>,
}

fn memory_type(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static TYPE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = TYPE.get_or_try_init(py, || {
        let slot = |slot, function| ffi::PyType_Slot {
            slot,
            pfunc: function,
        };
        let mut slots = [
            slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
            slot(BF_GETBUFFER, get_buffer as *mut c_void),
            slot(0, ptr::null_mut()),
        ];
        let mut spec = ffi::PyType_Spec {
            name: c"simpleipc._native.Memory".as_ptr(),
            basicsize: size_of::<MemoryObject>() as c_int,
            itemsize: 0,
            flags: ffi::Py_TPFLAGS_DEFAULT as u32,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: a complete description; Python copies it, and the name is static.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec)) }
            .map(Bound::unbind)
    })?;
    Ok(made.bind(py))
}

/// Fixed since 3.0; the stable ABI names it from 3.11 on, Python takes it here from 3.9 on.
const BF_GETBUFFER: c_int = 1;

unsafe extern "C" fn get_buffer(
    object: *mut ffi::PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: Python calls this with an object of the type, a view to fill and the GIL held.
    unsafe {
        match &(*object.cast::<MemoryObject>()).region {
            Some(region) => {
                let is_readonly = c_int::from(!region.owner.is_writable());
                let len = region.len as ffi::Py_ssize_t;
                PyBuffer_FillInfo(view, object, region.data, len, is_readonly, flags)
            }
            None => {
                (*view).obj = ptr::null_mut();
                PyBufferError::new_err("nothing is behind this object")
                    .restore(Python::assume_attached());
                -1
            }
        }
    }
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: Python calls this once, at the end of an object of the type. The type is a heap type,
    // of which every object holds a reference.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        (&raw mut (*object.cast::<MemoryObject>()).region).drop_in_place();
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(kind.cast());
    }
}
