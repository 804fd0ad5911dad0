//! Lists and maps as CBOR (RFC 8949), with tensors as typed arrays (RFC 8746).
//!
//! Any CBOR reader understands what is written here; the table is in `spec/values.md`. What is
//! read is untrusted: nesting is limited before it recurses and counts are compared with the
//! bytes there are before anything is allocated for them.

use std::borrow::Cow;
use std::convert::Infallible;

use minicbor::data::{IanaTag, Tag, Type};
use minicbor::{Decoder, Encoder, decode, encode};

use super::tensor::{check_label, refuse};
use super::{Dtype, Opaque, Tensor, Value};
use crate::error::{Error, Result, Status};
use crate::limits::{DIMS_MAX, NESTING_MAX};

/// An array of a type name and its parts (registered by M. Lehmann, "generic object").
const OBJECT: Tag = Tag::new(27);
/// RFC 8746: an array of a shape and the elements in row-major order.
const ROW_MAJOR: Tag = Tag::new(40);
/// RFC 8746: an array whose elements are all of one type; here, of bools.
const HOMOGENEOUS: Tag = Tag::new(41);

/// Names of generic objects.
const TENSOR: &str = "tensor";
const OPAQUE: &str = "opaque";
const COMPLEX64: &str = "complex64";
const COMPLEX128: &str = "complex128";

/// Lets `?` work on the errors of minicbor without making them part of the public `Error`.
struct Fault(Error);

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault(error)
    }
}

impl From<encode::Error<Infallible>> for Fault {
    fn from(error: encode::Error<Infallible>) -> Fault {
        Fault(Error::new(Status::Internal, error.to_string()))
    }
}

impl From<decode::Error> for Fault {
    fn from(error: decode::Error) -> Fault {
        Fault(refuse(format!("its CBOR says: {error}")))
    }
}

type Attempt<T> = std::result::Result<T, Fault>;

/// The CBOR of a list or map.
pub(super) fn write(value: &Value<'_>) -> Result<Vec<u8>> {
    let mut cbor = Encoder::new(Vec::new());
    write_item(&mut cbor, value, 0).map_err(|Fault(error)| error)?;
    Ok(cbor.into_writer())
}

fn write_item(cbor: &mut Encoder<Vec<u8>>, value: &Value<'_>, depth: usize) -> Attempt<()> {
    match value {
        Value::Null => cbor.null()?,
        Value::Bool(truth) => cbor.bool(*truth)?,
        Value::Int(number) => cbor.i64(*number)?,
        Value::Uint(number) => {
            let digits = number.to_be_bytes();
            let zeros = number.leading_zeros() as usize / 8;
            cbor.tag(IanaTag::PosBignum)?.bytes(&digits[zeros..])?
        }
        Value::Float(number) => cbor.f64(*number)?,
        Value::Str(text) => cbor.str(text)?,
        Value::Bytes(data) => cbor.bytes(data)?,
        Value::List(items) => {
            let depth = deeper(depth)?;
            cbor.array(items.len() as u64)?;
            for item in items {
                write_item(cbor, item, depth)?;
            }
            cbor
        }
        Value::Map(pairs) => {
            let depth = deeper(depth)?;
            refuse_duplicates(pairs)?;
            cbor.map(pairs.len() as u64)?;
            for (key, item) in pairs {
                cbor.str(key)?;
                write_item(cbor, item, depth)?;
            }
            cbor
        }
        Value::Tensor(tensor) => return write_tensor(cbor, tensor),
        Value::Opaque(Opaque { content_type, data }) => {
            check_label("content type", content_type)?;
            cbor.tag(OBJECT)?.array(3)?.str(OPAQUE)?;
            cbor.str(content_type)?.bytes(data)?
        }
    };
    Ok(())
}

fn write_tensor(cbor: &mut Encoder<Vec<u8>>, tensor: &Tensor<'_>) -> Attempt<()> {
    let tensor = tensor.to_dense()?;
    if !tensor.format.is_empty() {
        cbor.tag(OBJECT)?
            .array(3)?
            .str(TENSOR)?
            .str(&tensor.format)?;
    }
    cbor.tag(ROW_MAJOR)?.array(2)?;
    cbor.array(tensor.shape.len() as u64)?;
    for &dim in &*tensor.shape {
        cbor.u64(dim)?;
    }
    match tensor.dtype {
        Dtype::Bool => {
            cbor.tag(HOMOGENEOUS)?.array(tensor.data.len() as u64)?;
            for &byte in &*tensor.data {
                cbor.bool(byte != 0)?;
            }
        }
        Dtype::C64 => {
            cbor.tag(OBJECT)?.array(2)?.str(COMPLEX64)?;
            write_typed(cbor, Dtype::F32, &tensor.data)?;
        }
        Dtype::C128 => {
            cbor.tag(OBJECT)?.array(2)?.str(COMPLEX128)?;
            write_typed(cbor, Dtype::F64, &tensor.data)?;
        }
        dtype => write_typed(cbor, dtype, &tensor.data)?,
    }
    Ok(())
}

