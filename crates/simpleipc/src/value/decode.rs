//! From the bytes of a message to a value.
//!
//! The bytes were written by another process, which may be hostile and still be writing while we
//! read. So everything that is judged (text, CBOR, the descriptions of tensors and opaque values)
//! is copied first and only the copy is looked at. What is handed out in place is data without a
//! meaning to us: there every byte is as good as any other.
//!
//! The compiler believes that a `&[u8]` does not change and would be free to skip such a copy and
//! read the original twice. `black_box` keeps it from knowing that the two are the same.

use std::borrow::Cow;
use std::hint::black_box;

use super::{Kind, Opaque, Value, cbor, head};
use crate::error::{Error, Result, Status};

/// Reads a message whose bytes another process may still change. The data of bytes, tensors and
/// opaque values is borrowed; the rest is copied.
#[inline]
pub(crate) fn decode(tag: u8, payload: &[u8]) -> Result<Value<'_>> {
    decode_from(tag, payload, Memory::Shared)
}

/// Reads a message from memory only this process can change. Text is borrowed, too.
#[inline]
pub(crate) fn decode_private(tag: u8, payload: &[u8]) -> Result<Value<'_>> {
    decode_from(tag, payload, Memory::Private)
}

enum Memory {
    Shared,
    Private,
}

#[inline]
fn decode_from(tag: u8, payload: &[u8], memory: Memory) -> Result<Value<'_>> {
    let Some(kind) = Kind::from_code(tag) else {
        return Err(unknown(tag));
    };
    match kind {
        Kind::Null => exactly::<0>(kind, payload).map(|_| Value::Null),
        Kind::Bool => match exactly(kind, payload)? {
            [0] => Ok(Value::Bool(false)),
            [1] => Ok(Value::Bool(true)),
            [byte] => Err(damaged(&format!("its bool is {byte}, not 0 or 1"))),
        },
        Kind::Int => exactly(kind, payload).map(|b| Value::Int(i64::from_le_bytes(b))),
        Kind::Uint => exactly(kind, payload).map(|b| Value::Uint(u64::from_le_bytes(b))),
        Kind::Float => exactly(kind, payload).map(|b| Value::Float(f64::from_le_bytes(b))),
        Kind::Bytes => Ok(Value::Bytes(Cow::Borrowed(payload))),
        Kind::Str => text(payload, memory),
        Kind::List | Kind::Map => tree(kind, payload, memory),
        Kind::Tensor => match head::read_tensor(payload) {
            Ok(tensor) => Ok(Value::Tensor(tensor)),
            Err(error) => Err(damaged(error.message())),
        },
        Kind::Opaque => match head::read_opaque(payload) {
            Ok((content_type, data)) => Ok(Value::Opaque(Opaque::new(content_type, data))),
            Err(error) => Err(damaged(error.message())),
        },
    }
}

/// The payload as the array it must be.
#[inline]
fn exactly<const N: usize>(kind: Kind, payload: &[u8]) -> Result<[u8; N]> {
    payload.try_into().map_err(|_| {
        damaged(&format!(
            "its {kind:?} has {} bytes, not {N}",
            payload.len()
        ))
    })
}

fn text(payload: &[u8], memory: Memory) -> Result<Value<'_>> {
    let text = match memory {
        Memory::Private => std::str::from_utf8(payload).map(Cow::Borrowed).ok(),
        Memory::Shared => {
            let copy = black_box(payload.to_vec());
            String::from_utf8(copy).map(Cow::Owned).ok()
        }
    };
    text.map(Value::Str)
        .ok_or_else(|| damaged("its text is not UTF-8"))
}

fn tree(kind: Kind, payload: &[u8], memory: Memory) -> Result<Value<'_>> {
    let value = match memory {
        Memory::Private => cbor::read(payload),
        Memory::Shared => {
            let copy = black_box(payload.to_vec());
            cbor::read(&copy).map(Value::into_owned)
        }
    }
    .map_err(|error| damaged(error.message()))?;
    if value.kind() == kind {
        Ok(value)
    } else {
        Err(damaged(&format!(
            "it says {kind:?} and holds {:?}",
            value.kind()
        )))
    }
}

#[cold]
fn unknown(tag: u8) -> Error {
    Error::new(
        Status::Corrupt,
        format!("the message holds a value of kind {tag}, which this version does not know"),
    )
}

#[cold]
fn damaged(what: &str) -> Error {
    Error::new(Status::Corrupt, format!("the message is damaged: {what}"))
}

#[cfg(test)]
#[path = "decode_test.rs"]
mod tests;
