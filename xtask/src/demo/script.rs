//! Whole systems that a script of theirs builds and runs, `examples/<name>/run`: what each needs is
//! set up before.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;

use crate::artifacts::Artifacts;
use crate::process::{announce, run as run_command};
use crate::{bindings, repository, setup};

/// A system, and what has to be there for its script.
pub struct Script {
    folder: &'static str,
    title: &'static str,
    /// The languages whose tools it uses, besides Python.
    languages: &'static str,
    python_packages: &'static [&'static str],
    /// Whether it runs `sipc`, as SIPC_TOOL.
    needs_sipc: bool,
}

/// An editor in C++ with plugins in Python, Object Pascal, C and the shell.
pub const PLUGINS: Script = Script {
    folder: "examples/plugins",
    title: "the editor and its plugins",
    languages: "c,cpp,pascal",
    python_packages: &[],
    needs_sipc: true,
};

/// A camera in Object Pascal, a detector in Python, a logger in Go and a display in C++.
pub const ROVER: Script = Script {
    folder: "examples/rover",
    title: "the rover",
    languages: "pascal,go,cpp",
    python_packages: &[setup::NUMPY],
    needs_sipc: false,
};

/// Sensor drivers in Python, a solver in Fortran and a page in PHP.
pub const WEATHER: Script = Script {
    folder: "examples/weather",
    title: "the weather station",
    languages: "fortran,php",
    python_packages: &[],
    needs_sipc: false,
};

impl Script {
    /// Sets up and runs it; with `check` it is verified. At Ctrl-C it ends itself, and is awaited.
    pub fn run(&self, root: &Path, check: bool) -> Result<(), String> {
        bindings::tools(root, self.languages)?;
        let mut artifacts = Artifacts::library(root)?;
        artifacts.add_python(root, self.python_packages)?;
        // It does not outlive this process, however that ends.
        let mut script = Command::new("setpriv");
        script.args(["--pdeathsig", "TERM", "--"]);
        script.arg(root.join(self.folder).join("run"));
        script.envs(artifacts.environment());
        if self.needs_sipc {
            announce("build: sipc (release)");
            let arguments = ["build", "--release", "--quiet", "--package", "sipc"];
            run_command(repository::cargo(root).args(arguments))?;
            script.env("SIPC_TOOL", artifacts.libraries.join("sipc"));
        }
        announce(self.title);
        signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))
            .map_err(|why| format!("Ctrl-C cannot be caught: {why}"))?;
        if check {
            script.arg("--check");
        }
        run_command(&mut script)
    }
}
