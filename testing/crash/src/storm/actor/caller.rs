//! Who calls a service, several calls at a time, and sees whether each reply is that to its call.

use super::{CALL, IDLE, Words, bytes_of, hush, is_passing, open};
use crate::ledger;
use crate::storm::call::{Kind, TOO_SLOW, code, kind, outcome, parts};
use crate::storm::page::{Entry, HANDLES_MAX, Page, order, stamp, state, word};
use simpleipc::{Call, CallError, Client, Status, Value};
use std::collections::VecDeque;
use std::time::Duration;

/// A call that has not ended.
struct Flight {
    number: u64,
    call: Call,
    parts: u64,
}

/// One who calls, and what it needs for that.
struct Caller<'a> {
    words: &'a Words,
    page: &'a Page,
    client: Client,
    sender: u64,
    flying: VecDeque<Flight>,
}

pub fn call(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let Some(client) = open(words, page, Client::open)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    let mut caller = Caller {
        words,
        page,
        client,
        sender: words.number("id") * HANDLES_MAX as u64,
        flying: VecDeque::new(),
    };
    let burst = words.number("burst").max(1);
    for turn in 1u64.. {
        if page.read(word::ORDER) != order::PLAY {
            break;
        }
        caller.begin()?;
        if caller.flying.len() as u64 > words.number("hold") {
            caller.end_first()?;
        }
        page.count(word::TURNS);
        if turn.is_multiple_of(burst) {
            std::thread::sleep(Duration::from_micros(words.number("pause_us")));
        }
    }
    while !caller.flying.is_empty() {
        caller.end_first()?;
    }
    hush(page);
    Ok(())
}

impl Caller<'_> {
    fn begin(&mut self) -> simpleipc::Result<()> {
        let page = self.page;
        let number = page.read(word::BEGUN);
        let entry = self.entry(number, 0, false);
        let bytes = bytes_of(entry, self.words.number("bytes")).max(ledger::BYTES_MIN);
        let identity = self.identity(number);
        let args = ledger::write(identity, bytes);
        let kind = kind(number);
        page.write(word::BEGUN, number + 1);
        let begun = match kind {
            Kind::OneWay => self.client.send(kind.method(), &args).map(|()| None),
            Kind::Idempotent => self.client.start_idempotent(kind.method(), &args).map(Some),
            _ => self.client.start(kind.method(), &args).map(Some),
        };
        match begun {
            Ok(None) => self.log(number, outcome::SENT, false),
            Ok(Some(mut call)) => {
                if kind == Kind::Cancelled {
                    call.cancel();
                }
                self.flying.push_back(Flight {
                    number,
                    call,
                    parts: 0,
                });
            }
            Err(error) if is_passing(&error) => {
                // Promised: on an error nothing has been sent.
                page.write(word::BEGUN, number);
                page.count(word::RETRIES);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Waits for the end of the oldest call. One that is told to end does not: it cancels.
    fn end_first(&mut self) -> simpleipc::Result<()> {
        let Some(mut flight) = self.flying.pop_front() else {
            return Ok(());
        };
        let (number, page) = (flight.number, self.page);
        loop {
            page.count(word::TURNS);
            match self.step(&mut flight) {
                Ok(None) => {}
                Ok(Some((how, is_torn))) => {
                    self.log(number, how, is_torn);
                    return Ok(());
                }
                Err(error) if is_passing(&error) => {
                    page.count(word::RETRIES);
                    if page.read(word::ORDER) == order::END {
                        flight.call.cancel();
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The next reply of a call; how it has ended if that was its end.
    fn step(&self, flight: &mut Flight) -> simpleipc::Result<Option<(u64, bool)>> {
        let number = flight.number;
        let whole = |value: &Value<'_>| match value {
            Value::Bytes(bytes) => ledger::is_any(self.identity(number), bytes),
            _ => false,
        };
        match flight.call.next(CALL) {
            Ok(Some(part)) => {
                flight.parts += 1;
                let is_whole = kind(number) == Kind::Stream && whole(&part.value()?);
                // A part that is torn ends the call here, so that the ledger hears of it.
                Ok((!is_whole).then_some((outcome::ANSWERED, true)))
            }
            Ok(None) => {
                let result = flight.call.result(Some(Duration::ZERO));
                let result = result.map_err(simpleipc::Error::from)?;
                let due = match kind(number) {
                    Kind::Stream => parts(number),
                    _ => 0,
                };
                let is_whole = whole(&result.value()?) && flight.parts == due;
                Ok(Some((outcome::ANSWERED, !is_whole)))
            }
            Err(CallError::Failed(failure)) => {
                let is_due = match kind(number) {
                    Kind::Fail => failure.code == code(number),
                    Kind::Stream => failure.code == TOO_SLOW,
                    _ => false,
                };
                Ok(Some((outcome::FAILED, !is_due)))
            }
            Err(CallError::Lost(error)) => match error.status() {
                Status::ServerDied => {
                    let how = outcome::SERVER_DIED | process_in(error.message()) << 8;
                    Ok(Some((how, false)))
                }
                Status::Cancelled => Ok(Some((outcome::CANCELLED, false))),
                Status::NoSpace | Status::Full => Ok(Some((outcome::REFUSED, false))),
                _ => Err(error),
            },
        }
    }

    fn identity(&self, number: u64) -> ledger::Entry {
        ledger::Entry {
            sender: self.sender,
            number,
        }
    }

    fn entry(&self, number: u64, how: u64, is_torn: bool) -> Entry {
        Entry {
            stamp: stamp(self.sender, number),
            is_torn,
            is_redelivered: false,
            missed: how,
        }
    }

    /// A call has ended.
    fn log(&self, number: u64, how: u64, is_torn: bool) {
        let page = self.page;
        while page.is_log_full() && page.read(word::ORDER) != order::END {
            page.count(word::TURNS);
            std::thread::sleep(IDLE);
        }
        page.append(self.entry(number, how, is_torn));
        page.write(word::DONE, page.read(word::RECEIVED));
    }
}

/// The process that a sentence names; 0 if it names none.
fn process_in(sentence: &str) -> u64 {
    let after = sentence.split("process ").nth(1).unwrap_or_default();
    let digits = after.split(|mark: char| !mark.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
