//! Who answers calls, several at a time, and writes down each one before it is answered.

use super::{CALL, Words, is_over, is_passing, open, work};
use crate::ledger;
use crate::storm::call::{TOO_SLOW, code, parts};
use crate::storm::page::{Entry, Page, stamp, state, word};
use simpleipc::{Failure, Request, Server, Status, Value};

pub fn serve(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let Some(mut server) = open(words, page, Server::open)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    let mut held = Vec::new();
    while !is_over(page) {
        match server.receive(CALL) {
            Ok(request) => {
                let asked = read(&request);
                log(page, asked.as_ref());
                held.push((request, asked));
                work(words, page);
                if held.len() as u64 <= words.number("hold") {
                    continue;
                }
            }
            // Nothing more comes: those it holds are due.
            Err(error) if is_passing(&error) => page.count(word::RETRIES),
            Err(error) => return Err(error),
        }
        for (request, asked) in held.drain(..) {
            answer(&request, asked)?;
        }
    }
    held.iter()
        .try_for_each(|(request, asked)| answer(request, *asked))
}

/// Whose call it is, if it is whole.
fn read(request: &Request) -> Option<ledger::Entry> {
    let args = request.args().ok()?;
    // Some languages send a list also of one argument.
    let bytes = match &args {
        Value::Bytes(bytes) => bytes,
        Value::List(list) => match &list[..] {
            [Value::Bytes(bytes)] => bytes,
            _ => return None,
        },
        _ => return None,
    };
    ledger::read_bytes(bytes).ok()
}

fn log(page: &Page, asked: Option<&ledger::Entry>) {
    page.append(Entry {
        stamp: asked.map_or(0, |asked| stamp(asked.sender, asked.number)),
        is_torn: asked.is_none(),
        is_redelivered: false,
        missed: 0,
    });
}

fn answer(request: &Request, asked: Option<ledger::Entry>) -> simpleipc::Result<()> {
    let Some(asked) = asked else {
        return Ok(()); // the ledger knows
    };
    let bytes = ledger::BYTES_MIN + (asked.number * 97 % 4000) as usize;
    let outcome = match request.method() {
        "echo" => request.reply(ledger::write(asked, bytes)),
        "stream" => stream(request, asked),
        "fail" => {
            let text = format!("call {} is to fail", asked.number);
            request.fail(&Failure::new(code(asked.number), text))
        }
        _ => Ok(()),
    };
    match outcome {
        // The caller is told.
        Err(error) if is_passing(&error) => Ok(()),
        other => other,
    }
}

fn stream(request: &Request, asked: ledger::Entry) -> simpleipc::Result<()> {
    for part in 0..parts(asked.number) {
        let bytes = ledger::BYTES_MIN + 100 * part as usize;
        match request.push(ledger::write(asked, bytes)) {
            Ok(()) => {}
            Err(error) if is_passing(&error) => {
                return request.fail(&Failure::new(TOO_SLOW, "its parts are not taken"));
            }
            // Nobody waits.
            Err(error) if error.status() == Status::Cancelled => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    request.reply(ledger::write(asked, ledger::BYTES_MIN))
}
