//! `cargo xtask bench <what>`: measurements, and whether what measures works.
//!
//! The comparison with other systems is a workspace of its own in `bench/compare`; here it is set
//! up, built and started. The guard of the hot paths counts what `bench/self` does.

use std::path::Path;

use clap::Subcommand;

mod build;
mod check;
mod compare;
mod languages;
mod self_count;
mod self_guard;
mod self_record;

#[derive(Subcommand)]
pub enum Command {
    /// Compare the library with other systems and with what the machine can do.
    Compare(compare::Options),
    /// Print bench/results/results.md, the charts and the tables in README.md and docs/ anew, from
    /// the figures of the last whole runs.
    Render,
    /// Whether the comparison works: its tests, and every work once; no figures.
    Check,
    /// Count what the hot paths of the library do; fail if one has become dearer.
    #[command(name = "self")]
    Guard(self_guard::Options),
}

pub fn run(root: &Path, command: &Command) -> Result<(), String> {
    match command {
        Command::Compare(options) => compare::run(root, options),
        Command::Render => compare::render(root),
        Command::Check => check::run(root),
        Command::Guard(options) => self_guard::run(root, options),
    }
}
