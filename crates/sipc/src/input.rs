//! Messages that come in on the standard input, or on the command line.

use std::io::{self, BufRead, Read as _};
use std::sync::mpsc::SyncSender;
use std::thread;

use serde::Deserialize;
use simpleipc::Value;

use crate::encoding::{Encoding, text, unreadable};
use crate::failure::Failure;
use crate::portable::Read;

/// Deeply nested values are read by functions that call themselves.
const STACK_BYTES: usize = 16 << 20;

/// What the reading thread, or a signal, tells the program.
pub enum Event {
    Value(Value<'static>),
    Bad(Failure),
    End,
    /// A signal has come.
    Stop,
}

/// Reads the standard input in a thread of its own, so that a signal ends a wait for it.
pub fn read_in_background(
    encoding: Encoding,
    framed: bool,
    to: SyncSender<Event>,
) -> Result<(), Failure> {
    let read = move || {
        // A send fails when nobody wants to know any more.
        let outcome = read_all(encoding, framed, &mut io::stdin().lock(), &mut |value| {
            to.send(Event::Value(value)).is_ok()
        });
        let _ = match outcome {
            Ok(()) => to.send(Event::End),
            Err(failure) => to.send(Event::Bad(failure)),
        };
    };
    let spawned = thread::Builder::new().stack_size(STACK_BYTES).spawn(read);
    spawned.map_err(|why| Failure::io("no thread for the input", &why))?;
    Ok(())
}

/// Hands each message to `each` until it wants no more, or the input ends.
fn read_all(
    encoding: Encoding,
    framed: bool,
    from: &mut impl BufRead,
    each: &mut dyn FnMut(Value<'static>) -> bool,
) -> Result<(), Failure> {
    if !framed && encoding == Encoding::Json {
        for read in serde_json::Deserializer::from_reader(from).into_iter::<Read>() {
            if !each(read.map_err(|why| unreadable(encoding, &why))?.0) {
                break;
            }
        }
        return Ok(());
    }
    loop {
        let next = match framed {
            true => frame(from)?.map(|bytes| encoding.read(bytes)).transpose()?,
            false => one(encoding, from)?,
        };
        let Some(value) = next else { return Ok(()) };
        if !each(value) {
            return Ok(());
        }
        if encoding == Encoding::Raw && !framed {
            return Ok(());
        }
    }
}

/// The next message of an encoding that says where one ends; `None` at the end of the input.
fn one(encoding: Encoding, from: &mut impl BufRead) -> Result<Option<Value<'static>>, Failure> {
    let failed = |why: io::Error| Failure::io("the standard input", &why);
    if encoding == Encoding::Raw {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).map_err(failed)?;
        return Ok(Some(bytes.into()));
    }
    if from.fill_buf().map_err(failed)?.is_empty() {
        return Ok(None);
    }
    let read = match encoding {
        Encoding::Cbor => ciborium::from_reader(from).map_err(|why| unreadable(encoding, &why))?,
        Encoding::Msgpack => {
            let mut msgpack = rmp_serde::Deserializer::new(from);
            Read::deserialize(&mut msgpack).map_err(|why| unreadable(encoding, &why))?
        }
        Encoding::Bson => return document(from).map(Some),
        Encoding::Smile => {
            let mut smile = serde_smile::Deserializer::from_reader(from);
            let read = smile
                .read_header()
                .and_then(|()| Read::deserialize(&mut smile));
            read.map_err(|why| unreadable(encoding, &why))?
        }
        _ => {
            let mut line = Vec::new();
            from.read_until(b'\n', &mut line).map_err(failed)?;
            line.pop_if(|last| *last == b'\n');
            return text(line).map(|text| Some(text.into()));
        }
    };
    Ok(Some(read.0))
}

/// One BSON document, which begins with its length.
fn document(from: &mut impl BufRead) -> Result<Value<'static>, Failure> {
    let failed = |why: io::Error| unreadable(Encoding::Bson, &why);
    let mut head = [0; 4];
    from.read_exact(&mut head).map_err(failed)?;
    let len = u64::from(u32::from_le_bytes(head)).saturating_sub(4);
    let mut bytes = head.to_vec();
    // Grows with what comes: the length may claim anything.
    from.take(len).read_to_end(&mut bytes).map_err(failed)?;
    Encoding::Bson.read(bytes)
}

/// The bytes of one frame, after their length in four bytes, the highest first.
fn frame(from: &mut impl BufRead) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |why: io::Error| Failure::io("the standard input", &why);
    let mut head = Vec::new();
    from.take(4).read_to_end(&mut head).map_err(failed)?;
    let Ok(len) = <[u8; 4]>::try_from(&head[..]) else {
        return match head.len() {
            0 => Ok(None),
            got => Err(Failure::input(format!(
                "the input ends within the length of a frame, after {got} of 4 bytes"
            ))),
        };
    };
    let len = u64::from(u32::from_be_bytes(len));
    let mut bytes = Vec::new();
    from.take(len).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 != len {
        return Err(Failure::input(format!(
            "the input ends within a frame, after {} of {len} bytes",
            bytes.len()
        )));
    }
    Ok(Some(bytes))
}
