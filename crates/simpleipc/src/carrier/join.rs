//! Joining a channel: finding an endpoint that is free, or made free by repairing the dead.

use super::attachment::{Attachment, Role};
use super::place::Place;
use super::segments::Segments;
use super::{Opening, files, identity};
use crate::error::{Error, Result, Status};
use crate::layout::endpoint::{BLOCK_BYTES, Lease, STATE_ACTIVE, STATE_FREE, STATE_JOINING};
use crate::layout::{PAGE_BYTES, header};
use crate::os;
use crate::ring::control::Control;
use crate::sync::{Ordering, crash_point, fence};
use std::sync::Arc;

/// Opens the channel and claims an endpoint, in state JOINING.
pub fn join(place: Place, role: Role, opening: &Opening) -> Result<(Arc<Attachment>, Segments)> {
    if opening.tap {
        let who = role.noun();
        return Err(Error::new(
            Status::BadArgument,
            format!(
                "a {who} of '{}' cannot be a tap: that is a subscriber who takes no part",
                place.name()
            ),
        ));
    }
    os::watch_forks();
    let opened = files::open(&place, role.pattern(), opening)?;
    let endpoint = match claim(&opened, &place, role) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            files::leave(&place, &opened.file, &opened.control);
            return Err(error);
        }
    };
    let attachment = Attachment::new(place, opened, endpoint, role)?;
    let control = &attachment.control;
    control.raise_history(opening.history);
    let mut segments = Segments::default();
    segments.refresh(&attachment.place, control, role.is_producer())?;
    attachment.repair_dead(&mut segments, 0..control.endpoints_reserved())?;
    Ok((attachment, segments))
}

/// Says that the endpoint is complete: from now on it counts.
pub fn activate(attachment: &Attachment) {
    let block = attachment.control.endpoint(attachment.endpoint);
    // sync endpoint-state/release: the block is complete.
    block.state().store(STATE_ACTIVE, Ordering::Release);
    attachment.control.bump_epoch();
}

fn claim(opened: &files::ControlFile, place: &Place, role: Role) -> Result<u32> {
    let control = &opened.control;
    // As often as all could be taken from us. More often only by somebody who breaks the protocol.
    for _ in 0..control.geometry().endpoints {
        if let Some(endpoint) = try_claim(opened, role)? {
            return Ok(endpoint);
        }
        // All taken: perhaps by the dead.
        if !revive(opened, place)? {
            break;
        }
    }
    Err(Error::new(
        Status::TooManyPeers,
        format!(
            "the channel '{}' has {} open handles, its maximum; close some, or use one handle \
             for many messages",
            place.name(),
            control.geometry().endpoints
        ),
    ))
}

fn try_claim(opened: &files::ControlFile, role: Role) -> Result<Option<u32>> {
    let control = &opened.control;
    for e in 0..control.geometry().endpoints {
        if e >= control.endpoints_reserved() {
            // A page at a time, four blocks.
            let offset = header::OFF_ENDPOINTS + u64::from(e) * BLOCK_BYTES;
            opened.file.reserve(offset, PAGE_BYTES)?;
            control.set_endpoints_reserved(e + (PAGE_BYTES / BLOCK_BYTES) as u32);
        }
        let block = control.endpoint(e);
        if block.state().load(Ordering::Relaxed) != STATE_FREE {
            continue;
        }
        if !opened.file.try_lock(files::endpoint_byte(e), true)? {
            continue;
        }
        crash_point("claim-locked");
        // sync endpoint-state/acquire: what the last owner's repair did is visible.
        if block.state().load(Ordering::Acquire) != STATE_FREE {
            opened.file.unlock(files::endpoint_byte(e));
            continue;
        }
        fill(control, e, role);
        crash_point("claim-joining");
        return Ok(Some(e));
    }
    Ok(None)
}

fn fill(control: &Control, e: u32, role: Role) {
    let block = control.endpoint(e);
    let generation = block.generation().load(Ordering::Relaxed).wrapping_add(1) & 0xff_ffff;
    block
        .generation()
        .store(generation.max(1), Ordering::Relaxed);
    // sync endpoint-life/release: who sees one of the fields below sees the generation, too.
    fence(Ordering::Release);
    block.role().store(role as u32, Ordering::Relaxed);
    block.pid().store(os::process_id(), Ordering::Relaxed);
    block
        .joined_ns()
        .store(os::now_ns() as u64, Ordering::Relaxed);
    block.missed().store(0, Ordering::Relaxed);
    identity::sign(&block);
    // sync endpoint-state/release: the fields above belong to this life of the block.
    block.state().store(STATE_JOINING, Ordering::Release);
}

/// Frees at least one endpoint of a dead process; false when all are alive, or hold messages.
fn revive(opened: &files::ControlFile, place: &Place) -> Result<bool> {
    let control = &opened.control;
    let mut segments = Segments::default();
    segments.refresh(place, control, false)?;
    for e in 0..control.endpoints_reserved() {
        let block = control.endpoint(e);
        let leased = Lease::from_word(block.lease().load(Ordering::Relaxed)).is_some();
        if leased || !opened.file.try_lock(files::endpoint_byte(e), true)? {
            continue;
        }
        crate::ring::repair::repair(control, segments.pool(), e);
        opened.file.unlock(files::endpoint_byte(e));
        return Ok(true);
    }
    Ok(false)
}
