//! `cargo xtask interop`: every language's driver against every other.

use std::path::Path;

use crate::artifacts::Artifacts;
use crate::process::{self, announce};
use crate::{bindings, repository, setup};

/// Sets up, builds and runs testing/interop; what is given is handed on as it is.
pub fn run(root: &Path, langs: Option<&str>, partners: Option<&str>) -> Result<(), String> {
    let languages = languages::named(languages::all(root)?, langs)?;
    for (language, why) in bindings::set_up(root, &languages)? {
        println!("{language} is skipped: {why}");
    }
    let mut artifacts = Artifacts::library(root)?;
    if languages.iter().any(|language| language.python) {
        artifacts.add_python(root, &setup::PYTHON_TEST)?;
    }
    announce("interop: every language with every other");
    let mut cargo = repository::cargo(root);
    cargo.args(["run", "--quiet", "--release", "--package", "interop", "--"]);
    for (option, names) in [("--langs", langs), ("--partners", partners)] {
        cargo.args(names.map(|names| format!("{option}={names}")));
    }
    process::run(cargo.envs(artifacts.environment()))
}
