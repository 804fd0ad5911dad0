//! `sipc peers`: who has channels open, and who comes and goes.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use simpleipc::{ChannelReport, PeerEvent, PeerReport, PeerWatcher, Status, Value, now_ns};

use crate::audit::reports;
use crate::channels::{options, seconds};
use crate::encoding::Encoding;
use crate::failure::{Exit, Failure};
use crate::output::{Printer, Unwritten, print};
use crate::stop::Stop;
use crate::table::{Table, span};

/// List who has a channel open, or watch who comes and goes: also who is killed, and also before
/// the channel is there.
#[derive(clap::Args)]
pub struct Arguments {
    /// The name of a channel; without it all of them
    channel: Option<String>,
    /// Print a line for each that is there, and then for each that comes or goes
    #[arg(long, short = 'w', requires = "channel")]
    watch: bool,
    /// End after so many events
    #[arg(long, short = 'n', value_name = "N", requires = "watch")]
    count: Option<u64>,
    /// End when nobody has come or gone for so long; exit status 1 if events are missing then: any
    /// of --count, or without it the first
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "watch")]
    timeout: Option<Duration>,
    /// Write a map for each peer, or for each event, instead of text for people
    #[arg(long = "as", short = 'a', value_enum, value_name = "ENCODING")]
    encoding: Option<Encoding>,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let printer = match arguments.encoding {
        None => None,
        Some(encoding) if encoding.is_structured() => Some(Printer::new(encoding, false, false)?),
        Some(_) => {
            let sentence = "--as text and --as raw have no notation for a map; use json, cbor, \
                            msgpack, bson or smile, or leave it out";
            return Err(Failure::usage(sentence));
        }
    };
    match &arguments.channel {
        Some(channel) if arguments.watch => watch(arguments, channel, printer, dir),
        channel => {
            let channels = reports(channel.as_deref(), dir)?;
            let peers = channels.iter().flat_map(|channel| {
                let peers = channel.peers.iter();
                peers.map(move |peer| (channel, peer))
            });
            match printer {
                Some(printer) => list(printer, peers),
                None => print(&table(peers)),
            }
        }
    }
}

fn table<'a>(peers: impl Iterator<Item = (&'a ChannelReport, &'a PeerReport)>) -> String {
    let head = [
        "CHANNEL", "PID", "PROGRAM", "LANGUAGE", "ROLE", "SINCE", "ALIVE", "SENT", "BEHIND",
        "MISSED",
    ];
    let right = &[
        false, true, false, false, false, true, false, true, true, true,
    ];
    let mut table = Table::new(right, &head);
    for (channel, peer) in peers {
        table.row(vec![
            channel.name.clone(),
            peer.pid.to_string(),
            program(peer),
            or_unknown(&peer.language),
            peer.verb().to_owned(),
            span(now_ns() - peer.since_ns),
            if peer.alive { "yes" } else { "no" }.to_owned(),
            peer.sent.to_string(),
            peer.behind.to_string(),
            peer.missed.to_string(),
        ]);
    }
    table.text()
}

fn list<'a>(
    mut printer: Printer,
    peers: impl Iterator<Item = (&'a ChannelReport, &'a PeerReport)>,
) -> Result<Exit, Failure> {
    for (channel, peer) in peers {
        let map = Value::from(vec![
            ("channel", Value::from(&channel.name)),
            ("pid", Value::from(i64::from(peer.pid))),
            ("program", Value::from(program(peer))),
            ("language", Value::from(&peer.language)),
            ("role", Value::from(peer.verb())),
            ("since_ns", Value::from(peer.since_ns)),
            ("alive", Value::from(peer.alive)),
        ]);
        if let Err(unwritten) = printer.print_value(&map, None) {
            return unwritten.exit();
        }
    }
    let flushed = printer.flush();
    flushed.map_or_else(Unwritten::exit, |()| Ok(Exit::Done))
}

fn watch(
    arguments: &Arguments,
    channel: &str,
    mut printer: Option<Printer>,
    dir: Option<&Path>,
) -> Result<Exit, Failure> {
    let mut watcher = PeerWatcher::open(channel, &options(dir))?;
    let interrupter = watcher.interrupter();
    let stop = Stop::on_signal(move || interrupter.interrupt())?;
    let mut count = 0;
    while arguments.count != Some(count) {
        if let Some(exit) = stop.exit() {
            return Ok(exit);
        }
        let event = match watcher.event(arguments.timeout) {
            Ok(event) => event,
            Err(error) if error.status() == Status::Timeout => {
                let is_enough = arguments.count.is_none() && count > 0;
                return Ok(if is_enough { Exit::Done } else { Exit::Nothing });
            }
            Err(error) if error.status() == Status::Interrupted => return Ok(stop.interrupted()),
            Err(error) => return Err(error.into()),
        };
        count += 1;
        let printed = match &mut printer {
            Some(printer) => printer
                .print_value(&Value::from(&event), None)
                .and_then(|()| printer.flush()),
            None => say(&event),
        };
        if let Err(unwritten) = printed {
            return unwritten.exit();
        }
    }
    Ok(Exit::Done)
}

/// A line for people.
fn say(event: &PeerEvent) -> Result<(), Unwritten> {
    let (word, peer) = (if event.is_up() { "up" } else { "down" }, event.peer());
    let (program, language) = (or_unknown(&peer.program), or_unknown(&peer.language));
    let mut out = std::io::stdout().lock();
    let (pid, verb) = (peer.pid, peer.verb());
    writeln!(out, "{word:<5}{verb:<10} {pid} {program} ({language})")?;
    Ok(out.flush()?)
}

/// What a peer's program is called; of one with an older library, what runs under its number, if
/// that is one of ours: it may be of another namespace.
pub fn program(peer: &PeerReport) -> String {
    if !peer.program.is_empty() {
        return peer.program.clone();
    }
    let name = std::fs::read_to_string(format!("/proc/{}/comm", peer.pid));
    name.map_or("?".to_owned(), |name| name.trim_end().to_owned())
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "?" } else { text }.to_owned()
}
