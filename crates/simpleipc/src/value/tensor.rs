//! Tensors: numbers along up to eight dimensions, dense or with strides.
//!
//! What may travel has two properties a receiver can rely on, also if the sender is hostile:
//! every element lies inside the data, and there are never more elements than data. So making
//! a dense copy costs at most as much memory as the message itself.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::error::{Error, Result, Status};
use crate::limits::{DIMS_MAX, LABEL_BYTES_MAX};

/// The element type of a tensor. The numbers are those of the C header.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 1 byte, 0 or 1.
    Bool = 1,
    /// 1 byte.
    U8 = 2,
    /// 1 byte.
    I8 = 3,
    /// 2 bytes.
    U16 = 4,
    /// 2 bytes.
    I16 = 5,
    /// 4 bytes.
    U32 = 6,
    /// 4 bytes.
    I32 = 7,
    /// 8 bytes.
    U64 = 8,
    /// 8 bytes.
    I64 = 9,
    /// 2 bytes, IEEE 754 half.
    F16 = 10,
    /// 4 bytes.
    F32 = 11,
    /// 8 bytes.
    F64 = 12,
    /// 8 bytes, two F32.
    C64 = 13,
    /// 16 bytes, two F64.
    C128 = 14,
}

impl Dtype {
    /// Every element type, in the order of their numbers, which begin at 1.
    pub const ALL: [Dtype; 14] = [
        Dtype::Bool,
        Dtype::U8,
        Dtype::I8,
        Dtype::U16,
        Dtype::I16,
        Dtype::U32,
        Dtype::I32,
        Dtype::U64,
        Dtype::I64,
        Dtype::F16,
        Dtype::F32,
        Dtype::F64,
        Dtype::C64,
        Dtype::C128,
    ];

    /// The number, as in the C header.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The element type with this number, if there is one.
    pub fn from_code(code: u8) -> Option<Dtype> {
        Dtype::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// Bytes of one element.
    pub const fn size_bytes(self) -> usize {
        match self {
            Dtype::Bool | Dtype::U8 | Dtype::I8 => 1,
            Dtype::U16 | Dtype::I16 | Dtype::F16 => 2,
            Dtype::U32 | Dtype::I32 | Dtype::F32 => 4,
            Dtype::U64 | Dtype::I64 | Dtype::F64 | Dtype::C64 => 8,
            Dtype::C128 => 16,
        }
    }

    /// The name, as `u8` or `f32`.
    pub const fn name(self) -> &'static str {
        match self {
            Dtype::Bool => "bool",
            Dtype::U8 => "u8",
            Dtype::I8 => "i8",
            Dtype::U16 => "u16",
            Dtype::I16 => "i16",
            Dtype::U32 => "u32",
            Dtype::I32 => "i32",
            Dtype::U64 => "u64",
            Dtype::I64 => "i64",
            Dtype::F16 => "f16",
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
            Dtype::C64 => "c64",
            Dtype::C128 => "c128",
        }
    }
}

/// One number for each dimension; up to eight, kept in place so that tensors need no allocation.
#[derive(Clone, Copy)]
pub struct Dims<T> {
    len: u8,
    items: [T; DIMS_MAX],
}

impl<T: Copy + Default> Dims<T> {
    /// These numbers; more than eight are refused.
    pub fn new(numbers: &[T]) -> Result<Dims<T>> {
        let mut items = [T::default(); DIMS_MAX];
        let Some(used) = items.get_mut(..numbers.len()) else {
            return Err(refuse(format!(
                "the tensor has {} dimensions; at most {DIMS_MAX} are possible",
                numbers.len()
            )));
        };
        used.copy_from_slice(numbers);
        Ok(Dims {
            len: numbers.len() as u8,
            items,
        })
    }
}

impl Dims<i64> {
    /// The strides, in bytes, of a dense row-major tensor.
    pub fn row_major(dtype: Dtype, shape: &[u64]) -> Result<Dims<i64>> {
        let Dims { len, .. } = Dims::new(shape)?;
        dense_len(dtype, shape)?;
        let mut items = [0; DIMS_MAX];
        let mut step = dtype.size_bytes() as u64;
        for (stride, &dim) in items[..shape.len()].iter_mut().zip(shape).rev() {
            *stride = step as i64;
            step *= dim.max(1);
        }
        Ok(Dims { len, items })
    }
}

