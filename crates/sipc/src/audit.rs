//! `sipc audit` and `sipc clean`: what channels consist of, and what nobody uses.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use simpleipc::{ChannelReport, PeerReport};

use crate::channels::seconds;
use crate::failure::{Exit, Failure};
use crate::ls::pattern;
use crate::output::print;
use crate::peers::program;
use crate::table::{size, span};

/// Describe channels in full, and find what in them belongs to nobody. Exit status 6 if anything
/// does.
#[derive(clap::Args)]
pub struct Arguments {
    /// The name of a channel; without it all of them
    channel: Option<String>,
}

/// Remove channels that nobody uses: those whose programs have all died, and queues and states left
/// with something in them, if that is old.
#[derive(clap::Args)]
pub struct Cleaning {
    /// Queues and states whose newest message is older than this go, too; 0 for all of them
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "86400")]
    age: Duration,
}

pub fn reports(channel: Option<&str>, dir: Option<&Path>) -> Result<Vec<ChannelReport>, Failure> {
    let Some(name) = channel else {
        return Ok(simpleipc::audit_all(dir)?);
    };
    let report = simpleipc::audit(name, dir)?;
    let none = || Failure::new(Exit::Nothing, format!("there is no channel '{name}'"));
    Ok(vec![report.ok_or_else(none)?])
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let channels = reports(arguments.channel.as_deref(), dir)?;
    let mut text = String::new();
    let mut is_sound = true;
    for channel in &channels {
        is_sound &= channel.leaks.is_empty();
        describe(channel, &mut text);
    }
    print(&text)?;
    Ok(if is_sound { Exit::Done } else { Exit::Findings })
}

fn describe(channel: &ChannelReport, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}: {}", channel.name, pattern(channel));
    let (control, pool) = (size(channel.control_bytes), size(channel.pool_bytes));
    let _ = writeln!(text, "  memory    {control} and {pool} of data");
    let (used, chunks) = (channel.chunks_in_use, channel.chunks);
    let _ = writeln!(text, "  chunks    {used} of {chunks} in use");
    let (lanes, producers) = (channel.lanes, channel.producers);
    let _ = writeln!(
        text,
        "  lanes     {producers} of {lanes} in use, {} deep",
        channel.depth
    );
    let age = channel
        .newest_age_ns
        .map(|ns| format!(", the newest {} old", span(ns)));
    let _ = writeln!(
        text,
        "  waiting   {}{}",
        channel.waiting,
        age.unwrap_or_default()
    );
    for peer in &channel.peers {
        let _ = writeln!(text, "  peer      {}", sentence(peer));
    }
    for leak in &channel.leaks {
        let _ = writeln!(text, "  WRONG     {leak}");
    }
}

fn sentence(peer: &PeerReport) -> String {
    let mut text = format!("{} ({}) {}", peer.pid, program(peer), peer.verb());
    if peer.holds_message {
        text += ", has something in hand";
    }
    if peer.missed > 0 {
        let _ = write!(text, ", missed {}", peer.missed);
    }
    if !peer.alive {
        text += ", dead";
    }
    text
}

pub fn clean(arguments: &Cleaning, dir: Option<&Path>) -> Result<Exit, Failure> {
    let count = simpleipc::clean(dir, arguments.age)?;
    let word = if count == 1 { "channel" } else { "channels" };
    print(&format!("removed {count} {word}\n"))
}
