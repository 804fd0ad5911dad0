//! Room for a chunk: a free one, one that is taken back, or memory that is made.

use super::{Producer, SLICE};
use crate::carrier::attachment::Role;
use crate::carrier::loan::Loan;
use crate::carrier::wait::Deadline;
use crate::error::{Error, Result, Status};
use crate::limits::{LOANS_MAX, MESSAGE_BYTES_MAX};
use crate::ring::pool::Segment;
use std::sync::Arc;

/// Beyond this much pool a topic rather takes its oldest chunks back than grow, as long as only
/// subscribers that did not ask for `lossless` would miss them.
const RETAINED_BYTES: u64 = 64 << 20;
/// Chunks above this size are removed from a pool that is larger than it needs to be.
const SHRINK_CHUNK_BYTES: u64 = 1 << 20;
/// So often one call makes room that others may take before it can, and then waits as if there
/// were none. Honest ones are quicker a few times; who writes over the table of data files is
/// quicker each time.
const ROOMS_LOST_MAX: u32 = 32;

/// Where room for a chunk has come from.
enum Room {
    /// Messages of ours, of which there is an end.
    Own,
    /// What everybody may take.
    Shared,
}

impl Producer {
    /// Borrows a chunk of at least `len` bytes.
    pub fn loan(&mut self, len: usize, deadline: Deadline) -> Result<Loan> {
        self.attachment.check_process()?;
        let needed = len as u64;
        if needed > MESSAGE_BYTES_MAX || needed > self.attachment.control.geometry().pool_bytes_max
        {
            let limit = MESSAGE_BYTES_MAX.min(self.attachment.control.geometry().pool_bytes_max);
            return Err(Error::new(
                Status::TooLarge,
                format!(
                    "a message of {len} bytes is too large for the channel '{}', whose limit is \
                     {limit} bytes; open it with a larger pool_bytes_max (at most \
                     {MESSAGE_BYTES_MAX}), or send it in parts",
                    self.channel()
                ),
            ));
        }
        if Arc::strong_count(&self.loans) > LOANS_MAX {
            return Err(Error::new(
                Status::BadArgument,
                format!(
                    "this handle of '{}' has {LOANS_MAX} loans out, its maximum; put some or \
                     give them back",
                    self.channel()
                ),
            ));
        }
        let deadline = deadline.begun();
        let mut lost = 0;
        loop {
            if let Some(loan) = self.try_loan(needed)? {
                return Ok(loan);
            }
            match self.make_room(needed) {
                Ok(Room::Own) => {}
                Ok(Room::Shared) if lost < ROOMS_LOST_MAX => lost += 1,
                Ok(Room::Shared) => {
                    if let Some(loan) = self.wait_for_chunk(deadline, needed)? {
                        return Ok(loan);
                    }
                }
                Err(error) if error.status() == Status::NoSpace && self.may_come_free() => {
                    if deadline.is_now() {
                        return Err(error);
                    }
                    if let Some(loan) = self.wait_for_chunk(deadline, needed)? {
                        return Ok(loan);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn try_loan(&mut self, needed: u64) -> Result<Option<Loan>> {
        self.follow_epoch()?;
        let (attachment, pool) = (&self.attachment, self.segments.pool());
        if attachment.role == Role::Publish {
            self.writer.retire_passed(&attachment.control, pool);
        }
        // The smallest chunks that do come first.
        let rank = |segment: &&Segment| (segment.geometry.chunk_bytes, segment.index);
        let mut tried = (0, 0);
        let suitable = |tried: (u64, u16)| {
            let all = pool.segments().iter();
            all.filter(|segment| segment.fits(needed) && rank(segment) > tried)
                .min_by_key(rank)
        };
        while let Some(segment) = suitable(tried) {
            tried = rank(&segment);
            let start = if self.hint < segment.geometry.chunks {
                self.hint
            } else {
                0
            };
            if let Some(claimed) = segment.loan(attachment.endpoint, start) {
                let mapped = self
                    .segments
                    .keep(segment.index)
                    .expect("a view has its mapping");
                let loan = Loan::new(Arc::clone(attachment), mapped, claimed, needed as usize);
                return Ok(Some(loan.counted(&self.loans)));
            }
        }
        Ok(None)
    }

    /// Takes chunks back, or makes new ones. `NoSpace` when neither is possible now.
    fn make_room(&mut self, needed: u64) -> Result<Room> {
        if self.writer.clear_stock(self.segments.pool()) {
            return Ok(Room::Own);
        }
        let (attachment, segments) = (&self.attachment, &mut self.segments);
        let (place, control) = (&attachment.place, &attachment.control);
        let publisher = attachment.role == Role::Publish;
        let enough = segments.bytes() + needed > RETAINED_BYTES.max(8 * needed);
        if enough && publisher && self.writer.retire_oldest(control, segments.pool()) {
            return Ok(Room::Own);
        }
        if segments.bytes() > RETAINED_BYTES {
            let unwanted = |segment: &Segment| {
                let bytes = segment.geometry.chunk_bytes;
                bytes > SHRINK_CHUNK_BYTES && !(needed..=needed * 2).contains(&bytes)
            };
            if segments.shrink(place, control, attachment.endpoint, unwanted) {
                segments.refresh(place, control, true)?;
            }
        }
        let error = match segments.grow(place, control, needed) {
            Ok(()) => return Ok(Room::Shared),
            Err(error) => error,
        };
        if error.status() != Status::NoSpace {
            return Err(error);
        }
        if publisher && segments.pool().retire_unneeded(control) {
            return Ok(Room::Shared);
        }
        if publisher && self.writer.retire_oldest(control, segments.pool()) {
            return Ok(Room::Own);
        }
        if segments.shrink(place, control, attachment.endpoint, |segment| {
            !(needed..=needed * 2).contains(&segment.geometry.chunk_bytes)
        }) {
            segments.refresh(place, control, true)?;
            return Ok(Room::Shared);
        }
        if publisher && segments.pool().retire_oldest(control) {
            return Ok(Room::Shared);
        }
        Err(error)
    }

    /// Whether chunks are in use that somebody will let go of.
    fn may_come_free(&self) -> bool {
        self.segments.pool().chunks().any(|(segment, chunk, word)| {
            word.state != crate::layout::chunk::FREE
                || segment.holders(chunk).iter().any(|bits| *bits != 0)
        })
    }

    /// Sleeps until somebody lets go of memory. With a loan if it could be had at the second
    /// look; without one when it is time to try everything again.
    fn wait_for_chunk(&mut self, deadline: Deadline, needed: u64) -> Result<Option<Loan>> {
        let expected = self
            .attachment
            .announce(self.attachment.control.space_bell());
        let loan = self.try_loan(needed)?;
        if loan.is_some() {
            return Ok(loan);
        }
        match deadline.left(SLICE) {
            Some(slice) => self.sleep(expected, slice).map(|()| None),
            None => Err(self.no_chunk(needed)),
        }
    }

    fn no_chunk(&self, needed: u64) -> Error {
        let name = self.channel();
        Error::new(
            Status::Full,
            format!(
                "the shared memory of the channel '{name}' is in use by messages that have not \
                 been taken or released, and {needed} bytes more were not to be had in the time \
                 given"
            ),
        )
    }
}
