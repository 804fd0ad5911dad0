//! What the comparison is built of. The library, the sockets and the limits must be there; any
//! other system that cannot be installed or built is left out, and the reason is handed on.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::artifacts::{Artifacts, install_wheel};
use crate::bindings;
use crate::process::{announce, output, run, try_run};
use crate::repository;
use crate::setup::{self, Tool};

/// The crates of the comparison that need nothing but a compiler.
const CORE: [&str; 5] = [
    "harness",
    "compare",
    "simpleipc-worker",
    "sockets-worker",
    "limits-worker",
];

/// A system with a worker of its own: its crate is `systems/<name>`.
struct Rival {
    name: &'static str,
    tools: &'static [&'static Tool],
    /// Python packages that its build uses.
    packages: &'static [&'static str],
}

const ZEROMQ: Tool = Tool {
    name: "ZeroMQ",
    probe: "pkg-config --exists libzmq",
    packages: &["libzmq3-dev", "pkg-config"],
};

const NNG: Tool = Tool {
    name: "nng",
    probe: "echo '#include <nng/nng.h>' | cc -E -",
    packages: &["libnng-dev"],
};

const REDIS: Tool = Tool {
    name: "Redis",
    probe: "redis-server --version",
    packages: &["redis-server"],
};

const UUID: Tool = Tool {
    name: "headers of libuuid",
    probe: "echo '#include <uuid/uuid.h>' | cc -E -",
    packages: &["uuid-dev"],
};

/// What reads C headers for iceoryx2 and Aeron, and what builds Aeron's media driver; a
/// distribution may have an older CMake. Both systems get both, in the same environment: a part
/// of the build that they share would be built anew each time for the other.
const NATIVE_PACKAGES: [&str; 2] = ["cmake==3.31.6", "libclang==18.1.1"];

const RIVALS: [Rival; 6] = [
    Rival {
        name: "iceoryx2",
        tools: &[],
        packages: &NATIVE_PACKAGES,
    },
    Rival {
        name: "zeromq",
        tools: &[&ZEROMQ],
        packages: &[],
    },
    Rival {
        name: "nng",
        tools: &[&NNG],
        packages: &[],
    },
    Rival {
        name: "redis",
        tools: &[&REDIS],
        packages: &[],
    },
    Rival {
        name: "zenoh",
        tools: &[],
        packages: &[],
    },
    Rival {
        name: "aeron",
        tools: &[&UUID],
        packages: &NATIVE_PACKAGES,
    },
];

/// What there is to start the comparison with.
pub struct Built {
    /// The program that runs it.
    pub compare: PathBuf,
    /// An interpreter for the Python workers.
    pub python: Option<PathBuf>,
    /// What could not be built, and why.
    pub missing: Vec<(String, String)>,
}

/// The workspace of the comparison.
pub fn home(root: &Path) -> PathBuf {
    root.join("bench/compare")
}

/// Cargo with `verb` in the workspace of the comparison, which has a build directory of its own.
pub fn cargo(root: &Path, verb: &[&str]) -> Command {
    let mut cargo = repository::cargo(root);
    let home = home(root);
    cargo
        .args(verb)
        .arg("--target-dir")
        .arg(home.join("target"));
    cargo.current_dir(home);
    cargo
}

/// The runner and the workers that must be there.
pub fn core(root: &Path) -> Result<Built, String> {
    bindings::tools(root, "c,cpp")?;
    announce("build: comparison (release)");
    let mut build = cargo(root, &["build", "--release", "--quiet"]);
    run(build.args(CORE.map(|name| format!("--package={name}"))))?;
    Ok(Built {
        compare: home(root).join("target/release/compare"),
        python: None,
        missing: Vec::new(),
    })
}

impl Built {
    /// Adds the other systems that are wanted.
    pub fn add_rivals(&mut self, root: &Path, is_wanted: impl Fn(&str) -> bool) {
        for rival in RIVALS.iter().filter(|rival| is_wanted(rival.name)) {
            if let Err(why) = build_rival(root, rival) {
                self.miss(rival.name, &why);
            }
        }
    }

    /// Adds the workers in other languages.
    pub fn add_languages(&mut self, root: &Path) {
        match python(root) {
            Ok(interpreter) => self.python = Some(interpreter),
            Err(why) => self.miss("python", &why),
        }
        match Artifacts::library(root) {
            Err(why) => {
                self.miss("c-worker", &why);
                self.miss("pascal-worker", &why);
            }
            Ok(library) => {
                if let Err(why) = build_c(root, &library) {
                    self.miss("c-worker", &why);
                }
                if let Err(why) = build_pascal(root, &library) {
                    self.miss("pascal-worker", &why);
                }
            }
        }
    }

