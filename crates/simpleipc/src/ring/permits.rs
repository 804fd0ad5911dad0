//! The permits of a lock or semaphore: taking one, giving it back, and who comes next.
//!
//! A permit is one word. Whoever changes it from "nobody's" to its own name has it; the names of
//! the dead are taken out by [`abandon`], which leaves a note for the next owner. Those who have
//! waited for a while stand in line: a set of endpoints, and in each endpoint's block since when.
//! The line is a matter of fairness alone. It keeps nobody from a permit for longer than the
//! carrier's patience lasts, and whoever dies in it or is stopped leaves it to the others.

use super::control::Control;
use crate::layout::permit::Permit;
use crate::sync::{AtomicU64, Ordering};

/// A permit that this endpoint holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub index: u32,
    /// The permit's word as long as we have it.
    word: u64,
}

impl Taken {
    /// The process that died holding it, if its last owner did.
    pub fn abandoned(&self) -> Option<u32> {
        let pid = Permit::from_word(self.word).abandoned;
        (pid != 0).then_some(pid)
    }
}

/// What there is for somebody who wants a permit.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Taken(Taken),
    /// Others hold all of them.
    Held,
    /// There is one, for this endpoint, which has waited since then.
    For(u32, u64),
}

/// Permits by their index, beginning with `first`.
fn permits(control: &Control, first: u32) -> impl Iterator<Item = (u32, &AtomicU64)> {
    let count = control.geometry().permits();
    let indices = (first..count).chain(0..first.min(count));
    indices.map(|index| (index, control.permit(index)))
}

/// The endpoint that holds the permit with this word.
fn holder(control: &Control, word: u64) -> Option<u32> {
    Permit::from_word(word).holder(control.geometry().endpoints)
}

/// Takes a permit for endpoint `me` that nobody holds, looking at `first` first. Asks nobody.
#[inline]
pub fn take(control: &Control, me: u32, first: u32) -> Option<Taken> {
    for (index, cell) in permits(control, first) {
        // Not changed unseen: who only tries would take the line from its owner each time.
        let seen = cell.load(Ordering::Relaxed);
        if holder(control, seen).is_some() {
            continue;
        }
        // The note of a death stays in the word: if we die before we have read it, too, the next
        // one finds another.
        let word = Permit {
            owner: me + 1,
            ..Permit::from_word(seen)
        }
        .to_word();
        // sync permit/acquire: what the last owner did while it had the permit is visible.
        let taken = cell.compare_exchange(seen, word, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_ok() {
            return Some(Taken { index, word });
        }
    }
    None
}

/// Gives a permit back; false if it was not the owner's any more.
#[inline]
pub fn give_back(control: &Control, taken: Taken) -> bool {
    // sync permit/release: what we did while we had the permit is visible to the next owner.
    control
        .permit(taken.index)
        .compare_exchange(
            taken.word,
            Permit::FREE,
            Ordering::Release,
            Ordering::Relaxed,
        )
        .is_ok()
}

/// Takes the permits from endpoint `e`, which is dead, and says so to their next owners. The
/// caller holds the kernel lock on its byte.
pub fn abandon(control: &Control, e: u32) {
    let pid = control.endpoint(e).pid().load(Ordering::Relaxed).max(1);
    for (_, cell) in permits(control, 0) {
        let seen = cell.load(Ordering::Relaxed);
        if holder(control, seen) != Some(e) {
            continue;
        }
        let word = Permit {
            owner: 0,
            abandoned: pid,
        }
        .to_word();
        // sync permit/release: that the owner is dead was seen before.
        let _ = cell.compare_exchange(seen, word, Ordering::Release, Ordering::Relaxed);
    }
}

/// The endpoints that hold permits, once for each.
pub fn holders(control: &Control) -> impl Iterator<Item = u32> {
    permits(control, 0).filter_map(|(_, cell)| holder(control, cell.load(Ordering::Relaxed)))
}

/// What each permit's word says.
pub fn all(control: &Control) -> impl Iterator<Item = (u32, Permit)> {
    permits(control, 0)
        .map(|(index, cell)| (index, Permit::from_word(cell.load(Ordering::Relaxed))))
}

/// How many permits were not given back: they belong to the dead, or to nobody since a death that
/// nobody has been told.
pub fn count_left(control: &Control) -> usize {
    permits(control, 0)
        .filter(|(_, cell)| cell.load(Ordering::Relaxed) != Permit::FREE)
        .count()
}

/// Puts endpoint `me`, which has waited `since_ns`, into the line; true if it was not there.
pub fn stand_in_line(control: &Control, me: u32, since_ns: u64) -> bool {
    let line = control.line();
    if line.contains(me) {
        return false;
    }
    control
        .endpoint(me)
        .waiting_since_ns()
        .store(since_ns, Ordering::Relaxed);
    line.insert(me);
    true
}

/// Takes a permit for endpoint `me`, unless those who are before it in the line need all there
/// are. It stands in the line since `since_ns`, or not at all.
pub fn look(control: &Control, me: u32, since_ns: Option<u64>, first: u32) -> Found {
    let is_free = |word: u64| holder(control, word).is_none();
    let free = permits(control, first)
        .filter(|(_, cell)| is_free(cell.load(Ordering::Relaxed)))
        .count();
    if free == 0 {
        return Found::Held;
    }
    let reserved = control.endpoints_reserved();
    let (mut earlier, mut earliest) = (0, None);
    let line = control.line();
    for e in line.iter().filter(|e| *e != me && *e < reserved) {
        let block = control.endpoint(e);
        let rank = (block.waiting_since_ns().load(Ordering::Relaxed), e);
        if since_ns.is_none_or(|mine| rank < (mine, me)) {
            earlier += 1;
            earliest = Some(earliest.map_or(rank, |other| rank.min(other)));
        }
    }
    match earliest {
        Some((since, e)) if earlier >= free => Found::For(e, since),
        _ => take(control, me, first).map_or(Found::Held, Found::Taken),
    }
}
