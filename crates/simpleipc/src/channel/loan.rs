//! A loan: a value whose data is filled in place.

use crate::carrier;
use crate::error::{Error, Result, Status};
use crate::value::{Dims, Dtype, Kind, OpaqueHead, TensorHead};
use std::ops::{Deref, DerefMut};

/// What a loan will be once it is put. Lengths are bytes.
#[derive(Clone, Copy, Debug)]
pub enum LoanKind<'a> {
    /// Bytes.
    Bytes(usize),
    /// A string; must be UTF-8 when it is put.
    Str(usize),
    /// Bytes with a content type.
    Opaque(&'a str, usize),
    /// A dense row-major tensor with this shape and format.
    Tensor(Dtype, &'a [u64], &'a str),
    /// A tensor with explicit strides in bytes, as for padded rows.
    Strided(Dtype, &'a [u64], &'a [i64], &'a str),
}

/// A buffer inside the channel: 64-byte aligned, seen by nobody until it is put. Dereferences to
/// the data. Its contents at first are whatever the memory held. Dropping it gives it back.
pub struct Loan {
    pub(super) inner: carrier::Loan,
    pub(super) kind: Kind,
    offset: usize,
    strides: Dims<i64>,
}

impl Loan {
    /// Bytes the loan needs, before it is made.
    pub(super) fn plan(kind: &LoanKind<'_>) -> Result<usize> {
        let (head, data) = match *kind {
            LoanKind::Bytes(len) | LoanKind::Str(len) => (0, len as u64),
            LoanKind::Opaque(content_type, len) => {
                (OpaqueHead::new(content_type, len as u64)?.len(), len as u64)
            }
            LoanKind::Tensor(dtype, shape, format) => {
                let head = TensorHead::new(dtype, shape, None, format)?;
                (head.len(), head.data_len())
            }
            LoanKind::Strided(dtype, shape, strides, format) => {
                let head = TensorHead::new(dtype, shape, Some(strides), format)?;
                (head.len(), head.data_len())
            }
        };
        usize::try_from(head as u64 + data).map_err(|_| {
            Error::new(
                Status::TooLarge,
                format!("{data} bytes do not fit into this process"),
            )
        })
    }

    /// Writes the head of the value into a fresh chunk.
    pub(super) fn begin(mut inner: carrier::Loan, kind: &LoanKind<'_>) -> Result<Self> {
        let bytes = inner.bytes_mut();
        let none = Dims::new(&[])?;
        let (kind, offset, strides) = match *kind {
            LoanKind::Bytes(_) => (Kind::Bytes, 0, none),
            LoanKind::Str(_) => (Kind::Str, 0, none),
            LoanKind::Opaque(content_type, len) => (
                Kind::Opaque,
                OpaqueHead::new(content_type, len as u64)?.write(bytes),
                none,
            ),
            LoanKind::Tensor(dtype, shape, format) => {
                let head = TensorHead::new(dtype, shape, None, format)?;
                (
                    Kind::Tensor,
                    head.write(bytes),
                    Dims::<i64>::row_major(dtype, shape)?,
                )
            }
            LoanKind::Strided(dtype, shape, strides, format) => {
                let head = TensorHead::new(dtype, shape, Some(strides), format)?;
                (Kind::Tensor, head.write(bytes), Dims::new(strides)?)
            }
        };
        Ok(Self {
            inner,
            kind,
            offset,
            strides,
        })
    }

    /// A string loan must hold a string by the time it is put.
    pub(super) fn check(&self) -> Result<()> {
        if self.kind == Kind::Str
            && let Err(error) = std::str::from_utf8(self)
        {
            return Err(Error::new(
                Status::BadValue,
                format!("the loaned string is not UTF-8: {error}"),
            ));
        }
        Ok(())
    }

    /// Tensors: the strides in bytes.
    pub fn strides(&self) -> &[i64] {
        &self.strides
    }
}

impl Deref for Loan {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.inner.bytes().get(self.offset..).unwrap_or(&[])
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.inner
            .bytes_mut()
            .get_mut(self.offset..)
            .unwrap_or(&mut [])
    }
}
