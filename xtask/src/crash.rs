//! `cargo xtask crash`: processes are killed and stopped at every step, and a ledger is kept.

use std::path::Path;

use crate::process::{self, announce};
use crate::repository;

/// Runs testing/crash; without `minutes` it takes its own default.
pub fn run(root: &Path, minutes: Option<u32>) -> Result<(), String> {
    announce("crash: kill and stop storms");
    let mut cargo = repository::cargo(root);
    cargo.args(["run", "--quiet", "--release", "--package", "crash", "--"]);
    if let Some(minutes) = minutes {
        cargo.args(["--minutes", &minutes.to_string()]);
    }
    process::run(&mut cargo)
}
