//! The program that gets killed: plays one role on a channel until its end, natural or not.
//!
//! `actor <role> key=value ...`; keys: dir, id, bytes, count, die=<point>[:<visit>], depth,
//! permits, as.
//! Prints `ready` once it plays, and what it has done where a ledger needs it.

use crate::caller;
use crate::holders;
use crate::ledger::{self, Entry};
use crate::peers;
use simpleipc::{LoanKind, Options, Publisher, Receiver, Sender, Status, Subscriber};
use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The channels everybody meets on.
pub const TOPIC: &str = "topic";
pub const QUEUE: &str = "queue";
pub const LOCK: &str = "lock";

/// What an actor was told to do.
pub struct Part {
    words: HashMap<String, String>,
}

impl Part {
    pub fn number(&self, key: &str, default: u64) -> u64 {
        self.words
            .get(key)
            .map_or(default, |text| text.parse().expect("a number"))
    }

    pub fn text(&self, key: &str, default: &str) -> String {
        self.words.get(key).map_or(default, |text| text).to_string()
    }

    pub fn options(&self) -> Options {
        Options {
            directory: self.words.get("dir").map(Into::into),
            depth: self.number("depth", 0) as u32,
            ..Options::default()
        }
    }

    /// Sizes in turn, so that slots and chunks of several sizes are in play.
    pub fn bytes(&self, number: u64) -> usize {
        match self.number("bytes", 0) as usize {
            0 => [20, 60, 300, 5000, 200_000][number as usize % 5],
            bytes => bytes,
        }
    }
}

