//! `sipc_value` to and from the library's `Value`, without copying data in either direction.

use std::borrow::Cow;

use simpleipc::limits::{DIMS_MAX, NESTING_MAX};
use simpleipc::{Dtype, Error, Kind, Opaque, Result, Status, Tensor, Value};

use crate::generated::{SIPC_VALUE_INIT, sipc_value};
use crate::guard::{bytes, measured, misuse, present};

/// A value of the caller. Whoever makes one has the caller's promise that its pointers are what the
/// header says.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    value: &'a sipc_value,
    depth: usize,
}

impl<'a> Given<'a> {
    /// # Safety
    /// `pointer` is NULL or points to a `sipc_value` as the header describes it, which outlives
    /// `'a` together with all it points to.
    #[inline(always)]
    pub(crate) unsafe fn new(pointer: *const sipc_value) -> Result<Given<'a>> {
        // SAFETY: passed on; measured() has found the value large enough.
        let value = unsafe { &*measured(pointer)? };
        Ok(Given { value, depth: 0 })
    }

    /// The value; it borrows the caller's memory.
    pub(crate) fn read(self) -> Result<Value<'a>> {
        Ok(match self.kind()? {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.value.i != 0),
            Kind::Int => Value::Int(self.value.i),
            Kind::Uint => Value::Uint(self.value.u),
            Kind::Float => Value::Float(self.value.f),
            Kind::Str => Value::Str(Cow::Borrowed(self.text()?)),
            Kind::Bytes => Value::Bytes(Cow::Borrowed(self.data()?)),
            Kind::List => Value::List(
                self.items(1)?
                    .map(|item| item?.read())
                    .collect::<Result<_>>()?,
            ),
            Kind::Map => Value::Map(self.pairs()?),
            Kind::Tensor => Value::Tensor(self.tensor()?),
            Kind::Opaque => Value::Opaque(Opaque::new(self.label()?, self.data()?)),
        })
    }

    pub(crate) fn kind(self) -> Result<Kind> {
        let kind = u8::try_from(self.value.kind).ok().and_then(Kind::from_code);
        kind.ok_or_else(|| {
            refused(format!(
                "there is no kind {}; see SIPC_KIND_*",
                self.value.kind
            ))
        })
    }

    pub(crate) fn dtype(self) -> Result<Dtype> {
        let dtype = u8::try_from(self.value.dtype)
            .ok()
            .and_then(Dtype::from_code);
        dtype.ok_or_else(|| {
            refused(format!(
                "there is no dtype {}; see SIPC_DTYPE_*",
                self.value.dtype
            ))
        })
    }

    pub(crate) fn shape(self) -> Result<&'a [u64]> {
        self.value
            .shape
            .get(..self.value.ndim as usize)
            .ok_or_else(|| {
                let ndim = self.value.ndim;
                refused(format!(
                    "the tensor has {ndim} dimensions; at most {DIMS_MAX} are possible"
                ))
            })
    }

    /// The format of a tensor, the content type of an opaque value.
    pub(crate) fn label(self) -> Result<&'a str> {
        // SAFETY: promised by the maker of this Given.
        let label = unsafe { bytes(self.value.label.cast(), self.value.label_len, "value.label")? };
        utf8(label, "the label")
    }

    /// The strides of a tensor, unless it is said to be dense by all of them being 0.
    pub(crate) fn strides(self) -> Result<Option<&'a [i64]>> {
        let strides = &self.value.strides[..self.shape()?.len()];
        Ok(strides.iter().any(|&stride| stride != 0).then_some(strides))
    }

    pub(crate) fn raw(self) -> &'a sipc_value {
        self.value
    }

    /// The bytes of a text, of bytes, a tensor or opaque data.
    #[inline(always)]
    pub(crate) fn data(self) -> Result<&'a [u8]> {
        // SAFETY: promised by the maker of this Given.
        unsafe { bytes(self.value.data.cast(), self.value.len, "value.data") }
    }

    #[inline(always)]
    pub(crate) fn text(self) -> Result<&'a str> {
        utf8(self.data()?, "the text")
    }

    fn tensor(self) -> Result<Tensor<'a>> {
        let (dtype, shape, format) = (self.dtype()?, self.shape()?, self.label()?);
        match self.strides()? {
            None => Tensor::dense(dtype, shape, format, self.data()?),
            Some(strides) => Tensor::strided(dtype, shape, strides, format, self.data()?),
        }
    }

    fn pairs(self) -> Result<Vec<(Cow<'a, str>, Value<'a>)>> {
        let mut items = self.items(2)?;
        let mut pairs = Vec::new();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let Value::Str(key) = key?.read()? else {
                return Err(refused("a key of a map is no SIPC_KIND_STR"));
            };
            pairs.push((key, value?.read()?));
        }
        Ok(pairs)
    }

    /// The elements of a list, or the keys and values of a map: `count` times `group` of them.
    fn items(self, group: u64) -> Result<impl Iterator<Item = Result<Given<'a>>>> {
        let Given { value, depth } = self;
        if depth == NESTING_MAX {
            return Err(refused(format!(
                "lists and maps are nested more than {NESTING_MAX} deep"
            )));
        }
        if value.count > 0 {
            present(value.items, "value.items")?;
        }
        // A newer header may have larger values; then all of an array have the larger size.
        let step = if value.count > 0 {
            // SAFETY: promised by the maker of this Given.
            unsafe { (*measured(value.items)?).size as usize }
        } else {
            size_of::<sipc_value>()
        };
        let count = value.count.checked_mul(group).filter(|&count| {
            count
                .checked_mul(step as u64)
                .is_some_and(|len| len <= isize::MAX as u64)
        });
        let count = count.ok_or_else(|| misuse(format!("value.count is {}", value.count)))?;
        let first = value.items;
        Ok((0..count as usize).map(move |index| {
            // SAFETY: promised by the maker of this Given; the whole array fits into memory.
            let item = unsafe { &*measured(first.wrapping_byte_add(index * step))? };
            if item.size as usize != step {
                let size = item.size;
                return Err(misuse(format!(
                    "items[{index}].size is {size}, items[0].size {step}"
                )));
            }
            Ok(Given {
                value: item,
                depth: depth + 1,
            })
        }))
    }
}

