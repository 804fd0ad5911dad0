//! Cleaning up after an endpoint: the same steps whether its owner died or leaves.
//!
//! Whoever holds the kernel lock on the endpoint's byte may do this, alive owner or repairer of a
//! dead one. Each step clears what is found, so that a repair may be cut off anywhere and begun
//! again by somebody else. The states are numbered in spec/recovery.md.

use super::control::Control;
use super::permits;
use super::pool::Pool;
use super::queue::{self, Claimed};
use super::slot::Found;
use crate::layout::chunk::{LOANED, PUBLISHED, Reference};
use crate::layout::endpoint::{LEASE_NONE, Lease, STATE_FREE, STATE_LEFT};
use crate::layout::lane::{FLAG_CHUNK, TAKE_DONE, TAKE_READY, TAKE_TAKEN, Take};
use crate::sync::{Ordering, crash_point};

/// What is left to do about an endpoint after [`repair`].
#[derive(Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing; the block is free.
    Nothing,
    /// A message in its lease, for a receiver to take over.
    Lease,
}

/// Undoes what endpoint `e` has begun and gives up what it held. The caller holds the kernel
/// lock on its byte and has every segment mapped. With `Remains::Lease` the block is not free
/// yet: its message waits for a receiver.
pub fn repair(control: &Control, pool: &Pool, e: u32) -> Remains {
    let block = control.endpoint(e);
    control.remove_member(e);
    crash_point("repair-members");
    for lane in lanes(control) {
        release_lane(control, pool, lane, e);
    }
    crash_point("repair-lanes");
    permits::abandon(control, e);
    crash_point("repair-permits");
    if control.geometry().is_queue() {
        for lane in lanes(control) {
            put_back(control, lane, e);
        }
        crash_point("repair-takes");
    }
    free_chunks(control, pool, e);
    let lease = Lease::from_word(block.lease().load(Ordering::Relaxed));
    if let Some(lease) = lease {
        if !is_copied_elsewhere(control, e, lease) {
            clear_references(pool, e, leased_reference(control, e));
            control.bump_epoch(); // before the state, as below
            // sync endpoint-state/release: everything above is done for whoever takes over.
            block.state().store(STATE_LEFT, Ordering::Release);
            return Remains::Lease;
        }
        block.lease().store(LEASE_NONE, Ordering::Relaxed);
    }
    clear_references(pool, e, None);
    crash_point("repair-references");
    // Before the block is free: a repair that dies after that is not begun again, and receivers
    // look for what was put back only when the epoch changes.
    control.bump_epoch();
    // sync endpoint-state/release: everything above is done for the next owner of the block.
    block.state().store(STATE_FREE, Ordering::Release);
    Remains::Nothing
}

fn lanes(control: &Control) -> impl Iterator<Item = u32> {
    let reserved = control.lanes_reserved();
    (0..control.geometry().lanes).filter(move |lane| reserved >> lane & 1 != 0)
}

/// Gives back a lane that `e` owns, with the chunks of messages that never appeared.
fn release_lane(control: &Control, pool: &Pool, lane: u32, e: u32) {
    let view = control.lane(lane);
    if view.owner().load(Ordering::Relaxed) != e + 1 {
        return;
    }
    // Before anybody else can own the lane: then it could not be told whose the chunks are.
    let published = pool.published_by(&view, lane);
    let tail = view.find_tail();
    if control.geometry().is_state() {
        // Its owner may have died between a value and the end of the one before.
        for (sequence, reference) in published.iter().filter(|(s, _)| *s + 1 < tail) {
            pool.retire(*reference, lane, *sequence);
        }
    }
    view.set_tail_hint(tail);
    // sync lane-owner/release: the lane is in order for its next owner.
    let _ = view
        .owner()
        .compare_exchange(e + 1, 0, Ordering::Release, Ordering::Relaxed);
}

/// Puts messages that `e` had marked back into the queue, or ends them if they reached its lease.
fn put_back(control: &Control, lane: u32, e: u32) {
    let view = control.lane(lane);
    let lease = Lease::from_word(control.endpoint(e).lease().load(Ordering::Relaxed));
    for index in 0..view.depth() {
        let seen = view.take(index).load(Ordering::Relaxed);
        let take = Take::from_word(seen);
        if take.state != TAKE_TAKEN || u32::from(take.endpoint) != e {
            continue;
        }
        let leased =
            lease.is_some_and(|lease| lease.lane == lane && lease.sequence == take.sequence);
        let next = if leased {
            Take {
                attempts: 0,
                endpoint: 0,
                state: TAKE_DONE,
                ..take
            }
        } else {
            let attempts = take.attempts.saturating_add(1);
            Take {
                attempts,
                endpoint: 0,
                state: TAKE_READY,
                ..take
            }
        };
        // sync take-claim/release: the message is in order for whoever claims it next.
        let _ = view.take(index).compare_exchange(
            seen,
            next.to_word(),
            Ordering::Release,
            Ordering::Relaxed,
        );
    }
}

