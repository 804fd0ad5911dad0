//! `sipc notify` and `sipc wait`: something has happened.

use std::path::Path;
use std::time::Duration;

use simpleipc::{Notifier, Status, Waiter};

use crate::channels::{options, seconds};
use crate::failure::{Exit, Failure};
use crate::output::print;
use crate::stop::Stop;

/// Say that something has happened, to everybody who waits for it.
#[derive(clap::Args)]
pub struct Notifying {
    /// The name of the signal
    channel: String,
}

/// Wait until something happens, and print how many times it did.
#[derive(clap::Args)]
pub struct Waiting {
    /// The name of the signal
    channel: String,
    /// Give up after so long; exit status 1
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Go on waiting, and print a line each time
    #[arg(long, short = 'f')]
    follow: bool,
}

pub fn notify(arguments: &Notifying, dir: Option<&Path>) -> Result<Exit, Failure> {
    Notifier::open(&arguments.channel, &options(dir))?.notify()?;
    Ok(Exit::Done)
}

pub fn wait(arguments: &Waiting, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut waiter = Waiter::open(&arguments.channel, &options(dir))?;
    let interrupter = waiter.interrupter();
    let stop = Stop::on_signal(move || interrupter.interrupt())?;
    loop {
        match waiter.wait(arguments.timeout) {
            Ok(count) => print(&format!("{count}\n"))?,
            Err(error) if error.status() == Status::Timeout => return Ok(Exit::Nothing),
            Err(error) if error.status() == Status::Interrupted => return Ok(stop.interrupted()),
            Err(error) => return Err(error.into()),
        };
        if !arguments.follow {
            return Ok(Exit::Done);
        }
    }
}
