//! `cargo xtask bench self`: whether a hot path of the library has become dearer.

use std::path::Path;

use clap::Args;

use super::self_count::{Costs, Counter};
use super::self_record::{Compiler, Record, Verdict};
use crate::process::announce;

#[derive(Args)]
pub struct Options {
    /// Write what is counted to bench/self/limits.toml instead of comparing it.
    #[arg(long)]
    record: bool,
}

pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let record = Record::read(root)?;
    let compiler = Compiler::current()?;
    let counter = Counter::build(root)?;
    let paths = counter.paths()?;
    announce("self: what one operation of each hot path costs");
    println!(
        "{:<14} {:>12} {:>9} {:>10} {:>12} {:>13}",
        "path", "instructions", "recorded", "difference", "allocations", "system calls"
    );
    let mut all = Vec::new();
    let mut failures = Vec::new();
    for path in &paths {
        match counter.costs(path) {
            Ok(costs) => {
                println!("{}", row(path, costs, record.instructions(path)));
                all.push((path.clone(), costs));
            }
            Err(why) => failures.push(format!("{path} could not be counted: {why}")),
        }
    }
    if options.record {
        return match failures.is_empty() {
            true => write(root, &record.written(&compiler, &all)),
            false => Err(failures.join("\n")),
        };
    }
    if let Some(note) = record.note(&compiler) {
        println!("{note}");
    }
    let mut passed = 0;
    for (path, costs) in &all {
        match record.judge(path, *costs, &compiler) {
            Verdict::Kept => passed += 1,
            Verdict::Cheaper(how) => {
                println!("{how}; to keep that, run {RENEW}");
                passed += 1;
            }
            Verdict::Dearer(how) => failures.push(how),
        }
    }
    if let Some(path) = record.stale(&paths) {
        failures.push(format!("{path} is recorded and no path any more"));
    }
    println!("{passed} passed, {} failed", failures.len());
    match failures.is_empty() {
        true => Ok(()),
        false => Err(format!("{}; {REMEDY}", failures.join("\n"))),
    }
}

const RENEW: &str = "cargo xtask bench self --record";
const REMEDY: &str = "see bench/self/README.md for where it goes and how to record it anew";

fn row(path: &str, costs: Costs, recorded: Option<f64>) -> String {
    let (then, difference) = match recorded {
        Some(then) => (
            format!("{then:.1}"),
            format!("{:+.1} %", (costs.instructions / then - 1.0) * 100.0),
        ),
        None => ("-".to_owned(), "-".to_owned()),
    };
    format!(
        "{path:<14} {:>12.1} {then:>9} {difference:>10} {:>12.2} {:>13.2}",
        costs.instructions, costs.allocations, costs.system_calls
    )
}

fn write(root: &Path, text: &str) -> Result<(), String> {
    let file = Record::file(root);
    std::fs::write(&file, text).map_err(|why| format!("{}: {why}", file.display()))?;
    println!("recorded in bench/self/limits.toml");
    Ok(())
}
