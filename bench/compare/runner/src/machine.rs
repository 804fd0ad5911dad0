//! What the figures were measured on, as far as it can be told without naming the machine: the
//! processor, the kernel, and the versions of what is compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub kernel: String,
    /// How the kernel chooses the clock frequency.
    pub governor: String,
    pub rustc: String,
    /// Versions, by name.
    pub versions: BTreeMap<String, String>,
}

/// Crates whose versions are those of the systems.
const CRATES: [&str; 6] = [
    "iceoryx2",
    "zenoh",
    "redis",
    "zmq",
    "aeron-rs",
    "rusteron-client",
];
/// Libraries of the distribution, by the names of their Debian packages.
const LIBRARIES: [&str; 2] = ["libzmq5", "libnng1"];
const PYTHON_PACKAGES: [&str; 4] = ["numpy", "pyzmq", "redis", "iceoryx2"];

impl Machine {
    /// Looks around. `home` is the folder of the workspace that the workers were built in.
    pub fn here(home: &Path, python: Option<&Path>) -> Machine {
        let mut versions = versions_of_crates(home);
        let mut add = |name: &str, version: Option<String>| {
            if let Some(version) = version.filter(|version| !version.is_empty()) {
                versions.insert(name.to_owned(), version);
            }
        };
        for library in LIBRARIES {
            let ask = ["--show", "--showformat=${Version}\n", library];
            add(library, said_by("dpkg-query", &ask));
        }
        let server = said_by("redis-server", &["--version"]);
        add("redis-server", server.and_then(|said| after(&said, "v=")));
        add("cc", said_by("cc", &["-dumpfullversion"]));
        add("fpc", said_by("fpc", &["-iV"]));
        if let Some(python) = python {
            let program = python.display().to_string();
            add(
                "python",
                said_by(
                    &program,
                    &["-c", "import platform as p; print(p.python_version())"],
                ),
            );
            for package in PYTHON_PACKAGES {
                let ask = format!("import importlib.metadata as m; print(m.version('{package}'))");
                add(
                    &format!("{package} (python)"),
                    said_by(&program, &["-c", &ask]),
                );
            }
        }
        let governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
        Machine {
            processor: processor().unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read_line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
            governor: read_line(governor).unwrap_or_else(unknown),
            rustc: said_by("rustc", &["--version"]).unwrap_or_else(unknown),
            versions,
        }
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn read_line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The first line of what a program says, if it succeeds.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().next()?.trim().to_owned();
    output.status.success().then_some(line)
}

fn after(text: &str, mark: &str) -> Option<String> {
    let rest = text.split_once(mark)?.1;
    Some(rest.split_whitespace().next()?.to_owned())
}

fn versions_of_crates(home: &Path) -> BTreeMap<String, String> {
    let lock = fs::read_to_string(home.join("Cargo.lock")).unwrap_or_default();
    let mut versions = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(found) = quoted(line, "name = ") {
            name = found;
        } else if let Some(version) = quoted(line, "version = ")
            && CRATES.contains(&name)
        {
            versions.insert(name.to_owned(), version.to_owned());
        }
    }
    versions
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    Some(line.strip_prefix(key)?.trim_matches('"'))
}
