//! `sipc publish`: puts messages on a topic.

use std::path::Path;

use simpleipc::{Options, Publisher};

use crate::failure::{Exit, Failure};
use crate::{feed, send};

/// Put messages on a topic, for every subscriber that is there.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: feed::Settings,
    /// Keep this many messages for subscribers that come later
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    history: u32,
    #[command(flatten)]
    new: send::New,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    arguments.what.check()?;
    let options = Options {
        history: arguments.history,
        ..arguments.new.options(dir)
    };
    let mut publisher = Publisher::open(arguments.what.channel(), &options)?;
    arguments.what.run(&mut publisher)
}
