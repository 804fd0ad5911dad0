//! `cargo xtask interop`: every language's driver against every other.

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::artifacts::Artifacts;
use crate::process::{self, announce};
use crate::{bindings, repository, setup};

#[derive(Args)]
pub struct Options {
    /// Only these languages, as `c,python`.
    #[arg(long)]
    langs: Option<String>,
    /// Only pairs with one of these, and each language with itself.
    #[arg(long)]
    partners: Option<String>,
    /// Write the matrix into the book: docs/interop.md and docs/interop.svg.
    #[arg(long)]
    write: bool,
}

/// Sets up, builds and runs testing/interop.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let [langs, partners] = [options.langs.as_deref(), options.partners.as_deref()];
    let mut cargo = command(root, langs)?;
    announce("interop: every language with every other");
    for (option, names) in [("--langs", langs), ("--partners", partners)] {
        cargo.args(names.map(|names| format!("{option}={names}")));
    }
    if options.write {
        cargo.arg("--write").arg(root.join("docs"));
    }
    process::run(&mut cargo)
}

/// testing/interop, to which arguments may be given, with these languages set up for it.
pub fn command(root: &Path, langs: Option<&str>) -> Result<Command, String> {
    let languages = languages::named(languages::all(root)?, langs)?;
    for (language, why) in bindings::set_up(root, &languages)? {
        println!("{language} is skipped: {why}");
    }
    let mut artifacts = Artifacts::library(root)?;
    if languages.iter().any(|language| language.python) {
        artifacts.add_python(root, &setup::PYTHON_TEST)?;
    }
    let mut cargo = repository::cargo(root);
    cargo.args(["run", "--quiet", "--release", "--package", "interop", "--"]);
    cargo.envs(artifacts.environment());
    Ok(cargo)
}
