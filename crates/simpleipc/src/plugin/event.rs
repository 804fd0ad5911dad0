//! What happens to a plugin, as a map that any program can read.

use crate::channel::Message;
use crate::error::{Error, Result, Status};
use crate::value::Value;
use std::time::Duration;

/// Something has happened to a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The plugin's name.
    pub plugin: String,
    /// Its process id; 0 if it has no process.
    pub pid: u32,
    /// What it was.
    pub happening: Happening,
    /// Events that the host was too slow for, before this one.
    pub missed: u64,
}

/// What has happened. In the map of the event that is `event`, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// `started`: its program runs.
    Started,
    /// `failed` with `text`: its program could not be started.
    Failed(String),
    /// `ready` with `methods`: it serves, and offers these methods.
    Ready(Vec<String>),
    /// `output` with `text`, and `stream` `stdout`: a line it has printed.
    Output(String),
    /// `output` with `text`, and `stream` `stderr`: a line it has printed.
    Complaint(String),
    /// `hung`: it took no call for too long, and is killed.
    Hung,
    /// `ended` with `code`: it has ended by itself.
    Ended(i32),
    /// `killed` with `signal`: a signal has ended it, as a crash does.
    Killed(i32),
    /// `restarting` with `after_ms`: it will be started again, after such a time.
    Restarting(Duration),
    /// `given_up`: it has ended more often than it may, and is not started again.
    GivenUp,
}

impl Event {
    pub(super) fn to_value(&self) -> Value<'_> {
        let (event, more): (_, Vec<(&str, Value<'_>)>) = match &self.happening {
            Happening::Started => ("started", vec![]),
            Happening::Failed(text) => ("failed", vec![("text", Value::from(text))]),
            Happening::Ready(methods) => {
                let methods = methods.iter().map(Value::from).collect();
                ("ready", vec![("methods", Value::List(methods))])
            }
            Happening::Output(text) => ("output", output("stdout", text)),
            Happening::Complaint(text) => ("output", output("stderr", text)),
            Happening::Hung => ("hung", vec![]),
            Happening::Ended(code) => ("ended", vec![("code", Value::from(*code))]),
            Happening::Killed(signal) => ("killed", vec![("signal", Value::from(*signal))]),
            Happening::Restarting(after) => {
                let after = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
                ("restarting", vec![("after_ms", Value::from(after))])
            }
            Happening::GivenUp => ("given_up", vec![]),
        };
        let mut pairs = vec![
            ("event", Value::from(event)),
            ("plugin", Value::from(&self.plugin)),
            ("pid", Value::from(i64::from(self.pid))),
        ];
        pairs.extend(more);
        Value::from(pairs)
    }

    /// Reads what a host has published.
    pub fn from_message(message: &Message) -> Result<Self> {
        let value = message.value()?;
        let Value::Map(pairs) = &value else {
            return Err(no_event());
        };
        let find = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, v)| v);
        let text = |name: &str| match find(name) {
            Some(Value::Str(text)) => Ok(text.to_string()),
            _ => Err(no_event()),
        };
        let number = |name: &str| match find(name) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(no_event()),
        };
        let happening = match &*text("event")? {
            "started" => Happening::Started,
            "failed" => Happening::Failed(text("text")?),
            "ready" => Happening::Ready(texts(find("methods"))),
            "output" if text("stream")? == "stdout" => Happening::Output(text("text")?),
            "output" => Happening::Complaint(text("text")?),
            "hung" => Happening::Hung,
            "ended" => Happening::Ended(number("code")? as i32),
            "killed" => Happening::Killed(number("signal")? as i32),
            "restarting" => {
                let after = u64::try_from(number("after_ms")?).unwrap_or(0);
                Happening::Restarting(Duration::from_millis(after))
            }
            "given_up" => Happening::GivenUp,
            _ => return Err(no_event()),
        };
        Ok(Self {
            plugin: text("plugin")?,
            pid: number("pid")? as u32,
            happening,
            missed: message.missed(),
        })
    }
}

fn output<'a>(stream: &'static str, text: &'a str) -> Vec<(&'static str, Value<'a>)> {
    vec![("stream", Value::from(stream)), ("text", Value::from(text))]
}

fn texts(list: Option<&Value<'_>>) -> Vec<String> {
    let Some(Value::List(items)) = list else {
        return Vec::new();
    };
    let text = |item: &Value<'_>| match item {
        Value::Str(text) => Some(text.to_string()),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

fn no_event() -> Error {
    let text = "a message on the topic of events is none of a host's; publish yours elsewhere";
    Error::new(Status::BadValue, text)
}
