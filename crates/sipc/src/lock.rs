//! `sipc lock`: runs a command while nobody else has the lock.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use simpleipc::{Semaphore, Status};

use crate::channels::{options, seconds};
use crate::failure::{Exit, Failure};
use crate::stop::Stop;

/// Run a command while holding a lock: `sipc lock backup -- rsync -a src dst`. The lock is free
/// again when the command has ended, and also when sipc is killed. Exit status: the command's.
#[derive(clap::Args)]
pub struct Arguments {
    /// The name of the lock
    channel: String,
    /// The command
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Give up after so long; exit status 1. 0 only tries
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// A semaphore: so many may hold it at once
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    permits: u32,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let name = &arguments.channel;
    let mut lock = Semaphore::open(name, arguments.permits, &options(dir))?;
    let interrupter = lock.interrupter();
    // While the command runs a signal is the command's: it gets it from the terminal, too.
    let stop = Stop::on_signal(move || interrupter.interrupt())?;
    let permit = match lock.acquire(arguments.timeout) {
        Ok(permit) => permit,
        Err(error) if error.status() == Status::Timeout => {
            let sentence = format!("the lock '{name}' is held by somebody else");
            return Err(Failure::new(Exit::Nothing, sentence));
        }
        Err(error) if error.status() == Status::Interrupted => return Ok(stop.interrupted()),
        Err(error) => return Err(error.into()),
    };
    if let Some(pid) = permit.abandoned() {
        eprintln!("sipc: the last owner of '{name}' died with it (pid {pid})");
    }
    let program = &arguments.command[0];
    let status = Command::new(program).args(&arguments.command[1..]).status();
    drop(permit);
    let status = status.map_err(|why| Failure::io(program, &why))?;
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code as u8),
        (None, Some(signal)) => Exit::Code(128 + signal as u8),
        (None, None) => Exit::System,
    })
}
