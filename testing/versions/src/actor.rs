//! The program that exists in several versions: obeys orders from its input, one answer each.
//!
//! It is compiled against this library, against the one of an earlier release, and as a 32-bit
//! program, so what came later than version 0.1.0 it uses with the feature `later` only. An answer
//! is `ok`, what was asked for, or `Status: sentence` if the library refuses.

use simpleipc::{
    Dtype, Message, Options, Publisher, Receiver, Result, Sender, Source, Subscriber, Tensor, Value,
};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A failure, not a measurement.
const STUCK: Option<Duration> = Some(Duration::from_secs(5));
/// The smallest message: its number.
const NUMBER_BYTES: usize = 8;

/// The handles it has open, by the names that the orders give them.
#[derive(Default)]
struct Actor {
    publishers: HashMap<String, Publisher>,
    subscribers: HashMap<String, Subscriber>,
    senders: HashMap<String, Sender>,
    receivers: HashMap<String, Receiver>,
    /// Taken and not let go of, with the numbers they had.
    held: Vec<(u64, Message)>,
}

fn main() {
    let mut actor = Actor::default();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        let answer = actor
            .obey(&words)
            .unwrap_or_else(|error| format!("{:?}: {error}", error.status()));
        let mut out = std::io::stdout().lock();
        let said = writeln!(out, "{answer}").and_then(|()| out.flush());
        if said.is_err() {
            break;
        }
    }
}

impl Actor {
    fn obey(&mut self, words: &[&str]) -> Result<String> {
        match *words {
            ["open", role, channel, ref options @ ..] => {
                self.open(role, channel, &read_options(options))?;
            }
            ["put", channel, first, count, bytes] => {
                for number in whole(first)..whole(first) + whole(count) {
                    self.put(channel, &numbered(number, whole(bytes) as usize)[..])?;
                }
            }
            ["value", channel, index] => self.put(channel, sample(whole(index)))?,
            ["take", channel] => return self.take(channel, STUCK).map(|taken| describe(&taken)),
            ["look", channel] => {
                let taken = self.take(channel, Some(Duration::ZERO))?;
                return Ok(describe(&taken));
            }
            ["read", channel] => {
                let message = self.take(channel, STUCK)?;
                return Ok(format!("{:?}", message.value()?).replace('\n', " "));
            }
            ["run", channel, first, count] => {
                return self.take_run(channel, whole(first), whole(count));
            }
            ["hold", channel] => {
                let message = self.take(channel, STUCK)?;
                let answer = describe(&message);
                self.held.push((number_of(&message).unwrap_or(0), message));
                return Ok(answer);
            }
            ["held"] => {
                let whole =
                    |(number, message): &&(u64, Message)| number_of(message) == Some(*number);
                let count = self.held.iter().filter(whole).count();
                return Ok(format!("{count} of {} whole", self.held.len()));
            }
            ["drop"] => self.held.clear(),
            ["wait", ms, ref channels @ ..] => return self.wait(whole(ms), channels),
            ["audit", channel] => return audit(channel),
            ["clean"] => return simpleipc::clean(None, Duration::ZERO).map(|n| n.to_string()),
            ["die", point, visit] => die_at(point, whole(visit)),
            ["close"] => *self = Self::default(),
            _ => panic!("no order {words:?}"),
        }
        Ok("ok".to_string())
    }

    fn open(&mut self, role: &str, channel: &str, options: &Options) -> Result<()> {
        let name = channel.to_string();
        match role {
            "publisher" => drop(
                self.publishers
                    .insert(name, Publisher::open(channel, options)?),
            ),
            "subscriber" => drop(
                self.subscribers
                    .insert(name, Subscriber::open(channel, options)?),
            ),
            "sender" => drop(self.senders.insert(name, Sender::open(channel, options)?)),
            "receiver" => drop(
                self.receivers
                    .insert(name, Receiver::open(channel, options)?),
            ),
            _ => panic!("no role {role}"),
        }
        Ok(())
    }

