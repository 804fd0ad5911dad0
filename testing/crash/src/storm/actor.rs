//! The actor in Rust: plays one part of a storm and keeps its page.
//!
//! `actor storm key=value ...`; the keys are those that [`super::part::Part::words`] writes. The
//! actors in other languages (`actors/`) read the same keys and do the same, but for several
//! handles in one actor, the keeper and the host.

mod caller;
mod host;
mod owner;
mod server;
mod watcher;

use super::page::{Entry, HANDLES_MAX, Page, order, stamp, state, word};
use crate::ledger;
use simpleipc::{
    Error, LoanKind, Message, Notifier, Options, Publisher, Receiver, Sender, Setter, Status,
    Subscriber, Value, now_ns,
};
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long a call waits before the actor looks at its page again.
const CALL: Option<Duration> = Some(Duration::from_millis(300));
/// Between two looks of an actor that has nothing to do.
const IDLE: Duration = Duration::from_millis(5);
/// Older messages of a queue than this would be swept away by a keeper.
const KEEP: Duration = Duration::from_secs(3600);

struct Words(HashMap<String, String>);

impl Words {
    fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    fn number(&self, key: &str) -> u64 {
        self.text(key).parse().unwrap_or(0)
    }

    fn options(&self) -> Options {
        Options {
            directory: Some(self.text("dir").into()),
            lossless: self.number("lossless") == 1,
            latest: self.number("latest") == 1,
            tap: self.number("tap") == 1,
            history: self.number("history") as u32,
            depth: self.number("depth") as u32,
            pool_bytes_max: self.number("pool"),
            unstamped: self.number("unstamped") == 1,
        }
    }
}

/// Plays until told to end; exits with 1 after an error that must not be.
pub fn main(arguments: &[String]) -> ExitCode {
    let pairs = arguments.iter().filter_map(|word| word.split_once('='));
    let words = Words(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
    if words.text("role") == "plugin" {
        // It has no page: the one it is told of is its host's, and may be gone.
        return match host::plugin(&words) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let page = Page::open(Path::new(words.text("page"))).expect("the page");
    become_user(words.number("uid") as u32, words.number("gid") as u32);
    let outcome = match words.text("role") {
        "publish" => produce(&words, &page, |name, options| {
            Publisher::open(name, options).map(Output::Topic)
        }),
        "send" => produce(&words, &page, |name, options| {
            Sender::open(name, options).map(Output::Queue)
        }),
        "set" => produce(&words, &page, |name, options| {
            Setter::open(name, options).map(Output::State)
        }),
        "notify" => produce(&words, &page, |name, options| {
            Notifier::open(name, options).map(Output::Signal)
        }),
        "subscribe" => subscribe(&words, &page),
        "receive" => receive(&words, &page),
        "watch" => watcher::watch(&words, &page),
        "wait" => watcher::wait(&words, &page),
        "own" => owner::own(&words, &page),
        "call" => caller::call(&words, &page),
        "serve" => server::serve(&words, &page),
        "host" => host::host(&words, &page),
        "keep" => keep(&words, &page),
        other => panic!("no role {other:?}"),
    };
    match outcome {
        Ok(()) => {
            page.write(word::STATE, state::ENDED);
            ExitCode::SUCCESS
        }
        Err(error) => {
            page.write(word::FAILED, error.status().code() as u64);
            eprintln!("actor {}: {error}", words.text("id"));
            ExitCode::FAILURE
        }
    }
}

/// Takes the user's numbers, and a handler that does nothing but end what waits.
fn become_user(user: u32, group: u32) {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: system calls on numbers, and a handler that touches nothing; one thread so far.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        assert_eq!(
            libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut()),
            0
        );
        if user != 0 {
            assert_eq!(libc::setgroups(1, &group), 0);
            assert_eq!(libc::setresgid(group, group, group), 0);
            assert_eq!(libc::setresuid(user, user, user), 0);
        }
    }
}

/// Whether an error means no more than "not now".
fn is_passing(error: &Error) -> bool {
    matches!(
        error.status(),
        Status::Timeout | Status::Full | Status::Interrupted | Status::NoSpace
    )
}

/// What keeps one from coming in while others are in the way, or stopped in the middle of it.
fn is_crowded(error: &Error) -> bool {
    let crowded = [
        Status::TooManyProducers,
        Status::TooManyPeers,
        Status::System,
    ];
    is_passing(error) || crowded.contains(&error.status())
}

