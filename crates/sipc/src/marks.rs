//! Marks: how values that JSON and its relatives have no notation for are written in them.
//!
//! A mark is a map with one key, which begins with `$`: `{"$bytes": "aGVsbG8="}`. A map that looks
//! like a mark and is none is written with one more `$`. docs/sipc.md has the table.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use simpleipc::{Dtype, Opaque, Tensor, Value};

pub const UINT: &str = "$uint";
pub const FLOAT: &str = "$float";
pub const BYTES: &str = "$bytes";
pub const TENSOR: &str = "$tensor";
pub const OPAQUE: &str = "$opaque";
/// The whole message, in encodings whose outermost value must be a map.
pub const VALUE: &str = "$value";

const ALL: [&str; 6] = [UINT, FLOAT, BYTES, TENSOR, OPAQUE, VALUE];

type Pairs = Vec<(Cow<'static, str>, Value<'static>)>;

/// The key under which a map's only pair is written.
pub fn escape(key: &str) -> Cow<'_, str> {
    let dollars = key.len() - key.trim_start_matches('$').len();
    let is_mark = dollars > 0 && ALL.contains(&&key[dollars - 1..]);
    match is_mark {
        true => Cow::Owned(format!("${key}")),
        false => Cow::Borrowed(key),
    }
}

/// The value of a map as it was read: what it marks, or itself.
pub fn read(mut pairs: Pairs) -> Result<Value<'static>, String> {
    let [(key, _)] = &mut pairs[..] else {
        return Ok(Value::Map(pairs));
    };
    if let Some(shorter) = key.strip_prefix('$').filter(|key| key.starts_with('$')) {
        if escape(shorter).len() > shorter.len() {
            *key = Cow::Owned(shorter.to_owned());
        }
        return Ok(Value::Map(pairs));
    }
    if !ALL.contains(&&**key) {
        return Ok(Value::Map(pairs));
    }
    let (key, value) = pairs.remove(0);
    match &*key {
        UINT => uint(value),
        FLOAT => float(value),
        BYTES => bytes(BYTES, value).map(Value::Bytes),
        TENSOR => tensor(value),
        OPAQUE => opaque(value),
        _ => Ok(value),
    }
}

/// How a float is spelled that is no number; `None` for one that is.
pub fn spell_float(float: f64) -> Option<String> {
    if float.is_finite() {
        return None;
    }
    Some(match float.to_bits() {
        bits if bits == f64::INFINITY.to_bits() => "inf".to_owned(),
        bits if bits == f64::NEG_INFINITY.to_bits() => "-inf".to_owned(),
        bits if bits == f64::NAN.to_bits() => "nan".to_owned(),
        bits => format!("0x{bits:016x}"),
    })
}

pub fn spell_bytes(data: &[u8]) -> String {
    STANDARD.encode(data)
}

