//! `cargo xtask bench compare --languages`: what each language costs, measured by testing/interop,
//! which knows how all their drivers are built and started.

use std::fs;
use std::path::Path;

use crate::process::{announce, run as run_command};
use crate::{generate, interop};

/// What the file of figures is called.
pub const FILE: &str = "languages.json";

/// Measures the languages and writes the figures.
pub fn run(root: &Path, langs: Option<&str>, is_quick: bool, json: &Path) -> Result<(), String> {
    // The partner is one of them, asked for or not.
    let with_c = langs.map(|langs| ::languages::first("c", langs));
    let mut command = interop::command(root, with_c.as_deref())?;
    if let Some(folder) = json.parent() {
        fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    announce("compare the languages");
    command.arg("speed").arg("--json").arg(json);
    command.args(with_c.map(|langs| format!("--langs={langs}")));
    if is_quick {
        command.args(["--rounds=1", "--milliseconds=20"]);
    }
    let measured = run_command(&mut command);
    let shown = json.strip_prefix(root).unwrap_or(json);
    announce(&format!("results: {}", shown.display()));
    measured?;
    generate::run(root, false)
}
