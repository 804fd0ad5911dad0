//! Putting: what `send` and `publish` have in common, which is all but their handle.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use simpleipc::{
    Interrupter, Loan, LoanKind, Opaque, Publisher, Result as SipcResult, Sender, Setter, Status,
    Value,
};

use crate::channels::seconds;
use crate::encoding::{Encoding, name};
use crate::failure::{Exit, Failure};
use crate::input::{Event, read_in_background};
use crate::progress::Progress;
use crate::stop::Stop;

/// Messages that are read ahead of the channel.
const AHEAD: usize = 64;
/// As much is read between two looks at the progress.
const PIECE_BYTES: usize = 1 << 20;

/// What to put, and how.
#[derive(clap::Args)]
pub struct Settings {
    /// The name of the channel
    channel: String,
    /// Values to put, each one message; without any they come from the standard input
    #[arg(allow_negative_numbers = true)]
    values: Vec<String>,
    /// How the values are written [default: json; with --file: raw]
    #[arg(
        long = "as",
        short = 'a',
        value_enum,
        value_name = "ENCODING",
        hide_default_value = true
    )]
    encoding: Option<Encoding>,
    /// Each message on the standard input comes after its length in 4 bytes, highest first
    #[arg(long, conflicts_with_all = ["values", "file"])]
    framed: bool,
    /// Put what this file holds as one message
    #[arg(long, value_name = "FILE", conflicts_with = "values")]
    file: Option<PathBuf>,
    /// Put raw bytes as opaque ones of this content type, as image/png
    #[arg(long = "type", value_name = "TYPE")]
    content_type: Option<String>,
    /// End after this many messages from the standard input
    #[arg(long, value_name = "N", conflicts_with_all = ["values", "file"])]
    count: Option<u64>,
    /// Wait for room no longer than this for each message; otherwise as long as it takes
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

/// A handle that messages are put into.
pub trait Give {
    fn put(&mut self, value: &Value<'_>, timeout: Option<Duration>) -> SipcResult<()>;
    fn loan(&mut self, kind: LoanKind<'_>, timeout: Option<Duration>) -> SipcResult<Loan>;
    fn put_loan(&mut self, loan: &mut Loan, timeout: Option<Duration>) -> SipcResult<()>;
    fn interrupter(&self) -> Interrupter;
}

macro_rules! give {
    ($($handle:ty),*) => {$(
        impl Give for $handle {
            fn put(&mut self, value: &Value<'_>, timeout: Option<Duration>) -> SipcResult<()> {
                self.put(value, 0, timeout)
            }
            fn loan(&mut self, kind: LoanKind<'_>, timeout: Option<Duration>) -> SipcResult<Loan> {
                self.loan(kind, timeout)
            }
            fn put_loan(&mut self, loan: &mut Loan, timeout: Option<Duration>) -> SipcResult<()> {
                self.put_loan(loan, 0, timeout)
            }
            fn interrupter(&self) -> Interrupter {
                self.interrupter()
            }
        }
    )*};
}

give!(Sender, Publisher, Setter);

impl Settings {
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Looks at all that can be wrong before the channel is opened.
    pub fn check(&self) -> Result<(), Failure> {
        if self.content_type.is_some() && self.encoding() != Encoding::Raw {
            return Err(Failure::usage(format!(
                "--type is for raw bytes; with --as {} the values say what they are",
                name(self.encoding()).to_lowercase()
            )));
        }
        Ok(())
    }

    fn encoding(&self) -> Encoding {
        let default = match self.file {
            Some(_) => Encoding::Raw,
            None => Encoding::Json,
        };
        self.encoding.unwrap_or(default)
    }

    /// Puts everything there is to put.
    pub fn run(&self, handle: &mut impl Give) -> Result<Exit, Failure> {
        let (to, events) = sync_channel(AHEAD);
        let stop = watch(handle, to.clone())?;
        if let Some(path) = &self.file {
            let put = self.put_file(handle, path);
            return ended(put, &stop).map(|exit| exit.unwrap_or(Exit::Done));
        }
        if !self.values.is_empty() {
            for text in &self.values {
                let value = self.parse(text)?;
                if let Some(exit) = ended(self.put(handle, value), &stop)? {
                    return Ok(exit);
                }
            }
            return Ok(Exit::Done);
        }
        if self.count == Some(0) {
            return Ok(Exit::Done);
        }
        if io::stdin().is_terminal() {
            eprintln!(
                "sipc: reading {} from the terminal; end with Ctrl-D",
                name(self.encoding())
            );
        }
        read_in_background(self.encoding(), self.framed, to)?;
        let mut count = 0;
        for event in events {
            if let Some(exit) = stop.exit() {
                return Ok(exit);
            }
            match event {
                Event::Value(value) => {
                    if let Some(exit) = ended(self.put(handle, value), &stop)? {
                        return Ok(exit);
                    }
                    count += 1;
                    if self.count == Some(count) {
                        break;
                    }
                }
                Event::Bad(failure) => {
                    return Err(Failure {
                        sentence: format!("message {}: {}", count + 1, failure.sentence),
                        ..failure
                    });
                }
                Event::End | Event::Stop => break,
            }
        }
        Ok(Exit::Done)
    }

    /// The one value on the command line.
    pub fn only_value(&self) -> Result<Value<'static>, Failure> {
        match &self.values[..] {
            [text] => self.parse(text),
            _ => Err(Failure::usage("give one value on the command line")),
        }
    }

    fn parse(&self, text: &str) -> Result<Value<'static>, Failure> {
        let encoding = self.encoding();
        let read = encoding.read(text.as_bytes().to_vec());
        read.map_err(|failure| {
            let hint = match encoding {
                Encoding::Json => "; to put it as text add --as text",
                _ => "",
            };
            Failure {
                sentence: format!("{text:?} is {}{hint}", failure.sentence),
                ..failure
            }
        })
    }