fn write_typed(cbor: &mut Encoder<Vec<u8>>, dtype: Dtype, data: &[u8]) -> Attempt<()> {
    let tag = typed_array_tag(dtype)
        .ok_or_else(|| Error::new(Status::Internal, "this element type has no typed array"))?;
    cbor.tag(tag)?.bytes(data)?;
    Ok(())
}

/// The tag of RFC 8746 for an array of these elements in this machine's byte order.
fn typed_array_tag(dtype: Dtype) -> Option<Tag> {
    let big_endian = match dtype {
        Dtype::U8 => return Some(Tag::new(64)),
        Dtype::I8 => return Some(Tag::new(72)),
        Dtype::U16 => 65,
        Dtype::U32 => 66,
        Dtype::U64 => 67,
        Dtype::I16 => 73,
        Dtype::I32 => 74,
        Dtype::I64 => 75,
        Dtype::F16 => 80,
        Dtype::F32 => 81,
        Dtype::F64 => 82,
        Dtype::Bool | Dtype::C64 | Dtype::C128 => return None,
    };
    let little = if cfg!(target_endian = "little") { 4 } else { 0 };
    Some(Tag::new(big_endian + little))
}

/// The value of a whole CBOR item; strings and bytes stay where they are.
pub(super) fn read(bytes: &[u8]) -> Result<Value<'_>> {
    let mut cbor = Decoder::new(bytes);
    let value = read_item(&mut cbor, 0).map_err(|Fault(error)| error)?;
    match left(&cbor) {
        0 => Ok(value),
        left => Err(refuse(format!("it has {left} bytes after its end"))),
    }
}

fn read_item<'b>(cbor: &mut Decoder<'b>, depth: usize) -> Attempt<Value<'b>> {
    Ok(match cbor.datatype()? {
        Type::Null => {
            cbor.null()?;
            Value::Null
        }
        Type::Bool => Value::Bool(cbor.bool()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => Value::Int(cbor.i64()?),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => Value::Int(cbor.i64()?),
        Type::F64 => Value::Float(cbor.f64()?),
        Type::String => Value::Str(Cow::Borrowed(cbor.str()?)),
        Type::Bytes => Value::Bytes(Cow::Borrowed(cbor.bytes()?)),
        Type::Array => read_list(cbor, deeper(depth)?)?,
        Type::Map => read_map(cbor, deeper(depth)?)?,
        Type::Tag => read_tagged(cbor)?,
        other => {
            return Err(
                refuse(format!("its CBOR holds {other}, which stands for no value")).into(),
            );
        }
    })
}

/// Items are at least a byte each, but a value takes many: so memory grows with the items really
/// there and not with the number that was claimed.
const CAPACITY_FIRST: usize = 32;

fn read_list<'b>(cbor: &mut Decoder<'b>, depth: usize) -> Attempt<Value<'b>> {
    let count = cbor.array()?;
    let count = counted(cbor, count, 1)?;
    let mut items = Vec::with_capacity(count.min(CAPACITY_FIRST));
    for _ in 0..count {
        items.push(read_item(cbor, depth)?);
    }
    Ok(Value::List(items))
}

fn read_map<'b>(cbor: &mut Decoder<'b>, depth: usize) -> Attempt<Value<'b>> {
    let count = cbor.map()?;
    let count = counted(cbor, count, 2)?;
    let mut pairs = Vec::with_capacity(count.min(CAPACITY_FIRST));
    for _ in 0..count {
        let key = Cow::Borrowed(cbor.str()?);
        pairs.push((key, read_item(cbor, depth)?));
    }
    refuse_duplicates(&pairs)?;
    Ok(Value::Map(pairs))
}

fn read_tagged<'b>(cbor: &mut Decoder<'b>) -> Attempt<Value<'b>> {
    let tag = cbor.tag()?;
    if tag == Tag::from(IanaTag::PosBignum) {
        return read_uint(cbor).map(Value::Uint);
    }
    if tag == ROW_MAJOR {
        return read_tensor(cbor, "").map(Value::Tensor);
    }
    if tag != OBJECT {
        return Err(refuse(format!("its CBOR has the unknown tag {}", tag.as_u64())).into());
    }
    parts(cbor, 3)?;
    match cbor.str()? {
        OPAQUE => {
            let content_type = cbor.str()?;
            check_label("content type", content_type)?;
            Ok(Value::Opaque(Opaque::new(content_type, cbor.bytes()?)))
        }
        TENSOR => {
            let format = cbor.str()?;
            expect_tag(cbor, ROW_MAJOR)?;
            read_tensor(cbor, format).map(Value::Tensor)
        }
        name => Err(refuse(format!("its CBOR has an unknown object {name:?}")).into()),
    }
}

