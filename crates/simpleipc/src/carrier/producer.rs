//! The producing end: a lane, the pool, and waiting for room in either.

mod lease;
mod room;
mod setter;

pub use setter::Expected;

use super::attachment::{Attachment, Role};
use super::join::{activate, join};
use super::loan::Loan;
use super::place::Place;
use super::segments::Segments;
use super::wait::{Deadline, Spin};
use super::{Opening, now_ns};
use crate::error::{Error, Result, Status};
use crate::layout::chunk::Reference;
use crate::layout::lane::{FLAG_CAPTURED, FLAG_CHUNK, FLAG_STAMPED, Head, PAYLOAD_WORDS};
use crate::limits::PEERS_MAX;
use crate::os::{self, Waited};
use crate::ring::pool::Segment;
use crate::ring::stock::STOCK_CHUNK_BYTES;
use crate::ring::writer::Writer;
use lease::lease_lane;
use std::sync::Arc;
use std::time::Duration;

/// A producer without room looks around this often.
const SLICE: Duration = Duration::from_millis(10);
/// Between two looks for room. A receiver that is busy makes room for many messages at a time.
const PAUSES: u32 = 16;

/// The times that travel with a message; 0 = not at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stamps {
    /// Take the publish time.
    pub publish: bool,
    pub capture_ns: i64,
}

/// One publisher or sender.
pub struct Producer {
    pub(super) attachment: Arc<Attachment>,
    pub(super) segments: Segments,
    pub(super) writer: Writer,
    epoch: u64,
    /// Where to look for a free chunk first: the most recently used one is still in the cache.
    hint: u32,
    loans: Arc<()>,
    spin: Spin,
    sender_id: u32,
    looked_around_ns: i64,
}

impl Producer {
    pub fn open(place: Place, role: Role, opening: &Opening) -> Result<Self> {
        let (attachment, mut segments) = join(place, role, opening)?;
        let lane = lease_lane(&attachment, &mut segments)?;
        let control = &attachment.control;
        // The lane's last owner may have made a segment since we joined.
        segments.refresh(&attachment.place, control, true)?;
        let writer = Writer::adopt(control, segments.pool(), lane);
        activate(&attachment);
        let epoch = control.epoch();
        let loans = Arc::new(());
        let sender_id = attachment.sender_id();
        Ok(Self {
            sender_id,
            attachment,
            segments,
            writer,
            epoch,
            hint: 0,
            loans,
            spin: Spin::new(),
            looked_around_ns: 0,
        })
    }

    pub fn attachment(&self) -> &Arc<Attachment> {
        &self.attachment
    }

    /// Sends these bytes. Nothing is sent on an error.
    #[inline(never)]
    pub fn put(&mut self, tag: u8, body: &[u8], stamps: Stamps, deadline: Deadline) -> Result<()> {
        self.attachment.check_process()?;
        if !stamps.leave_room_for(body.len()) {
            let bytes = body.len() as u64;
            if bytes <= STOCK_CHUNK_BYTES && self.attachment.role == Role::Publish {
                return self.put_medium(tag, body, stamps, deadline);
            }
            return self.put_large(tag, body.len(), stamps, deadline, |to| {
                to.copy_from_slice(body);
            });
        }
        self.wait_for_slot(deadline)?;
        let head = Head {
            len: body.len() as u16,
            tag,
            flags: 0,
            sender: self.sender_id,
        };
        self.publish(head, body, stamps);
        Ok(())
    }

