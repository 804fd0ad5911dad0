//! `sipc subscribe`: prints the messages of a topic.

use std::path::Path;

use simpleipc::{Options, Subscriber};

use crate::channels::options;
use crate::drain;
use crate::failure::{Exit, Failure};

/// Print every message of a topic from now on.
///
/// What could not be read in time is missed; the standard error says how many that were.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: drain::Settings,
    /// Publishers wait for this subscriber rather than have it miss messages
    #[arg(long)]
    lossless: bool,
    /// Skip to the newest message each time
    #[arg(long)]
    latest: bool,
    /// Only look on: needs no more than leave to read, and nobody sees it or waits for it
    #[arg(long)]
    tap: bool,
    /// Begin with up to this many past messages of each publisher
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    history: u32,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut printer = arguments.what.printer()?;
    let options = Options {
        lossless: arguments.lossless,
        latest: arguments.latest,
        tap: arguments.tap,
        history: arguments.history,
        ..options(dir)
    };
    let mut subscriber = Subscriber::open(arguments.what.channel(), &options)?;
    arguments.what.run(&mut subscriber, &mut printer)
}
