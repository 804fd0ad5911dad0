//! What becomes of a child at one of its steps: it dies, or a call of the system is refused.

use super::coverage::Visited;
use super::page::{NO_SUCH_ERROR, Part};
use simpleipc::crash::{STORE, set_step_hook};
use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Counted from 1.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Lives,
    /// It is killed before this step.
    Dies(u64),
    /// This call of the system fails with the so-manieth error of those it can have.
    Starves(u64, usize),
}

/// System calls that change nothing that others see: no steps to die before.
const PRIVATE_CALLS: [&str; 9] = [
    "open", "dup", "stat", "read", "map", "list", "watch", "timer", "gather",
];

static FATE: OnceLock<(Fate, &Part)> = OnceLock::new();
static VISITED: OnceLock<&Visited> = OnceLock::new();
/// A system call that fails once, in this process.
static REFUSED: OnceLock<&str> = OnceLock::new();
static HAS_REFUSED: AtomicBool = AtomicBool::new(false);
/// Calls refused in this process.
static REFUSALS: AtomicU64 = AtomicU64::new(0);

/// The errors a call can have when something has run out or is forbidden.
fn errors_of(call: &str) -> &'static [i32] {
    match call {
        "create" => &[
            libc::ENOSPC,
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOMEM,
            libc::EACCES,
            libc::EROFS,
        ],
        "dup" => &[libc::EMFILE],
        "open" | "list" => &[libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EACCES],
        "timer" | "gather" => &[libc::EMFILE, libc::ENFILE, libc::ENOMEM],
        "watch" => &[libc::EMFILE, libc::ENOMEM, libc::ENOSPC, libc::EACCES],
        "stat" => &[libc::ENOMEM, libc::EACCES],
        "read" => &[libc::EINTR, libc::ENOMEM],
        "map" => &[libc::ENOMEM, libc::EACCES],
        "link" => &[libc::ENOSPC, libc::ENOMEM, libc::EACCES],
        "truncate" | "write" | "reserve" => &[libc::ENOSPC, libc::ENOMEM, libc::EINTR],
        "lock" | "probe" => &[libc::ENOLCK, libc::ENOMEM],
        "unlock" => &[libc::ENOLCK],
        "remove" => &[libc::EACCES, libc::ENOMEM],
        "set group" | "set mode" => &[libc::EPERM],
        // Their answers are not looked at.
        _ => &[],
    }
}

/// Has the library's steps counted in children that have begun. Once, before there are any.
pub fn watch_steps(visited: &'static Visited) {
    assert!(VISITED.set(visited).is_ok(), "once");
    set_step_hook(step);
}

/// From here on each step of this process counts. Once.
pub fn begin(fate: Fate, part: &'static Part) {
    assert!(FATE.set((fate, part)).is_ok(), "a child begins once");
}

/// The next call of this name, in this process, is refused: too many open files.
pub fn refuse(call: &'static str) {
    REFUSED.set(call).expect("one refusal in a process");
}

/// How many calls of this process have been refused so far.
pub fn refusals() -> u64 {
    REFUSALS.load(Relaxed)
}

fn step(what: &'static str, place: &'static Location<'static>) -> Option<i32> {
    let (fate, part) = FATE.get()?;
    VISITED.get().expect("set before").note(place);
    if REFUSED.get() == Some(&what) && !HAS_REFUSED.swap(true, Relaxed) {
        REFUSALS.fetch_add(1, Relaxed);
        return Some(libc::EMFILE);
    }
    match *fate {
        Fate::Dies(due) if !PRIVATE_CALLS.contains(&what) => {
            if is_due(part, due, place) {
                // SAFETY: kills only this process.
                unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            }
            None
        }
        Fate::Starves(due, error) if what != STORE && is_due(part, due, place) => {
            let code = errors_of(what).get(error).copied();
            let noted = code.map_or(NO_SUCH_ERROR, i32::unsigned_abs);
            part.refused.store(noted, Relaxed);
            REFUSALS.fetch_add(u64::from(code.is_some()), Relaxed);
            code
        }
        _ => None,
    }
}

/// Counts a step; whether it is the one.
fn is_due(part: &Part, due: u64, place: &'static Location<'static>) -> bool {
    let is_due = part.steps.fetch_add(1, Relaxed) + 1 == due;
    if is_due {
        let address = std::ptr::from_ref(place) as usize;
        part.met_at.store(address, Relaxed);
    }
    is_due
}
