//! Values as serde sees them: one description, from which all encodings follow.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use simpleipc::limits::NESTING_MAX;
use simpleipc::{Tensor, Value};

use crate::marks;

/// Deeper than the library takes, because marks add to the depth; shallow enough for any stack.
const DEPTH_MAX: usize = NESTING_MAX + 4;

/// Who can write what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Bytes must be spelled as text, and floats must be numbers: JSON.
    Text,
    /// Bytes and all floats stand for themselves.
    Binary,
}

/// A value to be written.
pub struct Portable<'a> {
    pub value: &'a Value<'a>,
    pub notation: Notation,
}

impl<'a> Portable<'a> {
    pub fn new(value: &'a Value<'a>, notation: Notation) -> Self {
        Self { value, notation }
    }
}

impl Serialize for Portable<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let part = |value| Portable::new(value, self.notation);
        let data = |data| Data(data, self.notation);
        match self.value {
            Value::Null => to.serialize_unit(),
            Value::Bool(truth) => to.serialize_bool(*truth),
            Value::Int(i) => to.serialize_i64(*i),
            Value::Uint(u) => match i64::try_from(*u) {
                Ok(i) => mark(to, marks::UINT, &i),
                Err(_) => mark(to, marks::UINT, &u.to_string()),
            },
            Value::Float(float) => match marks::spell_float(*float) {
                Some(text) if self.notation == Notation::Text => mark(to, marks::FLOAT, &text),
                _ => to.serialize_f64(*float),
            },
            Value::Str(text) => to.serialize_str(text),
            Value::Bytes(bytes) => match self.notation {
                Notation::Text => mark(to, marks::BYTES, &data(bytes)),
                Notation::Binary => to.serialize_bytes(bytes),
            },
            Value::List(items) => to.collect_seq(items.iter().map(part)),
            Value::Map(pairs) => match &pairs[..] {
                [(key, value)] => mark(to, &marks::escape(key), &part(value)),
                _ => to.collect_map(pairs.iter().map(|(key, value)| (key, part(value)))),
            },
            Value::Tensor(tensor) => mark(to, marks::TENSOR, &Numbers(tensor, self.notation)),
            Value::Opaque(opaque) => {
                let parts = Parts(&opaque.content_type, data(&opaque.data));
                mark(to, marks::OPAQUE, &parts)
            }
        }
    }
}

fn mark<S: Serializer>(to: S, key: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

struct Data<'a>(&'a [u8], Notation);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Notation::Text => to.serialize_str(&marks::spell_bytes(self.0)),
            Notation::Binary => to.serialize_bytes(self.0),
        }
    }
}

/// The parts of an opaque value.
struct Parts<'a>(&'a str, Data<'a>);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("type", self.0)?;
        map.serialize_entry("data", &self.1)?;
        map.end()
    }
}

/// The parts of a tensor, dense.
struct Numbers<'a>(&'a Tensor<'a>, Notation);

impl Serialize for Numbers<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let dense = self.0.to_dense().map_err(S::Error::custom)?;
        let data = marks::little_endian(dense.dtype, Cow::Borrowed(&*dense.data));
        // As ints, which every encoding has: no dimension of a message is beyond them.
        let shape: Vec<i64> = dense.shape.iter().map(|dim| *dim as i64).collect();
        let mut map = to.serialize_map(Some(4))?;
        map.serialize_entry("dtype", dense.dtype.name())?;
        map.serialize_entry("shape", &shape)?;
        map.serialize_entry("format", &*dense.format)?;
        map.serialize_entry("data", &Data(&data, self.1))?;
        map.end()
    }
}

/// A value that was read.
pub struct Read(pub Value<'static>);

impl<'de> de::Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Place { depth: 0 }.deserialize(from).map(Read)
    }
}

/// Where a value is to be read: so many lists and maps deep.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
}

impl Place {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            let sentence = format!("lists and maps are nested deeper than {NESTING_MAX}");
            return Err(E::custom(sentence));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Place {
    type Value = Value<'static>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place {
    type Value = Value<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, true, false, a number, a text, bytes, a list or a map")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        self.deserialize(from)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: de::Error>(self, i: i64) -> Result<Self::Value, E> {
        Ok(Value::Int(i))
    }

    fn visit_u64<E: de::Error>(self, u: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(u).map_or(Value::Uint(u), Value::Int))
    }

    fn visit_i128<E: de::Error>(self, i: i128) -> Result<Self::Value, E> {
        match (i64::try_from(i), u64::try_from(i)) {
            (Ok(i), _) => Ok(Value::Int(i)),
            (_, Ok(u)) => Ok(Value::Uint(u)),
            _ => Err(E::custom(format!("the integer {i} has more than 64 bits"))),
        }
    }

    fn visit_u128<E: de::Error>(self, u: u128) -> Result<Self::Value, E> {
        match u64::try_from(u) {
            Ok(u) => self.visit_u64(u),
            Err(_) => Err(E::custom(format!("the integer {u} has more than 64 bits"))),
        }
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Self::Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E: de::Error>(self, data: &[u8]) -> Result<Self::Value, E> {
        self.visit_byte_buf(data.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, data: Vec<u8>) -> Result<Self::Value, E> {
        Ok(data.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            pairs.push((Cow::Owned(key), map.next_value_seed(inner)?));
        }
        marks::read(pairs).map_err(de::Error::custom)
    }
}
