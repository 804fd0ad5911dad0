//! The encodings of `--as`: one message to bytes and back.

use std::borrow::Cow;

use clap::ValueEnum;
use serde::Serialize;
use simpleipc::{Message, Value};

use crate::failure::Failure;
use crate::marks;
use crate::portable::{Notation, Portable, Read};

/// How values are written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    /// JSON, one value a line; read from any layout
    Json,
    /// CBOR (RFC 8949), one item after the other
    Cbor,
    /// MessagePack, one object after the other
    Msgpack,
    /// BSON, one document after the other
    Bson,
    /// Smile, each message with its header
    Smile,
    /// Lines of text
    Text,
    /// Bytes as they are
    Raw,
}

/// What is written for one message.
pub enum Subject<'a> {
    Value(&'a Value<'a>),
    /// The value with the facts of its message.
    Message(&'a Message, &'a Value<'a>),
}

impl Encoding {
    /// Whether the encoding can say what a value is.
    pub fn is_structured(self) -> bool {
        !matches!(self, Encoding::Text | Encoding::Raw)
    }

    /// Appends one message, as it stands inside a frame.
    pub fn write(self, subject: &Subject<'_>, to: &mut Vec<u8>) -> Result<(), Failure> {
        let value = match subject {
            Subject::Value(value) | Subject::Message(_, value) => value,
        };
        if self == Encoding::Raw
            && let Some(data) = raw(value)?
        {
            to.extend_from_slice(&data);
            return Ok(());
        }
        match (self, value) {
            (Encoding::Text, Value::Str(text)) => to.extend_from_slice(text.as_bytes()),
            (Encoding::Json | Encoding::Text | Encoding::Raw, _) => {
                let document = Document::new(subject, Notation::Text);
                serde_json::to_writer(to, &document).map_err(|why| unwritable(self, &why))?;
            }
            (Encoding::Cbor, _) => {
                let document = Document::new(subject, Notation::Binary);
                ciborium::into_writer(&document, to).map_err(|why| unwritable(self, &why))?;
            }
            (Encoding::Msgpack, _) => {
                let document = Document::new(subject, Notation::Binary);
                rmp_serde::encode::write(to, &document).map_err(|why| unwritable(self, &why))?;
            }
            (Encoding::Bson, _) => {
                let document = Document::in_map(subject, Notation::Binary);
                let bytes = bson::serialize_to_vec(&document);
                to.extend(bytes.map_err(|why| unwritable(self, &why))?);
            }
            (Encoding::Smile, _) => {
                let document = Document::new(subject, Notation::Binary);
                let bytes = serde_smile::to_vec(&document);
                to.extend(bytes.map_err(|why| unwritable(self, &why))?);
            }
        }
        Ok(())
    }

    /// The one message that these bytes are.
    pub fn read(self, bytes: Vec<u8>) -> Result<Value<'static>, Failure> {
        let mut rest = &bytes[..];
        let value = match self {
            Encoding::Json => {
                return match serde_json::from_slice::<Read>(&bytes) {
                    Ok(read) => Ok(read.0),
                    Err(why) => Err(unreadable(self, &why)),
                };
            }
            Encoding::Text => return text(bytes).map(Value::from),
            Encoding::Raw => return Ok(bytes.into()),
            Encoding::Cbor => {
                ciborium::from_reader(&mut rest).map_err(|why| unreadable(self, &why))
            }
            Encoding::Msgpack => {
                rmp_serde::from_read(&mut rest).map_err(|why| unreadable(self, &why))
            }
            Encoding::Bson => {
                rest = &[];
                bson::deserialize_from_slice(&bytes).map_err(|why| unreadable(self, &why))
            }
            Encoding::Smile => {
                let mut smile = serde_smile::Deserializer::from_reader(&mut rest);
                let value = smile.read_header().and_then(|()| {
                    let read: Read = serde::Deserialize::deserialize(&mut smile)?;
                    Ok(read)
                });
                value.map_err(|why| unreadable(self, &why))
            }
        };
        let Read(value) = value?;
        match (self, rest) {
            // Smile may say that nothing follows.
            (_, []) | (Encoding::Smile, [0xff]) => Ok(value),
            _ => Err(unreadable(
                self,
                &format!("{} bytes follow the message", rest.len()),
            )),
        }
    }
}

