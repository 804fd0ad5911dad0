//! Values as one word of text, the same in every driver: `i-1`, `s68c3a9`, `[n,{s6b:x00}]`,
//! `tu8:2x3:67726579:000102030405`. Input may also hold patterns for data too long for a line:
//! `X<len>:<seed>` bytes, `S<len>:<seed>` a string, `T<dtype>:<shape>:<format>:<seed>` a tensor.
//! Output shows data of more than [`SHOWN_MAX`] bytes as `#<len>:<CRC-32>`.

use std::borrow::Cow;
use std::fmt::Write;

use simpleipc::{Dtype, Opaque, Tensor, Value};

/// Bytes of data that are printed in full.
const SHOWN_MAX: usize = 64;

/// Length of the block that a byte pattern repeats; prime, so that it stays out of step with
/// pages and cache lines.
const BLOCK: usize = 251;

/// Reads one value; the error names the place where it went wrong.
pub fn parse(text: &str) -> Result<Value<'static>, String> {
    let mut reader = Reader { rest: text };
    let value = reader.value().filter(|_| reader.rest.is_empty());
    value.ok_or_else(|| {
        let at = text.len() - reader.rest.len();
        format!(
            "`{}` is no value: see byte {at}",
            text.chars().take(200).collect::<String>()
        )
    })
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn value(&mut self) -> Option<Value<'static>> {
        let tag = self.rest.chars().next()?;
        self.rest = &self.rest[tag.len_utf8()..];
        Some(match tag {
            'n' => Value::Null,
            'b' => Value::Bool(match self.word() {
                "0" => false,
                "1" => true,
                _ => return None,
            }),
            'i' => Value::Int(self.word().parse().ok()?),
            'u' => Value::Uint(self.word().parse().ok()?),
            'd' => Value::Float(self.float()?),
            's' => Value::Str(Cow::Owned(self.string()?)),
            'x' => Value::Bytes(Cow::Owned(unhex(self.word())?)),
            'S' => {
                let (len, seed) = self.pattern()?;
                Value::Str(Cow::Owned(letters(len, seed)))
            }
            'X' => {
                let (len, seed) = self.pattern()?;
                Value::Bytes(Cow::Owned(bytes(len, seed)))
            }
            '[' => Value::List(self.items(']', Reader::value)?),
            '{' => Value::Map(self.items('}', Reader::entry)?),
            't' | 'T' => self.tensor(tag == 'T')?,
            'o' => self.opaque()?,
            _ => return None,
        })
    }

    /// What comes before the next sign of punctuation.
    fn word(&mut self) -> &'t str {
        let end = self
            .rest
            .find([',', ':', ']', '}'])
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn sign(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    fn float(&mut self) -> Option<f64> {
        let bits = unhex(self.word())?.try_into().ok()?;
        Some(f64::from_bits(u64::from_be_bytes(bits)))
    }

    fn string(&mut self) -> Option<String> {
        String::from_utf8(unhex(self.word())?).ok()
    }

    fn pattern(&mut self) -> Option<(usize, u8)> {
        let len = self.word().parse().ok()?;
        self.sign(':')?;
        Some((len, self.word().parse().ok()?))
    }

    fn items<T>(&mut self, end: char, one: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while self.sign(end).is_none() {
            if !items.is_empty() {
                self.sign(',')?;
            }
            items.push(one(self)?);
        }
        Some(items)
    }

    fn entry(&mut self) -> Option<(Cow<'static, str>, Value<'static>)> {
        self.sign('s')?;
        let key = self.string()?;
        self.sign(':')?;
        Some((Cow::Owned(key), self.value()?))
    }

    fn tensor(&mut self, patterned: bool) -> Option<Value<'static>> {
        let name = self.word();
        let dtype = *Dtype::ALL.iter().find(|dtype| dtype.name() == name)?;
        self.sign(':')?;
        let shape = match self.word() {
            "" => Vec::new(),
            text => text
                .split('x')
                .map(|dim| dim.parse().ok())
                .collect::<Option<Vec<u64>>>()?,
        };
        self.sign(':')?;
        let format = self.string()?;
        self.sign(':')?;
        let len = dtype.size_bytes() * shape.iter().product::<u64>() as usize;
        let data = match patterned {
            true => bytes(len, self.word().parse().ok()?),
            false => unhex(self.word()).filter(|data| data.len() == len)?,
        };
        Some(Value::Tensor(
            Tensor::dense(dtype, &shape, format, data).ok()?,
        ))
    }

    fn opaque(&mut self) -> Option<Value<'static>> {
        let content_type = self.string()?;
        self.sign(':')?;
        Some(Value::Opaque(Opaque::new(
            content_type,
            unhex(self.word())?,
        )))
    }
}

