//! A private directory in shared memory for one cell, removed with everything that bears its name.
//!
//! Systems that put objects elsewhere prefix them with the directory's name; those are counted and
//! removed too. A run that was killed leaves directories behind: the next run removes them.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

const SHARED_MEMORY: &str = "/dev/shm";
/// Where POSIX message queues are seen, if somebody has mounted them.
const MESSAGE_QUEUES: &str = "/dev/mqueue";
/// How the names of all our directories begin; the process number follows.
const PREFIX: &str = "sipc-bench-";
/// Ports are handed out in blocks; below the range from which the kernel picks its own.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
const PORTS_PER_PLACE: u16 = 16;

/// How many places this run has had, so that no two bear the same name.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The directory of one cell, and a block of TCP ports.
pub struct Place {
    directory: PathBuf,
    name: String,
    port: u16,
}

impl Place {
    pub fn new() -> Result<Place> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        let directory = Path::new(SHARED_MEMORY).join(&name);
        fs::create_dir(&directory).with_context(|| directory.display().to_string())?;
        let port = free_port(number);
        Ok(Place {
            directory,
            name,
            port,
        })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Bytes of shared memory that the directory and all objects with its name occupy.
    pub fn bytes(&self) -> u64 {
        let ours = entries_of(SHARED_MEMORY).filter(|path| bears(path, &self.name));
        ours.map(|path| bytes_below(&path)).sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        remove_named(&self.name);
    }
}

/// Removes what runs that are no more have left.
pub fn remove_leftovers() {
    for path in entries_of(SHARED_MEMORY).chain(entries_of(MESSAGE_QUEUES)) {
        let name = name_of(&path);
        let Some((_, rest)) = name.split_once(PREFIX) else {
            continue;
        };
        let owner = rest.split('-').next().unwrap_or_default();
        let is_gone = owner.parse().is_ok_and(|pid: u32| !is_alive(pid));
        if is_gone {
            remove(&path);
        }
    }
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Removes the directory `name` and all objects that have the name in theirs.
fn remove_named(name: &str) {
    for path in entries_of(SHARED_MEMORY).chain(entries_of(MESSAGE_QUEUES)) {
        if bears(&path, name) {
            remove(&path);
        }
    }
}

/// Whether the last component of `path` contains `name`; `...-1` is also the beginning of `...-12`.
fn bears(path: &Path, name: &str) -> bool {
    let found = name_of(path);
    let rest = found.split_once(name).map(|(_, rest)| rest);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Best effort: what is gone already, or belongs to somebody else, is not our concern.
fn remove(path: &Path) {
    let _ = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
}

fn entries_of(folder: &str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn bytes_below(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return 0;
    };
    // A block is 512 bytes whatever the file system says about its own.
    let own = metadata.blocks() * 512;
    if !metadata.is_dir() {
        return own;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    own + entries.map(|entry| bytes_below(&entry.path())).sum::<u64>()
}

/// The first of a block of ports of which none is in use. Another program may still take one
/// before the worker does; then the cell fails and says so.
fn free_port(number: u32) -> u16 {
    let blocks = (PORTS.end - PORTS.start) / PORTS_PER_PLACE;
    let start = (std::process::id() + number) % u32::from(blocks);
    let ports = (0..blocks).map(|step| {
        let block = (start as u16 + step) % blocks;
        PORTS.start + block * PORTS_PER_PLACE
    });
    let is_free = |port: &u16| {
        (*port..*port + PORTS_PER_PLACE).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    };
    let mut ports = ports.filter(is_free);
    ports.next().unwrap_or(PORTS.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_with_everything_that_bears_its_name() {
        let place = Place::new().expect("place");
        let inside = place.directory().join("data");
        let beside = Path::new(SHARED_MEMORY).join(format!("x-{}-y", place.name));
        fs::write(&inside, vec![1; 8192]).expect("write");
        fs::write(&beside, vec![1; 4096]).expect("write");
        assert!(place.bytes() >= 12_288);
        drop(place);
        assert!(!inside.exists() && !beside.exists());
    }

    #[test]
    fn the_place_of_a_dead_run_is_removed_and_that_of_a_living_one_is_not() {
        let mut child = std::process::Command::new("true").spawn().expect("spawn");
        let path = Path::new(SHARED_MEMORY).join(format!("{PREFIX}{}-0", child.id()));
        child.wait().expect("wait");
        fs::create_dir(&path).expect("create");
        let alive = Place::new().expect("place");
        remove_leftovers();
        assert!(!path.exists());
        assert!(alive.directory().exists());
    }
}
