//! The lease of a lane, which makes a member a producer.

use super::everybody;
use crate::carrier::attachment::Attachment;
use crate::carrier::segments::Segments;
use crate::error::{Error, Result, Status};
use crate::limits::PRODUCERS_MAX;
use crate::sync::{Ordering, crash_point};

/// Finds a lane nobody owns, reserving a new one if need be.
pub(super) fn lease_lane(attachment: &Attachment, segments: &mut Segments) -> Result<u32> {
    let control = &attachment.control;
    if let Some(lane) = try_lease_lane(attachment)? {
        return Ok(lane);
    }
    attachment.repair_dead(segments, everybody())?;
    if let Some(lane) = try_lease_lane(attachment)? {
        return Ok(lane);
    }
    Err(Error::new(
        Status::TooManyProducers,
        format!(
            "the channel '{}' already has {} producers, its maximum ({PRODUCERS_MAX}); close \
             one, or let several threads share a handle",
            attachment.place.name(),
            control.geometry().lanes
        ),
    ))
}

fn try_lease_lane(attachment: &Attachment) -> Result<Option<u32>> {
    let (control, me) = (&attachment.control, attachment.endpoint + 1);
    let lanes = control.geometry().lanes;
    for lane in 0..lanes {
        reserve_lane(attachment, lane)?;
        let owner = control.lane(lane);
        // sync lane-owner/acquire: the last owner has left the lane in order.
        let won = owner
            .owner()
            .compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if won {
            crash_point("lane-owned");
            return Ok(Some(lane));
        }
    }
    Ok(None)
}

/// Has memory behind a lane.
pub(super) fn reserve_lane(attachment: &Attachment, lane: u32) -> Result<()> {
    let control = &attachment.control;
    if control.lanes_reserved() >> lane & 1 == 0 {
        let geometry = control.geometry();
        attachment
            .file
            .reserve(geometry.lane_offset(lane), geometry.lane_bytes())?;
        crash_point("lane-reserved");
        control.set_lane_reserved(lane);
    }
    Ok(())
}
