//! The driver of Rust: does what lines on standard input say, answers each with one line.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::str::FromStr;
use std::time::Duration;

use simpleipc::{
    Error, LoanKind, Message, Options, Publisher, Receiver, Result, Sender, Status, Subscriber,
    Tensor, Value,
};

use crate::notation;
use crate::taken::Taken;

/// How long a put waits for room.
const ROOM: Option<Duration> = Some(Duration::from_secs(10));

/// Serves standard input until `quit` or its end.
pub fn run() -> io::Result<()> {
    let mut driver = Driver::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = driver.obey(&words).unwrap_or_else(|error| {
            let sentence = error.to_string().replace('\n', " ");
            format!("error {} {sentence}", error.status().code())
        });
        writeln!(output, "{answer}")?;
        output.flush()?;
        if words == ["quit"] {
            break;
        }
    }
    Ok(())
}

/// An open channel.
enum Handle {
    Publisher(Publisher),
    Sender(Sender),
    Subscriber(Subscriber),
    Receiver(Receiver),
}

#[derive(Default)]
struct Driver {
    handles: HashMap<String, Handle>,
    /// What `hold` took, until the next message.
    held: Option<Message>,
}

impl Driver {
    fn obey(&mut self, words: &[&str]) -> Result<String> {
        match *words {
            ["hello"] => return Ok(format!("ok rust {}", env!("CARGO_PKG_VERSION"))),
            ["open", id, role, name, ref options @ ..] => {
                let handle = open(role, name, &read_options(options)?)?;
                self.handles.insert(id.to_owned(), handle);
            }
            ["put", id, value] => self.put(id, value, 0)?,
            ["put", id, value, capture] => self.put(id, value, number(capture, "capture=")?)?,
            ["loan", id, value] => self.loan(id, value)?,
            ["once", verb, name, value] => once(verb, name, read(value)?)?,
            ["take", id, timeout] => return Ok(self.take(id, timeout)?.1),
            ["hold", id, timeout] => {
                let (message, answer) = self.take(id, timeout)?;
                self.held = Some(message);
                return Ok(answer);
            }
            ["close", id] => {
                self.handles
                    .remove(id)
                    .ok_or_else(|| misuse(format!("no handle `{id}`")))?;
            }
            ["quit"] => {}
            _ => return Err(misuse(format!("`{}` is no command", words.join(" ")))),
        }
        Ok("ok".to_owned())
    }

    fn handle(&mut self, id: &str) -> Result<&mut Handle> {
        self.handles
            .get_mut(id)
            .ok_or_else(|| misuse(format!("no handle `{id}`")))
    }

    fn put(&mut self, id: &str, value: &str, capture_time_ns: i64) -> Result<()> {
        let value = read(value)?;
        match self.handle(id)? {
            Handle::Publisher(publisher) => publisher.put(&value, capture_time_ns, ROOM),
            Handle::Sender(sender) => sender.put(&value, capture_time_ns, ROOM),
            _ => Err(misuse(format!("`{id}` only takes"))),
        }
    }

    fn loan(&mut self, id: &str, value: &str) -> Result<()> {
        let value = read(value)?;
        let (kind, data) = match &value {
            Value::Bytes(data) => (LoanKind::Bytes(data.len()), data),
            Value::Tensor(Tensor {
                dtype,
                shape,
                format,
                data,
                ..
            }) => (LoanKind::Tensor(*dtype, shape, format), data),
            _ => return Err(misuse("only bytes and tensors are lent".to_owned())),
        };
        match self.handle(id)? {
            Handle::Publisher(publisher) => {
                let mut loan = publisher.loan(kind, ROOM)?;
                loan.copy_from_slice(data);
                publisher.put_loan(&mut loan, 0, ROOM)
            }
            Handle::Sender(sender) => {
                let mut loan = sender.loan(kind, ROOM)?;
                loan.copy_from_slice(data);
                sender.put_loan(&mut loan, 0, ROOM)
            }
            _ => Err(misuse(format!("`{id}` only takes"))),
        }
    }

    fn take(&mut self, id: &str, timeout_ms: &str) -> Result<(Message, String)> {
        self.held = None;
        let timeout = Some(Duration::from_millis(number(timeout_ms, "")?));
        let message = match self.handle(id)? {
            Handle::Subscriber(subscriber) => subscriber.receive_timeout(timeout)?,
            Handle::Receiver(receiver) => receiver.receive_timeout(timeout)?,
            _ => return Err(misuse(format!("`{id}` only puts"))),
        };
        let published = message.publish_time_ns();
        let taken = Taken {
            value: notation::print(&message.value()?),
            sequence: message.sequence(),
            missed: message.missed(),
            redelivered: message.is_redelivered(),
            capture: message.capture_time_ns(),
            aged: published > 0 && message.receive_time_ns() >= published,
        };
        Ok((message, taken.to_string()))
    }
}

fn open(role: &str, name: &str, options: &Options) -> Result<Handle> {
    match role {
        "publish" => Publisher::open(name, options).map(Handle::Publisher),
        "send" => Sender::open(name, options).map(Handle::Sender),
        "subscribe" => Subscriber::open(name, options).map(Handle::Subscriber),
        "receive" => Receiver::open(name, options).map(Handle::Receiver),
        _ => Err(misuse(format!("`{role}` is no role"))),
    }
}

fn read_options(words: &[&str]) -> Result<Options> {
    let mut options = Options::default();
    for &word in words {
        match word.split_once('=') {
            None if word == "lossless" => options.lossless = true,
            None if word == "latest" => options.latest = true,
            Some(("history", _)) => options.history = number(word, "history=")?,
            Some(("depth", _)) => options.depth = number(word, "depth=")?,
            _ => return Err(misuse(format!("`{word}` is no option"))),
        }
    }
    Ok(options)
}

/// The one-call helper, with the native type where Rust has one.
fn once(verb: &str, name: &str, value: Value<'_>) -> Result<()> {
    match value {
        Value::Bool(value) => once_native(verb, name, value),
        Value::Int(value) => once_native(verb, name, value),
        Value::Uint(value) => once_native(verb, name, value),
        Value::Float(value) => once_native(verb, name, value),
        Value::Str(value) => once_native(verb, name, &*value),
        Value::Bytes(value) => once_native(verb, name, &*value),
        value => once_native(verb, name, value),
    }
}

fn once_native<'a>(verb: &str, name: &str, value: impl Into<Value<'a>>) -> Result<()> {
    match verb {
        "send" => simpleipc::send(name, value),
        "publish" => simpleipc::publish(name, value),
        _ => Err(misuse(format!("`{verb}` has no one-call helper"))),
    }
}

fn read(text: &str) -> Result<Value<'static>> {
    notation::parse(text).map_err(misuse)
}

/// The number after `prefix`.
fn number<T: FromStr>(word: &str, prefix: &str) -> Result<T> {
    word.strip_prefix(prefix)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| misuse(format!("`{word}` is no number after `{prefix}`")))
}

fn misuse(sentence: String) -> Error {
    Error::new(Status::BadArgument, sentence)
}
