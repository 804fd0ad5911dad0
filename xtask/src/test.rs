//! `cargo xtask test`: sets up what is missing, runs every suite and adds up their counts.
//!
//! The suites are the table below. A suite that cannot be set up, that dies or that says no
//! count has failed, and so has one that leaves something in shared memory or in /tmp; the others
//! run all the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::artifacts::Artifacts;
use crate::leavings::Leavings;
use crate::process::{announce, watch};
use crate::{repository, setup};

/// No suite needs half of this; one that does hangs.
const SUITE_TIME_MAX: &str = "15m";

/// How a suite says what it did.
#[derive(Clone, Copy)]
pub enum Count {
    /// By its exit status alone; it has no tests to count.
    Status,
    /// By cargo's lines `test result: ok. 3 passed; 0 failed; ...`.
    Cargo,
    /// By its last line, `3 passed, 0 failed`.
    LastLine,
}

/// What must be there before a suite starts; made once, when the first suite asks for it.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Need {
    Compilers,
    Pascal,
    Python,
    Library,
    Package,
}

struct Suite {
    name: &'static str,
    needs: &'static [Need],
    /// `cargo` and `xtask` are the running ones; anything else is a path in the repository.
    command: &'static [&'static str],
    count: Count,
}

const SUITES: &[Suite] = &[
    Suite {
        name: "format",
        needs: &[],
        command: &[
            "cargo",
            "fmt",
            "--all",
            "--check",
            "--",
            "--files-with-diff",
        ],
        count: Count::Status,
    },
    Suite {
        name: "lints",
        needs: &[Need::Python],
        command: &[
            "cargo",
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--features=simpleipc/testing",
            "--",
            "--deny=warnings",
        ],
        count: Count::Status,
    },
    Suite {
        name: "house rules",
        needs: &[],
        command: &["xtask", "tidy"],
        count: Count::Status,
    },
    Suite {
        name: "rust",
        needs: &[Need::Compilers],
        command: &[
            "cargo",
            "test",
            "--workspace",
            "--exclude=simpleipc-python",
            "--features=simpleipc/testing",
            "--no-fail-fast",
        ],
        count: Count::Cargo,
    },
    Suite {
        name: "c",
        needs: &[Need::Compilers, Need::Library],
        command: &["bindings/c/check"],
        count: Count::LastLine,
    },
    Suite {
        name: "c++",
        needs: &[Need::Compilers, Need::Library],
        command: &["bindings/cpp/check"],
        count: Count::LastLine,
    },
    Suite {
        name: "python",
        needs: &[Need::Package],
        command: &["bindings/python/check"],
        count: Count::LastLine,
    },
    Suite {
        name: "pascal",
        needs: &[Need::Pascal, Need::Library],
        command: &["bindings/pascal/check"],
        count: Count::LastLine,
    },
    Suite {
        name: "interop",
        needs: &[Need::Compilers, Need::Pascal, Need::Package],
        command: &["cargo", "run", "--quiet", "--release", "--package=interop"],
        count: Count::LastLine,
    },
    Suite {
        name: "versions",
        needs: &[],
        command: &["xtask", "versions"],
        count: Count::LastLine,
    },
    Suite {
        name: "bench",
        needs: &[],
        command: &["xtask", "bench", "check"],
        count: Count::LastLine,
    },
    Suite {
        name: "self",
        needs: &[],
        command: &["xtask", "bench", "self"],
        count: Count::LastLine,
    },
    Suite {
        name: "fuzz",
        needs: &[Need::Compilers],
        command: &["xtask", "fuzz"],
        count: Count::LastLine,
    },
    Suite {
        name: "models",
        needs: &[],
        command: &["xtask", "models"],
        count: Count::LastLine,
    },
    Suite {
        name: "steps",
        needs: &[],
        command: &[
            "cargo",
            "run",
            "--quiet",
            "--release",
            "--package=crash",
            "--",
            "explore",
            "--every=20",
        ],
        count: Count::LastLine,
    },
    Suite {
        name: "starvation",
        needs: &[],
        command: &[
            "cargo",
            "run",
            "--quiet",
            "--release",
            "--package=crash",
            "--",
            "starve",
        ],
        count: Count::LastLine,
    },
    Suite {
        name: "crash",
        needs: &[Need::Compilers, Need::Package],
        command: &[
            "cargo",
            "run",
            "--quiet",
            "--release",
            "--package=crash",
            "--",
            "--minutes=1",
        ],
        count: Count::LastLine,
    },
];

/// Tests that went well and tests that did not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

