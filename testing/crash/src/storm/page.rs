//! An actor's page: what it was told and what it has done, in memory that outlives it.
//!
//! A file that the conductor and one actor map; the library under test has no part in it. Words
//! of 8 bytes. The actor says that it begins something before it does so and that it is done
//! afterwards, so of a killed one it is unknown of one message only whether it was sent, and of
//! one only whether it was released. Actors of all languages keep the same page.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Word by word; `actor.c` and `actor.py` have the same numbers.
pub mod word {
    /// [`super::state`], by the actor.
    pub const STATE: usize = 0;
    /// [`super::order`], by the conductor.
    pub const ORDER: usize = 1;
    /// Grows with every call that has returned.
    pub const TURNS: usize = 2;
    /// The status of an error that must not be; 0 for none.
    pub const FAILED: usize = 3;
    /// Messages received, by consumers; their entries are in the log.
    pub const RECEIVED: usize = 4;
    /// Of those, the ones whose release has begun, and is over.
    pub const RELEASING: usize = 5;
    pub const RELEASED: usize = 6;
    /// Messages in hand that changed while they were held.
    pub const CHANGED: usize = 7;
    /// Entries that the conductor has read: their places may be written again.
    pub const READ: usize = 8;
    /// Calls that answered that there was no room, or were interrupted.
    pub const RETRIES: usize = 9;
    /// Waiters: notifications they were told of.
    pub const NOTED: usize = 10;
    /// Owners: deaths they were told of.
    pub const TOLD: usize = 11;
    /// Setters: when the last set that has returned began, and when it returned.
    pub const SET_BEGAN_NS: usize = 12;
    pub const SET_ENDED_NS: usize = 13;
    /// Owners: who else had the lock; 0 for nobody, as it must be.
    pub const INTRUDER: usize = 14;
    /// Hosts: crashes of the plugin that they were told of.
    pub const CRASHES: usize = 15;
    /// Producers: for each handle the messages begun and those done.
    pub const BEGUN: usize = 16;
    pub const DONE: usize = 17;
    /// Where the log begins.
    pub const LOG: usize = 256;
}

/// At first 0: it is on its way in.
pub mod state {
    pub const PLAYING: u64 = 1;
    /// A producer that has stopped sending.
    pub const HUSHED: u64 = 2;
    pub const ENDED: u64 = 3;
}

pub mod order {
    pub const PLAY: u64 = 0;
    pub const HUSH: u64 = 1;
    pub const END: u64 = 2;
}

/// Most handles of one producer.
pub const HANDLES_MAX: usize = 64;
/// Entries of the log before it begins anew; each has two words.
pub const LOG_ENTRIES: u64 = 1 << 15;

const WORDS: usize = word::LOG + 2 * LOG_ENTRIES as usize;
const BYTES: usize = WORDS * 8;

/// One message in a consumer's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who sent it, and which one it is: see [`stamp`].
    pub stamp: u64,
    pub is_torn: bool,
    pub is_redelivered: bool,
    /// Subscribers: messages missed before it. Watchers: the place of the value in the order of
    /// all. Callers and servers: what became of the call ([`super::call`]).
    pub missed: u64,
}

/// The capture time of a message, which says whose it is even if it has no bytes.
pub fn stamp(sender: u64, number: u64) -> u64 {
    sender << 32 | number
}

impl Entry {
    pub fn sender(self) -> u64 {
        self.stamp >> 32
    }

    pub fn number(self) -> u64 {
        self.stamp & u64::from(u32::MAX)
    }

    fn flags(self) -> u64 {
        u64::from(self.is_torn) | u64::from(self.is_redelivered) << 1 | self.missed << 8
    }

    fn of(stamp: u64, flags: u64) -> Self {
        Self {
            stamp,
            is_torn: flags & 1 != 0,
            is_redelivered: flags & 2 != 0,
            missed: flags >> 8,
        }
    }
}

/// The mapped file.
pub struct Page {
    words: *mut AtomicU64,
}

impl Page {
    /// Makes the file, for everybody to write: actors may be of any user.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).open(path)?;
        file.set_permissions(Permissions::from_mode(0o666))?;
        file.set_len(BYTES as u64)?;
        Self::map(&file)
    }

    /// Maps a file that the conductor has made.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::map(&OpenOptions::new().read(true).write(true).open(path)?)
    }

    fn map(file: &File) -> io::Result<Self> {
        // SAFETY: a fresh shared mapping at an address of the kernel's choice, checked below.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            words: memory.cast(),
        })
    }

    pub fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < WORDS);
        // SAFETY: within the mapping, aligned, and mapped as long as `self`.
        unsafe { &*self.words.add(index) }
    }

    pub fn read(&self, index: usize) -> u64 {
        self.word(index).load(Ordering::Acquire)
    }

    pub fn write(&self, index: usize, value: u64) {
        self.word(index).store(value, Ordering::Release);
    }

    pub fn count(&self, index: usize) {
        self.write(index, self.read(index) + 1);
    }

    pub fn begun(&self, handle: usize) -> u64 {
        self.read(word::BEGUN + 2 * handle)
    }

    pub fn done(&self, handle: usize) -> u64 {
        self.read(word::DONE + 2 * handle)
    }

    /// Writes an entry, which counts from here on.
    pub fn append(&self, entry: Entry) {
        let count = self.read(word::RECEIVED);
        let at = word::LOG + 2 * (count % LOG_ENTRIES) as usize;
        self.write(at, entry.stamp);
        self.write(at + 1, entry.flags());
        self.write(word::RECEIVED, count + 1);
    }

    pub fn is_log_full(&self) -> bool {
        self.read(word::RECEIVED) - self.read(word::READ) >= LOG_ENTRIES
    }

    /// Takes the entries that have come since the last time.
    pub fn take_entries(&self) -> Vec<Entry> {
        let (first, end) = (self.read(word::READ), self.read(word::RECEIVED));
        let entry = |count: u64| {
            let at = word::LOG + 2 * (count % LOG_ENTRIES) as usize;
            Entry::of(self.read(at), self.read(at + 1))
        };
        let entries = (first..end).map(entry).collect();
        self.write(word::READ, end);
        entries
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: mapped in `map`, with this length; no reference outlives `self`.
        unsafe { libc::munmap(self.words.cast(), BYTES) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_taken_once_and_in_order() {
        let path = format!("/dev/shm/sipc-page-{}", std::process::id());
        let path = Path::new(&path);
        let page = Page::create(path).expect("created");
        let actor = Page::open(path).expect("opened");
        std::fs::remove_file(path).expect("removed");
        let entry = |number| Entry {
            stamp: stamp(9, number),
            is_torn: number % 3 == 0,
            is_redelivered: number % 2 == 0,
            missed: number,
        };
        let mut next = 0;
        for batch in [3, LOG_ENTRIES, 10] {
            let entries: Vec<Entry> = (next..next + batch).map(entry).collect();
            for entry in &entries {
                assert!(!actor.is_log_full());
                actor.append(*entry);
            }
            assert_eq!(actor.is_log_full(), batch == LOG_ENTRIES);
            assert_eq!(page.take_entries(), entries);
            assert_eq!(page.take_entries(), []);
            next += batch;
        }
        assert_eq!((entry(7).sender(), entry(7).number()), (9, 7));
    }
}