    /// Sends `len` bytes that `write` puts where it is told. Nothing is sent on an error.
    pub fn put_written(
        &mut self,
        tag: u8,
        len: usize,
        stamps: Stamps,
        deadline: Deadline,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<()> {
        if stamps.leave_room_for(len) {
            let mut bytes = [0u8; PAYLOAD_WORDS * 8];
            write(&mut bytes[..len]);
            return self.put(tag, &bytes[..len], stamps, deadline);
        }
        self.put_large(tag, len, stamps, deadline, write)
    }

    /// Sends bytes in a chunk that is made for them.
    fn put_large(
        &mut self,
        tag: u8,
        len: usize,
        stamps: Stamps,
        deadline: Deadline,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<()> {
        let mut loan = self.loan(len, deadline)?;
        write(loan.bytes_mut());
        self.put_loan(&mut loan, tag, stamps, deadline)
    }

    /// Topics: sends bytes in a chunk of an earlier message of ours, if there is one.
    fn put_medium(
        &mut self,
        tag: u8,
        body: &[u8],
        stamps: Stamps,
        deadline: Deadline,
    ) -> Result<()> {
        self.follow_epoch()?;
        let (control, pool) = (&self.attachment.control, self.segments.pool());
        let (needed, me) = (body.len() as u64, self.attachment.endpoint);
        let Some(found) = self.writer.take_stock(control, pool, needed, me) else {
            return self.put_large(tag, body.len(), stamps, deadline, |to| {
                to.copy_from_slice(body);
            });
        };
        let reference = Reference {
            len: needed,
            ..found
        };
        let segment = *pool.find(found).expect("a chunk in stock is mapped");
        // SAFETY: the chunk has at least `needed` bytes and its segment is mapped while it is in
        // the pool. It is on loan to this endpoint and nobody refers to it, so no process that
        // keeps the protocol touches it; `body` is not in it, which was not handed out.
        unsafe {
            let to = segment.bytes(reference.chunk);
            std::ptr::copy_nonoverlapping(body.as_ptr(), to, body.len());
        }
        if let Err(error) = self.wait_for_slot(deadline) {
            self.writer.put_back_stock(found);
            return Err(error);
        }
        self.publish_chunk(&segment, reference, tag, stamps);
        self.writer.prefetch_stock(self.segments.pool(), body.len());
        Ok(())
    }

    /// Sends a filled loan of this producer. On an error the loan stays with the caller.
    pub fn put_loan(
        &mut self,
        loan: &mut Loan,
        tag: u8,
        stamps: Stamps,
        deadline: Deadline,
    ) -> Result<()> {
        self.attachment.check_process()?;
        self.check_loan(loan)?;
        self.wait_for_slot(deadline)?;
        self.publish_loan(loan, tag, stamps);
        Ok(())
    }

    fn check_loan(&self, loan: &Loan) -> Result<()> {
        if loan.is_of(&self.attachment) && !loan.published {
            return Ok(());
        }
        Err(Error::new(
            Status::BadArgument,
            format!("the loan is not one of this handle of '{}'", self.channel()),
        ))
    }

    /// Publishes a filled loan. The caller has seen room for it.
    fn publish_loan(&mut self, loan: &mut Loan, tag: u8, stamps: Stamps) {
        let segment = *loan.view();
        let reference = Reference {
            segment: segment.index,
            segment_generation: segment.generation,
            chunk: loan.chunk,
            generation: loan.generation,
            len: loan.len() as u64,
        };
        loan.published = true;
        self.hint = loan.chunk;
        self.publish_chunk(&segment, reference, tag, stamps);
    }

    /// Publishes a message in a chunk on loan to us. The caller has seen room for it.
    fn publish_chunk(&mut self, segment: &Segment, reference: Reference, tag: u8, stamps: Stamps) {
        let (lane, sequence) = (self.writer.lane_index(), self.writer.next());
        segment.publish(reference.chunk, reference.generation, lane, sequence);
        if self.attachment.role != Role::Send {
            self.writer.note_chunk(reference);
        }
        let head = Head {
            len: 0,
            tag,
            flags: FLAG_CHUNK,
            sender: self.sender_id,
        };
        self.publish(head, &reference.to_bytes(), stamps);
    }

    #[inline(always)]
    fn publish(&mut self, mut head: Head, body: &[u8], stamps: Stamps) {
        let mut words = [0u64; 2];
        let mut used = 0;
        if stamps.publish {
            head.flags |= FLAG_STAMPED;
            words[used] = now_ns() as u64;
            used += 1;
        }
        if stamps.capture_ns != 0 {
            head.flags |= FLAG_CAPTURED;
            words[used] = stamps.capture_ns as u64;
            used += 1;
        }
        self.writer
            .publish(self.segments.pool(), head, body, &words[..used]);
        self.attachment.ring(self.attachment.control.bell());
    }

    #[inline(always)]
    fn wait_for_slot(&mut self, deadline: Deadline) -> Result<()> {
        if self.writer.next() & 63 == 0 {
            self.attachment.check_own()?;
        }
        if self.writer.has_room(&self.attachment.control) {
            return Ok(());
        }
        self.wait_for_room(deadline)
    }

    #[cold]
    fn wait_for_room(&mut self, deadline: Deadline) -> Result<()> {
        if deadline.is_now() {
            self.look_around()?;
            return match self.writer.has_room(&self.attachment.control) {
                true => Ok(()),
                false => Err(self.no_slot()),
            };
        }
        let deadline = deadline.begun();
        let began_ns = now_ns();
        let (writer, control) = (&mut self.writer, &self.attachment.control);
        let has_room = || Ok(writer.has_room(control).then_some(()));
        if self.spin.until(PAUSES, has_room)?.is_some() {
            return Ok(());
        }
        let has_room = |this: &mut Self| this.writer.has_room(&this.attachment.control);
        let outcome = self.sleep_for_slot(deadline, has_room);
        self.spin.learn(now_ns() - began_ns);
        outcome
    }

    /// Those who are in the way may be dead; then there is no need to wait.
    pub(super) fn look_around(&mut self) -> Result<()> {
        let now_ns = now_ns();
        if now_ns - self.looked_around_ns < SLICE.as_nanos() as i64 {
            return Ok(());
        }
        self.looked_around_ns = now_ns;
        self.attachment.repair_dead(&mut self.segments, everybody())
    }

    /// Looks and sleeps in turn.
    fn sleep_for_slot(
        &mut self,
        deadline: Deadline,
        mut has_room: impl FnMut(&mut Self) -> bool,
    ) -> Result<()> {
        loop {
            self.look_around()?;
            let expected = self
                .attachment
                .announce(self.attachment.control.space_bell());
            if has_room(self) {
                return Ok(());
            }
            let Some(slice) = deadline.left(SLICE) else {
                return Err(self.no_slot());
            };
            self.sleep(expected, slice)?;
        }
    }

    /// Sleeps for a slice, and looks around at its end.
    pub(super) fn sleep(&mut self, expected: u32, slice: Duration) -> Result<()> {
        let attachment = &self.attachment;
        attachment.check_interrupt()?;
        match os::wait_on(attachment.control.space_bell().0, expected, slice) {
            Waited::Interrupted => Err(attachment.interrupted()),
            Waited::Look => Ok(()),
            Waited::TimedOut => {
                attachment.check_own()?;
                attachment.check_file()?;
                self.looked_around_ns = 0;
                self.look_around()
            }
        }
    }

    /// Others have changed the channel: perhaps its segments.
    fn follow_epoch(&mut self) -> Result<()> {
        let epoch = self.attachment.control.epoch();
        if epoch != self.epoch {
            self.attachment.check_own()?;
            self.segments
                .refresh(&self.attachment.place, &self.attachment.control, true)?;
            self.epoch = epoch;
        }
        Ok(())
    }

    pub(super) fn no_slot(&self) -> Error {
        let (name, depth) = (self.channel(), self.attachment.control.geometry().depth);
        let text = match self.attachment.role {
            Role::Send => format!(
                "the queue '{name}' is full: {depth} messages of this sender wait; is a receiver \
                 running?"
            ),
            Role::Set => format!(
                "another program has been setting the state '{name}' for all of the time given; \
                 is it stopped?"
            ),
            Role::Call => format!(
                "the service '{name}' is full: {depth} calls of this client wait; is a server \
                 running?"
            ),
            _ => format!(
                "a lossless subscriber of the topic '{name}' is as many messages behind as it may \
                 be, about {depth}; is it stopped?"
            ),
        };
        Error::new(Status::Full, text)
    }

    fn channel(&self) -> &str {
        self.attachment.place.name()
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if !self.attachment.is_forked() && self.attachment.check_own().is_ok() {
            self.writer.clear_stock(self.segments.pool());
        }
    }
}

impl Stamps {
    /// Whether a payload of `len` bytes fits into a slot with these.
    #[inline(always)]
    fn leave_room_for(self, len: usize) -> bool {
        let words = usize::from(self.publish) + usize::from(self.capture_ns != 0);
        len <= (PAYLOAD_WORDS - words) * 8
    }
}

fn everybody() -> std::ops::Range<u32> {
    0..PEERS_MAX as u32
}
