//! The element types of tensors and what Python calls them.

use capi::generated::*;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::buffer::Buffer;

/// One element type.
pub(crate) struct Dtype {
    /// SIPC_DTYPE_*.
    pub(crate) code: u32,
    /// NumPy's name.
    pub(crate) name: &'static str,
    /// What memoryviews call it; empty if they cannot show it.
    pub(crate) view_format: &'static str,
    pub(crate) item_bytes: usize,
}

impl Dtype {
    /// The element type of a received tensor; the library has checked the number.
    pub(crate) fn of_code(code: u32) -> PyResult<&'static Dtype> {
        DTYPES
            .iter()
            .find(|dtype| dtype.code == code)
            .ok_or_else(|| {
                PyTypeError::new_err(format!("this version knows no element type {code}"))
            })
    }

    /// The element type of a buffer, if it can be sent.
    pub(crate) fn of_buffer(buffer: &Buffer) -> PyResult<&'static Dtype> {
        let format = native(buffer.format(), buffer.item_bytes());
        let group = match format {
            b"?" => BOOL,
            b"B" | b"H" | b"I" | b"L" | b"Q" | b"N" | b"c" => UNSIGNED,
            b"b" | b"h" | b"i" | b"l" | b"q" | b"n" => SIGNED,
            b"e" | b"f" | b"d" => FLOAT,
            b"Zf" | b"Zd" => COMPLEX,
            _ => &[],
        };
        group
            .iter()
            .find(|dtype| dtype.item_bytes == buffer.item_bytes())
            .ok_or_else(|| {
                let format = String::from_utf8_lossy(buffer.format()).into_owned();
                PyTypeError::new_err(format!(
                    "elements of format {format:?} cannot be sent; a tensor holds bool, int, uint, \
                 float or complex numbers in the machine's byte order"
                ))
            })
    }

    /// The element type that loan() is asked for by name.
    pub(crate) fn of_name(name: &str) -> PyResult<&'static Dtype> {
        DTYPES
            .iter()
            .find(|dtype| dtype.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = DTYPES.iter().map(|dtype| dtype.name).collect();
                PyTypeError::new_err(format!("{name:?} is none of {}", names.join(", ")))
            })
    }
}

/// Every element type, in groups by kind of number.
pub(crate) static DTYPES: [Dtype; 14] = [
    dtype(SIPC_DTYPE_BOOL, "bool", "?", 1),
    dtype(SIPC_DTYPE_U8, "uint8", "B", 1),
    dtype(SIPC_DTYPE_U16, "uint16", "H", 2),
    dtype(SIPC_DTYPE_U32, "uint32", "I", 4),
    dtype(SIPC_DTYPE_U64, "uint64", "Q", 8),
    dtype(SIPC_DTYPE_I8, "int8", "b", 1),
    dtype(SIPC_DTYPE_I16, "int16", "h", 2),
    dtype(SIPC_DTYPE_I32, "int32", "i", 4),
    dtype(SIPC_DTYPE_I64, "int64", "q", 8),
    dtype(SIPC_DTYPE_F16, "float16", "", 2),
    dtype(SIPC_DTYPE_F32, "float32", "f", 4),
    dtype(SIPC_DTYPE_F64, "float64", "d", 8),
    dtype(SIPC_DTYPE_C64, "complex64", "", 8),
    dtype(SIPC_DTYPE_C128, "complex128", "", 16),
];

static BOOL: &[Dtype] = DTYPES.split_at(1).0;
static UNSIGNED: &[Dtype] = DTYPES.split_at(1).1.split_at(4).0;
static SIGNED: &[Dtype] = DTYPES.split_at(5).1.split_at(4).0;
static FLOAT: &[Dtype] = DTYPES.split_at(9).1.split_at(3).0;
static COMPLEX: &[Dtype] = DTYPES.split_at(12).1;

const fn dtype(
    code: u32,
    name: &'static str,
    view_format: &'static str,
    item_bytes: usize,
) -> Dtype {
    Dtype {
        code,
        name,
        view_format,
        item_bytes,
    }
}

/// The format without its byte-order mark, if that says this machine's order.
fn native(format: &[u8], item_bytes: usize) -> &[u8] {
    let ours = if cfg!(target_endian = "little") {
        b'<'
    } else {
        b'>'
    };
    match format {
        [b'@' | b'=', rest @ ..] => rest,
        [mark, rest @ ..] if *mark == ours => rest,
        [b'<' | b'>' | b'!', rest @ ..] if item_bytes == 1 => rest,
        _ => format,
    }
}
