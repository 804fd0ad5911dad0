//! What has become of a request: whether it waits, who has it, and whether that server lives.
//!
//! For the client, which looks while it waits. It believes the kernel's locks and nothing else.

use super::Notice;
use crate::carrier::attachment::{Attachment, Role};
use crate::carrier::files::endpoint_byte;
use crate::error::Result;
use crate::layout::endpoint::{Lease, STATE_FREE, STATE_LEFT};
use crate::layout::lane::{TAKE_DONE, Take};
use crate::sync::Ordering;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In the queue, or just being taken out of it.
    Waiting,
    /// In the hand of a server that lives.
    InHand,
    /// In the hand of one that is dead: its process id, for people.
    Orphaned(u32),
    /// Neither: it has been answered, or given up for other requests. Or it went from one hand to
    /// another while we looked.
    Gone,
}

/// Looks for the request `sequence` of the lane of this client.
pub fn whereabouts(client: &Attachment, lane: u32, sequence: u64) -> Result<Whereabouts> {
    let control = &client.control;
    // sync take-done/acquire: whoever took it has its lease by then.
    let word = control.lane(lane).take(sequence).load(Ordering::Acquire);
    let take = Take::from_word(word);
    let was_taken =
        take.sequence > sequence || (take.sequence == sequence && take.state == TAKE_DONE);
    if !was_taken {
        return Ok(Whereabouts::Waiting);
    }
    for e in 0..control.endpoints_reserved() {
        let block = control.endpoint(e);
        let word = block.lease().load(Ordering::Relaxed);
        let is_it = Lease::from_word(word)
            .is_some_and(|lease| lease.lane == lane && lease.sequence == sequence & LEASED_BITS);
        if !is_it {
            continue;
        }
        let state = block.state().load(Ordering::Relaxed);
        let is_held = state != STATE_FREE && state != STATE_LEFT;
        if is_held && client.file.is_locked(endpoint_byte(e))? {
            return Ok(Whereabouts::InHand);
        }
        return Ok(Whereabouts::Orphaned(block.pid().load(Ordering::Relaxed)));
    }
    Ok(Whereabouts::Gone)
}

/// As many bits of a sequence as a lease holds.
const LEASED_BITS: u64 = 0xffff_ffff_ffff;

/// Whether the server that has accepted a call still lives. What it says of itself is checked:
/// an endpoint that does not exist is dead.
pub fn is_serving(client: &Attachment, server: Notice) -> Result<bool> {
    let control = &client.control;
    if server.endpoint >= control.endpoints_reserved() {
        return Ok(false);
    }
    let block = control.endpoint(server.endpoint);
    let is_same = block.state().load(Ordering::Relaxed) != STATE_FREE
        && block.generation().load(Ordering::Relaxed) == server.generation;
    Ok(is_same && client.file.is_locked(endpoint_byte(server.endpoint))?)
}

/// Whether any server of the service lives.
pub fn has_server(client: &Attachment) -> Result<bool> {
    let control = &client.control;
    for e in (0..control.endpoints_reserved()).filter(|e| *e != client.endpoint) {
        let block = control.endpoint(e);
        let is_server = block.state().load(Ordering::Relaxed) != STATE_FREE
            && block.role().load(Ordering::Relaxed) == Role::Serve as u32;
        if is_server && client.file.is_locked(endpoint_byte(e))? {
            return Ok(true);
        }
    }
    Ok(false)
}
