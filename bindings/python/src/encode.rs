//! From Python objects to values of the C surface.
//!
//! Text, bytes and arrays are not copied: the value points into the objects, and the encoder keeps
//! them from being freed or resized until it is dropped, after the call that reads the value.

use std::ffi::{c_char, c_int, c_longlong};
use std::mem::MaybeUninit;

use capi::generated::*;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::*;

use crate::array::Numpy;
use crate::buffer::Buffer;
use crate::dtype::Dtype;
use crate::failure;

/// Makes one value and owns what it points to.
#[derive(Default)]
pub(crate) struct Encoder {
    items: Vec<Box<[sipc_value]>>,
    copies: Vec<Box<[u8]>>,
    buffers: Vec<Buffer>,
    objects: Vec<Py<PyAny>>,
    data_bytes: u64,
}

impl Encoder {
    /// Bytes of all data the value points to.
    pub(crate) fn data_bytes(&self) -> u64 {
        self.data_bytes
    }

    /// Describes `object` in `to`, which is SIPC_VALUE_INIT before. The caller keeps `object`.
    #[inline]
    pub(crate) fn encode(
        &mut self,
        object: &Bound<'_, PyAny>,
        to: &mut sipc_value,
    ) -> PyResult<()> {
        self.encode_at(object, to, 0)
    }

    /// Has the value point to a copy of its data.
    pub(crate) fn copy_data(&mut self, value: &mut sipc_value) {
        // SAFETY: encode() has made the value, so `len` bytes are there, and kept alive.
        let data = unsafe { std::slice::from_raw_parts(value.data.cast(), value.len as usize) };
        let copy: Box<[u8]> = data.into();
        value.data = copy.as_ptr().cast();
        self.copies.push(copy);
    }

    fn encode_at(
        &mut self,
        object: &Bound<'_, PyAny>,
        to: &mut sipc_value,
        depth: usize,
    ) -> PyResult<()> {
        if plain(object, to)? {
            self.data_bytes += to.len;
            Ok(())
        } else if let Ok(dict) = object.cast_exact::<PyDict>() {
            self.map(dict, to, depth)
        } else if let Ok(list) = object.cast_exact::<PyList>() {
            let count = list.len();
            self.list((0..count).map(|index| list.get_item(index)), to, depth)
        } else {
            self.uncommon(object, to, depth)
        }
    }

    /// Our own types, NumPy's, subclasses, and whatever has a buffer.
    fn uncommon(
        &mut self,
        object: &Bound<'_, PyAny>,
        to: &mut sipc_value,
        depth: usize,
    ) -> PyResult<()> {
        let py = object.py();
        let numpy = Numpy::imported(py)?;
        if let Some(numpy) = numpy {
            if numpy.is_array(object)? {
                return self.tensor(Buffer::of(object)?, to, py);
            }
            if numpy.is_scalar(object)? {
                return self.numpy_scalar(object, to);
            }
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            self.list(tuple.iter().map(Ok), to, depth)
        } else if object.is_instance(values::uint(py)?)? {
            uint(object, to)
        } else if object.is_instance(values::tensor(py)?)? {
            let array = object.getattr(pyo3::intern!(py, "array"))?;
            self.tensor(Buffer::of(&array)?, to, py)?;
            self.label(object.getattr(pyo3::intern!(py, "format"))?, to)
        } else if object.is_instance(values::opaque(py)?)? {
            let data = object.getattr(pyo3::intern!(py, "data"))?;
            self.bytes(Buffer::of(&data)?, to, py)?;
            to.kind = SIPC_KIND_OPAQUE;
            self.label(object.getattr(pyo3::intern!(py, "content_type"))?, to)
        } else if object.is_instance_of::<PyInt>() {
            int(object, to)
        } else if let Ok(text) = object.cast::<PyString>() {
            self.text(text, to)
        } else if let Ok(number) = object.cast::<PyFloat>() {
            to.kind = SIPC_KIND_FLOAT;
            to.f = number.value();
            Ok(())
        } else if let Ok(dict) = object.cast::<PyDict>() {
            self.map(dict, to, depth)
        } else if let Ok(list) = object.cast::<PyList>() {
            self.list(list.iter().map(Ok), to, depth)
        } else {
            self.exporter(object, to)
        }
    }

    /// Plain bytes are bytes; elements of another type, or with a shape, are a tensor.
    fn exporter(&mut self, object: &Bound<'_, PyAny>, to: &mut sipc_value) -> PyResult<()> {
        let py = object.py();
        let buffer = Buffer::of(object).map_err(|error| {
            if !error.is_instance_of::<PyTypeError>(py) {
                return error;
            }
            let kind = object
                .get_type()
                .name()
                .map_or("?".to_owned(), |name| name.to_string());
            PyTypeError::new_err(format!(
                "{kind} cannot be sent; None, bool, int, float, str, bytes, list, dict, arrays, \
                 Opaque and whatever has a buffer can"
            ))
        })?;
        match buffer.format() {
            b"B" | b"c" if buffer.shape().len() == 1 => self.bytes(buffer, to, py),
            _ => self.tensor(buffer, to, py),
        }
    }

