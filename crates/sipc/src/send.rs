//! `sipc send`: puts messages into a queue.

use std::path::Path;

use simpleipc::{Options, Sender};

use crate::channels::{bytes, options};
use crate::failure::{Exit, Failure};
use crate::feed;

/// Put messages into a queue, where they wait for a receiver.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    what: feed::Settings,
    #[command(flatten)]
    new: New,
}

/// What whoever creates a channel decides.
#[derive(clap::Args)]
pub struct New {
    /// If this creates the channel: messages a producer may be ahead, a power of two from 16 to
    /// 65536
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    depth: u32,
    /// If this creates the channel: most memory for messages above 104 bytes, as 64M
    #[arg(long, value_name = "SIZE", value_parser = bytes, default_value = "0")]
    #[arg(hide_default_value = true)]
    pool: u64,
}

impl New {
    pub fn options(&self, dir: Option<&Path>) -> Options {
        Options {
            depth: self.depth,
            pool_bytes_max: self.pool,
            ..options(dir)
        }
    }
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    arguments.what.check()?;
    let mut sender = Sender::open(arguments.what.channel(), &arguments.new.options(dir))?;
    arguments.what.run(&mut sender)
}