    fn miss(&mut self, name: &str, why: &str) {
        let last = why.lines().rev().find(|line| !line.trim().is_empty());
        let why = last.unwrap_or("no reason given").trim().to_owned();
        println!("{name}: left out: {why}");
        self.missing.push((name.to_owned(), why));
    }
}

fn build_rival(root: &Path, rival: &Rival) -> Result<(), String> {
    announce(&format!("build: worker of {} (release)", rival.name));
    setup::tools(rival.tools)?;
    let mut build = cargo(root, &["build", "--release", "--quiet"]);
    if !rival.packages.is_empty() {
        let interpreter = setup::python_in(root, VENV, rival.packages)?;
        build.envs(native_tools(&interpreter)?);
    }
    try_run(build.arg(format!("--package={}-worker", rival.name)))
}

/// Variables by which build scripts find CMake and libclang in a virtual environment.
fn native_tools(interpreter: &Path) -> Result<Vec<(&'static str, OsString)>, String> {
    let programs = interpreter.parent().unwrap_or(Path::new("")).to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(programs).chain(std::env::split_paths(&others));
    let paths = std::env::join_paths(paths).map_err(|why| why.to_string())?;
    let find = "import clang, os; print(os.path.join(os.path.dirname(clang.__file__), 'native'))";
    let clang = output(Command::new(interpreter).args(["-c", find]))?;
    // That libclang has no headers of its own; the compiler's will do.
    let header = output(Command::new("cc").arg("-print-file-name=include/stddef.h"))?;
    let headers = Path::new(header.trim()).parent().unwrap_or(Path::new(""));
    let include = format!("-I{}", headers.display());
    Ok(vec![
        ("PATH", paths),
        ("LIBCLANG_PATH", clang.trim().into()),
        ("BINDGEN_EXTRA_CLANG_ARGS", include.into()),
    ])
}

/// The virtual environment of the comparison, below the build directory.
const VENV: &str = "bench-venv";

/// An interpreter with the library's package and with those that it is compared with.
fn python(root: &Path) -> Result<PathBuf, String> {
    let file = home(root).join("languages/python/requirements.txt");
    let text = fs::read_to_string(&file).map_err(|why| format!("requirements.txt: {why}"))?;
    let wanted = text.lines().map(str::trim);
    let wanted = wanted.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let packages: Vec<&str> = setup::PYTHON_BUILD.into_iter().chain(wanted).collect();
    let interpreter = setup::python_in(root, VENV, &packages)?;
    // Building the wheel takes some seconds even if nothing has changed.
    let stamp = repository::target(root).join(VENV).join("simpleipc.stamp");
    let made = fs::metadata(&stamp).and_then(|metadata| metadata.modified());
    let sources = ["crates", "bindings/python", "Cargo.lock"].map(|path| root.join(path));
    let newest = sources.iter().filter_map(|path| newest(path)).max();
    if made.ok() < newest {
        install_wheel(root, &interpreter)?;
        fs::write(&stamp, "").map_err(|why| why.to_string())?;
    }
    Ok(interpreter)
}

/// When the youngest file below `path` was written.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let entries = fs::read_dir(path).ok()?.flatten();
        return entries.filter_map(|entry| newest(&entry.path())).max();
    }
    fs::metadata(path).ok()?.modified().ok()
}

fn build_c(root: &Path, library: &Artifacts) -> Result<(), String> {
    let folder = home(root).join("languages/c");
    let mut build = Command::new("cc");
    build.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-o"]);
    build.arg(home(root).join("target/release/c-worker"));
    build.args(files_ending(&folder, "c")?);
    build.arg("-I").arg(&library.include);
    build.arg("-L").arg(&library.libraries).arg("-lsimpleipc");
    try_run(build.arg(format!("-Wl,-rpath,{}", library.libraries.display())))
}

fn build_pascal(root: &Path, library: &Artifacts) -> Result<(), String> {
    bindings::tools(root, "pascal")?;
    let source = home(root).join("languages/pascal/worker.pas");
    fs::metadata(&source).map_err(|why| format!("languages/pascal/worker.pas: {why}"))?;
    let objects = home(root).join("target/pascal");
    fs::create_dir_all(&objects).map_err(|why| why.to_string())?;
    let libraries = library.libraries.display();
    let mut build = Command::new("fpc");
    build.args(["-v0", "-O3"]);
    build.arg(format!("-Fu{}", root.join("bindings/pascal").display()));
    build.arg(format!("-FU{}", objects.display()));
    build.arg(format!("-Fl{libraries}"));
    build.args(["-k-rpath".to_owned(), format!("-k{libraries}")]);
    let program = home(root).join("target/release/pascal-worker");
    build.arg(format!("-o{}", program.display()));
    try_run(build.arg(source))
}

fn files_ending(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let entries = fs::read_dir(folder).map_err(|why| format!("languages/{name}: {why}"))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    Ok(files)
}
