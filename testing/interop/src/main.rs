//! Every language's driver against every other: `interop [--langs rust,c,..] [--dir FOLDER]`.
//!
//! A driver is a small program in bindings/<language>/ that does on its channels what lines on
//! its standard input say and answers each with a line. `interop driver` is the one of Rust;
//! `interop speed` measures what each language costs.

mod cases;
mod driver;
mod languages;
mod later;
mod locks;
mod matrix;
mod misuse;
mod notation;
mod page;
mod pair;
mod plugins;
mod presence;
mod report;
mod rust_driver;
mod scenarios;
mod services;
mod speed;
mod states;
mod taken;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, process};

use clap::Parser;

use languages::{Language, Place};

/// What the folder of a run is called, but for its process id.
const FOLDER: &str = "sipc-interop-";

/// Every language's driver against every other. The environment may say where things are:
/// SIPC_INCLUDE, SIPC_LIB_DIR (default: beside this program), SIPC_PYTHON, and what a driver's
/// build reads, as CC.
#[derive(Parser)]
#[command(name = "interop")]
struct Order {
    /// The languages to run, as `rust,c`; without it all of them.
    #[arg(long)]
    langs: Option<String>,
    /// Only pairs with one of these languages, and each language with itself.
    #[arg(long, value_delimiter = ',')]
    partners: Vec<String>,
    /// A language whose tools are not here is a failure, and not only skipped.
    #[arg(long)]
    all: bool,
    /// Also write the matrix as interop.md and interop.svg into this folder.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Where the channels are made, in a folder of their own.
    #[arg(long, default_value = "/dev/shm")]
    dir: PathBuf,
}

fn main() -> ExitCode {
    // The Rust driver is no command of this program's users.
    let words: Vec<String> = env::args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["driver"] => rust_driver::run()
            .map(|()| true)
            .map_err(|error| error.to_string()),
        ["driver", "plugin"] => rust_driver::be_a_plugin()
            .map(|()| true)
            .map_err(|error| error.to_string()),
        ["speed", ..] => speed::Order::parse_from(&words).carry_out(),
        _ => Order::parse().carry_out(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            eprintln!("interop: {text}");
            ExitCode::from(2)
        }
    }
}

impl Order {
    /// Runs the matrix and prints it; whether nothing failed.
    fn carry_out(&self) -> Result<bool, String> {
        let root = languages::root().map_err(|error| error.to_string())?;
        let languages = ::languages::named(::languages::all(&root)?, self.langs.as_deref())?;
        let place = Place::find().map_err(|error| error.to_string())?;
        sweep(&self.dir);
        let directory = self.dir.join(format!("{FOLDER}{}", process::id()));
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut report = matrix::run(&languages, self, &place, &directory);
        let removed = remove(&directory);
        report
            .house
            .check("nothing is left in the run's folder", "ok", &removed);
        let names: Vec<&str> = languages.iter().map(|language| &*language.name).collect();
        print!("{}", report.text(&names));
        if let Some(folder) = &self.write {
            page::write(folder, &languages, &report)?;
        }
        Ok(report.is_clean())
    }

    /// Whether a pair is to be run.
    fn wants(&self, producer: &Language, consumer: &Language) -> bool {
        let is_partner = |language: &Language| self.partners.contains(&language.name);
        self.partners.is_empty()
            || producer.name == consumer.name
            || is_partner(producer)
            || is_partner(consumer)
    }
}

/// Removes the folders of runs that were killed; they hold memory.
fn sweep(parent: &Path) {
    // What cannot be read or removed belongs to someone else and does no harm here.
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(FOLDER)
            .filter(|pid| pid.parse::<u32>().is_ok());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Removes the folder of the run, which has to be empty by now.
fn remove(directory: &Path) -> String {
    match fs::remove_dir(directory) {
        Ok(()) => "ok".to_owned(),
        Err(error) => {
            // Better reported and gone than left in memory until the next boot.
            let _ = fs::remove_dir_all(directory);
            error.to_string()
        }
    }
}
