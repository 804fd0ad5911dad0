//! `sipc ls`: the channels of a directory.

use std::path::Path;
use std::thread;
use std::time::Duration;

use simpleipc::{ChannelReport, Pattern};

use crate::channels::seconds;
use crate::failure::{Exit, Failure};
use crate::output::print;
use crate::table::{Table, rate, size};

/// List the channels: their pattern, who uses them, what waits in them, and what they take.
#[derive(clap::Args)]
pub struct Arguments {
    /// Look twice, so long apart, and tell the rate of messages
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    rate: Option<Duration>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let before = arguments
        .rate
        .map(|_| simpleipc::audit_all(dir))
        .transpose()?;
    thread::sleep(arguments.rate.unwrap_or_default());
    let channels = simpleipc::audit_all(dir)?;
    let rate_of = |channel: &ChannelReport| {
        let then = before
            .as_ref()?
            .iter()
            .find(|then| then.name == channel.name)?;
        let messages = channel.messages.saturating_sub(then.messages);
        Some(messages as f64 / arguments.rate?.as_secs_f64())
    };
    if arguments.json {
        let lines = channels
            .iter()
            .map(|channel| json(channel, rate_of(channel)) + "\n");
        return print(&lines.collect::<String>());
    }
    if channels.is_empty() {
        eprintln!("sipc: no channels");
    }
    let head = [
        "NAME", "PATTERN", "PEERS", "DEAD", "WAITING", "RATE", "MEMORY", "IN USE",
    ];
    let mut table = Table::new(&[false, false, true, true, true, true, true, true], &head);
    for channel in &channels {
        let (alive, dead): (Vec<_>, Vec<_>) = channel.peers.iter().partition(|peer| peer.alive);
        table.row(vec![
            channel.name.clone(),
            pattern(channel).to_owned(),
            alive.len().to_string(),
            dead.len().to_string(),
            channel.waiting.to_string(),
            rate_of(channel).map_or("-".to_owned(), rate),
            size(channel.control_bytes + channel.pool_bytes),
            format!("{}/{}", channel.chunks_in_use, channel.chunks),
        ]);
    }
    print(&table.text())
}

/// The name of the pattern; `?` of a file that cannot be read.
pub fn pattern(channel: &ChannelReport) -> &'static str {
    channel.pattern.map_or("?", Pattern::name)
}

fn json(channel: &ChannelReport, rate: Option<f64>) -> String {
    serde_json::json!({
        "name": channel.name,
        "pattern": pattern(channel),
        "peers": channel.peers.iter().filter(|peer| peer.alive).count(),
        "dead": channel.peers.iter().filter(|peer| !peer.alive).count(),
        "waiting": channel.waiting,
        "messages": channel.messages,
        "rate": rate,
        "control_bytes": channel.control_bytes,
        "pool_bytes": channel.pool_bytes,
        "leaks": channel.leaks,
    })
    .to_string()
}
