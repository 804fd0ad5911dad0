//! Taking: what `receive` and `subscribe` have in common, which is all but their handle.

use std::time::Duration;

use simpleipc::{
    Interrupter, Message, Receiver, Result as SipcResult, Status, Subscriber, Watcher,
};

use crate::channels::seconds;
use crate::encoding::Encoding;
use crate::failure::{Exit, Failure};
use crate::output::{Printer, Unwritten};
use crate::stop::Stop;

/// What to take, and how to print it.
#[derive(clap::Args)]
pub struct Settings {
    /// The name of the channel
    channel: String,
    /// End after this many messages
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
    /// End when nothing has come for so long; exit status 1 if messages are missing then: any of
    /// --count, or without it the first
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// How the values are written
    #[arg(
        long = "as",
        short = 'a',
        value_enum,
        value_name = "ENCODING",
        default_value = "json"
    )]
    encoding: Encoding,
    /// Write the length of each message before it, in 4 bytes, highest first
    #[arg(long)]
    framed: bool,
    /// Write each value inside a map with the facts of its message: sequence, sender, times
    #[arg(long)]
    meta: bool,
}

/// A handle that messages are taken from.
pub trait Take {
    /// A message must be written before the next one is asked for: it counts as done then.
    const ONE_AT_A_TIME: bool;
    fn take(&mut self, timeout: Option<Duration>) -> SipcResult<Message>;
    fn interrupter(&self) -> Interrupter;
}

macro_rules! take {
    ($($handle:ty, $one_at_a_time:literal;)*) => {$(
        impl Take for $handle {
            const ONE_AT_A_TIME: bool = $one_at_a_time;
            fn take(&mut self, timeout: Option<Duration>) -> SipcResult<Message> {
                self.receive_timeout(timeout)
            }
            fn interrupter(&self) -> Interrupter {
                self.interrupter()
            }
        }
    )*};
}

take! {
    Receiver, true;
    Subscriber, false;
    Watcher, false;
}

impl Settings {
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// What prints the messages; made before the channel is opened, because it may refuse.
    pub fn printer(&self) -> Result<Printer, Failure> {
        Printer::new(self.encoding, self.framed, self.meta)
    }

    /// Takes and prints until there is a reason to end.
    pub fn run<T: Take>(&self, handle: &mut T, printer: &mut Printer) -> Result<Exit, Failure> {
        let interrupter = handle.interrupter();
        let stop = Stop::on_signal(move || interrupter.interrupt())?;
        let mut count = 0;
        let exit = loop {
            if self.count == Some(count) {
                break Exit::Done;
            }
            if let Some(exit) = stop.exit() {
                break exit;
            }
            let message = match self.next(handle, printer) {
                Ok(message) => message,
                Err(Untaken::Timeout) if self.count.is_none() && count > 0 => break Exit::Done,
                Err(Untaken::Timeout) => break Exit::Nothing,
                Err(Untaken::Interrupted) => break stop.interrupted(),
                Err(Untaken::Unread) => return Ok(Exit::Done),
                Err(Untaken::Failed(failure)) => {
                    let _ = printer.flush();
                    return Err(failure);
                }
            };
            if message.missed() > 0 {
                eprintln!("sipc: missed {} messages", message.missed());
            }
            count += 1;
            let mut printed = printer.print(&message);
            if printed.is_ok() && (T::ONE_AT_A_TIME || self.count == Some(count)) {
                printed = printer.flush();
            }
            if let Err(unwritten) = printed {
                // Not dropped: as after a death, the next receiver gets it.
                std::mem::forget(message);
                return unwritten.exit();
            }
        };
        match printer.flush() {
            Ok(()) => Ok(exit),
            Err(unwritten) => unwritten.exit(),
        }
    }

    /// The next message; what has been printed is shown before a wait.
    fn next(&self, handle: &mut impl Take, printer: &mut Printer) -> Result<Message, Untaken> {
        match handle.take(Some(Duration::ZERO)) {
            Err(error) if error.status() == Status::Timeout => {}
            other => return Ok(other?),
        }
        printer.flush()?;
        Ok(handle.take(self.timeout)?)
    }
}

/// Why there is no message.
enum Untaken {
    Timeout,
    Interrupted,
    Unread,
    Failed(Failure),
}

impl From<simpleipc::Error> for Untaken {
    fn from(error: simpleipc::Error) -> Self {
        match error.status() {
            Status::Timeout => Untaken::Timeout,
            Status::Interrupted => Untaken::Interrupted,
            _ => Untaken::Failed(error.into()),
        }
    }
}

impl From<Unwritten> for Untaken {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Unread => Untaken::Unread,
            Unwritten::Failed(failure) => Untaken::Failed(failure),
        }
    }
}

impl Unwritten {
    pub fn exit(self) -> Result<Exit, Failure> {
        match self {
            Unwritten::Unread => Ok(Exit::Done),
            Unwritten::Failed(failure) => Err(failure),
        }
    }
}
