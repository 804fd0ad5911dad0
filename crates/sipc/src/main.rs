//! `sipc`: SimpleIPC from a shell. One file per verb.
//!
//! Uses the public interface of the library and nothing else. What is printed on the standard
//! output is for programs and people alike; complaints go to the standard error, one sentence each.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

mod audit;
mod bench;
mod channels;
mod doctor;
mod drain;
mod encoding;
mod failure;
mod feed;
mod input;
mod lock;
mod ls;
mod manual;
mod marks;
mod output;
mod peers;
mod plugin;
mod portable;
mod progress;
mod publish;
mod receive;
mod send;
mod service;
mod show;
mod signal;
mod state;
mod stop;
mod subscribe;
mod table;
mod top;

use failure::{Exit, Failure};

/// Talk to other programs on this machine, from a shell.
///
/// A queue (send, receive) gives each message to exactly one receiver and keeps it until then. A
/// topic (publish, subscribe) gives each message to every subscriber. A state (set, get, watch) has
/// one value, the latest. A signal (notify, wait) says that something has happened. A lock has one
/// owner at a time. A service (serve, call) answers. The first verb used on a name decides which it
/// is.
#[derive(Parser)]
#[command(name = "sipc", version, after_help = failure::STATUSES)]
#[command(disable_help_subcommand = true, infer_subcommands = false)]
struct Arguments {
    /// Directory of the channels, which must exist; otherwise the environment's SIPC_DIR, or else
    /// the user's own in /dev/shm
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Ls(ls::Arguments),
    Send(send::Arguments),
    Receive(receive::Arguments),
    Publish(publish::Arguments),
    Subscribe(subscribe::Arguments),
    Set(state::Setting),
    Get(state::Getting),
    Watch(state::Watching),
    Notify(signal::Notifying),
    Wait(signal::Waiting),
    Lock(lock::Arguments),
    Call(service::Calling),
    Methods(service::Listing),
    Serve(service::Serving),
    Plugin(plugin::Arguments),
    Show(show::Arguments),
    Top(top::Arguments),
    Peers(peers::Arguments),
    Audit(audit::Arguments),
    Clean(audit::Cleaning),
    Doctor(doctor::Arguments),
    Bench(bench::Arguments),
    Completions(manual::Completions),
    Man(manual::Man),
}

fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let dir = arguments.dir.as_deref();
    match &arguments.verb {
        Verb::Ls(arguments) => ls::run(arguments, dir),
        Verb::Send(arguments) => send::run(arguments, dir),
        Verb::Receive(arguments) => receive::run(arguments, dir),
        Verb::Publish(arguments) => publish::run(arguments, dir),
        Verb::Subscribe(arguments) => subscribe::run(arguments, dir),
        Verb::Set(arguments) => state::set(arguments, dir),
        Verb::Get(arguments) => state::get(arguments, dir),
        Verb::Watch(arguments) => state::watch(arguments, dir),
        Verb::Notify(arguments) => signal::notify(arguments, dir),
        Verb::Wait(arguments) => signal::wait(arguments, dir),
        Verb::Lock(arguments) => lock::run(arguments, dir),
        Verb::Call(arguments) => service::call(arguments, dir),
        Verb::Methods(arguments) => service::methods(arguments, dir),
        Verb::Serve(arguments) => service::serve(arguments, dir),
        Verb::Plugin(arguments) => plugin::run(arguments, dir),
        Verb::Show(arguments) => show::run(arguments, dir),
        Verb::Top(arguments) => top::run(arguments, dir),
        Verb::Peers(arguments) => peers::run(arguments, dir),
        Verb::Audit(arguments) => audit::run(arguments, dir),
        Verb::Clean(arguments) => audit::clean(arguments, dir),
        Verb::Doctor(arguments) => doctor::run(arguments, dir),
        Verb::Bench(arguments) => bench::run(arguments, dir),
        Verb::Completions(arguments) => manual::completions(arguments, Arguments::command()),
        Verb::Man(arguments) => manual::man(arguments, Arguments::command()),
    }
}

fn main() -> ExitCode {
    // What those see who look at peers: a shell speaks through this program.
    simpleipc::identify("", "shell");
    let outcome = run(&Arguments::parse());
    let exit = outcome.unwrap_or_else(|failure| {
        if !failure.sentence.is_empty() {
            eprintln!("sipc: {}", failure.sentence);
        }
        failure.exit
    });
    exit.leave()
}