fn uint(value: Value<'static>) -> Result<Value<'static>, String> {
    let number = match &value {
        Value::Int(i) => u64::try_from(*i).ok(),
        Value::Uint(u) => Some(*u),
        Value::Str(digits) => digits.parse().ok(),
        _ => None,
    };
    let wrong = || {
        format!(
            "{UINT} is followed by {}; it takes 0 to 2^64-1",
            kind(&value)
        )
    };
    number.map(Value::Uint).ok_or_else(wrong)
}

fn float(value: Value<'static>) -> Result<Value<'static>, String> {
    let number = match &value {
        Value::Float(float) => Some(*float),
        Value::Int(i) => Some(*i as f64),
        Value::Str(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok().map(f64::from_bits),
            None => text.parse().ok(),
        },
        _ => None,
    };
    let wrong = || {
        format!(
            "{FLOAT} is followed by {}; it takes a number, \"inf\", \"-inf\", \"nan\" or the 64 \
             bits as \"0x...\"",
            kind(&value)
        )
    };
    number.map(Value::Float).ok_or_else(wrong)
}

fn bytes(what: &str, value: Value<'static>) -> Result<Cow<'static, [u8]>, String> {
    match value {
        Value::Bytes(data) => Ok(data),
        Value::Str(text) => match STANDARD.decode(&*text) {
            Ok(data) => Ok(Cow::Owned(data)),
            Err(why) => Err(format!("{what} holds no base64: {why}")),
        },
        other => Err(format!("{what} is {}, not base64", kind(&other))),
    }
}

fn opaque(value: Value<'static>) -> Result<Value<'static>, String> {
    let mut fields = Fields::of(OPAQUE, value)?;
    let content_type = fields.text("type")?.unwrap_or_default();
    let data = bytes("the data of $opaque", fields.needed("data")?)?;
    fields.end()?;
    Ok(Opaque::new(content_type, data).into())
}

fn tensor(value: Value<'static>) -> Result<Value<'static>, String> {
    let mut fields = Fields::of(TENSOR, value)?;
    let name = fields.text("dtype")?.unwrap_or_default();
    let Some(dtype) = Dtype::ALL.into_iter().find(|dtype| dtype.name() == name) else {
        let names: Vec<&str> = Dtype::ALL.iter().map(|dtype| dtype.name()).collect();
        let known = names.join(", ");
        return Err(format!(
            "{TENSOR} has the dtype {name:?}; there are: {known}"
        ));
    };
    let Value::List(dims) = fields.needed("shape")? else {
        return Err(format!("the shape of {TENSOR} is no list of numbers"));
    };
    let dim = |dim: &Value<'_>| match dim {
        Value::Int(i) => u64::try_from(*i).ok(),
        Value::Uint(u) => Some(*u),
        _ => None,
    };
    let Some(shape) = dims.iter().map(dim).collect::<Option<Vec<u64>>>() else {
        return Err(format!("the shape of {TENSOR} is no list of numbers"));
    };
    let format = fields.text("format")?.unwrap_or_default();
    let data = bytes("the data of $tensor", fields.needed("data")?)?;
    fields.end()?;
    let data = little_endian(dtype, data);
    let tensor = Tensor::dense(dtype, &shape, format, data).map_err(|why| why.to_string())?;
    Ok(tensor.into())
}

/// Elements in the byte order in which they are written, from that of the machine or back.
pub fn little_endian(dtype: Dtype, data: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        return data;
    }
    let unit = match dtype {
        Dtype::C64 | Dtype::C128 => dtype.size_bytes() / 2,
        _ => dtype.size_bytes(),
    };
    let mut data = data.into_owned();
    data.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    Cow::Owned(data)
}

/// The parts of a mark, each taken out once.
struct Fields {
    mark: &'static str,
    pairs: Pairs,
}

impl Fields {
    fn of(mark: &'static str, value: Value<'static>) -> Result<Self, String> {
        match value {
            Value::Map(pairs) => Ok(Self { mark, pairs }),
            other => Err(format!("{mark} is followed by {}, not a map", kind(&other))),
        }
    }

    fn take(&mut self, key: &str) -> Option<Value<'static>> {
        let at = self.pairs.iter().position(|(known, _)| known == key)?;
        Some(self.pairs.remove(at).1)
    }

    fn needed(&mut self, key: &str) -> Result<Value<'static>, String> {
        let mark = self.mark;
        self.take(key)
            .ok_or_else(|| format!("{mark} has no \"{key}\""))
    }

    fn text(&mut self, key: &str) -> Result<Option<Cow<'static, str>>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Str(text)) => Ok(Some(text)),
            Some(_) => Err(format!("the {key} of {} is no text", self.mark)),
        }
    }

    fn end(self) -> Result<(), String> {
        match self.pairs.first() {
            None => Ok(()),
            Some((key, _)) => Err(format!("{} has no part named {key:?}", self.mark)),
        }
    }
}

/// What a value is, for sentences.
pub fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Int(_) => "an int",
        Value::Uint(_) => "a uint",
        Value::Float(_) => "a float",
        Value::Str(_) => "a text",
        Value::Bytes(_) => "bytes",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Tensor(_) => "a tensor",
        Value::Opaque(_) => "opaque bytes",
    }
}
