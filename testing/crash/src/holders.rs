//! What actors do with a lock: hold it until they are killed, wait for it, or have it in turn.
//!
//! Those who have it in turn count their turns in a file, in two steps, as programs do that need a
//! lock for that. Each has a file of its own, too, which says whether it is inside.

use crate::actor::{LOCK, Part, say};
use simpleipc::{PeerReport, Result, Semaphore, Status};
use std::fs::{self, File};
use std::mem::forget;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

fn open(part: &Part) -> Result<Semaphore> {
    Semaphore::open(LOCK, part.number("permits", 1) as u32, &part.options())
}

/// Waits for a permit and says of whom it was told, which is nobody = 0.
fn enter(semaphore: &mut Semaphore) -> Result<()> {
    let permit = semaphore.acquire(None)?;
    say(format_args!("inside {}", permit.abandoned().unwrap_or(0)));
    forget(permit);
    Ok(())
}

fn sleep_until_killed() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Has the lock until it is killed.
pub fn hold(part: &Part) -> Result<()> {
    let mut semaphore = open(part)?;
    say(format_args!("ready"));
    enter(&mut semaphore)?;
    sleep_until_killed()
}

/// Ends in an orderly way, but for the lock.
pub fn exit(part: &Part) -> Result<()> {
    let mut semaphore = open(part)?;
    enter(&mut semaphore)?;
    forget(semaphore);
    std::process::exit(0)
}

/// Forks while it has the lock; to go is of no consequence in the child.
pub fn fork(part: &Part) -> Result<()> {
    let mut semaphore = open(part)?;
    enter(&mut semaphore)?;
    // SAFETY: this process has one thread, so the child may do anything.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = semaphore.release().expect_err("the parent's handle");
        assert_eq!(refused.status(), Status::Forked);
        drop(semaphore);
        let mut own = open(part)?;
        assert!(own.try_acquire()?.is_none(), "the parent has it");
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: waits for our own child.
    unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(status, 0, "the child failed");
    let mut other = open(part)?;
    assert!(other.try_acquire()?.is_none(), "it is still ours");
    semaphore.release()?;
    assert!(other.try_acquire()?.is_some());
    say(format_args!("ready"));
    Ok(())
}

/// Has the lock in turn with others, of which each has an `id` of its own below 64.
pub fn take_turns(part: &Part, count: u64) -> Result<()> {
    let mut semaphore = open(part)?;
    let path = turns_of(Path::new(&part.text("dir", "")));
    fs::create_dir_all(&path).expect("a directory");
    let (id, permits) = (part.number("id", 0), part.number("permits", 1));
    let mine = options().create_new(true).open(mark(&path, id));
    let mine = mine.expect("a file of its own");
    store(&mine, PID, std::process::id().into());
    let inside = inside(&path);
    say(format_args!("ready"));
    for number in 1..=count {
        let permit = semaphore.acquire(None)?;
        if let Some(pid) = permit.abandoned() {
            say(format_args!("told {pid}"));
        }
        store(&mine, INSIDE, 1);
        let others = count_alive(part, &path, inside.fetch_or(1 << id, SeqCst))?;
        if others >= permits {
            say(format_args!("crowded {others}"));
        }
        if permits == 1 {
            count_turn(&path);
        }
        store(&mine, TURNS, number);
        inside.fetch_and(!(1 << id), SeqCst);
        store(&mine, INSIDE, 0);
        drop(permit);
    }
    Ok(())
}

/// Words of the file that says what its process is about.
const INSIDE: u64 = 0;
const TURNS: u64 = 8;
const PID: u64 = 16;

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    options
}

fn turns_of(directory: &Path) -> PathBuf {
    directory.join("turns")
}

fn mark(path: &Path, id: u64) -> PathBuf {
    path.join(format!("mark-{id}"))
}

/// The ids of those who are inside, and of some who died there, as bits of one word: so that all
/// of them are seen at one instant.
fn inside(path: &Path) -> &'static AtomicU64 {
    let file = options()
        .create(true)
        .truncate(false)
        .open(path.join("inside"));
    let file = file.expect("a file");
    file.set_len(8).expect("a word");
    // SAFETY: a fresh mapping of a file that is as long as a word and that nobody cuts off; it is
    // never unmapped, and the memory is page-aligned.
    unsafe {
        let memory = libc::mmap(
            std::ptr::null_mut(),
            size_of::<AtomicU64>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(memory, libc::MAP_FAILED, "no memory");
        &*memory.cast::<AtomicU64>()
    }
}

/// How many of these are alive, which is what the library says: nobody else knows when it takes a
/// permit from one who dies.
fn count_alive(part: &Part, path: &Path, ids: u64) -> Result<u64> {
    if u64::from(ids.count_ones()) < part.number("permits", 1) {
        return Ok(0);
    }
    let directory = part.options().directory;
    let report = simpleipc::audit(LOCK, directory.as_deref())?.expect("it is in use");
    let is_alive = |id: &u64| {
        let file = File::open(mark(path, *id)).expect("it is never removed");
        let pid = load(&file, PID);
        let is_it = |peer: &PeerReport| peer.alive && u64::from(peer.pid) == pid;
        report.peers.iter().any(is_it)
    };
    let ids = (0..64).filter(|id| ids >> id & 1 != 0);
    Ok(ids.filter(is_alive).count() as u64)
}

fn load(file: &File, at: u64) -> u64 {
    let mut bytes = [0; 8];
    // A file that is too short says 0.
    let _ = file.read_exact_at(&mut bytes, at);
    u64::from_ne_bytes(bytes)
}

fn store(file: &File, at: u64, word: u64) {
    let written = file.write_all_at(&word.to_ne_bytes(), at);
    written.expect("a word");
}

/// Two of these at once would count one turn only.
fn count_turn(path: &Path) {
    let file = options()
        .create(true)
        .truncate(false)
        .open(path.join("count"));
    let file = file.expect("a file");
    store(&file, 0, load(&file, 0) + 1);
}

/// How many turns all of them have counted together.
pub fn turns(directory: &Path) -> u64 {
    let file = File::open(turns_of(directory).join("count"));
    load(&file.expect("somebody had a turn"), 0)
}

/// Whether the one with this id died inside, for certain, and how many turns it had.
pub fn last_words(directory: &Path, id: u64) -> (bool, u64) {
    let file = File::open(mark(&turns_of(directory), id)).expect("it was ready");
    (load(&file, INSIDE) == 1, load(&file, TURNS))
}
