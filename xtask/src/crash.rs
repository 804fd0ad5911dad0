//! `cargo xtask crash`: a process dies at every step, then processes are killed and stopped at
//! random instants, and a ledger is kept.

use std::path::Path;

use crate::artifacts::Artifacts;
use crate::process::{announce, watch};
use crate::test::{Count, Tally, counted};
use crate::{bindings, repository, setup};

/// Runs the programs of testing/crash; the storms last their own default without `minutes`.
pub fn run(root: &Path, minutes: Option<u32>) -> Result<(), String> {
    // The storms have actors in other languages, too.
    bindings::tools(root, "c")?;
    let mut artifacts = Artifacts::library(root)?;
    artifacts.add_python(root, &setup::PYTHON_TEST)?;
    let minutes = minutes.map(|minutes| format!("--minutes={minutes}"));
    let storms: Vec<&str> = minutes.as_deref().into_iter().collect();
    let parts = [
        ("a death at every step and pair of steps", vec!["explore"]),
        ("every system call refused", vec!["starve"]),
        ("kill and stop storms", storms),
    ];
    let mut total = Tally::default();
    for (what, arguments) in parts {
        announce(&format!("crash: {what}"));
        let tally = run_part(root, &artifacts, &arguments)?;
        total.passed += tally.passed;
        total.failed += tally.failed;
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    match total.failed {
        0 => Ok(()),
        _ => Err("cargo xtask crash: see above what failed".to_owned()),
    }
}

fn run_part(root: &Path, artifacts: &Artifacts, arguments: &[&str]) -> Result<Tally, String> {
    let mut cargo = repository::cargo(root);
    cargo.args(["run", "--quiet", "--release", "--package=crash", "--"]);
    let watched = watch(cargo.args(arguments).envs(artifacts.environment()))?;
    let mut tally = counted(Count::LastLine, &watched.output).ok_or("it says no count")?;
    if !watched.succeeded && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}
