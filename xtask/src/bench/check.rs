//! `cargo xtask bench check`: the tests of the comparison, and every work once with the library,
//! the sockets and the limits. It looks at whether messages arrive and never at how fast.

use std::path::Path;
use std::process::Command;

use super::build;
use crate::test::{Count, Tally, tally};

pub fn run(root: &Path) -> Result<(), String> {
    let built = build::core(root)?;
    let mut tests = build::cargo(root, &["test", "--quiet", "--no-fail-fast"]);
    tests.args(["--package=harness", "--package=compare"]);
    let tests = tally(&mut tests, Count::Cargo)?;
    let works = tally(Command::new(&built.compare).arg("--check"), Count::LastLine)?;
    let total = Tally {
        passed: tests.passed + works.passed,
        failed: tests.failed + works.failed,
    };
    println!("{} passed, {} failed", total.passed, total.failed);
    match total.failed {
        0 => Ok(()),
        _ => Err("cargo xtask bench check: see above what failed".to_owned()),
    }
}