    fn text(&mut self, string: &Bound<'_, PyString>, to: &mut sipc_value) -> PyResult<()> {
        text(string, to)?;
        self.data_bytes += to.len;
        Ok(())
    }

    fn bytes(&mut self, buffer: Buffer, to: &mut sipc_value, py: Python<'_>) -> PyResult<()> {
        to.kind = SIPC_KIND_BYTES;
        self.point_at_buffer(buffer, to, py)
    }

    fn tensor(&mut self, buffer: Buffer, to: &mut sipc_value, py: Python<'_>) -> PyResult<()> {
        to.kind = SIPC_KIND_TENSOR;
        to.dtype = Dtype::of_buffer(&buffer)?.code;
        to.ndim = buffer.shape().len() as u32;
        let shape = to.shape.get_mut(..buffer.shape().len()).ok_or_else(|| {
            failure::bad_value(
                py,
                &format!("a tensor has at most {SIPC_DIMS_MAX} dimensions"),
            )
        })?;
        for (to, &from) in shape.iter_mut().zip(buffer.shape()) {
            *to = from as u64;
        }
        self.point_at_buffer(buffer, to, py)
    }

    fn label(&mut self, text: Bound<'_, PyAny>, to: &mut sipc_value) -> PyResult<()> {
        let label = utf8(text.cast::<PyString>()?)?;
        to.label = label.as_ptr().cast();
        to.label_len = label.len() as u64;
        self.objects.push(text.unbind());
        Ok(())
    }

    fn list<'py>(
        &mut self,
        from: impl ExactSizeIterator<Item = PyResult<Bound<'py, PyAny>>>,
        to: &mut sipc_value,
        depth: usize,
    ) -> PyResult<()> {
        let mut items = Vec::with_capacity(from.len());
        for item in from {
            let item = item?;
            check_depth(depth, item.py())?;
            self.item(item, &mut items, depth)?;
        }
        to.kind = SIPC_KIND_LIST;
        to.count = items.len() as u64;
        self.point_at_items(items, to);
        Ok(())
    }

    fn map(&mut self, dict: &Bound<'_, PyDict>, to: &mut sipc_value, depth: usize) -> PyResult<()> {
        check_depth(depth, dict.py())?;
        let mut items = Vec::with_capacity(2 * dict.len());
        // A copy of the pairs: reading a value may run Python code, which may change the dict.
        for pair in dict.items() {
            let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
            if !key.is_instance_of::<PyString>() {
                return Err(PyTypeError::new_err(format!(
                    "the keys of a dict that is sent are str, which {} is not",
                    key.repr()?
                )));
            }
            self.item(key, &mut items, depth)?;
            self.item(value, &mut items, depth)?;
        }
        to.kind = SIPC_KIND_MAP;
        to.count = items.len() as u64 / 2;
        self.point_at_items(items, to);
        Ok(())
    }

    fn item(
        &mut self,
        object: Bound<'_, PyAny>,
        items: &mut Vec<sipc_value>,
        depth: usize,
    ) -> PyResult<()> {
        let mut item = SIPC_VALUE_INIT;
        self.encode_at(&object, &mut item, depth + 1)?;
        if !item.data.is_null() {
            self.objects.push(object.unbind());
        }
        items.push(item);
        Ok(())
    }

    fn numpy_scalar(&mut self, object: &Bound<'_, PyAny>, to: &mut sipc_value) -> PyResult<()> {
        let py = object.py();
        let item = object.call_method0(pyo3::intern!(py, "item"))?;
        let dtype = object.getattr(pyo3::intern!(py, "dtype"))?;
        let kind: String = dtype.getattr(pyo3::intern!(py, "kind"))?.extract()?;
        match kind.as_str() {
            "u" => uint(&item, to),
            "b" | "i" | "f" | "U" | "S" if !item.is_instance(&object.get_type())? => {
                self.encode_at(&item, to, 0)?;
                self.objects.push(item.unbind());
                Ok(())
            }
            _ => Err(PyTypeError::new_err(format!(
                "a NumPy scalar of type {dtype} cannot be sent; an array of it may be"
            ))),
        }
    }

    fn point_at_buffer(
        &mut self,
        buffer: Buffer,
        to: &mut sipc_value,
        py: Python<'_>,
    ) -> PyResult<()> {
        to.len = buffer.len() as u64;
        self.data_bytes += to.len;
        if buffer.is_dense() {
            to.data = buffer.data();
            self.buffers.push(buffer);
        } else {
            let copy = buffer.to_dense(py)?;
            to.data = copy.as_ptr().cast();
            self.copies.push(copy);
        }
        Ok(())
    }

    fn point_at_items(&mut self, items: Vec<sipc_value>, to: &mut sipc_value) {
        let items = items.into_boxed_slice();
        to.items = items.as_ptr();
        self.items.push(items);
    }
}

