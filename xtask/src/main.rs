//! `cargo xtask <command>`: the one tool of this repository. One file per command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod api;
mod artifacts;
mod bench;
mod bindings;
mod counts;
mod crash;
mod demo;
mod fuzz;
mod generate;
mod interop;
mod leavings;
mod models;
mod print;
mod process;
mod repository;
mod sanitize;
mod setup;
mod test;
mod tidy;
mod tool;
mod versions;

/// The tool of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the generated files from spec/api.toml.
    Gen {
        /// Only compare; fail if a file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Check the house rules.
    Tidy,
    /// Set up what is missing and run every test.
    Test {
        /// Only these suites.
        suites: Vec<String>,
    },
    /// Write the figures in docs/reliability.md.
    Counts {
        /// Outputs of `cargo xtask test` or `crash`, for what only running tells.
        logs: Vec<String>,
    },
    /// Run the main job on real pictures: three programs in three languages.
    Demo(demo::Options),
    /// Run every language's driver against every other.
    Interop(interop::Options),
    /// Measure, or see whether what measures works.
    Bench {
        #[command(subcommand)]
        command: bench::Command,
    },
    /// Run programs of earlier releases, and 32-bit ones, beside those of today.
    Versions,
    /// Have libFuzzer damage channels and messages.
    Fuzz(fuzz::Options),
    /// Build the command line as one file that needs nothing of its system.
    Tool,
    /// Run the models: loom, shuttle, and all states of a small copy.
    Models(models::Options),
    /// Run tests under ThreadSanitizer, AddressSanitizer and valgrind.
    Sanitize,
    /// Kill and stop processes at every step and keep a ledger.
    Crash {
        /// How long the storms last.
        #[arg(long)]
        minutes: Option<u32>,
    },
}

fn main() -> ExitCode {
    let root = repository::root();
    let outcome = match Arguments::parse().command {
        Command::Gen { check } => generate::run(&root, check),
        Command::Tidy => tidy::run(&root),
        Command::Test { suites } => test::run(&root, &suites),
        Command::Counts { logs } => counts::run(&root, &logs),
        Command::Demo(options) => demo::run(&root, &options),
        Command::Interop(options) => interop::run(&root, &options),
        Command::Bench { command } => bench::run(&root, &command),
        Command::Versions => versions::run(&root),
        Command::Tool => tool::run(&root),
        Command::Fuzz(options) => fuzz::run(&root, &options),
        Command::Models(options) => models::run(&root, &options),
        Command::Sanitize => sanitize::run(&root),
        Command::Crash { minutes } => crash::run(&root, minutes),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
