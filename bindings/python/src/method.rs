//! Methods that are called for every message: their arguments come without a tuple around them.
//!
//! PyO3 makes such methods for the stable ABI of 3.10 and later only, where they were added to it
//! without a change; every CPython since 3.7 calls them, so the wheel may have them from 3.9 on.
//!
//! PyO3 is not told that the thread is attached, which would cost as much as a small message. So
//! what may drop a `Py` runs inside `Python::attach`.

use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi::{PyCFunctionWithKeywords, PyMethodDef, PyMethodDefPointer, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

/// How CPython calls such a method: the values of named arguments follow the others, and the last
/// argument is NULL or a tuple of their names.
pub(crate) type Function = unsafe extern "C" fn(
    *mut PyObject,
    *const *mut PyObject,
    pyo3::ffi::Py_ssize_t,
    *mut PyObject,
) -> *mut PyObject;

/// Gives a class a method. Its description begins with its signature and a line `--`.
pub(crate) fn add(
    class: &Bound<'_, PyType>,
    name: &'static CStr,
    description: &'static CStr,
    function: Function,
) -> PyResult<()> {
    // SAFETY: both are addresses of functions; the flags tell CPython what this one takes.
    let function = unsafe { std::mem::transmute::<Function, PyCFunctionWithKeywords>(function) };
    let definition = Box::leak(Box::new(PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: PyMethodDefPointer {
            PyCFunctionWithKeywords: function,
        },
        ml_flags: METH_FASTCALL | pyo3::ffi::METH_KEYWORDS,
        ml_doc: description.as_ptr(),
    }));
    // SAFETY: the definition lives as long as the process; CPython checks the class of the object
    // before each call.
    let method = unsafe {
        let method = pyo3::ffi::PyDescr_NewMethod(class.as_ptr().cast(), definition);
        Bound::from_owned_ptr_or_err(class.py(), method)?
    };
    class.setattr(PyString::from_bytes(class.py(), name.to_bytes())?, method)
}

const METH_FASTCALL: c_int = 0x80;

/// The arguments of one call.
pub(crate) struct Arguments {
    given: *const *mut PyObject,
    count: usize,
    names: *mut PyObject,
}

impl Arguments {
    /// # Safety
    /// CPython has called a `Function` with these.
    #[inline]
    pub(crate) unsafe fn new(
        given: *const *mut PyObject,
        count: pyo3::ffi::Py_ssize_t,
        names: *mut PyObject,
    ) -> Arguments {
        Arguments {
            given,
            count: count as usize,
            names,
        }
    }

    /// The arguments by parameter, NULL for those left out; `parameters` are their names.
    #[inline]
    pub(crate) fn of<'py, const N: usize>(
        &self,
        py: Python<'py>,
        parameters: &[&CStr; N],
    ) -> PyResult<[Option<Borrowed<'_, 'py, PyAny>>; N]> {
        let mut found = [None; N];
        if self.count > N {
            return Err(too_many(N, self.count));
        }
        for (index, to) in found.iter_mut().enumerate().take(self.count) {
            // SAFETY: CPython holds `count` arguments for the time of the call.
            *to = Some(unsafe { Borrowed::from_ptr(py, *self.given.add(index)) });
        }
        if !self.names.is_null() {
            self.find_named(py, parameters, &mut found)?;
        }
        Ok(found)
    }

    fn find_named<'a, 'py, const N: usize>(
        &'a self,
        py: Python<'py>,
        parameters: &[&CStr; N],
        found: &mut [Option<Borrowed<'a, 'py, PyAny>>; N],
    ) -> PyResult<()> {
        // SAFETY: not NULL, so a tuple of str, which CPython holds for the time of the call.
        let names = unsafe { Borrowed::from_ptr(py, self.names) };
        let names = names.cast::<PyTuple>()?;
        for (index, name) in names.iter().enumerate() {
            let is_name = |parameter: &&CStr| {
                // SAFETY: a str and a terminated text.
                unsafe {
                    pyo3::ffi::PyUnicode_CompareWithASCIIString(name.as_ptr(), parameter.as_ptr())
                        == 0
                }
            };
            let Some(place) = parameters.iter().position(is_name) else {
                let sentence = format!("there is no argument {name}");
                return Err(PyTypeError::new_err(sentence));
            };
            if found[place].is_some() {
                let sentence = format!("the argument {name} is given twice");
                return Err(PyTypeError::new_err(sentence));
            }
            // SAFETY: the values of named arguments follow the others.
            let value = unsafe { *self.given.add(self.count + index) };
            // SAFETY: CPython holds it for the time of the call.
            found[place] = Some(unsafe { Borrowed::from_ptr(py, value) });
        }
        Ok(())
    }
}

#[cold]
fn too_many(most: usize, count: usize) -> PyErr {
    PyTypeError::new_err(format!("at most {most} arguments, but {count} are given"))
}

/// What CPython is answered: an object, or NULL with the exception set. No panic passes.
///
/// # Safety
/// The thread is attached, as in a call from CPython.
#[inline]
pub(crate) unsafe fn answer<'py>(
    body: impl FnOnce(Python<'py>) -> PyResult<Bound<'py, PyAny>>,
) -> *mut PyObject {
    // SAFETY: promised by the caller.
    let py = unsafe { Python::assume_attached() };
    match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(object)) => object.into_ptr(),
        Ok(Err(error)) => refuse(py, error),
        Err(_) => {
            let sentence = "a panic was caught inside simpleipc; please report it with its text";
            refuse(py, PyRuntimeError::new_err(sentence))
        }
    }
}

#[cold]
fn refuse(py: Python<'_>, error: PyErr) -> *mut PyObject {
    error.restore(py);
    ptr::null_mut()
}
