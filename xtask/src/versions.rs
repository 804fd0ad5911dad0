//! `cargo xtask versions`: programs of earlier releases, and 32-bit ones, beside those of today.
//!
//! The releases are listed in testing/versions/releases.txt. Their source comes out of the history
//! of this repository and is built below the build directory. What cannot be had here counts as
//! skipped, and says why: a release without the history it is in, 32-bit programs on a processor
//! that cannot run them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{announce, output, run as run_command, succeeds};
use crate::test::{Count, Tally, tally};
use crate::{repository, setup};

const RELEASES: &str = "testing/versions/releases.txt";
const NARROW: &str = "i686-unknown-linux-gnu";
const NAME_OF_NARROW: &str = "32-bit";

pub fn run(root: &Path) -> Result<(), String> {
    let work = repository::target(root).join("versions");
    announce("versions: building");
    let target = work.join("today");
    run_command(&mut cargo(root, &target, &["build", "--package=versions"]))?;
    let mut programs = vec![format!("today={}", target.join("debug/actor").display())];
    for (tag, commit) in releases(root)? {
        let built = match history(root, &tag, &commit)? {
            Some(commit) => release(root, &work.join(&tag), &commit)?
                .display()
                .to_string(),
            None => "-no history here that has it".to_owned(),
        };
        programs.push(format!("{tag}={built}"));
    }
    let mut total = Tally::default();
    match narrow_is_missing()? {
        Some(reason) => programs.push(format!("{NAME_OF_NARROW}=-{reason}")),
        None => {
            let narrow = format!("--target={NARROW}");
            let bin = ["build", "--package=versions", "--bin=actor", &narrow];
            run_command(&mut cargo(root, &target, &bin))?;
            let actor = target.join(NARROW).join("debug/actor");
            programs.push(format!("{NAME_OF_NARROW}={}", actor.display()));
            announce("versions: the library's own tests as 32-bit programs");
            let tests = ["test", "--package=simpleipc", "--lib", "--tests", &narrow];
            let mut tests = cargo(root, &target, &tests);
            tests.args(["--features=simpleipc/testing", "--quiet", "--no-fail-fast"]);
            total = tally(&mut tests, Count::Cargo)?;
        }
    }
    announce(&format!("versions: {}", programs.join(" ")));
    let mut pairs = Command::new(target.join("debug/versions"));
    let pairs = tally(pairs.args(&programs), Count::LastLine)?;
    total.passed += pairs.passed;
    total.failed += pairs.failed;
    let skipped = programs
        .iter()
        .filter(|program| program.contains("=-"))
        .count();
    let Tally { passed, failed } = total;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    match failed {
        0 => Ok(()),
        _ => Err("cargo xtask versions: see above what failed".to_owned()),
    }
}

/// Cargo in a build directory of its own. Overflows are noticed, and large messages quick to fill.
fn cargo(root: &Path, target: &Path, arguments: &[&str]) -> Command {
    let mut cargo = repository::cargo(root);
    cargo.args(arguments).env("CARGO_TARGET_DIR", target);
    cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    cargo
}

/// Tags and commits.
fn releases(root: &Path) -> Result<Vec<(String, String)>, String> {
    let text = fs::read_to_string(root.join(RELEASES));
    let text = text.map_err(|why| format!("{RELEASES}: {why}"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let pair = line
            .split_once(' ')
            .ok_or(format!("{RELEASES}: {line}: no commit"))?;
        Ok((pair.0.to_owned(), pair.1.to_owned()))
    };
    lines.map(pair).collect()
}

/// The release's commit, if this repository has it: by its tag, or without tags by its number.
fn history(root: &Path, tag: &str, commit: &str) -> Result<Option<String>, String> {
    let find = |name: &str| {
        let name = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--quiet", "--verify", &name];
        let mut git = Command::new("git");
        output(git.current_dir(root).args(arguments))
            .ok()
            .map(|line| line.trim().to_owned())
    };
    match find(&format!("refs/tags/{tag}")) {
        Some(tagged) if tagged != commit => Err(format!(
            "{RELEASES} has {commit} for {tag}, but the tag is on {tagged}"
        )),
        Some(tagged) => Ok(Some(tagged)),
        None => Ok(find(commit)),
    }
}

/// Builds today's actor with the library of a commit.
fn release(root: &Path, work: &Path, commit: &str) -> Result<PathBuf, String> {
    let source = work.join("source");
    let failed = |why: std::io::Error| format!("{}: {why}", work.display());
    if fs::read_to_string(work.join("commit")).ok().as_deref() != Some(commit) {
        if work.exists() {
            fs::remove_dir_all(work).map_err(failed)?;
        }
        fs::create_dir_all(&source).map_err(failed)?;
        let archive = work.join("source.tar");
        let mut git = Command::new("git");
        git.current_dir(root)
            .args(["archive", "--format=tar", "-o"])
            .arg(&archive);
        run_command(git.arg(commit))?;
        run_command(
            Command::new("tar")
                .arg("-xf")
                .arg(&archive)
                .arg("-C")
                .arg(&source),
        )?;
        fs::remove_file(&archive).map_err(failed)?;
        // Last: what is cut off before is begun again.
        fs::write(work.join("commit"), commit).map_err(failed)?;
    }
    let package = work.join("actor");
    fs::create_dir_all(&package).map_err(failed)?;
    fs::write(package.join("Cargo.toml"), manifest(root)).map_err(failed)?;
    fs::copy(source.join("Cargo.lock"), package.join("Cargo.lock")).map_err(failed)?;
    run_command(&mut cargo(&package, &work.join("target"), &["build"]))?;
    Ok(work.join("target/debug/actor"))
}

/// A package beside the release's source that has today's actor in it.
fn manifest(root: &Path) -> String {
    let actor = root.join("testing/versions/src/actor.rs");
    format!(
        "[workspace]\n[package]\nname = \"actor\"\nedition = \"2024\"\n\
         [features]\nlater = []\n[[bin]]\nname = \"actor\"\npath = {:?}\n\
         [dependencies]\nlibc = \"0.2\"\n\
         simpleipc = {{ path = \"../source/crates/simpleipc\", features = [\"testing\"] }}\n",
        actor.display().to_string()
    )
}

/// Puts in place what 32-bit programs need; why there are none, if there can be none.
fn narrow_is_missing() -> Result<Option<String>, String> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Some("this processor has other 32-bit programs".to_owned()));
    }
    let rustup = |arguments: &[&str]| {
        let mut rustup = Command::new("rustup");
        rustup.args(arguments);
        rustup
    };
    if !succeeds(&mut rustup(&["--version"])) {
        return Ok(Some(format!("no rustup, which would install {NARROW}")));
    }
    setup::tools(&[&setup::NARROW_COMPILER])?;
    let installed = output(&mut rustup(&["target", "list", "--installed"]))?;
    if !installed.lines().any(|line| line == NARROW) {
        announce(&format!("set-up: rustup target add {NARROW}"));
        run_command(&mut rustup(&["target", "add", NARROW]))?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_release_has_a_tag_and_a_whole_commit() {
        for (tag, commit) in releases(&repository::root()).expect("the list") {
            assert!(tag.starts_with('v'), "{tag}");
            assert_eq!(commit.len(), 40, "{commit}");
        }
    }

    #[test]
    fn a_release_that_is_not_in_the_history_is_missing_and_no_error() {
        let found = history(&repository::root(), "v999.0.0", &"0".repeat(40));
        assert_eq!(found, Ok(None));
    }
}
