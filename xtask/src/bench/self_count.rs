//! Counts what the hot paths of bench/self do: instructions, allocations and system calls for each
//! operation. Counts and no times: they are the same again on a busy machine.
//!
//! Each path runs twice under valgrind, the second time with more operations. The difference is
//! what these cost; loading the program and opening the channel are in both.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{announce, output, run};
use crate::{repository, setup};

/// Operations that both runs make: several laps around every ring, so that the later ones find
/// what messages find in the long run.
const WARM_OPERATIONS: u64 = 2048;
/// Operations that only the second run makes: many times whatever happens once in a while.
const OPERATIONS: u64 = 8192;

/// No run needs a tenth of this; one that does waits for something.
const RUN_TIME_MAX: &str = "60s";

/// The C library is to choose the same way to copy on every processor, a loop that each of them
/// has. What it chooses else copies in one instruction, which valgrind counts once for each byte.
const PLAIN_COPIES: &str = "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-SSSE3,-ERMS";

/// What one operation of a path costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    pub instructions: f64,
    pub allocations: f64,
    /// With the looks at the clock: under valgrind each is a call.
    pub system_calls: f64,
}

/// The program that takes the paths, and where it may leave what valgrind says.
pub struct Counter {
    program: PathBuf,
    folder: PathBuf,
}

/// What one run has done in all.
struct Totals {
    instructions: u64,
    allocations: u64,
    system_calls: u64,
}

impl Counter {
    pub fn build(root: &Path) -> Result<Self, String> {
        setup::tools(&[&setup::VALGRIND])?;
        announce("build: bench-self (release)");
        let build = ["build", "--release", "--quiet", "--package=bench-self"];
        run(repository::cargo(root).args(build))?;
        let target = repository::target(root);
        let folder = target.join("bench-self");
        std::fs::create_dir_all(&folder)
            .map_err(|why| format!("{} cannot be made: {why}", folder.display()))?;
        Ok(Self {
            program: target.join("release/bench-self"),
            folder,
        })
    }

    /// The names of the paths.
    pub fn paths(&self) -> Result<Vec<String>, String> {
        let names = output(&mut Command::new(&self.program))?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    pub fn costs(&self, path: &str) -> Result<Costs, String> {
        let warm = self.count(path, WARM_OPERATIONS)?;
        let all = self.count(path, WARM_OPERATIONS + OPERATIONS)?;
        let each = |all: u64, warm: u64| all.abs_diff(warm) as f64 / OPERATIONS as f64;
        Ok(Costs {
            instructions: each(all.instructions, warm.instructions),
            allocations: each(all.allocations, warm.allocations),
            system_calls: each(all.system_calls, warm.system_calls),
        })
    }

    fn count(&self, path: &str, operations: u64) -> Result<Totals, String> {
        let profile = self.folder.join(format!("{path}.cachegrind"));
        let log = self.folder.join(format!("{path}.log"));
        let mut valgrind = Command::new("timeout");
        valgrind.args([RUN_TIME_MAX, "valgrind", "--tool=cachegrind"]);
        valgrind.args(["--cache-sim=no", "--vgdb=no", "--trace-syscalls=yes"]);
        valgrind.arg(format!("--cachegrind-out-file={}", profile.display()));
        valgrind.arg(format!("--log-file={}", log.display()));
        valgrind.arg(&self.program);
        valgrind.args([path, &operations.to_string()]);
        // Nothing else of the environment: it lies on the stack and moves what follows.
        valgrind.env_clear();
        valgrind.envs(std::env::var_os("PATH").map(|programs| ("PATH", programs)));
        valgrind.env("GLIBC_TUNABLES", PLAIN_COPIES);
        let said = output(&mut valgrind)?;
        let read = |file: &Path| {
            std::fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))
        };
        Totals::of(&said, &read(&profile)?, &read(&log)?)
            .ok_or_else(|| format!("{path}: valgrind or bench-self gave no count"))
    }
}

impl Totals {
    /// From what the program and valgrind have written.
    fn of(said: &str, profile: &str, log: &str) -> Option<Self> {
        let number = |text: &str, before: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(before))?;
            found.trim().parse().ok()
        };
        Some(Self {
            instructions: number(profile, "summary:")?,
            allocations: number(said, "allocations=")?,
            // A call that takes long has a second line, without its name.
            system_calls: log.lines().filter(|line| line.contains(") sys_")).count() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Totals;

    #[test]
    fn counts_are_found_in_what_is_said() {
        let profile = "events: Ir\nfn=main\n12 400\nsummary: 1551715\n";
        let log = "==5== Cachegrind, a profiler\n\
            SYSCALL[5,1](0) sys_read ( 4, 0x1ff, 832 ) --> [async] ... \n\
            SYSCALL[5,1](0) ... [async] --> Success(0x340) \n\
            SYSCALL[5,1](228) sys_clock_gettime( 1, 0x1ff )[sync] --> Success(0x0) \n";
        let totals = Totals::of("allocations=69\n", profile, log).expect("counts");
        assert_eq!(totals.instructions, 1_551_715);
        assert_eq!(totals.allocations, 69);
        assert_eq!(totals.system_calls, 2);
        assert!(Totals::of("", profile, log).is_none());
    }
}
