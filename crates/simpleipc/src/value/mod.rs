//! What a message says: values of eleven kinds, the same in every language.
//!
//! An int sent is an int received, in every language. The bytes are described in
//! `spec/values.md`.
//!
//! ```
//! use simpleipc::{Dtype, Kind, Tensor, Value};
//!
//! let pixels = [7u8; 4 * 6 * 3];
//! let frame = Tensor::dense(Dtype::U8, &[4, 6, 3], "rgb8", &pixels[..])?;
//! let table: [(Value, Kind); 8] = [
//!     (().into(), Kind::Null),
//!     (true.into(), Kind::Bool),
//!     ((-5).into(), Kind::Int),
//!     (5u8.into(), Kind::Uint),
//!     (0.5.into(), Kind::Float),
//!     ("hello".into(), Kind::Str),
//!     (vec![("x", Value::from(1)), ("y", Value::from(2))].into(), Kind::Map),
//!     (frame.into(), Kind::Tensor),
//! ];
//! for (value, kind) in table {
//!     assert_eq!(value.kind(), kind);
//! }
//! # Ok::<(), simpleipc::Error>(())
//! ```

#[cfg(feature = "testing")]
pub mod bytes;
mod cbor;
mod decode;
mod encode;
mod head;
mod tensor;

pub(crate) use decode::{decode, decode_private};
pub(crate) use encode::{Plan, Scalar};
pub(crate) use head::{OpaqueHead, TensorHead};
pub use tensor::{Dims, Dtype, Tensor};

use std::borrow::Cow;
use std::fmt;

/// The kind of a value. The numbers are those of the C header, and the tags in the slots.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No value.
    Null = 0,
    /// True or false.
    Bool = 1,
    /// Signed 64-bit.
    Int = 2,
    /// Unsigned 64-bit.
    Uint = 3,
    /// IEEE 754 double, all bits kept.
    Float = 4,
    /// UTF-8; may hold NUL bytes.
    Str = 5,
    /// Bytes without a meaning.
    Bytes = 6,
    /// Values in order.
    List = 7,
    /// Pairs of a text key and a value, in order.
    Map = 8,
    /// Numbers along up to eight dimensions.
    Tensor = 9,
    /// Bytes with a content type.
    Opaque = 10,
}

impl Kind {
    /// Every kind, at the index of its number.
    pub const ALL: [Kind; 11] = [
        Kind::Null,
        Kind::Bool,
        Kind::Int,
        Kind::Uint,
        Kind::Float,
        Kind::Str,
        Kind::Bytes,
        Kind::List,
        Kind::Map,
        Kind::Tensor,
        Kind::Opaque,
    ];

    /// The number, as in the C header.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind with this number, if there is one.
    pub fn from_code(code: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(code)).copied()
    }
}

