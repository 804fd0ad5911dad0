//! `cargo xtask sanitize`: tests once more, where every access to memory is looked at.
//!
//! ThreadSanitizer and AddressSanitizer are for nightly compilers unless RUSTC_BOOTSTRAP is set.
//! The former needs a standard library that is built with it, too: else it takes what that does
//! for a race. Miri, which runs what needs no operating system, exists for nightly compilers only.
//! Valgrind looks at programs as they are: the C binding's tests, and one in Rust.

use std::path::Path;
use std::process::Command;

use crate::artifacts::Artifacts;
use crate::process::{announce, output, run as run_command, succeeds, watch};
use crate::repository::{self, HOST};
use crate::test::{Count, Tally, tally};
use crate::{bindings, setup};

const SUPPRESSIONS: &str = "testing/fuzz/valgrind.suppressions";
/// A test binary under a sanitizer takes up to a minute; one that takes this long hangs.
const TIME_MAX: &str = "15m";
/// The unit tests that Miri can run: of everything that makes no system calls.
const MIRI_TESTS: [&str; 5] = ["value::", "mem::", "ring::", "layout::", "carrier::gate::"];

pub fn run(root: &Path) -> Result<(), String> {
    bindings::tools(root, "c,cpp")?;
    setup::tools(&[&setup::VALGRIND])?;
    let parts = [
        ("address", sanitized(root, "address", &[])),
        ("thread", threads(root)),
        ("miri", miri(root)),
        ("valgrind, C", memcheck_c(root)),
        ("valgrind, Rust", memcheck_rust(root)),
    ];
    let mut total = Tally::default();
    for (name, outcome) in parts {
        let tally = outcome.unwrap_or_else(|why| {
            println!("{name}: {why}");
            Tally {
                passed: 0,
                failed: 1,
            }
        });
        println!("{name}: {} passed, {} failed", tally.passed, tally.failed);
        total.passed += tally.passed;
        total.failed += tally.failed;
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    match total.failed {
        0 => Ok(()),
        _ => Err("cargo xtask sanitize: see above what failed".to_owned()),
    }
}

/// The library's tests and those of its C face.
fn sanitized(root: &Path, sanitizer: &str, arguments: &[&str]) -> Result<Tally, String> {
    announce(&format!("sanitize: {sanitizer}"));
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10s", TIME_MAX])
        .arg(repository::cargo(root).get_program())
        .current_dir(root)
        .args(["test", "--package=simpleipc", "--package=simpleipc-capi"])
        .args(["--features=simpleipc/testing", "--lib", "--tests"])
        .args(["--no-fail-fast", "--target", HOST])
        .args(arguments)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer}"))
        .env(
            "CARGO_TARGET_DIR",
            repository::target(root).join("sanitize").join(sanitizer),
        )
        // Tests of files that are cut off want the signal.
        .env("ASAN_OPTIONS", "handle_sigbus=0")
        .env("TSAN_OPTIONS", "handle_sigbus=0");
    tally(&mut command, Count::Cargo)
}

fn threads(root: &Path) -> Result<Tally, String> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    if !source.is_dir() {
        announce("set-up: the source of the standard library");
        run_command(Command::new("rustup").args(["component", "add", "rust-src"]))?;
    }
    sanitized(root, "thread", &["-Zbuild-std"])
}

/// The tests of values, memory and the ring, by an interpreter that knows what Rust permits: which
/// pointer may lead where, and what is initialized and aligned.
fn miri(root: &Path) -> Result<Tally, String> {
    let nightly = ["run", "nightly", "cargo", "miri"];
    let is_there = || succeeds(Command::new("rustup").args(nightly).arg("--version"));
    if !is_there() {
        announce("set-up: a nightly compiler with Miri");
        let install = ["toolchain", "install", "nightly", "--profile=minimal"];
        let components = ["--component=miri", "--component=rust-src"];
        run_command(Command::new("rustup").args(install).args(components))?;
    }
    announce("sanitize: miri");
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10s", TIME_MAX, "rustup"])
        .args(nightly)
        .args(["test", "--package=simpleipc", "--lib", "--"])
        .args(MIRI_TESTS)
        .current_dir(root)
        .env(
            "CARGO_TARGET_DIR",
            repository::target(root).join("sanitize/miri"),
        );
    tally(&mut command, Count::Cargo)
}

/// Valgrind, which is to fail when the program has done wrong or has lost memory for good.
fn memcheck(root: &Path) -> Command {
    let mut command = Command::new("timeout");
    command
        .args([
            "--kill-after=10s",
            TIME_MAX,
            "valgrind",
            "--quiet",
            "--vgdb=no",
        ])
        .args(["--error-exitcode=9", "--leak-check=full"])
        .args(["--show-leak-kinds=definite,indirect"])
        .args(["--errors-for-leak-kinds=definite,indirect"])
        .arg(format!(
            "--suppressions={}",
            root.join(SUPPRESSIONS).display()
        ));
    command
}

/// Each test of the C binding is a process of its own, and says what it has come to.
fn memcheck_c(root: &Path) -> Result<Tally, String> {
    let library = Artifacts::library(root)?;
    announce("sanitize: the C binding's tests under valgrind");
    let program = repository::target(root).join("sanitize/c-tests");
    let build = format!(
        "cc -std=c17 -O1 -g -D_XOPEN_SOURCE=700 -pthread -I'{include}' bindings/c/tests/*.c \
         -L'{libraries}' -lsimpleipc -Wl,-rpath,'{libraries}' -o '{program}'",
        include = library.include.display(),
        libraries = library.libraries.display(),
        program = program.display()
    );
    run_command(Command::new("sh").args(["-c", &build]).current_dir(root))?;
    let said = watch(memcheck(root).arg(&program).arg("valgrind"))?.output;
    let count = |mark| said.lines().filter(|line| line.starts_with(mark)).count() as u64;
    Ok(Tally {
        passed: count("ok "),
        failed: count("FAILED "),
    })
}

fn memcheck_rust(root: &Path) -> Result<Tally, String> {
    let build = [
        "build",
        "--quiet",
        "--package=simpleipc",
        "--example=quickstart",
    ];
    run_command(repository::cargo(root).args(build))?;
    announce("sanitize: crates/simpleipc/examples/quickstart.rs under valgrind");
    let program = repository::target(root).join("debug/examples/quickstart");
    let passed = succeeds(memcheck(root).arg(program));
    Ok(Tally {
        passed: u64::from(passed),
        failed: u64::from(!passed),
    })
}