/// Runs all suites, or those that are named; an error if anything failed.
pub fn run(root: &Path, names: &[String]) -> Result<(), String> {
    let is_known = |name: &&String| SUITES.iter().any(|suite| suite.name == **name);
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        return Err(format!(
            "no suite {name:?}; there are: {}",
            known.join(", ")
        ));
    }
    let wanted = |suite: &&Suite| names.is_empty() || names.iter().any(|name| name == suite.name);
    let mut provider = Provider {
        root,
        artifacts: None,
        done: BTreeMap::new(),
    };
    let mut total = Tally::default();
    let mut summary = Vec::new();
    for suite in SUITES.iter().filter(wanted) {
        let started = Instant::now();
        let tally = run_suite(suite, &mut provider).unwrap_or_else(|why| {
            println!("{}: {why}", suite.name);
            Tally {
                passed: 0,
                failed: 1,
            }
        });
        total.passed += tally.passed;
        total.failed += tally.failed;
        let seconds = started.elapsed().as_secs();
        let counts = match (suite.count, tally.failed) {
            (Count::Status, 0) => "ok".to_owned(),
            _ => format!("{} passed, {} failed", tally.passed, tally.failed),
        };
        summary.push(format!("{:<12} {counts} ({seconds} s)", suite.name));
    }
    announce("summary");
    println!(
        "{}\n{} passed, {} failed",
        summary.join("\n"),
        total.passed,
        total.failed
    );
    match total.failed {
        0 => Ok(()),
        _ => Err("cargo xtask test: see above what failed".to_owned()),
    }
}

fn run_suite(suite: &Suite, provider: &mut Provider) -> Result<Tally, String> {
    for need in suite.needs {
        provider.provide(*need)?;
    }
    announce(&format!(
        "suite {}: {}",
        suite.name,
        suite.command.join(" ")
    ));
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10s", SUITE_TIME_MAX])
        .current_dir(provider.root);
    match suite.command[0] {
        "cargo" => command.arg(repository::cargo(provider.root).get_program()),
        "xtask" => command.arg(std::env::current_exe().map_err(|why| why.to_string())?),
        script => command.arg(provider.root.join(script)),
    };
    command.args(&suite.command[1..]);
    if let Some(artifacts) = &provider.artifacts {
        command.envs(artifacts.environment());
    }
    let before = Leavings::now();
    let watched = watch(&mut command)?;
    let mut tally = counted(suite.count, &watched.output).ok_or("it says no count")?;
    if !watched.succeeded && tally.failed == 0 {
        tally.failed = 1;
    }
    let left = Leavings::since(&before);
    if !left.is_empty() {
        println!("{}: left behind: {}", suite.name, left.join(" "));
        tally.failed += 1;
    }
    Ok(tally)
}

/// Runs a part of a suite and counts its tests; a part that says no count is an error.
pub fn tally(command: &mut Command, count: Count) -> Result<Tally, String> {
    let watched = watch(command)?;
    let mut tally = counted(count, &watched.output).ok_or("a part says no count")?;
    if !watched.succeeded && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// The tests a suite says it has run; None if it says nothing, or that it ran none.
pub fn counted(count: Count, output: &str) -> Option<Tally> {
    let tally = match count {
        Count::Status => return Some(Tally::default()),
        Count::Cargo => {
            let results = output
                .lines()
                .filter_map(|line| line.strip_prefix("test result: "));
            let tallies = results.filter_map(|result| tally_in(result.split_once(". ")?.1, "; "));
            tallies.reduce(|a, b| Tally {
                passed: a.passed + b.passed,
                failed: a.failed + b.failed,
            })
        }
        Count::LastLine => tally_in(output.trim_end().lines().last()?, ", "),
    };
    tally.filter(|tally| *tally != Tally::default())
}

/// `3 passed, 0 failed` with the given separator; what follows a further one does not matter.
fn tally_in(text: &str, separator: &str) -> Option<Tally> {
    let mut parts = text.split(separator);
    let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

/// Sets up each need once and remembers how that went.
struct Provider<'a> {
    root: &'a Path,
    artifacts: Option<Artifacts>,
    done: BTreeMap<Need, Result<(), String>>,
}

impl Provider<'_> {
    fn provide(&mut self, need: Need) -> Result<(), String> {
        if let Some(outcome) = self.done.get(&need) {
            return outcome.clone();
        }
        let outcome = self.make(need);
        self.done.insert(need, outcome.clone());
        outcome
    }

    fn make(&mut self, need: Need) -> Result<(), String> {
        match need {
            Need::Compilers => setup::tools(&[&setup::C_COMPILERS]),
            Need::Pascal => setup::tools(&[&setup::PASCAL_COMPILER]),
            Need::Python => setup::tools(&[&setup::PYTHON]),
            Need::Library => {
                self.artifacts = Some(Artifacts::library(self.root)?);
                Ok(())
            }
            Need::Package => {
                self.provide(Need::Library)?;
                let artifacts = self.artifacts.as_mut().ok_or("the library is not built")?;
                artifacts.add_python(self.root, &setup::PYTHON_TEST)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_cargo_test_programs_are_added_up() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            counted(Count::Cargo, output),
            Some(Tally {
                passed: 3,
                failed: 3
            })
        );
    }

    #[test]
    fn a_script_is_believed_by_its_last_line_only() {
        let output = "9 passed, 0 failed\nok a\n1 passed, 2 failed\n\n";
        assert_eq!(
            counted(Count::LastLine, output),
            Some(Tally {
                passed: 1,
                failed: 2
            })
        );
        assert_eq!(
            counted(Count::LastLine, "3 passed, 0 failed\nand then it crashed\n"),
            None
        );
    }

    #[test]
    fn a_suite_that_ran_nothing_has_no_count() {
        assert_eq!(counted(Count::LastLine, ""), None);
        assert_eq!(counted(Count::LastLine, "0 passed, 0 failed\n"), None);
        assert_eq!(counted(Count::Cargo, "error: could not compile\n"), None);
    }
}