fn read_uint(cbor: &mut Decoder<'_>) -> Attempt<u64> {
    let digits = cbor.bytes()?;
    if digits.len() > 8 || digits.first() == Some(&0) {
        return Err(refuse("its uint has more than 64 bits or leading zeros").into());
    }
    Ok(digits
        .iter()
        .fold(0, |number, &digit| number << 8 | u64::from(digit)))
}

/// What follows the tag of a row-major array.
fn read_tensor<'b>(cbor: &mut Decoder<'b>, format: &'b str) -> Attempt<Tensor<'b>> {
    parts(cbor, 2)?;
    let ndim = cbor.array()?;
    let ndim = counted(cbor, ndim, 1)?;
    let mut numbers = [0; DIMS_MAX];
    let Some(shape) = numbers.get_mut(..ndim) else {
        return Err(refuse(format!("its tensor has {ndim} dimensions")).into());
    };
    for dim in &mut *shape {
        *dim = cbor.u64()?;
    }
    let (dtype, data) = read_elements(cbor)?;
    Ok(Tensor::dense(dtype, shape, format, data)?)
}

fn read_elements<'b>(cbor: &mut Decoder<'b>) -> Attempt<(Dtype, Cow<'b, [u8]>)> {
    let tag = cbor.tag()?;
    if tag == HOMOGENEOUS {
        let count = cbor.array()?;
        let count = counted(cbor, count, 1)?;
        let mut data = Vec::with_capacity(count);
        for _ in 0..count {
            data.push(u8::from(cbor.bool()?));
        }
        return Ok((Dtype::Bool, Cow::Owned(data)));
    }
    if tag == OBJECT {
        parts(cbor, 2)?;
        let (dtype, part) = match cbor.str()? {
            COMPLEX64 => (Dtype::C64, Dtype::F32),
            COMPLEX128 => (Dtype::C128, Dtype::F64),
            name => return Err(refuse(format!("its tensor holds {name:?}")).into()),
        };
        if let Some(tag) = typed_array_tag(part) {
            expect_tag(cbor, tag)?;
        }
        return Ok((dtype, Cow::Borrowed(cbor.bytes()?)));
    }
    let dtype = Dtype::ALL
        .into_iter()
        .find(|&dtype| typed_array_tag(dtype) == Some(tag));
    match dtype {
        Some(dtype) => Ok((dtype, Cow::Borrowed(cbor.bytes()?))),
        None => Err(refuse(format!("its tensor has the unknown tag {}", tag.as_u64())).into()),
    }
}

/// Bytes not read yet.
fn left(cbor: &Decoder<'_>) -> usize {
    cbor.input().len() - cbor.position()
}

/// The number of items or pairs, if the bytes left can hold that many.
fn counted(cbor: &Decoder<'_>, count: Option<u64>, bytes_each: usize) -> Attempt<usize> {
    let count = count.ok_or_else(|| refuse("its CBOR does not say how many items it has"))?;
    match usize::try_from(count) {
        Ok(count) if count <= left(cbor) / bytes_each => Ok(count),
        _ => Err(refuse(format!("it claims {count} items and ends before")).into()),
    }
}

/// Reads the head of an array that must have this many parts.
fn parts(cbor: &mut Decoder<'_>, count: u64) -> Attempt<()> {
    match cbor.array()? {
        Some(found) if found == count => Ok(()),
        _ => Err(refuse(format!("its CBOR has an object without {count} parts")).into()),
    }
}

fn expect_tag(cbor: &mut Decoder<'_>, tag: Tag) -> Attempt<()> {
    let found = cbor.tag()?;
    if found == tag {
        return Ok(());
    }
    let (found, tag) = (found.as_u64(), tag.as_u64());
    Err(refuse(format!("its CBOR has tag {found} instead of {tag}")).into())
}

/// One list or map further down, if that is still allowed.
fn deeper(depth: usize) -> Result<usize> {
    if depth == NESTING_MAX {
        return Err(refuse(format!(
            "lists and maps are nested more than {NESTING_MAX} deep"
        )));
    }
    Ok(depth + 1)
}

/// Maps of this many pairs or fewer are compared pair by pair, without allocating.
const PAIRS_FEW: usize = 16;

fn refuse_duplicates(pairs: &[(Cow<'_, str>, Value<'_>)]) -> Result<()> {
    let duplicate = if pairs.len() <= PAIRS_FEW {
        let earlier = |at: usize| pairs[..at].iter().any(|(key, _)| *key == pairs[at].0);
        (0..pairs.len())
            .find(|&at| earlier(at))
            .map(|at| &*pairs[at].0)
    } else {
        let mut keys: Vec<&str> = pairs.iter().map(|(key, _)| &**key).collect();
        keys.sort_unstable();
        keys.windows(2)
            .find(|two| two[0] == two[1])
            .map(|two| two[0])
    };
    match duplicate {
        Some(key) => Err(refuse(format!("the map has the key {key:?} twice"))),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "cbor_test.rs"]
mod tests;
