//! `cargo xtask test`: sets up what is missing, runs every suite and adds up their counts.
//!
//! The suites are the table below. A suite that cannot be set up, that dies or that says no
//! count has failed, and so has one that leaves something in shared memory or in /tmp; the others
//! run all the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use languages::Language;

use crate::artifacts::Artifacts;
use crate::bindings::{self, Missing};
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
    Python,
    Library,
    Package,
    /// The tools of all languages that take part, in one go.
    Languages,
}

struct Suite {
    name: Cow<'static, str>,
    needs: &'static [Need],
    work: Work,
    count: Count,
}

/// What a suite runs.
enum Work {
    Cargo(&'static [&'static str]),
    Xtask(&'static [&'static str]),
    /// `check` in the folder of this language.
    Check(PathBuf),
    /// A script of the repository.
    Script(&'static str),
}

/// The suites before those of the languages.
const FIRST: [Suite; 4] = [
    Suite {
        name: Cow::Borrowed("format"),
        needs: &[],
        work: Work::Cargo(&["fmt", "--all", "--check", "--", "--files-with-diff"]),
        count: Count::Status,
    },
    Suite {
        name: Cow::Borrowed("lints"),
        needs: &[Need::Python],
        work: Work::Cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--features=simpleipc/testing",
            "--",
            "--deny=warnings",
        ]),
        count: Count::Status,
    },
    Suite {
        name: Cow::Borrowed("house rules"),
        needs: &[],
        work: Work::Xtask(&["tidy"]),
        count: Count::Status,
    },
    Suite {
        name: Cow::Borrowed("rust"),
        needs: &[Need::Compilers],
        work: Work::Cargo(&[
            "test",
            "--workspace",
            "--exclude=simpleipc-python",
            "--features=simpleipc/testing",
            "--no-fail-fast",
        ]),
        count: Count::Cargo,
    },
];

/// The suites after them.
const LAST: [Suite; 14] = [
    Suite {
        name: Cow::Borrowed("interop"),
        needs: &[Need::Compilers, Need::Package, Need::Languages],
        // Every language with these and with itself; `cargo xtask interop` runs all pairs.
        work: Work::Cargo(&[
            "run",
            "--quiet",
            "--release",
            "--package=interop",
            "--",
            "--all",
            "--partners=rust,c",
        ]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("tool"),
        needs: &[Need::Compilers],
        work: Work::Xtask(&["tool"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("book"),
        needs: &[Need::Compilers, Need::Package, Need::Languages],
        work: Work::Script("testing/book/check"),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("plugins"),
        needs: &[],
        work: Work::Xtask(&["demo", "plugins", "--check"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("rover"),
        needs: &[],
        work: Work::Xtask(&["demo", "rover", "--check"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("weather"),
        needs: &[],
        work: Work::Xtask(&["demo", "weather", "--check"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("versions"),
        needs: &[],
        work: Work::Xtask(&["versions"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("bench"),
        needs: &[],
        work: Work::Xtask(&["bench", "check"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("self"),
        needs: &[],
        work: Work::Xtask(&["bench", "self"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("fuzz"),
        needs: &[Need::Compilers],
        work: Work::Xtask(&["fuzz"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("models"),
        needs: &[],
        work: Work::Xtask(&["models"]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("steps"),
        needs: &[],
        work: Work::Cargo(&[
            "run",
            "--quiet",
            "--release",
            "--package=crash",
            "--",
            "explore",
            "--every=20",
        ]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("starvation"),
        needs: &[],
        work: Work::Cargo(&[
            "run",
            "--quiet",
            "--release",
            "--package=crash",
            "--",
            "starve",
        ]),
        count: Count::LastLine,
    },
    Suite {
        name: Cow::Borrowed("crash"),
        needs: &[Need::Compilers, Need::Package],
        work: Work::Cargo(&[
            "run",
            "--quiet",
            "--release",
            "--package=crash",
            "--",
            "--minutes=1",
        ]),
        count: Count::LastLine,
    },
];

/// All suites in their order: what is wrong in the middle of things shows first.
fn suites(languages: &[Language]) -> Vec<Suite> {
    let checks = languages.iter().filter(|language| language.check);
    let check = |language: &Language| Suite {
        name: Cow::Owned(language.name.clone()),
        needs: match language.python {
            true => &[Need::Compilers, Need::Package, Need::Languages],
            false => &[Need::Compilers, Need::Library, Need::Languages],
        },
        work: Work::Check(language.folder.join("check")),
        count: Count::LastLine,
    };
    let mut suites = Vec::from(FIRST);
    suites.extend(checks.map(check));
    suites.extend(LAST);
    suites
}

/// Tests that went well and tests that did not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

/// Runs all suites, or those that are named; an error if anything failed.
pub fn run(root: &Path, names: &[String]) -> Result<(), String> {
    let languages = languages::all(root)?;
    let suites = suites(&languages);
    let is_known = |name: &&String| suites.iter().any(|suite| suite.name == **name);
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = suites.iter().map(|suite| &*suite.name).collect();
        return Err(format!(
            "no suite {name:?}; there are: {}",
            known.join(", ")
        ));
    }
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let takes_part = |language: &Language| {
        is_wanted("interop") || is_wanted("book") || is_wanted(&language.name)
    };
    let mut provider = Provider {
        root,
        languages: languages.into_iter().filter(takes_part).collect(),
        artifacts: None,
        missing: Vec::new(),
        done: BTreeMap::new(),
    };
    let mut total = Tally::default();
    let mut summary = Vec::new();
    for suite in suites.iter().filter(|suite| is_wanted(&suite.name)) {
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
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=10s", SUITE_TIME_MAX])
        .current_dir(provider.root);
    let words = match &suite.work {
        Work::Cargo(words) => {
            command.arg(repository::cargo(provider.root).get_program());
            announce(&format!("suite {}: cargo {}", suite.name, words.join(" ")));
            *words
        }
        Work::Xtask(words) => {
            command.arg(std::env::current_exe().map_err(|why| why.to_string())?);
            announce(&format!("suite {}: xtask {}", suite.name, words.join(" ")));
            *words
        }
        Work::Check(script) => {
            let mut missing = provider.missing.iter();
            if let Some((_, why)) = missing.find(|(language, _)| *language == suite.name) {
                return Err(why.clone());
            }
            command.arg(script);
            let products = bindings::place(provider.root).products;
            command.env("OUT", products.join(&*suite.name));
            announce(&format!("suite {0}: bindings/{0}/check", suite.name));
            &[]
        }
        Work::Script(path) => {
            command.arg(provider.root.join(path));
            announce(&format!("suite {}: {path}", suite.name));
            &[]
        }
    };
    command.args(words);
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
    languages: Vec<Language>,
    artifacts: Option<Artifacts>,
    /// Languages whose tools cannot be had.
    missing: Vec<Missing>,
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
            Need::Compilers => bindings::tools(self.root, "c,cpp"),
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
            Need::Languages => {
                self.missing = bindings::set_up(self.root, &self.languages)?;
                Ok(())
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