/// The sentence for what does not come out of an encoding.
pub fn unreadable(encoding: Encoding, why: &impl ToString) -> Failure {
    Failure::input(format!("not {}: {}", name(encoding), why.to_string()))
}

fn unwritable(encoding: Encoding, why: &impl ToString) -> Failure {
    let name = name(encoding);
    Failure::input(format!(
        "this value cannot be written as {name}: {}",
        why.to_string()
    ))
}

pub fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "JSON",
        Encoding::Cbor => "CBOR",
        Encoding::Msgpack => "MessagePack",
        Encoding::Bson => "BSON",
        Encoding::Smile => "Smile",
        Encoding::Text => "text",
        Encoding::Raw => "raw bytes",
    }
}

/// Text as it came in.
pub fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|why| unreadable(Encoding::Text, &why.utf8_error()))
}

/// The bytes that a value consists of, if that is all it says.
pub fn raw<'a>(value: &'a Value<'_>) -> Result<Option<Cow<'a, [u8]>>, Failure> {
    Ok(match value {
        Value::Str(text) => Some(Cow::Borrowed(text.as_bytes())),
        Value::Bytes(data) => Some(Cow::Borrowed(data)),
        Value::Opaque(opaque) => Some(Cow::Borrowed(&opaque.data)),
        Value::Tensor(tensor) if tensor.is_dense() => Some(Cow::Borrowed(&tensor.data)),
        Value::Tensor(tensor) => Some(Cow::Owned(tensor.to_dense()?.data.into_owned())),
        _ => None,
    })
}

/// What one message looks like to serde.
struct Document<'a> {
    subject: &'a Subject<'a>,
    notation: Notation,
    /// The encoding takes nothing but a map.
    in_map: bool,
}

impl<'a> Document<'a> {
    fn new(subject: &'a Subject<'a>, notation: Notation) -> Self {
        Self {
            subject,
            notation,
            in_map: false,
        }
    }

    fn in_map(subject: &'a Subject<'a>, notation: Notation) -> Self {
        let mut document = Self::new(subject, notation);
        document.in_map = true;
        document
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.subject {
            Subject::Value(value) => {
                let portable = Portable::new(value, self.notation);
                // The other kinds are written as maps in any case.
                let is_bare = matches!(
                    value,
                    Value::Null
                        | Value::Bool(_)
                        | Value::Int(_)
                        | Value::Float(_)
                        | Value::Str(_)
                        | Value::Bytes(_)
                        | Value::List(_)
                );
                match self.in_map && is_bare {
                    true => to.collect_map([(marks::VALUE, portable)]),
                    false => portable.serialize(to),
                }
            }
            Subject::Message(message, value) => {
                use serde::ser::SerializeMap;
                let known = |ns: i64| (ns != 0).then_some(ns);
                let mut map = to.serialize_map(Some(7))?;
                map.serialize_entry("sequence", &(message.sequence() as i64))?;
                map.serialize_entry("sender", &(message.sender() as i64))?;
                map.serialize_entry("published_ns", &known(message.publish_time_ns()))?;
                map.serialize_entry("captured_ns", &known(message.capture_time_ns()))?;
                map.serialize_entry("received_ns", &message.receive_time_ns())?;
                map.serialize_entry("missed", &(message.missed() as i64))?;
                map.serialize_entry("redelivered", &message.is_redelivered())?;
                map.serialize_entry("value", &Portable::new(value, self.notation))?;
                map.end()
            }
        }
    }
}