/// Frees the loans of `e`, and chunks of messages that have left the ring or never entered it.
fn free_chunks(control: &Control, pool: &Pool, e: u32) {
    let reserved = control.lanes_reserved();
    for (segment, chunk, word) in pool.chunks() {
        if word.state == LOANED && u32::from(word.owner) == e {
            segment.unloan(chunk, word.generation as u16);
            crash_point("repair-loan");
        }
        let lane = u32::from(word.owner);
        let in_queue = control.geometry().is_queue() && word.state == PUBLISHED;
        if in_queue && lane < control.geometry().lanes && reserved >> lane & 1 != 0 {
            let view = control.lane(lane);
            let sequence = super::pool::widen(word.sequence, view.tail_hint());
            if has_left(&view, sequence) || is_abandoned(&view, sequence, segment.index, chunk) {
                segment.retire(chunk, word.generation as u16, lane, sequence);
            }
        }
    }
}

/// Queues: message `sequence` has been taken, or its slot belongs to a later one.
fn has_left(lane: &super::lane::Lane, sequence: u64) -> bool {
    let take = Take::from_word(lane.take(sequence).load(Ordering::Relaxed));
    lane.slot(sequence).sequence() > sequence
        || (take.sequence == sequence && take.state == TAKE_DONE)
}

/// Queues: nobody owns the lane, and its slot does not name this chunk, so nobody ever will.
fn is_abandoned(lane: &super::lane::Lane, sequence: u64, segment: u16, chunk: u32) -> bool {
    // sync lane-owner/acquire: what the last owner published is visible.
    if lane.owner().load(Ordering::Acquire) != 0 {
        return false;
    }
    match lane.slot(sequence).read(sequence) {
        Found::Message(copy) => {
            let reference = Reference::from_words([copy.words[0], copy.words[1]]);
            copy.head.flags & FLAG_CHUNK == 0
                || reference.segment != segment
                || reference.chunk != chunk
        }
        Found::Nothing => sequence >= lane.find_tail(),
        Found::Overwritten => true,
    }
}

/// The chunk that the lease of `e` refers to.
fn leased_reference(control: &Control, e: u32) -> Option<Reference> {
    queue::load_copy(control, e).and_then(|claimed| claimed.reference())
}

/// Takes every reference of `e` back, but the one to `kept`.
fn clear_references(pool: &Pool, e: u32, kept: Option<Reference>) {
    for segment in pool.segments() {
        for chunk in 0..segment.geometry.chunks {
            let keep = kept.is_some_and(|kept| {
                kept.segment == segment.index
                    && kept.chunk == chunk
                    && kept.segment_generation == segment.generation
            });
            if !keep {
                segment.release(chunk, e);
            }
        }
    }
}

/// A takeover that was cut off after the copy: another lease holds the message with a higher
/// attempt, so this one is the remains of the original.
fn is_copied_elsewhere(control: &Control, e: u32, lease: Lease) -> bool {
    (0..control.endpoints_reserved())
        .filter(|other| *other != e)
        .any(|other| {
            // sync lease/acquire: see `queue::load_copy`.
            let word = control.endpoint(other).lease().load(Ordering::Acquire);
            Lease::from_word(word).is_some_and(|copy| {
                (copy.lane, copy.sequence) == (lease.lane, lease.sequence)
                    && copy.attempts > lease.attempts
            })
        })
}

/// Moves the message in the lease of the dead endpoint `from` into the lease of `to`, which the
/// caller owns and which is empty. The caller holds the kernel lock on `from`, which has been
/// repaired as far as its lease. Frees `from`.
pub fn take_over(control: &Control, pool: &Pool, from: u32, to: u32) -> Option<Claimed> {
    let mut claimed = queue::load_copy(control, from)?;
    claimed.attempts = claimed.attempts.saturating_add(1);
    if let Some(reference) = claimed.reference() {
        // The dead endpoint's reference keeps the chunk until ours is set.
        if let Some(segment) = pool.find(reference) {
            segment.add_reference(reference.chunk, to);
        }
    }
    queue::store_copy(control, to, claimed.sequence, &claimed.copy);
    let lease = Lease {
        attempts: claimed.attempts,
        sequence: claimed.sequence,
        lane: claimed.lane,
    };
    // sync lease/release: the copy is complete.
    control
        .endpoint(to)
        .lease()
        .store(lease.to_word(), Ordering::Release);
    crash_point("takeover-copied");
    end_older_leases(control, to, lease, from);
    crash_point("takeover-cleared");
    repair(control, pool, from);
    Some(claimed)
}

/// Ends the lease of `from`, which `to` has copied, and any older one of the same message. If
/// `from` itself died over a takeover, the lease it had copied is still there: it must not come
/// to life again once ours is over.
fn end_older_leases(control: &Control, to: u32, lease: Lease, from: u32) {
    for e in (0..control.endpoints_reserved()).filter(|e| *e != to) {
        let block = control.endpoint(e);
        let cell = block.lease();
        let seen = cell.load(Ordering::Relaxed);
        let is_older = Lease::from_word(seen).is_some_and(|other| {
            (other.lane, other.sequence) == (lease.lane, lease.sequence)
                && (other.attempts < lease.attempts || e == from)
        });
        if is_older {
            let _ = cell.compare_exchange(seen, LEASE_NONE, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}
