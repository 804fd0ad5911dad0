//! From a value to the bytes of a message.
//!
//! The length must be known before there is memory to write to, so a value is planned first and
//! written second. Only lists and maps allocate, for their CBOR.

use super::head::{OpaqueHead, TensorHead};
use super::{Kind, Opaque, Value, cbor};
use crate::error::{Error, Result, Status};
use crate::limits::MESSAGE_BYTES_MAX;

/// A value of at most 8 bytes: null, bool, int, uint or float.
#[derive(Clone, Copy)]
pub(crate) struct Scalar {
    len: u8,
    bytes: [u8; 8],
}

impl Scalar {
    /// The value as a scalar, if it is one.
    #[inline]
    pub(crate) fn of(value: &Value<'_>) -> Option<Scalar> {
        let (len, bytes) = match *value {
            Value::Null => (0, 0),
            Value::Bool(truth) => (1, u64::from(truth)),
            Value::Int(number) => (8, number as u64),
            Value::Uint(number) => (8, number),
            Value::Float(number) => (8, number.to_bits()),
            _ => return None,
        };
        Some(Scalar {
            len,
            bytes: bytes.to_le_bytes(),
        })
    }

    /// Its payload.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// A value that is ready to be written, and how many bytes that takes.
pub(crate) struct Plan<'v> {
    kind: Kind,
    len: usize,
    body: Body<'v>,
}

enum Body<'v> {
    Scalar(Scalar),
    Plain(&'v [u8]),
    Cbor(Vec<u8>),
    Tensor(TensorHead<'v>, &'v [u8]),
    Opaque(OpaqueHead<'v>, &'v [u8]),
}

impl<'v> Plan<'v> {
    /// Checks the value and lays it out.
    #[inline]
    pub(crate) fn of(value: &'v Value<'_>) -> Result<Plan<'v>> {
        let (len, body) = match value {
            Value::Str(text) => (text.len(), Body::Plain(text.as_bytes())),
            Value::Bytes(data) => (data.len(), Body::Plain(data)),
            _ => match Scalar::of(value) {
                Some(scalar) => (usize::from(scalar.len), Body::Scalar(scalar)),
                None => described(value)?,
            },
        };
        if len as u64 > MESSAGE_BYTES_MAX {
            return Err(too_large(len));
        }
        let kind = value.kind();
        Ok(Plan { kind, len, body })
    }

    /// The number of the value's kind.
    #[inline]
    pub(crate) fn tag(&self) -> u8 {
        self.kind.code()
    }

    /// Bytes of the payload.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Writes the payload; `payload` must have exactly its length.
    #[inline]
    pub(crate) fn write(&self, payload: &mut [u8]) {
        match &self.body {
            Body::Scalar(scalar) => payload.copy_from_slice(scalar.bytes()),
            Body::Plain(data) => payload.copy_from_slice(data),
            Body::Cbor(data) => payload.copy_from_slice(data),
            Body::Tensor(head, data) => {
                let data_at = head.write(payload);
                payload[data_at..].copy_from_slice(data);
            }
            Body::Opaque(head, data) => {
                let data_at = head.write(payload);
                payload[data_at..].copy_from_slice(data);
            }
        }
    }
}

/// The body of a value that is more than its own bytes, and how long it is.
fn described<'v>(value: &'v Value<'_>) -> Result<(usize, Body<'v>)> {
    match value {
        Value::Tensor(tensor) => {
            let data = &tensor.data[..tensor.check()?];
            let strides = Some(&*tensor.strides);
            let head = TensorHead::new(tensor.dtype, &tensor.shape, strides, &tensor.format)?;
            Ok((head.len() + data.len(), Body::Tensor(head, data)))
        }
        Value::Opaque(Opaque { content_type, data }) => {
            let head = OpaqueHead::new(content_type, data.len() as u64)?;
            Ok((head.len() + data.len(), Body::Opaque(head, data)))
        }
        _ => {
            let cbor = cbor::write(value)?;
            Ok((cbor.len(), Body::Cbor(cbor)))
        }
    }
}

#[cold]
fn too_large(len: usize) -> Error {
    Error::new(
        Status::TooLarge,
        format!("the message has {len} bytes; at most {MESSAGE_BYTES_MAX} are possible"),
    )
}

#[cfg(test)]
#[path = "encode_test.rs"]
mod tests;
