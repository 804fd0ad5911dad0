//! `sipc set`, `sipc get` and `sipc watch`: the latest value.

use std::path::Path;
use std::time::Duration;

use simpleipc::{Setter, Status, Watcher};

use crate::channels::{options, seconds};
use crate::drain;
use crate::encoding::Encoding;
use crate::failure::{Exit, Failure};
use crate::feed;
use crate::output::{Printer, Unwritten};
use crate::stop::Stop;

/// Set the value of a state, which stays there until another replaces it.
#[derive(clap::Args)]
pub struct Setting {
    #[command(flatten)]
    what: feed::Settings,
    /// Only if the value has this sequence number (`get --meta` tells it), or is none yet; exit
    /// status 1 if another has been set since
    #[arg(long = "if", value_name = "SEQUENCE|none")]
    expected: Option<String>,
}

/// Print the value of a state, as it is now.
#[derive(clap::Args)]
pub struct Getting {
    /// The name of the state
    channel: String,
    /// Wait so long for a first value
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "0")]
    timeout: Duration,
    /// How the value is written
    #[arg(
        long = "as",
        short = 'a',
        value_enum,
        value_name = "ENCODING",
        default_value = "json"
    )]
    encoding: Encoding,
    /// Write the value inside a map with its facts: sequence, sender, times
    #[arg(long)]
    meta: bool,
}

/// Print the value of a state, and every other that is set from now on. What was replaced before
/// it could be read is skipped.
#[derive(clap::Args)]
pub struct Watching {
    #[command(flatten)]
    what: drain::Settings,
}

pub fn set(arguments: &Setting, dir: Option<&Path>) -> Result<Exit, Failure> {
    arguments.what.check()?;
    let mut setter = Setter::open(arguments.what.channel(), &options(dir))?;
    let expected = match arguments.expected.as_deref() {
        None => return arguments.what.run(&mut setter),
        Some("none") => None,
        Some(number) => {
            let wrong = |_| Failure::usage(format!("--if {number:?} is no number, and not none"));
            Some(number.parse::<u64>().map_err(wrong)?)
        }
    };
    let value = arguments.what.only_value()?;
    match setter.set_if(expected, value)? {
        true => Ok(Exit::Done),
        false => {
            let name = arguments.what.channel();
            let sentence = format!("the state '{name}' has another value; nothing was set");
            Err(Failure::new(Exit::Nothing, sentence))
        }
    }
}

pub fn get(arguments: &Getting, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut printer = Printer::new(arguments.encoding, false, arguments.meta)?;
    let mut watcher = Watcher::open(&arguments.channel, &options(dir))?;
    let interrupter = watcher.interrupter();
    let stop = Stop::on_signal(move || interrupter.interrupt())?;
    let value = match watcher.get_timeout(Some(arguments.timeout)) {
        Err(error) if error.status() == Status::Interrupted => return Ok(stop.interrupted()),
        value => value?,
    };
    let printed = printer.print(&value).and_then(|()| printer.flush());
    printed.map_or_else(Unwritten::exit, |()| Ok(Exit::Done))
}

pub fn watch(arguments: &Watching, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut printer = arguments.what.printer()?;
    let mut watcher = Watcher::open(arguments.what.channel(), &options(dir))?;
    arguments.what.run(&mut watcher, &mut printer)
}
