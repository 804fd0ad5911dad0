//! `bench-self`: takes one hot path of the library a number of times, in one process and one
//! thread, on channels in a directory of its own. It measures nothing but what it allocates:
//! `cargo xtask bench self` counts from outside what it does (README.md).
//!
//! `bench-self` prints the names of the paths; `bench-self NAME OPERATIONS` takes one, and prints
//! how often the process has allocated.

mod c_face;
mod heap;
mod lock;
mod path;
mod place;
mod queue;
mod service;
mod topic;

use std::process::ExitCode;

use path::{OPERATIONS_STEP, Path, Result};
use place::Place;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.as_slice() {
        [] => {
            paths().for_each(|path| println!("{}", path.name));
            Ok(())
        }
        [name, operations] => take(name, operations),
        _ => Err("bench-self takes no argument, or a path and a number of operations".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench-self: {why}");
            ExitCode::FAILURE
        }
    }
}

fn paths() -> impl Iterator<Item = &'static Path> {
    let paths = topic::PATHS.iter().chain(queue::PATHS);
    paths
        .chain(c_face::PATHS)
        .chain(lock::PATHS)
        .chain(service::PATHS)
}

fn take(name: &str, operations: &str) -> Result<()> {
    let path = paths().find(|path| path.name == name);
    let path = path.ok_or_else(|| format!("there is no path {name}"))?;
    let operations: u64 = operations.parse()?;
    if !operations.is_multiple_of(OPERATIONS_STEP) {
        return Err(format!("{operations} is no multiple of {OPERATIONS_STEP}").into());
    }
    let place = Place::new()?;
    (path.take)(&place, operations)?;
    place.remove()?;
    println!("allocations={}", heap::allocations());
    Ok(())
}