/// Runs one role; returns when `count` is reached.
pub fn main(arguments: &[String]) -> ExitCode {
    let role = arguments.first().cloned().unwrap_or_default();
    if role == "storm" {
        return crate::storm::actor::main(&arguments[1..]);
    }
    let pairs = arguments
        .iter()
        .skip(1)
        .filter_map(|word| word.split_once('='));
    let words = pairs
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    let part = Part { words };
    if let Some(point) = part.words.get("die") {
        die_at(point);
    }
    match play(&role, &part) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("actor {role}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Has this process kill itself, as kill -9 would, at the given visit of a crash point.
fn die_at(point: &str) {
    let (name, visit) = point.split_once(':').unwrap_or((point, "1"));
    let (name, visit) = (name.to_string(), visit.parse::<u64>().expect("a number"));
    let visits = AtomicU64::new(0);
    simpleipc::crash::set_hook(move |passed| {
        if passed == name && visits.fetch_add(1, Ordering::Relaxed) + 1 == visit {
            // SAFETY: kills only this process.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
    });
}

pub fn say(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // The reader may be gone: then nobody wants to know.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn play(role: &str, part: &Part) -> simpleipc::Result<()> {
    let count = part.number("count", u64::MAX);
    let options = part.options();
    match role {
        "publisher" => publish(Publisher::open(TOPIC, &options)?, part, count),
        "loaner" => hold_loans(Publisher::open(TOPIC, &options)?, part),
        "sender" => send(Sender::open(QUEUE, &options)?, part, count),
        "subscriber" => subscribe(Subscriber::open(TOPIC, &options)?, count),
        "lossless" => {
            let lossless = Options {
                lossless: true,
                ..options
            };
            subscribe(Subscriber::open(TOPIC, &lossless)?, count)
        }
        "receiver" => receive(Receiver::open(QUEUE, &options)?, count),
        "caller" => caller::call(part, count),
        "holder" => caller::hold_call(part),
        "server" => caller::serve(part),
        "opener" => open_and_close(&options, count),
        "forker" => fork_with_handles(part, &options),
        "exiter" => exit_without_closing(&options),
        "sizes" => change_sizes(Publisher::open(TOPIC, &options)?),
        "lock-holder" => holders::hold(part),
        "lock-exiter" => holders::exit(part),
        "lock-forker" => holders::fork(part),
        "locker" => holders::take_turns(part, count),
        "peer" => peers::be_there(part),
        "peer-watcher" => peers::watch(part),
        other => panic!("no role {other:?}"),
    }
}

fn publish(mut publisher: Publisher, part: &Part, count: u64) -> simpleipc::Result<()> {
    say(format_args!("ready"));
    let sender = part.number("id", 0);
    for number in 0..count {
        let message = ledger::write(Entry { sender, number }, part.bytes(number));
        publisher.publish(&message[..])?;
        pace(number);
    }
    Ok(())
}

fn hold_loans(mut publisher: Publisher, part: &Part) -> simpleipc::Result<()> {
    let mut loans = Vec::new();
    for number in 0..8 {
        let bytes = part.bytes(number).max(200);
        let mut loan = publisher.loan(LoanKind::Bytes(bytes), Some(Duration::from_secs(5)))?;
        loan.fill(number as u8);
        loans.push(loan);
    }
    say(format_args!("ready"));
    loop {
        loans.pop();
        let bytes = part.bytes(loans.len() as u64).max(200);
        loans.push(publisher.loan(LoanKind::Bytes(bytes), Some(Duration::from_secs(5)))?);
        pace(1);
    }
}

fn send(mut sender: Sender, part: &Part, count: u64) -> simpleipc::Result<()> {
    say(format_args!("ready"));
    let id = part.number("id", 0);
    for number in 0..count {
        let message = ledger::write(Entry { sender: id, number }, part.bytes(number));
        match sender.put(&(&message[..]).into(), 0, Some(Duration::from_secs(5))) {
            Err(error) if error.status() == Status::Full => return Ok(()),
            other => other?,
        }
        // Sent for certain; one more may be, if we die before this line.
        say(format_args!("sent {number}"));
    }
    Ok(())
}

fn subscribe(mut subscriber: Subscriber, count: u64) -> simpleipc::Result<()> {
    say(format_args!("ready"));
    let mut held = Vec::new();
    for _ in 0..count {
        let message = subscriber.receive()?;
        if let Err(error) = ledger::read(&message) {
            say(format_args!("torn {error}"));
        }
        held.push(message);
        if held.len() > 3 {
            held.remove(0);
        }
    }
    Ok(())
}

fn receive(mut receiver: Receiver, count: u64) -> simpleipc::Result<()> {
    say(format_args!("ready"));
    for _ in 0..count {
        let message = receiver.receive()?;
        match ledger::read(&message) {
            // Said before it is released: what is not said is delivered again.
            Ok(entry) => say(format_args!("got {} {}", entry.sender, entry.number)),
            Err(error) => say(format_args!("torn {error}")),
        }
        // Work on it for a while, so that death often finds it in hand.
        std::thread::sleep(Duration::from_micros(300));
    }
    Ok(())
}

fn open_and_close(options: &Options, count: u64) -> simpleipc::Result<()> {
    say(format_args!("ready"));
    for turn in 0..count {
        match turn % 4 {
            0 => drop(Publisher::open(TOPIC, options)?),
            1 => drop(Subscriber::open(TOPIC, options)?),
            2 => drop(Sender::open(QUEUE, options)?),
            _ => drop(Receiver::open(QUEUE, options)?),
        }
    }
    Ok(())
}

/// Publishes so much of one size that the next size makes the pool give memory back.
fn change_sizes(mut publisher: Publisher) -> simpleipc::Result<()> {
    say(format_args!("ready"));
    publisher.publish(&vec![1u8; 70 << 20][..])?;
    publisher.publish(&vec![2u8; 9 << 20][..])?;
    publisher.publish(&vec![3u8; 100][..])
}

/// Forks with handles open, and uses them and the one-call functions on both sides.
fn fork_with_handles(part: &Part, options: &Options) -> simpleipc::Result<()> {
    // SAFETY: nothing else runs in this process yet.
    unsafe { std::env::set_var("SIPC_DIR", &part.words["dir"]) };
    let mut publisher = Publisher::open(TOPIC, options)?;
    let mut subscriber = Subscriber::open(TOPIC, options)?;
    publisher.publish(1i64)?;
    let message = subscriber.receive()?;
    simpleipc::send("forked", "from the parent")?;
    // SAFETY: this process has one thread, so the child may do anything.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = publisher.publish(2i64).expect_err("the parent's handle");
        assert_eq!(
            subscriber.receive().expect_err("as above").status(),
            Status::Forked
        );
        say(format_args!("child handle {:?}", refused.status()));
        drop((message, publisher, subscriber));
        simpleipc::send("forked", "from the child")?;
        say(format_args!("child sent"));
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: waits for our own child.
    unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(status, 0, "the child failed");
    say(format_args!("parent sent"));
    publisher.publish(3i64)?;
    assert_eq!(message.value()?, simpleipc::Value::Int(1));
    assert_eq!(subscriber.receive()?.value()?, simpleipc::Value::Int(3));
    say(format_args!("parent handle ok"));
    Ok(())
}

/// Ends in an orderly way with everything still open, as programs do that never close.
fn exit_without_closing(options: &Options) -> simpleipc::Result<()> {
    let mut publisher = Publisher::open(TOPIC, options)?;
    publisher.publish(&[1u8; 5000][..])?;
    let receiver = Receiver::open(QUEUE, options)?;
    say(format_args!("ready"));
    std::mem::forget((publisher, receiver));
    std::process::exit(0)
}

/// A few thousand messages a second, not as many as there can be.
fn pace(number: u64) {
    if number.is_multiple_of(16) {
        std::thread::sleep(Duration::from_micros(500));
    }
}