impl<T> Deref for Dims<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }
}

impl<T: PartialEq> PartialEq for Dims<T> {
    fn eq(&self, other: &Dims<T>) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Dims<T> {}

impl<T: fmt::Debug> fmt::Debug for Dims<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Numbers along up to eight dimensions, in the machine's byte order.
///
/// Tensors are equal if all their fields are; the same numbers with other strides are not.
#[derive(Clone, PartialEq, Eq)]
pub struct Tensor<'a> {
    /// The element type.
    pub dtype: Dtype,
    /// Elements along each dimension; none at all is one element.
    pub shape: Dims<u64>,
    /// Bytes from one element to the next along each dimension.
    pub strides: Dims<i64>,
    /// What the numbers mean, as `rgb8`; may be empty; at most 255 bytes.
    pub format: Cow<'a, str>,
    /// The elements, beginning with the one at index 0 of every dimension.
    pub data: Cow<'a, [u8]>,
}

impl<'a> Tensor<'a> {
    /// A dense row-major tensor; the data must have exactly the bytes its shape asks for.
    pub fn dense(
        dtype: Dtype,
        shape: &[u64],
        format: impl Into<Cow<'a, str>>,
        data: impl Into<Cow<'a, [u8]>>,
    ) -> Result<Tensor<'a>> {
        let tensor = Tensor {
            dtype,
            shape: Dims::new(shape)?,
            strides: Dims::row_major(dtype, shape)?,
            format: format.into(),
            data: data.into(),
        };
        let span = tensor.check()?;
        if span != tensor.data.len() {
            return Err(refuse(format!(
                "a dense {} tensor of shape {:?} has {span} bytes, not the {} given",
                dtype.name(),
                tensor.shape,
                tensor.data.len()
            )));
        }
        Ok(tensor)
    }

    /// A tensor whose elements are `strides` bytes apart along each dimension, as rows with
    /// padding. Strides must not be negative and elements must not overlap.
    pub fn strided(
        dtype: Dtype,
        shape: &[u64],
        strides: &[i64],
        format: impl Into<Cow<'a, str>>,
        data: impl Into<Cow<'a, [u8]>>,
    ) -> Result<Tensor<'a>> {
        let tensor = Tensor {
            dtype,
            shape: Dims::new(shape)?,
            strides: Dims::new(strides)?,
            format: format.into(),
            data: data.into(),
        };
        tensor.check()?;
        Ok(tensor)
    }

    /// Whether the elements follow each other without gaps in row-major order.
    pub fn is_dense(&self) -> bool {
        is_row_major(self.dtype, &self.shape, &self.strides)
    }

    /// The same tensor without gaps: borrowed if it has none, otherwise copied.
    pub fn to_dense(&self) -> Result<Tensor<'_>> {
        let span = self.check()?;
        let data = if self.is_dense() {
            Cow::Borrowed(&self.data[..span])
        } else {
            Cow::Owned(self.gather())
        };
        Tensor::dense(self.dtype, &self.shape, &*self.format, data)
    }

    /// The same tensor with everything it borrows copied.
    pub fn into_owned(self) -> Tensor<'static> {
        Tensor {
            dtype: self.dtype,
            shape: self.shape,
            strides: self.strides,
            format: super::owned(self.format),
            data: super::owned(self.data),
        }
    }

    /// Refuses what cannot travel; otherwise the bytes from the first to the end of the last
    /// element. The fields are public, so this runs again whenever a tensor is sent.
    pub(super) fn check(&self) -> Result<usize> {
        check_label("format", &self.format)?;
        let span = span(self.dtype, &self.shape, &self.strides)?;
        if span > self.data.len() as u64 {
            return Err(refuse(format!(
                "the tensor needs {span} bytes for shape {:?} and strides {:?}, its data has {}",
                self.shape,
                self.strides,
                self.data.len()
            )));
        }
        Ok(span as usize)
    }

    /// Copies the elements into row-major order, in runs as long as memory has them together.
    /// Only after `check`.
    fn gather(&self) -> Vec<u8> {
        let mut walked = self.shape.len();
        let mut run = self.dtype.size_bytes();
        while walked > 0 && (self.step(walked - 1) == run || self.shape[walked - 1] == 1) {
            walked -= 1;
            run *= self.shape[walked] as usize;
        }
        let elements = self.shape.iter().product::<u64>() as usize;
        let mut dense = Vec::with_capacity(elements * self.dtype.size_bytes());
        if elements == 0 {
            return dense;
        }
        let mut index = [0; DIMS_MAX];
        let mut from = 0;
        'runs: loop {
            dense.extend_from_slice(&self.data[from..from + run]);
            for dim in (0..walked).rev() {
                index[dim] += 1;
                from += self.step(dim);
                if index[dim] < self.shape[dim] {
                    continue 'runs;
                }
                from -= self.step(dim) * self.shape[dim] as usize;
                index[dim] = 0;
            }
            return dense;
        }
    }

    /// The stride as an offset; where there is nothing to step to, it may be any number, so 0.
    fn step(&self, dim: usize) -> usize {
        match self.shape[dim] {
            0 | 1 => 0,
            _ => self.strides[dim] as usize,
        }
    }
}