/// Opens, as soon as there is a place; `None` when told to end before.
fn open<T>(
    words: &Words,
    page: &Page,
    open: impl Fn(&str, &Options) -> simpleipc::Result<T>,
) -> simpleipc::Result<Option<T>> {
    let options = words.options();
    while page.read(word::ORDER) != order::END {
        page.count(word::TURNS);
        match open(words.text("channel"), &options) {
            Ok(handle) => return Ok(Some(handle)),
            Err(error) if is_crowded(&error) => {
                page.count(word::RETRIES);
                std::thread::sleep(IDLE);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

enum Output {
    Topic(Publisher),
    Queue(Sender),
    State(Setter),
    Signal(Notifier),
}

impl Output {
    fn put(&mut self, entry: Entry, bytes: usize) -> simpleipc::Result<()> {
        let time = entry.stamp as i64;
        let identity = ledger::Entry {
            sender: entry.sender(),
            number: entry.number(),
        };
        if bytes < ledger::BYTES_MIN || entry.number() % 4 != 1 {
            let mut message = vec![0; bytes];
            ledger::fill_any(identity, &mut message);
            let value = Value::from(&message[..]);
            return match self {
                Self::Topic(publisher) => publisher.put(&value, time, CALL),
                Self::Queue(sender) => sender.put(&value, time, CALL),
                Self::State(setter) => setter.put(&value, time, CALL),
                Self::Signal(notifier) => notifier.notify(),
            };
        }
        let kind = LoanKind::Bytes(bytes);
        match self {
            Self::Topic(publisher) => {
                let mut loan = publisher.loan(kind, CALL)?;
                ledger::fill(identity, &mut loan);
                publisher.put_loan(&mut loan, time, CALL)
            }
            Self::Queue(sender) => {
                let mut loan = sender.loan(kind, CALL)?;
                ledger::fill(identity, &mut loan);
                sender.put_loan(&mut loan, time, CALL)
            }
            Self::State(setter) => {
                let mut loan = setter.loan(kind, CALL)?;
                ledger::fill(identity, &mut loan);
                setter.put_loan(&mut loan, time, CALL)
            }
            Self::Signal(notifier) => notifier.notify(),
        }
    }
}

/// Mostly small; now and then `max`.
fn bytes_of(entry: Entry, max: u64) -> usize {
    let mix = (entry.number() * 2_654_435_761 + entry.sender() * 40_503) >> 7;
    let (class, rest) = (mix % 64, mix / 64);
    let bytes = match class {
        0..8 => entry.number() % ledger::BYTES_MIN as u64,
        8..44 => 20 + rest % 85,
        44..58 => 105 + rest % 4000,
        58..63 => 5000 + rest % 60_000,
        _ if rest % 8 == 0 => max,
        _ => max / 16,
    };
    bytes as usize
}

fn produce(
    words: &Words,
    page: &Page,
    opening: impl Fn(&str, &Options) -> simpleipc::Result<Output>,
) -> simpleipc::Result<()> {
    let (max, burst) = (words.number("bytes"), words.number("burst").max(1));
    let wanted = (words.number("handles").max(1) as usize).min(HANDLES_MAX);
    let mut outputs = Vec::new();
    match open(words, page, &opening)? {
        Some(output) => outputs.push(output),
        None => return Ok(()),
    }
    while outputs.len() < wanted {
        match opening(words.text("channel"), &words.options()) {
            Ok(output) => outputs.push(output),
            Err(error) if is_crowded(&error) => break,
            Err(error) => return Err(error),
        }
        page.count(word::TURNS);
    }
    page.write(word::STATE, state::PLAYING);
    for turn in 0.. {
        if page.read(word::ORDER) != order::PLAY {
            break;
        }
        let handle = turn % outputs.len();
        put_next(words, page, &mut outputs[handle], handle, max)?;
        if (turn as u64 + 1).is_multiple_of(burst) {
            std::thread::sleep(Duration::from_micros(words.number("pause_us")));
        }
    }
    hush(page);
    Ok(())
}

/// Begins nothing any more, until it is told to end.
fn hush(page: &Page) {
    page.write(word::STATE, state::HUSHED);
    while page.read(word::ORDER) != order::END {
        page.count(word::TURNS);
        std::thread::sleep(IDLE);
    }
}

/// Puts the next message of a handle, or nothing if there is no room now.
fn put_next(
    words: &Words,
    page: &Page,
    output: &mut Output,
    handle: usize,
    max: u64,
) -> simpleipc::Result<()> {
    let (begun, done) = (word::BEGUN + 2 * handle, word::DONE + 2 * handle);
    let number = page.read(done);
    let sender = words.number("id") * HANDLES_MAX as u64 + handle as u64;
    let entry = Entry {
        stamp: stamp(sender, number),
        is_torn: false,
        is_redelivered: false,
        missed: 0,
    };
    let began_ns = now_ns();
    page.write(begun, number + 1);
    match output.put(entry, bytes_of(entry, max)) {
        Ok(()) => {
            if let Output::State(_) = output {
                page.write(word::SET_ENDED_NS, now_ns() as u64);
                page.write(word::SET_BEGAN_NS, began_ns as u64);
            }
            page.write(done, number + 1);
        }
        Err(error) if is_passing(&error) => {
            // Promised: on an error nothing has been sent.
            page.write(begun, number);
            page.count(word::RETRIES);
        }
        Err(error) => return Err(error),
    }
    page.count(word::TURNS);
    Ok(())
}

/// Whether a message is what its stamp says.
pub(super) fn is_whole(message: &Message) -> bool {
    let Ok(Value::Bytes(bytes)) = message.value() else {
        return false;
    };
    let stamp = message.capture_time_ns() as u64;
    let identity = ledger::Entry {
        sender: stamp >> 32,
        number: stamp & u64::from(u32::MAX),
    };
    ledger::is_any(identity, &bytes)
}

fn log(page: &Page, message: &Message) {
    page.append(Entry {
        stamp: message.capture_time_ns() as u64,
        is_torn: !is_whole(message),
        is_redelivered: message.is_redelivered(),
        missed: message.missed(),
    });
}

/// Lets a message go, and looks at it once more before.
fn release(page: &Page, message: Message) {
    if !is_whole(&message) {
        page.count(word::CHANGED);
    }
    page.count(word::RELEASING);
    drop(message);
    page.count(word::RELEASED);
}

/// Waits until the conductor has read enough of the log; true when told to end.
fn is_over(page: &Page) -> bool {
    page.count(word::TURNS);
    while page.is_log_full() && page.read(word::ORDER) != order::END {
        page.count(word::TURNS);
        std::thread::sleep(IDLE);
    }
    page.read(word::ORDER) == order::END
}

fn subscribe(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let Some(mut subscriber) = open(words, page, Subscriber::open)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    let mut held = VecDeque::new();
    while !is_over(page) {
        match subscriber.receive_timeout(CALL) {
            Ok(message) => {
                log(page, &message);
                held.push_back(message);
            }
            Err(error) if is_passing(&error) => page.count(word::RETRIES),
            Err(error) => return Err(error),
        }
        if held.len() as u64 > words.number("hold") {
            held.pop_front()
                .into_iter()
                .for_each(|old| release(page, old));
        }
        work(words, page);
    }
    held.into_iter().for_each(|old| release(page, old));
    Ok(())
}

fn receive(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let Some(mut receiver) = open(words, page, Receiver::open)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    while !is_over(page) {
        match receiver.receive_timeout(CALL) {
            Ok(message) => {
                log(page, &message);
                work(words, page);
                release(page, message);
            }
            Err(error) if is_passing(&error) => page.count(word::RETRIES),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Now and then takes its time, so that death finds a message in hand.
fn work(words: &Words, page: &Page) {
    let time = words.number("work_us");
    if time > 0 && page.read(word::RECEIVED).is_multiple_of(8) {
        std::thread::sleep(Duration::from_micros(time));
    }
}

/// Looks at all channels and sweeps deserted ones, again and again.
fn keep(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let directory = Path::new(words.text("dir"));
    page.write(word::STATE, state::PLAYING);
    while page.read(word::ORDER) != order::END {
        simpleipc::audit_all(Some(directory))?;
        simpleipc::clean(Some(directory), KEEP)?;
        page.count(word::TURNS);
        std::thread::sleep(IDLE);
    }
    Ok(())
}
