//! From received values to Python objects.

use std::sync::Arc;

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::*;

use crate::array;
use crate::encode::values;
use crate::message::Held;

/// The object for a value that needs no memory of the message: all but lists, maps, tensors and
/// opaque data. No Python code runs meanwhile.
#[inline]
pub(crate) fn plain<'py>(
    py: Python<'py>,
    value: &sipc_value,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let object = match value.kind {
        SIPC_KIND_INT => value
            .i
            .into_pyobject(py)
            .map(Bound::into_any)
            .map_err(PyErr::from),
        SIPC_KIND_FLOAT => Ok(PyFloat::new(py, value.f).into_any()),
        SIPC_KIND_STR => PyString::from_bytes(py, data(value)).map(Bound::into_any),
        SIPC_KIND_BOOL => Ok(PyBool::new(py, value.i != 0).to_owned().into_any()),
        SIPC_KIND_NULL => Ok(py.None().into_bound(py)),
        SIPC_KIND_BYTES => Ok(PyBytes::new(py, data(value)).into_any()),
        _ => return None,
    };
    Some(object)
}

/// The object for any value of a message, which is kept by what looks at its memory.
pub(crate) fn tree<'py>(
    py: Python<'py>,
    held: &Arc<Held>,
    value: &sipc_value,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(object) = plain(py, value) {
        return object;
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
            values::opaque(py)?.call1((PyBytes::new(py, data(value)), label(py, value)?))
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

fn data(value: &sipc_value) -> &[u8] {
    slice(value.data.cast(), value.len)
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
