//! The actors' programs: how each language's is built and started.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const LANGUAGES: [&str; 3] = ["rust", "c", "python"];

const C_SOURCES: [&str; 3] = ["actor.c", "owner.c", "calls.c"];

/// Programs that are ready to run.
pub struct Programs {
    sources: PathBuf,
    products: PathBuf,
    python: OsString,
}

fn tool(variable: &str, default: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| OsString::from(default))
}

fn joined(flag: &str, path: &Path) -> OsString {
    let mut word = OsString::from(flag);
    word.push(path);
    word
}

impl Programs {
    /// Builds those of `languages`; the error is the compiler's own words. Where the header and
    /// the library are says the environment, or else they are where cargo puts them.
    pub fn build(languages: &[&str]) -> Result<Self, String> {
        let program = env::current_exe().map_err(|why| why.to_string())?;
        let beside = program.parent().unwrap_or(Path::new("/")).to_owned();
        let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = crate_root.join("../..");
        let given = |name: &str, default: PathBuf| env::var_os(name).map_or(default, PathBuf::from);
        let include = given("SIPC_INCLUDE", root.join("include"));
        let libraries = given("SIPC_LIB_DIR", beside.clone());
        let programs = Self {
            sources: crate_root.join("actors"),
            products: beside.join("storm-actors"),
            python: tool("SIPC_PYTHON", "python3"),
        };
        std::fs::create_dir_all(&programs.products).map_err(|why| why.to_string())?;
        if languages.contains(&"c") {
            let mut compiler = Command::new(tool("CC", "cc"));
            compiler
                .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"])
                .arg(joined("-I", &include))
                .args(C_SOURCES.map(|name| programs.sources.join("c").join(name)))
                .arg("-o")
                .arg(programs.products.join("actor-c"))
                .arg(joined("-L", &libraries))
                .arg("-lsimpleipc")
                .arg(joined("-Wl,-rpath,", &libraries));
            run(&mut compiler)?;
        }
        if languages.contains(&"python") {
            run(Command::new(&programs.python).args(["-c", "import simpleipc"]))?;
        }
        Ok(programs)
    }

    /// The command that starts an actor, up to its words.
    pub fn command(&self, language: &str) -> Command {
        let mut command = match language {
            "rust" => {
                let mut command = Command::new("/proc/self/exe");
                command.args(["actor", "storm"]);
                return command;
            }
            "python" => {
                let mut command = Command::new(&self.python);
                // Without the folder of compiled files, which a user may not write.
                command.arg("-B").arg(self.sources.join("python/actor.py"));
                command
            }
            other => Command::new(self.products.join(format!("actor-{other}"))),
        };
        command.stdin(Stdio::null());
        command
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // Free Pascal complains on its standard output, everyone else on the error output.
    let words = [output.stdout, output.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    Err(format!("{command:?}: {}\n{}", output.status, words.trim()))
}
