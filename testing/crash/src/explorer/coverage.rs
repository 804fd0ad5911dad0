//! Which places of the library change something that others may notice, and which of them some
//! scene comes to. A store that no scene comes to is a death that nobody has tried.
//!
//! What is there is read from the library's source: the methods that `sync/stepped.rs` counts,
//! and the calls of the operating system that ask `sync::refusal`. What was visited is written by
//! the step hook of each process into memory that all of them share.

use std::collections::BTreeSet;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// More places than the library has.
const PLACES_MAX: usize = 1024;
const SOURCE: &str = "crates/simpleipc/src";
/// Where shared memory is written and the system is called.
const FOLDERS: [&str; 3] = ["carrier", "os", "ring"];
/// The methods of `sync/stepped.rs` that are steps, and the ways to ask for a refusal.
const MARKS: [&str; 10] = [
    ".store(",
    ".swap(",
    ".compare_exchange(",
    ".fetch_add(",
    ".fetch_or(",
    ".fetch_and(",
    ".fetch_max(",
    " attempt(",
    " attempt_io(",
    "(attempt_io(",
];
/// In these files only: words of the process itself, and how a call is refused.
const PRIVATE: [&str; 2] = ["os/linux_process.rs", "os/linux.rs"];
/// Functions that no scene comes to, and why.
const UNREACHED: [(&str, &str); 4] = [
    ("make_directory", DEFAULT_DIRECTORY),
    ("remove_directory", DEFAULT_DIRECTORY),
    ("rights_unfollowed", DEFAULT_DIRECTORY),
    ("set_need_fence", "only on kernels without membarrier"),
];
const DEFAULT_DIRECTORY: &str = "of the default directory, which belongs to all of the user's \
                                 programs: no place for tests";

/// A line of the library's source.
type Place = (String, u32);

/// A place that changes something, and the function that it is in.
struct Known {
    place: Place,
    function: String,
}

/// Addresses of the places that were visited; a table that only grows. Zeros are an empty one.
pub struct Visited([AtomicUsize; PLACES_MAX]);

impl Visited {
    /// Notes a place, in this process or in another one of the same program.
    pub fn note(&self, place: &'static Location<'static>) {
        let address = std::ptr::from_ref(place) as usize;
        let start = address / align_of::<Location>() % PLACES_MAX;
        for at in (start..PLACES_MAX).chain(0..start) {
            let cell = &self.0[at];
            let seen = match cell.load(Relaxed) {
                0 => match cell.compare_exchange(0, address, Relaxed, Relaxed) {
                    Ok(_) => return,
                    Err(seen) => seen,
                },
                seen => seen,
            };
            if seen == address {
                return;
            }
        }
        panic!("the library has more than {PLACES_MAX} places");
    }

    fn places(&self) -> BTreeSet<Place> {
        let addresses = self.0.iter().map(|cell| cell.load(Relaxed));
        addresses
            .filter(|address| *address != 0)
            .map(|address| {
                // SAFETY: a reference with static life, stored by a process of this program,
                // whose addresses are the same because it was forked and not started.
                let place = unsafe { &*(address as *const Location<'static>) };
                (place.file().replace('\\', "/"), place.line())
            })
            .collect()
    }

    /// How many places there are, and those that were not visited and should have been.
    pub fn compare(&self) -> (usize, Vec<String>) {
        let visited = self.places();
        let known = known();
        // SAFETY: no arguments, cannot fail.
        let is_root = unsafe { libc::geteuid() } == 0;
        let is_excused = |function: &str| {
            let named = UNREACHED.iter().any(|(name, _)| *name == function);
            // Only root can give files to any group.
            named || (function == "set_rights" && !is_root)
        };
        let missed = known
            .iter()
            .filter(|known| !visited.contains(&known.place) && !is_excused(&known.function))
            .map(|known| format!("{}:{} {}", known.place.0, known.place.1, known.function));
        (known.len(), missed.collect())
    }
}

/// Every place in the source.
fn known() -> Vec<Known> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in FOLDERS {
        list(&root.join(SOURCE).join(folder), &mut files);
    }
    let mut places = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let name = file.strip_prefix(&root).expect("below the root");
        let name = name.to_string_lossy().into_owned();
        if PRIVATE.iter().any(|private| name.ends_with(private)) {
            continue;
        }
        places.extend(steps(&text).into_iter().map(|(line, function)| Known {
            place: (name.clone(), line),
            function,
        }));
    }
    places
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the library") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The lines of a file that are steps, each with its function. The tests, at the end, have none.
fn steps(text: &str) -> Vec<(u32, String)> {
    let mut function = String::new();
    let mut steps = Vec::new();
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    for (number, line) in (1..).zip(lines) {
        let code = line.trim_start();
        if let Some((_, after)) = code.split_once("fn ")
            && !code.starts_with("//")
            && let Some((name, _)) = after.split_once(['(', '<'])
        {
            name.clone_into(&mut function);
        } else if !code.starts_with("//") && MARKS.iter().any(|mark| line.contains(mark)) {
            steps.push((number, function.clone()));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_and_system_calls_are_found_with_their_functions_and_tests_are_not() {
        let text = "// a.store(1)\npub fn f(x: u8) {\n    a\n        .store(1, Relaxed);\n}\n\
                    fn g() {\n    let x = attempt(\"call\", || 0);\n}\n\
                    #[cfg(test)]\nb.store(2, Relaxed);\n";
        let expected = [(4, "f".to_owned()), (7, "g".to_owned())];
        assert_eq!(steps(text), expected);
        assert!(known().len() > 60);
    }
}