/// SIPC_VALUE_INIT, made by filling with zeros: a copy of the constant takes longer.
#[inline]
pub(crate) fn fresh() -> sipc_value {
    // SAFETY: numbers and pointers, so all zero is one.
    let mut value = unsafe { MaybeUninit::<sipc_value>::zeroed().assume_init() };
    value.size = size_of::<sipc_value>() as u32;
    value
}

/// Describes an object of one of the common types without inner values in `to`; answers whether it
/// is one. The exact types: they are nearly all there is, and one comparison each. The caller keeps
/// the object.
#[inline]
pub(crate) fn plain(object: &Bound<'_, PyAny>, to: &mut sipc_value) -> PyResult<bool> {
    if let Ok(bytes) = object.cast_exact::<PyBytes>() {
        to.kind = SIPC_KIND_BYTES;
        point_at(bytes.as_bytes(), to);
    } else if object.is_exact_instance_of::<PyInt>() {
        int(object, to)?;
    } else if let Ok(string) = object.cast_exact::<PyString>() {
        text(string, to)?;
    } else if let Ok(number) = object.cast_exact::<PyFloat>() {
        to.kind = SIPC_KIND_FLOAT;
        to.f = number.value();
    } else if let Ok(truth) = object.cast_exact::<PyBool>() {
        to.kind = SIPC_KIND_BOOL;
        to.i = i64::from(truth.is_true());
    } else if object.is_none() {
        to.kind = SIPC_KIND_NULL;
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn text(text: &Bound<'_, PyString>, to: &mut sipc_value) -> PyResult<()> {
    to.kind = SIPC_KIND_STR;
    point_at(utf8(text)?.as_bytes(), to);
    Ok(())
}

fn point_at(data: &[u8], to: &mut sipc_value) {
    to.data = data.as_ptr().cast();
    to.len = data.len() as u64;
}

/// The UTF-8 that a str keeps for itself once it is asked; it lives as long as the str.
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    let mut len = 0;
    // SAFETY: on success `len` bytes of UTF-8, which the str owns and never changes.
    unsafe {
        let data = PyUnicode_AsUTF8AndSize(text.as_ptr(), &mut len);
        if data.is_null() {
            let cause = PyErr::fetch(text.py());
            let error = PyValueError::new_err(
                "a str with a lone surrogate is no text and cannot be sent; send bytes, or use \
                 errors=\"replace\" where the str was decoded",
            );
            error.set_cause(text.py(), Some(cause));
            return Err(error);
        }
        let bytes = std::slice::from_raw_parts(data.cast(), len as usize);
        Ok(std::str::from_utf8_unchecked(bytes))
    }
}

/// An int as INT, or as UINT if it is too large for that.
#[inline]
fn int(object: &Bound<'_, PyAny>, to: &mut sipc_value) -> PyResult<()> {
    let mut overflow: c_int = 0;
    // SAFETY: an int; nothing else can fail but its size, which `overflow` tells.
    let number: c_longlong =
        unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &mut overflow) };
    if overflow != 0 {
        return uint(object, to);
    }
    to.kind = SIPC_KIND_INT;
    to.i = number;
    Ok(())
}

fn uint(object: &Bound<'_, PyAny>, to: &mut sipc_value) -> PyResult<()> {
    to.u = object.extract().map_err(|_| {
        PyOverflowError::new_err("an int that is sent is from -2**63 to 2**64 - 1, a Uint from 0")
    })?;
    to.kind = SIPC_KIND_UINT;
    Ok(())
}

/// Also stops at a list that holds itself.
fn check_depth(depth: usize, py: Python<'_>) -> PyResult<()> {
    if depth < NESTING_MAX {
        return Ok(());
    }
    let sentence = format!("lists and dicts are nested more than {NESTING_MAX} deep");
    Err(failure::bad_value(py, &sentence))
}

/// What the library takes as well.
const NESTING_MAX: usize = 64;

/// The types of values.py.
pub(crate) mod values {
    use super::*;

    pub(crate) fn uint(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
        static UINT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        UINT.import(py, "simpleipc.values", "Uint")
    }

    pub(crate) fn tensor(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
        static TENSOR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        TENSOR.import(py, "simpleipc.values", "Tensor")
    }

    pub(crate) fn opaque(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
        static OPAQUE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        OPAQUE.import(py, "simpleipc.values", "Opaque")
    }
}

// In the stable ABI from 3.10 on; every CPython since 3.3 exports it.
unsafe extern "C" {
    fn PyUnicode_AsUTF8AndSize(
        text: *mut ffi::PyObject,
        len: *mut ffi::Py_ssize_t,
    ) -> *const c_char;
}