/// Names the length only: the data of a message may be larger than any log.
impl fmt::Debug for Tensor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tensor")
            .field("dtype", &self.dtype)
            .field("shape", &self.shape)
            .field("strides", &self.strides)
            .field("format", &self.format)
            .field("data_len", &self.data.len())
            .finish()
    }
}

/// The bytes of a dense tensor of this shape.
pub(super) fn dense_len(dtype: Dtype, shape: &[u64]) -> Result<u64> {
    // Empty dimensions count as 1 here, so that the strides of an empty tensor fit as well.
    let mut len = dtype.size_bytes() as u64;
    for dim in shape {
        len = len
            .checked_mul(*dim.max(&1))
            .filter(|&len| len <= i64::MAX as u64)
            .ok_or_else(|| refuse(format!("the tensor's shape {shape:?} is too large")))?;
    }
    Ok(if shape.contains(&0) { 0 } else { len })
}

/// The bytes from the first element to the end of the last one, for a shape and strides that
/// may travel.
pub(super) fn span(dtype: Dtype, shape: &[u64], strides: &[i64]) -> Result<u64> {
    let dense = dense_len(dtype, shape)?;
    if strides.len() != shape.len() {
        return Err(refuse(format!(
            "the tensor has {} dimensions but {} strides",
            shape.len(),
            strides.len()
        )));
    }
    if let Some(dim) = strides.iter().position(|&stride| stride < 0) {
        return Err(refuse(format!(
            "the tensor has a negative stride along dimension {dim}; send a dense copy of it"
        )));
    }
    if dense == 0 {
        return Ok(0);
    }
    let mut span = dtype.size_bytes() as u64;
    for (&dim, &stride) in shape.iter().zip(strides) {
        span = (dim - 1)
            .checked_mul(stride as u64)
            .and_then(|reach| reach.checked_add(span))
            .ok_or_else(|| refuse(format!("the tensor's strides {strides:?} are too large")))?;
    }
    if span < dense {
        return Err(refuse(format!(
            "elements of the tensor overlap (strides {strides:?}); send a dense copy of it"
        )));
    }
    Ok(span)
}

/// Whether these strides are those of a dense row-major tensor, but for dimensions of one
/// element, where no stride is ever used.
pub(super) fn is_row_major(dtype: Dtype, shape: &[u64], strides: &[i64]) -> bool {
    let Ok(dense) = Dims::row_major(dtype, shape) else {
        return false;
    };
    strides.len() == shape.len()
        && (shape.contains(&0)
            || (0..shape.len()).all(|dim| shape[dim] == 1 || strides[dim] == dense[dim]))
}

/// Refuses a format or content type that is too long.
pub(super) fn check_label(what: &str, label: &str) -> Result<()> {
    if label.len() > LABEL_BYTES_MAX {
        return Err(refuse(format!(
            "the {what} has {} bytes; at most {LABEL_BYTES_MAX} are possible",
            label.len()
        )));
    }
    Ok(())
}

pub(super) fn refuse(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Status::BadValue, message)
}

#[cfg(test)]
#[path = "tensor_test.rs"]
mod tests;
