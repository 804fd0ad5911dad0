//! `cargo xtask models`: the ring under loom and shuttle, and every state of the queue's recovery.
//!
//! With `--mutants` the models themselves are put to the test: each change of
//! testing/model/mutants.toml is made in a copy of the library, and the model it names must fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::process::{announce, output, watch};
use crate::repository;
use crate::test::{Count, Tally, counted, tally};

const LIST: &str = "testing/model/mutants.toml";
/// A model takes a minute at most; one that takes this long runs in a circle.
const TIME_MAX: &str = "15m";

#[derive(clap::Args)]
pub struct Options {
    /// Break the library in every listed way, and see that a model notices
    #[arg(long)]
    mutants: bool,
}

#[derive(Deserialize)]
struct List {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
struct Mutant {
    what: String,
    /// Below crates/simpleipc/src.
    file: String,
    from: String,
    to: String,
    model: String,
    /// False of one that no model notices.
    #[serde(default = "yes")]
    caught: bool,
}

fn yes() -> bool {
    true
}

pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let total = match options.mutants {
        true => mutants(root)?,
        false => models(root)?,
    };
    println!("{} passed, {} failed", total.passed, total.failed);
    match total.failed {
        0 => Ok(()),
        _ => Err("cargo xtask models: see above what failed".to_owned()),
    }
}

fn models(root: &Path) -> Result<Tally, String> {
    announce("models: the ring under loom and shuttle");
    let mut total = tally(&mut ring(root, root, "model::"), Count::Cargo)?;
    announce("models: every state of the queue's recovery");
    let mut cargo = repository::cargo(root);
    cargo.args(["run", "--quiet", "--release", "--package=states"]);
    let states = tally(&mut cargo, Count::LastLine)?;
    total.passed += states.passed;
    total.failed += states.failed;
    Ok(total)
}

/// The tests of a model, of the sources in `sources`.
fn ring(root: &Path, sources: &Path, filter: &str) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10s", TIME_MAX])
        .arg(repository::cargo(root).get_program())
        .args(["test", "--quiet", "--release", "--package=simpleipc"])
        .args(["--lib", filter])
        .current_dir(sources)
        .env("RUSTFLAGS", "--cfg loom")
        // Built many times, with a change in one file.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_INCREMENTAL", "1")
        .env("CARGO_TARGET_DIR", repository::target(root).join("loom"));
    command
}

fn mutants(root: &Path) -> Result<Tally, String> {
    let text = fs::read_to_string(root.join(LIST)).map_err(|why| format!("{LIST}: {why}"))?;
    let list: List = toml::from_str(&text).map_err(|why| format!("{LIST}: {why}"))?;
    let copy = copied(root)?;
    let mut total = Tally::default();
    for mutant in &list.mutant {
        let path = copy.join("crates/simpleipc/src").join(&mutant.file);
        let sound =
            fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        if sound.matches(&mutant.from).count() != 1 {
            return Err(format!(
                "{LIST}: \"{}\" is not once in {}",
                mutant.from, mutant.file
            ));
        }
        let broken = sound.replace(&mutant.from, &mutant.to);
        fs::write(&path, broken).map_err(|why| why.to_string())?;
        let watched = watch(&mut ring(root, &copy, &format!("model::{}", mutant.model)));
        fs::write(&path, sound).map_err(|why| why.to_string())?;
        let watched = watched?;
        // One that does not compile says nothing.
        let ran = counted(Count::Cargo, &watched.output).is_some_and(|t| t.passed + t.failed > 0);
        let is_caught = ran && !watched.succeeded;
        let mark = if is_caught == mutant.caught && ran {
            "ok"
        } else {
            "FAILED"
        };
        let how = if is_caught { "noticed" } else { "not noticed" };
        println!("{mark} {how} by {}: {}", mutant.model, mutant.what);
        total.passed += u64::from(mark == "ok");
        total.failed += u64::from(mark != "ok");
    }
    Ok(total)
}

/// All files of the repository in a folder of their own, to be broken.
fn copied(root: &Path) -> Result<PathBuf, String> {
    let copy = repository::target(root).join("mutants");
    let _ = fs::remove_dir_all(&copy);
    let files = output(Command::new("git").args(["ls-files"]).current_dir(root))?;
    for file in files
        .lines()
        .filter(|file| !file.starts_with("bench/results"))
    {
        let (from, to) = (root.join(file), copy.join(file));
        let made = fs::create_dir_all(to.parent().unwrap_or(&copy));
        made.and_then(|()| fs::copy(&from, &to).map(|_| ()))
            .map_err(|why| format!("{}: {why}", to.display()))?;
    }
    Ok(copy)
}