    fn put(&self, handle: &mut impl Give, value: Value<'static>) -> Result<(), Unput> {
        let value = match (value, &self.content_type) {
            (Value::Bytes(data), Some(kind)) => Opaque::new(kind.as_str(), data).into(),
            (value, _) => value,
        };
        Ok(handle.put(&value, self.timeout)?)
    }

    /// A file of known size is read into the channel itself.
    fn put_file(&self, handle: &mut impl Give, path: &Path) -> Result<(), Unput> {
        let failed = |why: io::Error| Failure::io(&path.display().to_string(), &why);
        let mut file = File::open(path).map_err(failed)?;
        let facts = file.metadata().map_err(failed)?;
        let encoding = self.encoding();
        if encoding != Encoding::Raw || !facts.is_file() {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(failed)?;
            let read = encoding.read(bytes).map_err(|failure| Failure {
                sentence: format!("{} is {}", path.display(), failure.sentence),
                ..failure
            });
            return self.put(handle, read?);
        }
        let len = usize::try_from(facts.len()).unwrap_or(usize::MAX);
        let kind = match &self.content_type {
            Some(content_type) => LoanKind::Opaque(content_type, len),
            None => LoanKind::Bytes(len),
        };
        let mut loan = handle.loan(kind, self.timeout)?;
        let progress = Progress::of("read", facts.len());
        for piece in loan.chunks_mut(PIECE_BYTES) {
            file.read_exact(piece).map_err(failed)?;
            progress.add(piece.len());
        }
        drop(progress);
        Ok(handle.put_loan(&mut loan, self.timeout)?)
    }
}

/// Why something was not put.
enum Unput {
    Interrupted,
    Failed(Failure),
}

impl From<Failure> for Unput {
    fn from(failure: Failure) -> Self {
        Unput::Failed(failure)
    }
}

impl From<simpleipc::Error> for Unput {
    fn from(error: simpleipc::Error) -> Self {
        match error.status() {
            Status::Interrupted => Unput::Interrupted,
            _ => Unput::Failed(error.into()),
        }
    }
}

/// How to end, if a signal says so.
fn ended(put: Result<(), Unput>, stop: &Stop) -> Result<Option<Exit>, Failure> {
    match put {
        Ok(()) => Ok(stop.exit()),
        Err(Unput::Interrupted) => Ok(Some(stop.interrupted())),
        Err(Unput::Failed(failure)) => Err(failure),
    }
}

fn watch(handle: &impl Give, to: SyncSender<Event>) -> Result<Stop, Failure> {
    let interrupter = handle.interrupter();
    Stop::on_signal(move || {
        interrupter.interrupt();
        // When there is no room for it, there is work at hand, and the mark is seen after it.
        let _ = to.try_send(Event::Stop);
    })
}
