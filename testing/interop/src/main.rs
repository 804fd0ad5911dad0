//! Every language's driver against every other: `interop [--langs rust,c,..] [--dir FOLDER]`.
//!
//! A driver is a small program in bindings/<language>/ that does on its channels what lines on
//! its standard input say and answers each with a line. `interop driver` is the one of Rust.

mod cases;
mod driver;
mod languages;
mod locks;
mod matrix;
mod notation;
mod pair;
mod report;
mod rust_driver;
mod scenarios;
mod services;
mod states;
mod taken;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, process};

use languages::{LANGUAGES, Language, Place};

const USAGE: &str = "\
usage: interop [--langs rust,c,cpp,python,pascal] [--dir FOLDER]
  --langs  the languages to run, each with each; without it all of them
  --dir    where the channels are made, in a folder of their own; default /dev/shm
The environment may say where things are: SIPC_INCLUDE, SIPC_LIB_DIR (default: beside this
program), SIPC_PYTHON, SIPC_FPC, CC, CXX.";

/// What the folder of a run is called, but for its process id.
const FOLDER: &str = "sipc-interop-";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let outcome = match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["driver"] => rust_driver::run()
            .map(|()| true)
            .map_err(|error| error.to_string()),
        words => Order::read(words).and_then(|order| order.carry_out()),
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

/// What the command line asks for.
struct Order {
    languages: Vec<&'static Language>,
    parent: PathBuf,
}

impl Order {
    fn read(words: &[&str]) -> Result<Order, String> {
        let mut order = Order {
            languages: LANGUAGES.iter().collect(),
            parent: PathBuf::from("/dev/shm"),
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match (word, words.next()) {
                ("--langs", Some(names)) => {
                    order.languages = names.split(',').map(language).collect::<Result<_, _>>()?;
                }
                ("--dir", Some(folder)) => order.parent = PathBuf::from(folder),
                _ => return Err(format!("`{word}` is not understood\n{USAGE}")),
            }
        }
        Ok(order)
    }

    /// Runs the matrix and prints it; whether nothing failed.
    fn carry_out(&self) -> Result<bool, String> {
        let place = Place::find().map_err(|error| error.to_string())?;
        sweep(&self.parent);
        let directory = self.parent.join(format!("{FOLDER}{}", process::id()));
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut report = matrix::run(&self.languages, &place, &directory);
        let removed = remove(&directory);
        report
            .house
            .check("nothing is left in the run's folder", "ok", &removed);
        let names: Vec<&str> = self
            .languages
            .iter()
            .map(|language| language.name)
            .collect();
        print!("{}", report.text(&names));
        Ok(report.is_clean())
    }
}

fn language(name: &str) -> Result<&'static Language, String> {
    let known = || {
        LANGUAGES
            .iter()
            .map(|language| language.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    LANGUAGES
        .iter()
        .find(|language| language.name == name)
        .ok_or_else(|| format!("there is no driver for `{name}`; there are {}", known()))
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