/// Describes a value of the library for the caller. The elements of lists and maps are put into
/// `arrays`, which must live as long as the description; it points into `value` for the rest.
pub(crate) fn describe(value: &Value<'_>, to: &mut sipc_value, arrays: &mut Vec<Vec<sipc_value>>) {
    *to = SIPC_VALUE_INIT;
    to.kind = u32::from(value.kind().code());
    match value {
        Value::Null => {}
        Value::Bool(truth) => to.i = i64::from(*truth),
        Value::Int(number) => to.i = *number,
        Value::Uint(number) => to.u = *number,
        Value::Float(number) => to.f = *number,
        Value::Str(text) => set_data(to, text.as_bytes()),
        Value::Bytes(data) => set_data(to, data),
        Value::List(items) => {
            let mut array = vec![SIPC_VALUE_INIT; items.len()];
            for (item, to) in items.iter().zip(&mut array) {
                describe(item, to, arrays);
            }
            to.count = items.len() as u64;
            to.items = keep(array, arrays);
        }
        Value::Map(pairs) => {
            let mut array = vec![SIPC_VALUE_INIT; 2 * pairs.len()];
            for ((key, value), to) in pairs.iter().zip(array.chunks_exact_mut(2)) {
                describe(&Value::from(&**key), &mut to[0], arrays);
                describe(value, &mut to[1], arrays);
            }
            to.count = pairs.len() as u64;
            to.items = keep(array, arrays);
        }
        Value::Tensor(tensor) => {
            set_data(to, &tensor.data);
            set_label(to, &tensor.format);
            to.dtype = u32::from(tensor.dtype.code());
            to.ndim = tensor.shape.len() as u32;
            to.shape[..tensor.shape.len()].copy_from_slice(&tensor.shape);
            to.strides[..tensor.strides.len()].copy_from_slice(&tensor.strides);
        }
        Value::Opaque(opaque) => {
            set_data(to, &opaque.data);
            set_label(to, &opaque.content_type);
        }
    }
}

/// `describe` of a value that is nothing but its kind and its data.
#[inline(always)]
pub(crate) fn describe_data(kind: Kind, data: &[u8], to: &mut sipc_value) {
    *to = SIPC_VALUE_INIT;
    to.kind = u32::from(kind.code());
    set_data(to, data);
}

/// Keeps the elements of a list or map; tells where they are.
fn keep(array: Vec<sipc_value>, arrays: &mut Vec<Vec<sipc_value>>) -> *const sipc_value {
    let first = array.as_ptr();
    arrays.push(array);
    first
}

fn set_data(to: &mut sipc_value, data: &[u8]) {
    to.data = data.as_ptr().cast();
    to.len = data.len() as u64;
}

fn set_label(to: &mut sipc_value, label: &str) {
    to.label = label.as_ptr().cast();
    to.label_len = label.len() as u64;
}

fn utf8<'a>(bytes: &'a [u8], what: &str) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|_| refused(format!("{what} is not valid UTF-8")))
}

/// A `BAD_VALUE` error.
pub(crate) fn refused(sentence: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Status::BadValue, sentence)
}
