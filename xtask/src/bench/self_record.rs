//! bench/self/limits.toml: what each hot path costs, and how much more it may.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::self_count::Costs;
use crate::process::output;

/// Allocations and system calls that are not there in each operation: less than this is one in a
/// hundred, and may have to do with the time.
const SELDOM: f64 = 0.01;

const HEAD: &str = "\
# What one operation of each hot path costs (README.md), and how much more it may.
# `cargo xtask bench self --record` writes the figures anew and leaves what is allowed.
";

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    allowed: Allowed,
    compiler: Compiler,
    paths: BTreeMap<String, Recorded>,
}

/// By how much the instructions may grow; allocations and system calls may not.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    percent: f64,
    /// If another compiler is in use than the one that the figures are from.
    percent_other_compiler: f64,
    /// On top of either.
    instructions: f64,
}

/// What has made the code that was counted.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Compiler {
    pub version: String,
    pub host: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    instructions: f64,
    allocations: f64,
    system_calls: f64,
}

/// What a path's costs are, compared with the record.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Kept,
    /// So much less that the record protects nothing any more; a sentence.
    Cheaper(String),
    /// More than allowed; a sentence.
    Dearer(String),
}

impl Compiler {
    /// The one that cargo uses.
    pub fn current() -> Result<Self, String> {
        let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let said = output(Command::new(program).arg("-vV"))?;
        let host = said.lines().find_map(|line| line.strip_prefix("host: "));
        match (said.lines().next(), host) {
            (Some(version), Some(host)) => Ok(Self {
                version: version.to_owned(),
                host: host.to_owned(),
            }),
            _ => Err(format!("rustc -vV does not say what it is: {said}")),
        }
    }
}

impl Record {
    pub fn file(root: &Path) -> PathBuf {
        root.join("bench/self/limits.toml")
    }

    pub fn read(root: &Path) -> Result<Self, String> {
        let file = Self::file(root);
        let text = std::fs::read_to_string(&file);
        let text = text.map_err(|why| format!("{}: {why}", file.display()))?;
        toml::from_str(&text).map_err(|why| format!("{}: {why}", file.display()))
    }

