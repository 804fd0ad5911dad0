//! `cargo xtask demo plugins`: an editor in C++ with plugins in Python, Object Pascal, C and the
//! shell; see examples/plugins, whose script builds and runs it.

use std::path::Path;
use std::process::Command;

use crate::artifacts::Artifacts;
use crate::process::{announce, run as run_command};
use crate::{bindings, repository};

/// Sets up and runs it; with `check` it is verified.
pub fn run(root: &Path, check: bool) -> Result<(), String> {
    bindings::tools(root, "c,cpp,pascal")?;
    let mut artifacts = Artifacts::library(root)?;
    artifacts.add_python(root, &[])?;
    announce("build: sipc (release)");
    let arguments = ["build", "--release", "--quiet", "--package", "sipc"];
    run_command(repository::cargo(root).args(arguments))?;
    announce("the editor and its plugins");
    let mut script = Command::new(root.join("examples/plugins/run"));
    script
        .envs(artifacts.environment())
        .env("SIPC_TOOL", artifacts.libraries.join("sipc"));
    if check {
        script.arg("--check");
    }
    run_command(&mut script)
}