    fn put<'a>(&mut self, channel: &str, value: impl Into<Value<'a>>) -> Result<()> {
        let value = value.into();
        match self.publishers.get_mut(channel) {
            Some(publisher) => publisher.put(&value, 0, STUCK),
            None => open_handle(&mut self.senders, channel).put(&value, 0, STUCK),
        }
    }

    fn take(&mut self, channel: &str, timeout: Option<Duration>) -> Result<Message> {
        match self.subscribers.get_mut(channel) {
            Some(subscriber) => subscriber.receive_timeout(timeout),
            None => open_handle(&mut self.receivers, channel).receive_timeout(timeout),
        }
    }

    /// Takes messages with the numbers from `first` on, keeping the last two in hand.
    fn take_run(&mut self, channel: &str, first: u64, count: u64) -> Result<String> {
        let mut held = Vec::new();
        for due in first..first + count {
            let message = self.take(channel, STUCK)?;
            if number_of(&message) != Some(due) || message.missed() != 0 {
                return Ok(format!("{} where {due} was due", describe(&message)));
            }
            held.push((due, message));
            if held.len() > 2 {
                let (number, message) = held.remove(0);
                if number_of(&message) != Some(number) {
                    return Ok(format!("{number} changed while it was in hand"));
                }
            }
        }
        Ok("ok".to_string())
    }

    /// Waits for one of several channels; which one, or the refusal, and whether it took too long.
    fn wait(&mut self, ms: u64, channels: &[&str]) -> Result<String> {
        let began = std::time::Instant::now();
        let wanted = |name: &str| channels.contains(&name);
        let (mut names, mut sources): (Vec<&str>, Vec<&mut dyn Source>) = (vec![], vec![]);
        for (name, source) in &mut self.subscribers {
            if wanted(name) {
                names.push(name);
                sources.push(source);
            }
        }
        for (name, source) in &mut self.receivers {
            if wanted(name) {
                names.push(name);
                sources.push(source);
            }
        }
        let found = simpleipc::wait_any(&mut sources, 0, Some(Duration::from_millis(ms)));
        if began.elapsed() > Duration::from_millis(ms + 3000) {
            return Ok(format!(
                "waited for {:?} instead of {ms} ms",
                began.elapsed()
            ));
        }
        found.map(|index| names[index].to_string())
    }
}

fn open_handle<'a, T>(handles: &'a mut HashMap<String, T>, channel: &str) -> &'a mut T {
    handles.get_mut(channel).expect("an open handle")
}

fn read_options(words: &[&str]) -> Options {
    let mut options = Options::default();
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("lossless", _) => options.lossless = true,
            ("latest", _) => options.latest = true,
            #[cfg(feature = "later")]
            ("tap", _) => options.tap = true,
            ("depth", value) => options.depth = whole(value) as u32,
            ("history", value) => options.history = whole(value) as u32,
            ("pool", value) => options.pool_bytes_max = whole(value),
            _ => panic!("no option {word}"),
        }
    }
    options
}

/// Message `number`, of `bytes` bytes that all depend on it.
fn numbered(number: u64, bytes: usize) -> Vec<u8> {
    let mut message = number.to_le_bytes().to_vec();
    let tail = (NUMBER_BYTES..bytes).map(|at| (number as usize).wrapping_add(at * 7) as u8);
    message.extend(tail);
    message
}

/// The number of a message; `None` if it is not whole.
fn number_of(message: &Message) -> Option<u64> {
    let Ok(Value::Bytes(bytes)) = message.value() else {
        return None;
    };
    let number = u64::from_le_bytes(bytes.get(..NUMBER_BYTES)?.try_into().ok()?);
    (numbered(number, bytes.len()) == *bytes).then_some(number)
}

/// `<number> <bytes>`, then `missed <n>` and `again` if so; `torn` if it is not whole.
fn describe(message: &Message) -> String {
    let Some(number) = number_of(message) else {
        return "torn".to_string();
    };
    let bytes = match message.value() {
        Ok(Value::Bytes(bytes)) => bytes.len(),
        _ => 0,
    };
    let missed = match message.missed() {
        0 => String::new(),
        missed => format!(" missed {missed}"),
    };
    let again = if message.is_redelivered() {
        " again"
    } else {
        ""
    };
    format!("{number} {bytes}{missed}{again}")
}

/// One value of each kind.
fn sample(index: u64) -> Value<'static> {
    let entry = |key: &'static str, value| (key.into(), value);
    match index {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => Value::Int(i64::MIN),
        3 => Value::Uint(u64::MAX),
        4 => Value::Float(-0.1),
        5 => Value::from("Gr\u{fc}\u{df}e"),
        6 => Value::Bytes(vec![0, 255, 7].into()),
        7 => Value::List(vec![Value::Int(-1), Value::Null, Value::from("x")]),
        8 => Value::Map(vec![
            entry("a", Value::Float(1.5)),
            entry("b", Value::List(vec![])),
        ]),
        _ => Tensor::dense(Dtype::U8, &[2, 3], "rgb", vec![1, 2, 3, 4, 5, 6])
            .expect("a sound tensor")
            .into(),
    }
}

/// `<peers> peers, <dead> dead, <waiting> waiting` and what belongs to nobody.
fn audit(channel: &str) -> Result<String> {
    let Some(report) = simpleipc::audit(channel, None)? else {
        return Ok("none".to_string());
    };
    let dead = report.peers.iter().filter(|peer| !peer.alive).count();
    let (peers, waiting) = (report.peers.len(), report.waiting);
    let leaks: Vec<String> = report
        .leaks
        .iter()
        .map(|leak| format!("; {leak}"))
        .collect();
    Ok(format!(
        "{peers} peers, {dead} dead, {waiting} waiting{}",
        leaks.concat()
    ))
}

/// Has this process kill itself at the given visit of a named point of the library.
fn die_at(point: &str, visit: u64) {
    let (point, visits) = (point.to_string(), AtomicU64::new(0));
    simpleipc::crash::set_hook(move |passed| {
        if passed == point && visits.fetch_add(1, Ordering::Relaxed) + 1 == visit {
            // SAFETY: kills only this process.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
    });
}

fn whole(text: &str) -> u64 {
    text.parse().expect("a number")
}
