//! The descriptions in front of a tensor's and an opaque value's data.
//!
//! Both say how long they are, so that the data can begin where a reader wants it: at a multiple
//! of 64 bytes. Drawings are in `spec/values.md`.

use std::borrow::Cow;
use std::hint::black_box;

use super::tensor::{Dims, Dtype, Tensor, check_label, dense_len, is_row_major, refuse, span};
use crate::error::Result;
use crate::limits::{DIMS_MAX, LABEL_BYTES_MAX};

/// What the data of tensors and large opaque values is aligned to: a cache line, and enough for
/// the widest vector instructions.
const DATA_ALIGN: usize = 64;

/// Bytes before a tensor's shape.
const TENSOR_FIXED: usize = 8;

/// Flag of a tensor that is not dense row-major: its strides follow its shape.
const STRIDED: u8 = 1;

/// Bytes before an opaque value's content type.
const OPAQUE_FIXED: usize = 4;

/// What a tensor payload says before its data.
pub(crate) struct TensorHead<'a> {
    dtype: Dtype,
    shape: &'a [u64],
    /// Empty for a dense tensor.
    strides: &'a [i64],
    format: &'a str,
    data_len: u64,
}

impl<'a> TensorHead<'a> {
    /// The head of such a tensor; `strides` of `None` are those of a dense one.
    pub(crate) fn new(
        dtype: Dtype,
        shape: &'a [u64],
        strides: Option<&'a [i64]>,
        format: &'a str,
    ) -> Result<TensorHead<'a>> {
        Dims::new(shape)?;
        check_label("format", format)?;
        let gaps = strides.filter(|strides| !is_row_major(dtype, shape, strides));
        let data_len = match strides {
            Some(strides) => span(dtype, shape, strides)?,
            None => dense_len(dtype, shape)?,
        };
        Ok(TensorHead {
            dtype,
            shape,
            strides: gaps.unwrap_or_default(),
            format,
            data_len,
        })
    }

    /// Bytes of the head, which is also where the data begins.
    pub(crate) fn len(&self) -> usize {
        let used = TENSOR_FIXED + 8 * (self.shape.len() + self.strides.len()) + self.format.len();
        used.next_multiple_of(DATA_ALIGN)
    }

    /// Bytes of the data.
    pub(crate) fn data_len(&self) -> u64 {
        self.data_len
    }

    /// Writes the head to the beginning of `payload` and returns where the data begins.
    pub(crate) fn write(&self, payload: &mut [u8]) -> usize {
        let len = self.len();
        let flags = if self.strides.is_empty() { 0 } else { STRIDED };
        let mut head = Filler::new(&mut payload[..len]);
        head.put(&[self.dtype.code(), self.shape.len() as u8]);
        head.put(&[flags, self.format.len() as u8]);
        head.put(&(len as u32).to_le_bytes());
        for dim in self.shape {
            head.put(&dim.to_le_bytes());
        }
        for stride in self.strides {
            head.put(&stride.to_le_bytes());
        }
        head.put(self.format.as_bytes());
        head.pad();
        len
    }
}

/// Reads a tensor payload. The head is copied before it is judged, for the sender may still be
/// able to write to it; the data stays where it is.
pub(super) fn read_tensor(payload: &[u8]) -> Result<Tensor<'_>> {
    let mut copy = [0; TENSOR_FIXED + 16 * DIMS_MAX + LABEL_BYTES_MAX];
    let mut head = Reader::new(payload, &mut copy);
    let fixed: [u8; TENSOR_FIXED] = head.take_array()?;
    let [code, ndim, flags, format_len, a, b, c, d] = fixed;
    let dtype = Dtype::from_code(code)
        .ok_or_else(|| refuse(format!("its tensor has the unknown element type {code}")))?;
    if flags & !STRIDED != 0 {
        return Err(refuse(format!("its tensor has unknown flags {flags:#x}")));
    }
    if usize::from(ndim) > DIMS_MAX {
        return Err(refuse(format!("its tensor has {ndim} dimensions")));
    }
    let mut numbers = [0; DIMS_MAX];
    let shape = &mut numbers[..usize::from(ndim)];
    for dim in &mut *shape {
        *dim = u64::from_le_bytes(head.take_array()?);
    }
    let shape = Dims::new(shape)?;
    let strides = if flags & STRIDED == 0 {
        Dims::row_major(dtype, &shape)?
    } else {
        let mut numbers = [0; DIMS_MAX];
        let strides = &mut numbers[..usize::from(ndim)];
        for stride in &mut *strides {
            *stride = i64::from_le_bytes(head.take_array()?);
        }
        Dims::new(strides)?
    };
    let format = head.take_text(usize::from(format_len))?;
    let data_at = u32::from_le_bytes([a, b, c, d]) as usize;
    if !data_at.is_multiple_of(DATA_ALIGN) {
        return Err(refuse(format!("its tensor data begins at byte {data_at}")));
    }
    let mut tensor = Tensor {
        dtype,
        shape,
        strides,
        format: Cow::Owned(format),
        data: Cow::Borrowed(head.data(data_at)?),
    };
    let span = tensor.check()?;
    if let Cow::Borrowed(data) = &mut tensor.data {
        // A payload may be longer than its data, as a block of memory that was lent is.
        *data = &data[..span];
    }
    Ok(tensor)
}

