//! `cargo xtask interop`: every language's driver against every other.

use std::path::Path;

use crate::artifacts::Artifacts;
use crate::process::{self, announce};
use crate::{repository, setup};

/// Sets up, builds and runs testing/interop; `langs` is handed on as it is.
pub fn run(root: &Path, langs: Option<&str>) -> Result<(), String> {
    setup::tools(&[&setup::C_COMPILERS, &setup::PASCAL_COMPILER])?;
    let mut artifacts = Artifacts::library(root)?;
    artifacts.add_python(root, &setup::PYTHON_TEST)?;
    announce("interop: every language with every other");
    let mut cargo = repository::cargo(root);
    cargo.args(["run", "--quiet", "--release", "--package", "interop", "--"]);
    if let Some(langs) = langs {
        cargo.args(["--langs", langs]);
    }
    process::run(cargo.envs(artifacts.environment()))
}