/// The byte pattern: byte `i` is `seed + i % 251`, without the carry.
fn bytes(len: usize, seed: u8) -> Vec<u8> {
    let block: Vec<u8> = (0..BLOCK)
        .map(|index| seed.wrapping_add(index as u8))
        .collect();
    let mut data = block.repeat(len.div_ceil(BLOCK));
    data.truncate(len);
    data
}

/// The string pattern: lower-case letters in a pattern of 23.
fn letters(len: usize, seed: u8) -> String {
    (0..len)
        .map(|index| char::from(b'a' + ((usize::from(seed) + index % 23) % 26) as u8))
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
            _ => None,
        })
        .collect()
}

/// Writes a value as every driver has to print it.
pub fn print(value: &Value<'_>) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value<'_>) {
    match value {
        Value::Null => text.push('n'),
        Value::Bool(value) => add(text, format_args!("b{}", u8::from(*value))),
        Value::Int(value) => add(text, format_args!("i{value}")),
        Value::Uint(value) => add(text, format_args!("u{value}")),
        Value::Float(value) => add(text, format_args!("d{:016x}", value.to_bits())),
        Value::Str(value) => {
            text.push('s');
            write_data(text, value.as_bytes());
        }
        Value::Bytes(value) => {
            text.push('x');
            write_data(text, value);
        }
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Map(entries) => {
            text.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                text.push_str(if index > 0 { ",s" } else { "s" });
                write_hex(text, key.as_bytes());
                text.push(':');
                write_value(text, item);
            }
            text.push('}');
        }
        Value::Tensor(tensor) => write_tensor(text, tensor),
        Value::Opaque(opaque) => {
            text.push('o');
            write_hex(text, opaque.content_type.as_bytes());
            text.push(':');
            write_data(text, &opaque.data);
        }
    }
}

fn write_tensor(text: &mut String, tensor: &Tensor<'_>) {
    let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
    add(
        text,
        format_args!("t{}:{}:", tensor.dtype.name(), shape.join("x")),
    );
    write_hex(text, tensor.format.as_bytes());
    text.push(':');
    write_data(text, &tensor.data);
}

/// Data in hex, or its length and digest when it is long.
fn write_data(text: &mut String, data: &[u8]) {
    if data.len() <= SHOWN_MAX {
        write_hex(text, data);
    } else {
        add(
            text,
            format_args!("#{}:{:08x}", data.len(), crc32fast::hash(data)),
        );
    }
}

fn write_hex(text: &mut String, data: &[u8]) {
    for byte in data {
        add(text, format_args!("{byte:02x}"));
    }
}

fn add(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twice(text: &str) -> String {
        print(&parse(text).unwrap())
    }

    #[test]
    fn what_is_printed_is_what_was_read() {
        for text in [
            "n",
            "b0",
            "i-9223372036854775808",
            "u18446744073709551615",
            "d7ff80000deadbeef",
            "s",
            "s610062",
            "xff00",
            "[]",
            "[[],{},n,{s:[x,s]}]",
            "{s62:i1,s61:{sf09f9880:u2}}",
            "tf64:::182d4454fb210940",
            "tu8:2x3:67726579:000102030405",
            "tf32:0x3::",
            "[tu8:1::07,n]",
            "o746578742f706c61696e:6869",
        ] {
            assert_eq!(twice(text), text);
        }
    }

    #[test]
    fn patterns_become_data() {
        assert_eq!(twice("X4:254"), "xfeff0001");
        assert_eq!(twice("S5:24"), "s797a616263");
        assert_eq!(twice("Tu16:1x2:7a:1"), "tu16:1x2:7a:01020304");
        let Value::Bytes(data) = parse("X600:3").unwrap() else {
            panic!("no bytes")
        };
        assert_eq!(
            (data.len(), data[250], data[251], data[599]),
            (600, 253, 3, 100)
        );
        let Value::Str(text) = parse("S50:0").unwrap() else {
            panic!("no string")
        };
        assert_eq!((text.len(), &text[20..25]), (50, "uvwab"));
    }

    #[test]
    fn long_data_is_digested() {
        assert_eq!(twice("X64:0").len(), 1 + 2 * 64);
        assert_eq!(twice("X65:0"), "x#65:40c06fd8");
        assert_eq!(twice("Tu8:65:7a:0"), "tu8:65:7a:#65:40c06fd8");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "q",
            "b2",
            "i",
            "i1,",
            "[i1",
            "{i1:n}",
            "x0",
            "d00",
            "tu8:2::01",
            "n n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
