//! `cargo xtask fuzz`: libFuzzer damages channels and messages; see testing/fuzz/README.md.
//!
//! Without a time it is the suite `fuzz` of `cargo xtask test`: the inputs kept in
//! testing/fuzz/corpus once more, and a few seconds of new ones. With `--minutes` it looks on from
//! where the last long run stopped, under AddressSanitizer.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{announce, run as run_command};
use crate::repository::{self, HOST};

/// Of the short run, for all targets together.
const SECONDS_SHORT: u64 = 21;
/// For the inputs that are there already, before the time of a target counts.
const SECONDS_SPARE: u64 = 180;
/// Longer inputs say nothing new: they are lists of at most 60 steps.
const INPUT_BYTES_MAX: &str = "-max_len=600";

/// Has the compiler count every branch, and tell libFuzzer of every comparison.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

#[derive(clap::Args)]
pub struct Options {
    /// How long to look for new inputs, for all targets together, under AddressSanitizer. Without
    /// it the kept inputs run once more, and new ones for some seconds.
    #[arg(long)]
    minutes: Option<u64>,
    /// Only this one, a folder of testing/fuzz/corpus.
    #[arg(long)]
    target: Option<String>,
}

/// A build of the fuzzer, and where what it makes goes.
struct Fuzzer {
    program: PathBuf,
    kept: PathBuf,
    work: PathBuf,
    /// In shared memory; removed after each target, however that ends.
    home: PathBuf,
    long: bool,
}

/// What one target has done.
struct Ran {
    executions: u64,
    edges: u64,
    inputs: u64,
    /// Why it stopped before its time was over.
    found: Option<String>,
}

pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let fuzzer = Fuzzer::build(root, options.minutes.is_some())?;
    let targets = fuzzer.targets(options.target.as_deref())?;
    let all = options
        .minutes
        .map_or(SECONDS_SHORT, |minutes| minutes * 60);
    let seconds = (all / targets.len() as u64).max(1);
    let (mut passed, mut failed) = (0, 0);
    for target in &targets {
        let ran = fuzzer.run(target, seconds)?;
        println!(
            "{target:<12} {:>9} executions, {:>5} edges, {:>5} inputs",
            ran.executions, ran.edges, ran.inputs
        );
        match ran.found {
            None => passed += 1,
            Some(what) => {
                failed += 1;
                println!("FAILED {target}: {what}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => Ok(()),
        _ => Err("cargo xtask fuzz: see above what was found".to_owned()),
    }
}

impl Fuzzer {
    fn build(root: &Path, long: bool) -> Result<Self, String> {
        let (name, sanitizer) = match long {
            true => ("address", "-Zsanitizer=address"),
            false => ("short", ""),
        };
        let work = repository::target(root).join("fuzz");
        let target = work.join(name);
        announce(&format!("build: testing/fuzz ({name})"));
        let mut cargo = repository::cargo(&root.join("testing/fuzz"));
        cargo.args([
            "build",
            "--release",
            "--quiet",
            "--locked",
            "--target",
            HOST,
        ]);
        cargo.env("CARGO_TARGET_DIR", &target);
        cargo.env("RUSTFLAGS", format!("{} {sanitizer}", COVERAGE.join(" ")));
        if long {
            cargo.env("RUSTC_BOOTSTRAP", "1"); // sanitizers are for nightly compilers otherwise
        }
        run_command(&mut cargo)?;
        Ok(Self {
            program: target.join(HOST).join("release/fuzz"),
            kept: root.join("testing/fuzz/corpus"),
            home: format!("/dev/shm/sipc-fuzz-{}", std::process::id()).into(),
            work,
            long,
        })
    }

    /// Each target has a folder of kept inputs.
    fn targets(&self, only: Option<&str>) -> Result<Vec<String>, String> {
        let failed = |why| format!("{}: {why}", self.kept.display());
        let entries = fs::read_dir(&self.kept).map_err(failed)?.flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names
            .filter(|name| only.is_none_or(|only| only == name))
            .collect();
        names.sort();
        match names.is_empty() {
            true => Err(format!("{} has no such folder", self.kept.display())),
            false => Ok(names),
        }
    }

    fn run(&self, target: &str, seconds: u64) -> Result<Ran, String> {
        let corpus = match self.long {
            true => self.folder("corpus", target)?,
            false => self.emptied("short-corpus", target)?,
        };
        let findings = self.folder("findings", target)?;
        let log = self.folder("logs", "")?.join(target);
        let said = File::create(&log).map_err(|why| format!("{}: {why}", log.display()))?;
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=10", &(seconds + SECONDS_SPARE).to_string()])
            .arg(&self.program)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", findings.display()))
            // The bus errors of files that were cut off are the fuzzer's own; see fault.rs.
            .args(["-handle_bus=0", "-print_final_stats=1", INPUT_BYTES_MAX])
            .args(["-len_control=20", "-timeout=20", "-rss_limit_mb=9000"])
            .arg(&corpus)
            .arg(self.kept.join(target))
            .env("FUZZ_TARGET", target)
            .env("FUZZ_HOME", &self.home)
            // Leaks are looked for by `cargo xtask sanitize`, where less is in the way.
            .env("ASAN_OPTIONS", "handle_sigbus=0:detect_leaks=0")
            .stdout(said.try_clone().map_err(|why| why.to_string())?)
            .stderr(said);
        let status = command.status().map_err(|why| why.to_string())?;
        let _ = fs::remove_dir_all(&self.home);
        let text = fs::read(&log).map_err(|why| format!("{}: {why}", log.display()))?;
        let mut ran = read(&String::from_utf8_lossy(&text));
        if !status.success() {
            let what = ran.found.unwrap_or_else(|| status.to_string());
            let log = log.display();
            ran.found = Some(format!("{what}\n  all it said: {log}"));
        }
        Ok(ran)
    }

    fn folder(&self, what: &str, target: &str) -> Result<PathBuf, String> {
        let folder = self.work.join(what).join(target);
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        Ok(folder)
    }

    fn emptied(&self, what: &str, target: &str) -> Result<PathBuf, String> {
        let folder = self.folder(what, target)?;
        fs::remove_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        self.folder(what, target)
    }
}

/// What libFuzzer said.
fn read(log: &str) -> Ran {
    let after = |mark: &str| {
        let said = log.lines().rev().find_map(|line| line.split_once(mark));
        let digits = said.map_or("", |(_, rest)| rest.trim_start());
        let end = digits.find(|c: char| !c.is_ascii_digit());
        digits[..end.unwrap_or(digits.len())].parse().unwrap_or(0)
    };
    let mut lines = log.lines().skip_while(|line| !line.contains("panicked at"));
    let panic = lines.next().map(|line| {
        let place = line
            .split_once("panicked at ")
            .map_or("", |(_, place)| place);
        format!("{place} {}", lines.next().unwrap_or_default())
    });
    let error = || log.lines().find_map(|line| line.split_once("ERROR: "));
    Ran {
        executions: after("stat::number_of_executed_units:"),
        edges: after(" cov: "),
        inputs: after(" corp: "),
        found: panic.or_else(|| error().map(|(_, what)| what.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "#100\tNEW    cov: 90 ft: 300 corp: 9/1Kb lim: 4 exec/s: 7 rss: 3Mb\n\
        #283\tDONE   cov: 1166 ft: 3411 corp: 620/19Kb lim: 634 exec/s: 25771 rss: 528Mb\n\
        stat::number_of_executed_units: 283\n";

    #[test]
    fn the_last_numbers_count() {
        let ran = read(SAID);
        assert_eq!((ran.executions, ran.edges, ran.inputs), (283, 1166, 620));
        assert_eq!(ran.found, None);
    }

    #[test]
    fn a_panic_is_named_with_its_place() {
        let log = "thread 'x' (1) panicked at src/stage.rs:204:13:\nSome(3) of 2 messages\n\
            ==1== ERROR: libFuzzer: deadly signal\n";
        let found = read(log).found;
        assert_eq!(
            found.as_deref(),
            Some("src/stage.rs:204:13: Some(3) of 2 messages")
        );
        let found = read("==1== ERROR: AddressSanitizer: heap-use-after-free on x\n").found;
        assert_eq!(
            found.as_deref(),
            Some("AddressSanitizer: heap-use-after-free on x")
        );
    }
}
