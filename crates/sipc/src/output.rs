//! Messages that go out on the standard output.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

use simpleipc::{Message, Value};

use crate::encoding::{Encoding, Subject, raw};
use crate::failure::{Exit, Failure};
use crate::progress::Progress;

const BUFFER_BYTES: usize = 64 << 10;
/// As much is written between two looks at the progress.
const PIECE_BYTES: usize = 1 << 20;

/// Why a message was not written.
pub enum Unwritten {
    /// Nobody reads the output any more, as after `| head -1`.
    Unread,
    Failed(Failure),
}

impl From<Failure> for Unwritten {
    fn from(failure: Failure) -> Self {
        Unwritten::Failed(failure)
    }
}

impl From<io::Error> for Unwritten {
    fn from(why: io::Error) -> Self {
        match why.kind() {
            ErrorKind::BrokenPipe => Unwritten::Unread,
            _ => Unwritten::Failed(Failure::io("the standard output", &why)),
        }
    }
}

/// Writes text that is no message.
pub fn print(text: &str) -> Result<Exit, Failure> {
    let written = io::stdout().lock().write_all(text.as_bytes());
    written.map_or_else(|why| Unwritten::from(why).exit(), |()| Ok(Exit::Done))
}

/// Writes messages one after the other.
pub struct Printer {
    encoding: Encoding,
    framed: bool,
    meta: bool,
    to: BufWriter<Stdout>,
    scratch: Vec<u8>,
}

impl Printer {
    /// `meta`: with the facts of the message around its value.
    pub fn new(encoding: Encoding, framed: bool, meta: bool) -> Result<Self, Failure> {
        if meta && !encoding.is_structured() {
            return Err(Failure::usage(
                "--meta writes a map, which --as text and --as raw have no notation for; \
                 use json, cbor, msgpack, bson or smile",
            ));
        }
        Ok(Self {
            encoding,
            framed,
            meta,
            to: BufWriter::with_capacity(BUFFER_BYTES, io::stdout()),
            scratch: Vec::new(),
        })
    }

    /// Writes a message; it may stay in the buffer until `flush`.
    pub fn print(&mut self, message: &Message) -> Result<(), Unwritten> {
        let value = message.value().map_err(Failure::from)?;
        self.print_value(&value, Some(message))
    }

    /// Writes a value, with its message if that is wanted and there is one.
    pub fn print_value(
        &mut self,
        value: &Value<'_>,
        message: Option<&Message>,
    ) -> Result<(), Unwritten> {
        if self.encoding == Encoding::Raw
            && let Some(data) = raw(value)?
        {
            return self.print_data(&data);
        }
        let subject = match message.filter(|_| self.meta) {
            Some(message) => Subject::Message(message, value),
            None => Subject::Value(value),
        };
        self.scratch.clear();
        self.encoding.write(&subject, &mut self.scratch)?;
        if self.framed {
            self.to.write_all(&head(self.scratch.len())?)?;
        } else if matches!(self.encoding, Encoding::Json | Encoding::Text) {
            self.scratch.push(b'\n');
        }
        self.to.write_all(&self.scratch)?;
        Ok(())
    }

    fn print_data(&mut self, data: &[u8]) -> Result<(), Unwritten> {
        if self.framed {
            self.to.write_all(&head(data.len())?)?;
        }
        let progress = Progress::of_output("written", data.len() as u64);
        for piece in data.chunks(PIECE_BYTES) {
            self.to.write_all(piece)?;
            progress.add(piece.len());
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), Unwritten> {
        Ok(self.to.flush()?)
    }
}

fn head(len: usize) -> Result<[u8; 4], Failure> {
    let too_large = |_| {
        let sentence = format!("a message of {len} bytes does not fit into a frame of 2^32-1");
        Failure::new(Exit::Usage, sentence)
    };
    u32::try_from(len).map(u32::to_be_bytes).map_err(too_large)
}
