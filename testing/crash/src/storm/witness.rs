//! Who has the lock and the semaphore, as the owners themselves say: words in a file that all of
//! them map, and that the library has no part in.
//!
//! An owner writes its id into a word of the witness when it has a permit, and takes it back before
//! it gives the permit up. Whoever dies in between leaves it there. The conductor says who is dead.

use super::page::{Page, word};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

/// The conductor has buried a dead owner by then.
const PATIENCE: Duration = Duration::from_secs(8);
/// The word of the lock, and the first one of the semaphore.
const LOCK_AT: usize = 0;
const SEMAPHORE_AT: usize = 8;

pub struct Witness(Page);

impl Witness {
    pub fn create(path: &Path) -> io::Result<Self> {
        Page::create(path).map(Self)
    }

    pub fn open(path: &Path) -> io::Result<Self> {
        Page::open(path).map(Self)
    }

    /// The actor with this id has ended.
    pub fn bury(&self, id: u64) {
        self.0.write(word::LOG + id as usize, 1);
    }

    fn is_dead(&self, id: u64) -> bool {
        self.0.read(word::LOG + id as usize) == 1
    }

    /// Actor `id` has one of so many permits, and was told of a death or not. Returns its place,
    /// or who else has the permit.
    pub fn enter(&self, permits: u32, id: u64, is_told: bool) -> Result<usize, u64> {
        let until = Instant::now() + PATIENCE;
        if permits == 1 {
            let before = self.0.word(LOCK_AT).swap(id, SeqCst);
            let is_free = || before == 0 || is_told && self.is_dead(before);
            while !is_free() {
                // One that was not told of a death waits in vain.
                if Instant::now() > until {
                    return Err(before);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            return Ok(LOCK_AT);
        }
        loop {
            let mut other = 0;
            for at in SEMAPHORE_AT..SEMAPHORE_AT + permits as usize {
                let owner = self.0.read(at);
                let free = owner == 0 || self.is_dead(owner);
                let cell = self.0.word(at);
                if free && cell.compare_exchange(owner, id, SeqCst, SeqCst).is_ok() {
                    return Ok(at);
                }
                other = owner;
            }
            if Instant::now() > until {
                return Err(other);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Actor `id` is about to give its permit up; false if its place is another's by now.
    pub fn leave(&self, place: usize, id: u64) -> bool {
        let cell = self.0.word(place);
        cell.compare_exchange(id, 0, SeqCst, SeqCst).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(name: &str) -> Witness {
        let path = format!("/dev/shm/sipc-witness-{name}-{}", std::process::id());
        let path = Path::new(&path);
        let made = Witness::create(path).expect("created");
        std::fs::remove_file(path).expect("removed");
        made
    }

    #[test]
    fn the_lock_of_the_dead_is_for_who_was_told() {
        let witness = witness("told");
        let place = witness.enter(1, 5, false).expect("it is free");
        witness.bury(5);
        assert_eq!(witness.enter(1, 6, true), Ok(place));
        assert!(!witness.leave(place, 5));
        assert!(witness.leave(place, 6));
        assert_eq!(witness.enter(1, 7, false), Ok(place));
    }

    #[test]
    fn two_owners_are_noticed() {
        let witness = witness("two");
        witness.enter(1, 5, false).expect("it is free");
        assert_eq!(witness.enter(1, 6, true), Err(5));
        let places = [7, 8].map(|id| witness.enter(2, id, false).expect("it is free"));
        assert_eq!(witness.enter(2, 9, false), Err(8));
        witness.bury(7);
        assert_eq!(witness.enter(2, 9, false), Ok(places[0]));
    }
}