    /// The file with other figures.
    pub fn written(&self, compiler: &Compiler, all: &[(String, Costs)]) -> String {
        let allowed = self.allowed;
        let mut text = format!(
            "{HEAD}\n[allowed]\npercent = {}\npercent_other_compiler = {}\ninstructions = {}\n\n\
             [compiler]\nversion = \"{}\"\nhost = \"{}\"\n\n[paths]\n",
            allowed.percent,
            allowed.percent_other_compiler,
            allowed.instructions,
            compiler.version,
            compiler.host,
        );
        for (path, costs) in all {
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{path} = {{ instructions = {:.1}, allocations = {:.2}, system_calls = {:.2} }}",
                costs.instructions, costs.allocations, costs.system_calls
            );
        }
        text
    }

    /// What it means for the comparison that this compiler is in use, if it means something.
    pub fn note(&self, compiler: &Compiler) -> Option<String> {
        if self.compiler.host != compiler.host {
            return Some(format!(
                "the record is of {}, this is {}: instructions are not compared",
                self.compiler.host, compiler.host
            ));
        }
        (self.compiler != *compiler).then(|| {
            format!(
                "the record is by {}, this is {}: {} % more are allowed instead of {} %",
                self.compiler.version,
                compiler.version,
                self.allowed.percent_other_compiler,
                self.allowed.percent
            )
        })
    }

    /// The instructions of a path as recorded.
    pub fn instructions(&self, path: &str) -> Option<f64> {
        self.paths.get(path).map(|recorded| recorded.instructions)
    }

    /// A path of the record that is not among these.
    pub fn stale<'a>(&'a self, paths: &[String]) -> Option<&'a str> {
        let mut recorded = self.paths.keys().map(String::as_str);
        recorded.find(|name| !paths.iter().any(|path| path == name))
    }

    pub fn judge(&self, path: &str, costs: Costs, compiler: &Compiler) -> Verdict {
        let Some(recorded) = self.paths.get(path) else {
            return Verdict::Dearer(format!("{path} is not in the record yet"));
        };
        let percent = match self.compiler == *compiler {
            true => self.allowed.percent,
            false => self.allowed.percent_other_compiler,
        };
        let slack = match self.compiler.host == compiler.host {
            true => recorded.instructions * percent / 100.0 + self.allowed.instructions,
            false => f64::INFINITY,
        };
        // What says most comes first: an allocation is some instructions, too.
        let figures = [
            (
                "allocations",
                costs.allocations,
                recorded.allocations,
                SELDOM,
            ),
            (
                "system calls or looks at the clock",
                costs.system_calls,
                recorded.system_calls,
                SELDOM,
            ),
            (
                "instructions",
                costs.instructions,
                recorded.instructions,
                slack,
            ),
        ];
        for (what, now, then, slack) in figures {
            if now - then > slack {
                let most = then + slack;
                return Verdict::Dearer(format!(
                    "{path} takes {now:.2} {what}, {then:.2} are recorded and {most:.2} allowed"
                ));
            }
        }
        for (what, now, then, slack) in figures {
            if then - now > slack {
                return Verdict::Cheaper(format!(
                    "{path} takes only {now:.2} {what}, {then:.2} are recorded"
                ));
            }
        }
        Verdict::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(version: &str, host: &str) -> Compiler {
        Compiler {
            version: version.to_owned(),
            host: host.to_owned(),
        }
    }

    fn costs(instructions: f64, allocations: f64, system_calls: f64) -> Costs {
        Costs {
            instructions,
            allocations,
            system_calls,
        }
    }

    /// 200 instructions, recorded with rustc 1 on x86.
    fn record() -> Record {
        let text = "[allowed]\npercent = 5\npercent_other_compiler = 20\ninstructions = 2\n\
            [compiler]\nversion = \"rustc 1\"\nhost = \"x86\"\n[paths]\n\
            put = { instructions = 200.0, allocations = 0.0, system_calls = 1.0 }\n";
        toml::from_str(text).expect("a record")
    }

    fn judged(costs: Costs, version: &str, host: &str) -> Verdict {
        record().judge("put", costs, &compiler(version, host))
    }

    #[test]
    fn a_path_may_grow_by_what_is_allowed_and_no_more() {
        assert_eq!(
            judged(costs(212.0, 0.0, 1.0), "rustc 1", "x86"),
            Verdict::Kept
        );
        let verdict = judged(costs(212.5, 0.0, 1.0), "rustc 1", "x86");
        let sentence = "put takes 212.50 instructions, 200.00 are recorded and 212.00 allowed";
        assert_eq!(verdict, Verdict::Dearer(sentence.to_owned()));
    }

    #[test]
    fn an_allocation_or_a_system_call_more_is_never_allowed() {
        let allocating = judged(costs(200.0, 0.125, 1.0), "rustc 2", "x86");
        assert!(matches!(allocating, Verdict::Dearer(_)), "{allocating:?}");
        let calling = judged(costs(100.0, 0.0, 1.125), "rustc 2", "arm");
        assert!(matches!(calling, Verdict::Dearer(_)), "{calling:?}");
    }

    #[test]
    fn another_compiler_may_need_more_and_another_machine_anything() {
        assert_eq!(
            judged(costs(240.0, 0.0, 1.0), "rustc 2", "x86"),
            Verdict::Kept
        );
        assert_eq!(
            judged(costs(900.0, 0.0, 1.0), "rustc 1", "arm"),
            Verdict::Kept
        );
        assert_eq!(record().note(&compiler("rustc 1", "x86")), None);
        assert!(record().note(&compiler("rustc 2", "x86")).is_some());
    }

    #[test]
    fn a_record_that_protects_nothing_any_more_is_seen() {
        let verdict = judged(costs(150.0, 0.0, 1.0), "rustc 1", "x86");
        assert!(matches!(verdict, Verdict::Cheaper(_)), "{verdict:?}");
        assert_eq!(record().stale(&["put".to_owned()]), None);
        assert_eq!(record().stale(&[]), Some("put"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (other, new) = (compiler("rustc 2", "arm"), costs(301.25, 1.0, 0.0));
        let text = record().written(&other, &[("take".to_owned(), new)]);
        let read: Record = toml::from_str(&text).expect("a record");
        assert_eq!(read.compiler, other);
        assert_eq!(read.allowed.percent, 5.0);
        assert_eq!(read.judge("take", new, &other), Verdict::Kept);
    }
}