/// One value.
///
/// Borrowed from the sender's variables on the way in and from shared memory on the way out, so
/// that large data is not copied; [`Value::into_owned`] detaches it.
///
/// Two values are equal if they arrive as the same: `Int(5)` is not `Uint(5)`, floats compare by
/// their bits (a NaN equals itself, 0.0 is not -0.0), and the order of a map counts.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// Signed 64-bit.
    Int(i64),
    /// Unsigned 64-bit.
    Uint(u64),
    /// IEEE 754 double, all bits kept.
    Float(f64),
    /// UTF-8; may hold NUL bytes.
    Str(Cow<'a, str>),
    /// Bytes without a meaning.
    Bytes(Cow<'a, [u8]>),
    /// Values in order.
    List(Vec<Value<'a>>),
    /// Pairs in order; no key twice.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
    /// Numbers along up to eight dimensions.
    Tensor(Tensor<'a>),
    /// Bytes with a content type.
    Opaque(Opaque<'a>),
}

impl<'a> Value<'a> {
    /// The kind of this value.
    pub const fn kind(&self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Uint(_) => Kind::Uint,
            Value::Float(_) => Kind::Float,
            Value::Str(_) => Kind::Str,
            Value::Bytes(_) => Kind::Bytes,
            Value::List(_) => Kind::List,
            Value::Map(_) => Kind::Map,
            Value::Tensor(_) => Kind::Tensor,
            Value::Opaque(_) => Kind::Opaque,
        }
    }

    /// The same value with everything it borrows copied, to keep it beyond its message.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(b) => Value::Bool(b),
            Value::Int(i) => Value::Int(i),
            Value::Uint(u) => Value::Uint(u),
            Value::Float(f) => Value::Float(f),
            Value::Str(text) => Value::Str(owned(text)),
            Value::Bytes(data) => Value::Bytes(owned(data)),
            Value::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Value::Map(pairs) => Value::Map(
                pairs
                    .into_iter()
                    .map(|(key, value)| (owned(key), value.into_owned()))
                    .collect(),
            ),
            Value::Tensor(tensor) => Value::Tensor(tensor.into_owned()),
            Value::Opaque(opaque) => Value::Opaque(Opaque {
                content_type: owned(opaque.content_type),
                data: owned(opaque.data),
            }),
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Uint(a), Value::Uint(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            (Value::Tensor(a), Value::Tensor(b)) => a == b,
            (Value::Opaque(a), Value::Opaque(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value<'_> {}

/// Bytes with a content type, as `application/json`; SimpleIPC does not look inside.
#[derive(Clone, PartialEq, Eq)]
pub struct Opaque<'a> {
    /// What the bytes are; at most 255 bytes.
    pub content_type: Cow<'a, str>,
    /// The bytes.
    pub data: Cow<'a, [u8]>,
}

impl<'a> Opaque<'a> {
    /// Bytes of this content type.
    pub fn new(content_type: impl Into<Cow<'a, str>>, data: impl Into<Cow<'a, [u8]>>) -> Self {
        Opaque {
            content_type: content_type.into(),
            data: data.into(),
        }
    }
}

/// Names the length only: the data of a message may be larger than any log.
impl fmt::Debug for Opaque<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opaque")
            .field("content_type", &self.content_type)
            .field("data_len", &self.data.len())
            .finish()
    }
}

fn owned<T: ToOwned + ?Sized>(cow: Cow<'_, T>) -> Cow<'static, T> {
    Cow::Owned(cow.into_owned())
}

/// Signed integers of every size become `Int` and unsigned ones `Uint`, so that the kind depends
/// on the type in the program and never on the number in it.
macro_rules! from_numbers {
    ($($variant:ident($wide:ty): $($narrow:ty)*;)*) => {$($(
        impl From<$narrow> for Value<'_> {
            fn from(number: $narrow) -> Self {
                Value::$variant(number as $wide)
            }
        }
    )*)*};
}

from_numbers! {
    Int(i64): i8 i16 i32 i64 isize;
    Uint(u64): u8 u16 u32 u64 usize;
    Float(f64): f32 f64;
}

/// Writes `From` for types that need no more than a constructor.
macro_rules! from_parts {
    ($($from:ty, $part:pat => $value:expr;)*) => {$(
        impl<'a> From<$from> for Value<'a> {
            fn from($part: $from) -> Self {
                $value
            }
        }
    )*};
}

from_parts! {
    (), _ => Value::Null;
    bool, truth => Value::Bool(truth);
    &'a str, text => Value::Str(Cow::Borrowed(text));
    &'a String, text => Value::Str(Cow::Borrowed(text));
    String, text => Value::Str(Cow::Owned(text));
    Cow<'a, str>, text => Value::Str(text);
    &'a [u8], data => Value::Bytes(Cow::Borrowed(data));
    &'a Vec<u8>, data => Value::Bytes(Cow::Borrowed(data));
    Vec<u8>, data => Value::Bytes(Cow::Owned(data));
    Cow<'a, [u8]>, data => Value::Bytes(data);
    Vec<Value<'a>>, items => Value::List(items);
    Tensor<'a>, tensor => Value::Tensor(tensor);
    Opaque<'a>, opaque => Value::Opaque(opaque);
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(data: &'a [u8; N]) -> Self {
        Value::Bytes(Cow::Borrowed(data))
    }
}

impl<'a, K: Into<Cow<'a, str>>> From<Vec<(K, Value<'a>)>> for Value<'a> {
    fn from(pairs: Vec<(K, Value<'a>)>) -> Self {
        Value::Map(
            pairs
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// Tuples become lists: the arguments of a call.
macro_rules! from_tuples {
    ($(($($item:ident)+);)*) => {$(
        impl<'a, $($item: Into<Value<'a>>),+> From<($($item,)+)> for Value<'a> {
            #[allow(non_snake_case)] // the types' names serve for the items, too
            fn from(($($item,)+): ($($item,)+)) -> Self {
                Value::List(vec![$($item.into()),+])
            }
        }
    )*};
}

from_tuples! {
    (A);
    (A B);
    (A B C);
    (A B C D);
    (A B C D E);
    (A B C D E F);
}

#[cfg(test)]
#[path = "mod_test.rs"]
mod tests;