/// What an opaque payload says before its data.
pub(crate) struct OpaqueHead<'a> {
    content_type: &'a str,
    aligned: bool,
}

impl<'a> OpaqueHead<'a> {
    /// The head of that many bytes of such content.
    pub(crate) fn new(content_type: &'a str, data_len: u64) -> Result<OpaqueHead<'a>> {
        check_label("content type", content_type)?;
        Ok(OpaqueHead {
            content_type,
            // Less than a cache line is not worth the padding, which would cost it its slot.
            aligned: data_len >= DATA_ALIGN as u64,
        })
    }

    /// Bytes of the head, which is also where the data begins.
    pub(crate) fn len(&self) -> usize {
        let used = OPAQUE_FIXED + self.content_type.len();
        if self.aligned {
            used.next_multiple_of(DATA_ALIGN)
        } else {
            used
        }
    }

    /// Writes the head to the beginning of `payload` and returns where the data begins.
    pub(crate) fn write(&self, payload: &mut [u8]) -> usize {
        let len = self.len();
        let mut head = Filler::new(&mut payload[..len]);
        head.put(&[self.content_type.len() as u8, 0]);
        head.put(&(len as u16).to_le_bytes());
        head.put(self.content_type.as_bytes());
        head.pad();
        len
    }
}

/// Reads an opaque payload: its content type, copied, and its data, in place.
pub(super) fn read_opaque(payload: &[u8]) -> Result<(String, &[u8])> {
    let mut copy = [0; OPAQUE_FIXED + LABEL_BYTES_MAX];
    let mut head = Reader::new(payload, &mut copy);
    let [label_len, flags, a, b] = head.take_array()?;
    if flags != 0 {
        return Err(refuse(format!(
            "its opaque value has unknown flags {flags:#x}"
        )));
    }
    let content_type = head.take_text(usize::from(label_len))?;
    let data = head.data(usize::from(u16::from_le_bytes([a, b])))?;
    Ok((content_type, data))
}

/// Fills a slice from front to back.
struct Filler<'a> {
    rest: &'a mut [u8],
}

impl<'a> Filler<'a> {
    fn new(rest: &'a mut [u8]) -> Filler<'a> {
        Filler { rest }
    }

    fn put(&mut self, bytes: &[u8]) {
        let (front, rest) = std::mem::take(&mut self.rest).split_at_mut(bytes.len());
        front.copy_from_slice(bytes);
        self.rest = rest;
    }

    fn pad(self) {
        self.rest.fill(0);
    }
}

/// Reads a private copy of a head from front to back.
struct Reader<'a, 'c> {
    payload: &'a [u8],
    copy: &'c [u8],
    at: usize,
}

impl<'a, 'c> Reader<'a, 'c> {
    fn new(payload: &'a [u8], copy: &'c mut [u8]) -> Reader<'a, 'c> {
        let len = payload.len().min(copy.len());
        copy[..len].copy_from_slice(&payload[..len]);
        // See decode.rs: makes it a copy in the machine's eyes, too.
        let copy = black_box(&mut copy[..len]);
        Reader {
            payload,
            copy,
            at: 0,
        }
    }

    fn take(&mut self, len: usize) -> Result<&'c [u8]> {
        let bytes = self
            .copy
            .get(self.at..self.at + len)
            .ok_or_else(|| refuse("it ends inside the description of its data"))?;
        self.at += len;
        Ok(bytes)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take_text(&mut self, len: usize) -> Result<String> {
        std::str::from_utf8(self.take(len)?)
            .map(str::to_owned)
            .map_err(|_| refuse("its label is not UTF-8"))
    }

    /// The data after a head of `data_at` bytes, in place.
    fn data(&self, data_at: usize) -> Result<&'a [u8]> {
        if data_at < self.at {
            return Err(refuse("its data begins inside its own description"));
        }
        self.payload
            .get(data_at..)
            .ok_or_else(|| refuse("its data begins beyond its end"))
    }
}

#[cfg(test)]
#[path = "head_test.rs"]
mod tests;
