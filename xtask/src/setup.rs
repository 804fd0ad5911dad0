//! What the suites and the demo need beyond Rust, put in place only when it is missing.
//!
//! System packages come from apt, Python packages from PyPI into virtual environments below the
//! build directory, with fixed versions. Nothing else of the machine is changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{announce, is_root, output, run, succeeds};
use crate::repository;

/// Something to have: a shell command that succeeds when it is there, and where it comes from.
pub struct Tool {
    pub name: &'static str,
    pub probe: &'static str,
    pub packages: &'static [&'static str],
}

/// Python with the means to make a virtual environment.
pub const PYTHON: Tool = Tool {
    name: "Python 3.10 or later",
    probe: "python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'",
    packages: &["python3", "python3-venv"],
};

/// Links 32-bit programs, which must run here; tried, not only looked for.
pub const NARROW_COMPILER: Tool = Tool {
    name: "a compiler of 32-bit programs",
    probe: "d=$(mktemp -d) && trap 'rm -r $d' EXIT && echo 'int main(void) { return 0; }' \
            > $d/p.c && i686-linux-gnu-gcc -static $d/p.c -o $d/p && $d/p",
    packages: &["gcc-i686-linux-gnu", "libc6-dev-i386-cross"],
};

/// Counts instructions and system calls; tried, not only looked for.
pub const VALGRIND: Tool = Tool {
    name: "valgrind",
    probe: "valgrind --tool=cachegrind --vgdb=no --cachegrind-out-file=/dev/null true",
    packages: &["valgrind"],
};

/// Builds the wheel.
pub const PYTHON_BUILD: [&str; 1] = ["maturin==1.13.3"];

/// Arrays, for tensors.
pub const NUMPY: &str = "numpy==2.2.6";

/// What the Python suite uses.
pub const PYTHON_TEST: [&str; 2] = [NUMPY, "pytest==9.0.3"];

/// Makes sure that every tool works, installing its packages if it does not.
pub fn tools(wanted: &[&Tool]) -> Result<(), String> {
    let wanted: Vec<&&Tool> = wanted.iter().filter(|tool| !tool.works()).collect();
    let names: Vec<&str> = wanted.iter().map(|tool| tool.name).collect();
    let packages: Vec<&str> = wanted
        .iter()
        .flat_map(|tool| tool.packages)
        .copied()
        .collect();
    install(&names, &packages)?;
    match wanted.iter().find(|tool| !tool.works()) {
        None => Ok(()),
        Some(tool) => Err(format!("{}: still not usable", tool.name)),
    }
}

/// Installs Debian packages, which bring what is named.
pub fn install(names: &[&str], packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    let install = format!(
        "apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    );
    if !(is_root() && succeeds(Command::new("sh").args(["-c", "command -v apt-get"]))) {
        return Err(format!(
            "{}: missing; as root run: {install}",
            names.join(", ")
        ));
    }
    announce(&format!(
        "set-up: installing {} ({})",
        names.join(", "),
        packages.join(" ")
    ));
    apt(&["update", "--quiet=2"])?;
    apt(&[
        &["install", "--yes", "--no-install-recommends", "--quiet=2"],
        packages,
    ]
    .concat())
}

impl Tool {
    fn works(&self) -> bool {
        succeeds(Command::new("sh").args(["-c", self.probe]))
    }
}

/// The virtual environment of the suites and the demo; see `python_in`.
pub fn python(root: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    python_in(root, "venv", packages)
}

/// Makes sure that the virtual environment `name` holds `packages` (each `name==version`) and
/// returns its interpreter.
pub fn python_in(root: &Path, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    tools(&[&PYTHON])?;
    let directory = repository::target(root).join(name);
    let interpreter = directory.join("bin/python");
    if !succeeds(Command::new(&interpreter).args(["-m", "pip", "--version"])) {
        announce(&format!(
            "set-up: virtual environment in {}",
            directory.display()
        ));
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&directory))?;
    }
    let listing = [
        "-m",
        "pip",
        "--disable-pip-version-check",
        "list",
        "--format=freeze",
    ];
    let installed = output(Command::new(&interpreter).args(listing))?;
    let is_missing = |package: &&str| !installed.lines().any(|line| line == *package);
    let missing: Vec<&str> = packages.iter().copied().filter(is_missing).collect();
    if !missing.is_empty() {
        announce(&format!("set-up: Python packages {}", missing.join(" ")));
        let install = [
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ];
        run(Command::new(&interpreter).args(install).args(missing))?;
    }
    Ok(interpreter)
}

/// apt-get, waiting for other installations on this machine to finish.
fn apt(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    run(command
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .args(arguments))
}
