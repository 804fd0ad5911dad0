//! From received values to Python objects.

use std::ffi::c_void;
use std::sync::Arc;

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::*;

use crate::array;
use crate::encode::values;
use crate::message::Held;

/// A value without inner values, in the few words that count.
#[derive(Clone, Copy)]
pub(crate) struct Flat {
    kind: u32,
    /// BOOL, INT: `i`; FLOAT: the bits of `f`.
    number: i64,
    /// STR, BYTES: `data`, `len`.
    data: *const c_void,
    len: u64,
}

impl Flat {
    /// The value in short; None for lists, maps, tensors, opaque data and what becomes a Uint.
    #[inline]
    pub(crate) fn of(value: &sipc_value) -> Option<Flat> {
        let number = match value.kind {
            SIPC_KIND_INT | SIPC_KIND_BOOL => value.i,
            SIPC_KIND_FLOAT => value.f.to_bits().cast_signed(),
            SIPC_KIND_STR | SIPC_KIND_BYTES | SIPC_KIND_NULL => 0,
            _ => return None,
        };
        Some(Flat {
            kind: value.kind,
            number,
            data: value.data,
            len: value.len,
        })
    }

    /// The value at length.
    pub(crate) fn to_c(self) -> sipc_value {
        let mut value = SIPC_VALUE_INIT;
        value.kind = self.kind;
        value.i = self.number;
        value.f = f64::from_bits(self.number.cast_unsigned());
        value.data = self.data;
        value.len = self.len;
        value
    }
}

/// The object for a flat value. No Python code runs meanwhile.
#[inline]
pub(crate) fn plain<'py>(py: Python<'py>, value: &Flat) -> PyResult<Bound<'py, PyAny>> {
    let data = || slice(value.data.cast(), value.len);
    Ok(match value.kind {
        SIPC_KIND_BYTES => PyBytes::new(py, data()).into_any(),
        SIPC_KIND_STR => PyString::from_bytes(py, data())?.into_any(),
        SIPC_KIND_INT => value.number.into_pyobject(py)?.into_any(),
        SIPC_KIND_FLOAT => {
            PyFloat::new(py, f64::from_bits(value.number.cast_unsigned())).into_any()
        }
        SIPC_KIND_BOOL => PyBool::new(py, value.number != 0).to_owned().into_any(),
        _ => py.None().into_bound(py),
    })
}

/// The object for any value of a message, which is kept by what looks at its memory.
pub(crate) fn tree<'py>(
    py: Python<'py>,
    held: &Arc<Held>,
    value: &sipc_value,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(flat) = Flat::of(value) {
        return plain(py, &flat);
    }
    match value.kind {
        SIPC_KIND_UINT => values::uint(py)?.call1((value.u,)),
        SIPC_KIND_LIST => {
            let list = PyList::empty(py);
            for item in items(value, 1) {
                list.append(tree(py, held, item)?)?;
            }
            Ok(list.into_any())
        }
        SIPC_KIND_MAP => {
            let dict = PyDict::new(py);
            for pair in items(value, 2).chunks_exact(2) {
                dict.set_item(tree(py, held, &pair[0])?, tree(py, held, &pair[1])?)?;
            }
            Ok(dict.into_any())
        }
        SIPC_KIND_TENSOR => {
            let tensor = array::tensor(py, value, held)?;
            let is_inside = !std::ptr::eq(value, held.value());
            if is_inside && value.label_len > 0 {
                return values::tensor(py)?.call1((tensor, label(py, value)?));
            }
            Ok(tensor)
        }
        SIPC_KIND_OPAQUE => {
            let data = slice(value.data.cast(), value.len);
            values::opaque(py)?.call1((PyBytes::new(py, data), label(py, value)?))
        }
        kind => Err(PyTypeError::new_err(format!(
            "this version knows no kind {kind} of values"
        ))),
    }
}

/// A tensor's format or an opaque value's content type.
pub(crate) fn label<'py>(py: Python<'py>, value: &sipc_value) -> PyResult<Bound<'py, PyString>> {
    PyString::from_bytes(py, slice(value.label.cast(), value.label_len))
}

fn items(value: &sipc_value, group: u64) -> &[sipc_value] {
    slice(value.items, value.count * group)
}

/// What a received value points to, borrowed as long as the value.
fn slice<'a, T>(data: *const T, len: u64) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the library has filled the value: `len` elements until the message is released, and
    // whoever has the value holds the message.
    unsafe { std::slice::from_raw_parts(data, len as usize) }
}
