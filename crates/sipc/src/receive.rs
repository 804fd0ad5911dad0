//! `sipc receive`: takes messages out of a queue.

use std::path::Path;

use simpleipc::Receiver;

use crate::channels::options;
use crate::drain;
use crate::failure::{Exit, Failure};

/// Take messages out of a queue and print them.
///
/// A message is done when it has been written to the standard output and the next one is asked
/// for. One that could not be written goes to the next receiver.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: drain::Settings,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut printer = arguments.what.printer()?;
    let mut receiver = Receiver::open(arguments.what.channel(), &options(dir))?;
    arguments.what.run(&mut receiver, &mut printer)
}
