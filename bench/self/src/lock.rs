//! The path of locks.

use simpleipc::{Lock, Semaphore};

use crate::path::{Path, Result};
use crate::place::Place;

pub const PATHS: &[Path] = &[
    Path {
        name: "lock",
        take: lock,
    },
    Path {
        name: "semaphore-8",
        take: semaphore,
    },
];

/// Locks and unlocks, with another handle beside that does not.
fn lock(place: &Place, operations: u64) -> Result<()> {
    let mut lock = Lock::open("path", &place.options())?;
    let _other = Lock::open("path", &place.options())?;
    for _ in 0..operations {
        drop(lock.lock(None)?);
    }
    Ok(())
}

/// As `lock`, one of 8 permits, of which another handle has one.
fn semaphore(place: &Place, operations: u64) -> Result<()> {
    let mut other = Semaphore::open("path", 8, &place.options())?;
    let mut semaphore = Semaphore::open("path", 8, &place.options())?;
    let _held = other.acquire(None)?;
    for _ in 0..operations {
        drop(semaphore.acquire(None)?);
    }
    Ok(())
}
