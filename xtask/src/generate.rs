//! `cargo xtask gen`: prints every generated file from spec/api.toml; `--check` only compares.

use std::fs;
use std::path::Path;

use crate::api::{API_PATH, Api};
use crate::print::{self, comparison, costs};

/// The command that mends a stale file; it is also the first line of each.
pub const COMMAND: &str = "cargo xtask gen";

/// A file of the repository and the text it must hold.
pub struct Generated {
    pub path: String,
    /// The file it is printed from.
    pub origin: &'static str,
    pub text: String,
}

/// A page of the book that has figures, the results they come from, and what prints both as one.
type Page = (
    &'static str,
    &'static str,
    fn(&str, &str) -> Result<String, String>,
);
const PAGES: [Page; 2] = [
    (comparison::PAGE, comparison::RESULTS, comparison::print),
    (costs::PAGE, costs::RESULTS, costs::print),
];

/// Prints all generated files in memory.
pub fn print_all(root: &Path) -> Result<Vec<Generated>, String> {
    let api = Api::load(root)?;
    let printed = [
        ("include/simpleipc.h", print::header::print(&api)),
        (
            "crates/simpleipc-capi/src/generated.rs",
            print::rust::print(&api)?,
        ),
        ("bindings/pascal/generated.inc", print::pascal::print(&api)),
        ("docs/c-reference.md", print::reference::print(&api)),
    ];
    let mut files: Vec<Generated> = printed
        .into_iter()
        .map(|(path, text)| Generated {
            path: path.to_owned(),
            origin: API_PATH,
            text,
        })
        .collect();
    for language in languages::all(root)? {
        if let Some(generated) = &language.generated {
            files.push(Generated {
                path: format!("{}/{}/{}", languages::FOLDER, language.name, generated.file),
                origin: API_PATH,
                text: print::template::print(&api, &language.folder, generated)?,
            });
        }
    }
    for (page, results, print) in PAGES {
        files.push(Generated {
            path: page.to_owned(),
            origin: results,
            text: print(&read(root, page)?, &read(root, results)?)?,
        });
    }
    Ok(files)
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|why| format!("{path}: {why}"))
}

/// Names the generated files that differ from the contract, each with the way to mend it.
pub fn stale(root: &Path) -> Result<Vec<String>, String> {
    let files = print_all(root)?;
    let is_stale = |file: &&Generated| {
        fs::read_to_string(root.join(&file.path)).ok().as_deref() != Some(file.text.as_str())
    };
    let line = |file: &Generated| {
        format!(
            "{}:1: differs from {}: run `{COMMAND}`",
            file.path, file.origin
        )
    };
    Ok(files.iter().filter(is_stale).map(line).collect())
}

/// The command itself. In a CI run nothing is written.
pub fn run(root: &Path, check: bool) -> Result<(), String> {
    if check || std::env::var_os("CI").is_some_and(|value| value == "1") {
        let stale = stale(root)?;
        return if stale.is_empty() {
            Ok(())
        } else {
            Err(stale.join("\n"))
        };
    }
    for file in print_all(root)? {
        let path = root.join(&file.path);
        if fs::read_to_string(&path).ok().as_deref() == Some(file.text.as_str()) {
            continue;
        }
        fs::write(&path, file.text).map_err(|why| format!("{}: {why}", file.path))?;
        println!("wrote {}", file.path);
    }
    Ok(())
}
