//! `cargo xtask bench compare`: builds what is to be compared and has it compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::build::{self, Built};
use super::languages;
use crate::generate;
use crate::process::{announce, run as run_command};

#[derive(Args)]
pub struct Options {
    /// One short round: within two minutes.
    #[arg(long)]
    quick: bool,
    /// Write the rows to this file as well.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only these, as `simpleipc,zeromq`; limits are always there.
    #[arg(long, value_delimiter = ',')]
    systems: Vec<String>,
    /// Only these, as `pingpong,stream`.
    #[arg(long, value_delimiter = ',')]
    works: Vec<String>,
    /// Also the workers in C, Python and Object Pascal, beside what these use otherwise.
    #[arg(long)]
    foreign: bool,
    /// Instead: what each language costs, all with the same partner in C.
    #[arg(long, conflicts_with_all = ["systems", "works", "foreign"])]
    languages: bool,
    /// Of the languages only these, as `rust,python`.
    #[arg(long, requires = "languages")]
    langs: Option<String>,
}

impl Options {
    /// Only a whole run may replace the results that are kept.
    fn is_whole(&self) -> bool {
        !self.quick && self.systems.is_empty() && self.works.is_empty() && self.langs.is_none()
    }

    /// Where the results go.
    fn results(&self, root: &Path) -> PathBuf {
        match self.is_whole() {
            true => root.join("bench/results"),
            false => build::home(root).join("target/results"),
        }
    }
}

pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    if options.languages {
        let json = options.json.clone();
        let json = json.unwrap_or_else(|| options.results(root).join(languages::FILE));
        return languages::run(root, options.langs.as_deref(), options.quick, &json);
    }
    let mut built = build::core(root)?;
    let is_wanted = |name: &str| {
        options.systems.is_empty() || options.systems.iter().any(|system| system == name)
    };
    built.add_rivals(root, is_wanted);
    if options.foreign {
        built.add_languages(root);
    }
    let results = options.results(root);
    announce("compare");
    run_command(&mut command(&built, options, &results))?;
    let shown = results.strip_prefix(root).unwrap_or(&results);
    announce(&format!("results: {}", shown.display()));
    Ok(())
}

fn command(built: &Built, options: &Options, results: &Path) -> Command {
    let mut command = Command::new(&built.compare);
    command.arg("--results").arg(results);
    if options.quick {
        command.arg("--quick");
    }
    if options.foreign {
        command.arg("--foreign");
    }
    if let Some(path) = &options.json {
        command.arg("--json").arg(path);
    }
    for (flag, words) in [("--systems", &options.systems), ("--works", &options.works)] {
        if !words.is_empty() {
            command.arg(flag).arg(words.join(","));
        }
    }
    if let Some(python) = &built.python {
        command.arg("--python").arg(python);
    }
    for (name, why) in &built.missing {
        command.arg(format!("--missing={name}={why}"));
    }
    command
}

/// Prints anew what is printed from the kept results.
pub fn render(root: &Path) -> Result<(), String> {
    let built = build::core(root)?;
    let mut command = Command::new(&built.compare);
    command.arg("--render");
    command.arg("--results").arg(root.join("bench/results"));
    run_command(command.arg("--readme").arg(root.join("README.md")))?;
    // Pages of the book have figures, too.
    generate::run(root, false)
}
