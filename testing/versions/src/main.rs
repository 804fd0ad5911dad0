//! Runs programs of two builds on one channel: of this library and of an earlier release, of 64
//! bits and of 32.
//!
//! `versions [--only=TEXT] NAME=ACTOR ...`: the first actor is of this build, each of the others is
//! paired with it, in both orders. `cargo xtask versions` builds them. `NAME=-REASON` counts a
//! build that cannot be had as skipped. A case is a function of two programs; it panics if what is
//! promised does not hold (spec/versions.md).

mod deaths;
mod layouts;
mod program;
mod talk;

use program::Program;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Two builds; the first creates what the second joins.
pub struct Pair {
    pub first: Program,
    pub second: Program,
}

/// The name of the first release, which cannot do all that later ones can.
pub const OLD: &str = "v0.1.0";

/// One thing that must hold for a pair.
pub struct Case {
    pub name: String,
    /// The first program must do what version 0.1.0 never does.
    pub later: bool,
    pub check: Box<dyn Fn(&Pair) + Sync>,
}

impl Case {
    pub fn new(name: impl Into<String>, check: impl Fn(&Pair) + Sync + 'static) -> Self {
        Self {
            name: name.into(),
            later: false,
            check: Box::new(check),
        }
    }
}

fn main() -> ExitCode {
    let (mut programs, mut skipped, mut only) = (Vec::new(), 0, String::new());
    for argument in std::env::args().skip(1) {
        let Some((name, path)) = argument.split_once('=') else {
            eprintln!("{argument}: not NAME=ACTOR");
            return ExitCode::FAILURE;
        };
        if name == "--only" {
            only = path.to_string();
            continue;
        }
        match path.strip_prefix('-') {
            Some(reason) => {
                println!("skipped {name}: {reason}");
                skipped += 1;
            }
            None => programs.push(Program {
                name: name.to_string(),
                path: path.into(),
            }),
        }
    }
    let Some((this, others)) = programs.split_first() else {
        eprintln!("no program given");
        return ExitCode::FAILURE;
    };
    let pairs: Vec<Pair> = others
        .iter()
        .flat_map(|other| [(this, other), (other, this)])
        .map(|(first, second)| Pair {
            first: first.clone(),
            second: second.clone(),
        })
        .collect();
    let cases: Vec<Case> = [talk::cases(), layouts::cases(), deaths::cases()]
        .into_iter()
        .flatten()
        .filter(|case| case.name.contains(&only))
        .collect();
    let runs: Vec<(&Pair, &Case)> = pairs
        .iter()
        .flat_map(|pair| cases.iter().map(move |case| (pair, case)))
        .filter(|(pair, case)| !case.later || pair.first.name != OLD)
        .collect();
    let failed = run(&runs);
    let passed = runs.len() - failed;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    ExitCode::from(u8::from(failed > 0))
}

/// Runs the cases, a few at a time: most of the time they wait for each other's programs. How many
/// failed.
fn run(runs: &[(&Pair, &Case)]) -> usize {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((pair, case)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = catch_unwind(AssertUnwindSafe(|| (case.check)(pair)));
            if outcome.is_err() {
                let names = (&pair.first.name, &pair.second.name);
                let line = format!("FAILED {} ({}, then {})", case.name, names.0, names.1);
                failures.lock().expect("nobody panics with it").push(line);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().expect("nobody panics with it");
    for line in &failures {
        println!("{line}");
    }
    failures.len()
}
