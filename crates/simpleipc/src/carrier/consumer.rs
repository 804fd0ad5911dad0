//! The consuming end: taking messages, waiting for them, and taking over from dead receivers.

use super::attachment::{Attachment, Interrupter, Role};
use super::join::{activate, join};
use super::message::{ChunkHold, LeaseHold, Message};
use super::place::Place;
use super::segments::Segments;
use super::wait::{Deadline, Slices, Spin};
use super::{Opening, now_ns};
use crate::error::{Error, Result, Status};
use crate::layout::chunk::Reference;
use crate::layout::endpoint::{LEASE_NONE, Lease, STATE_FREE};
use crate::layout::lane::FLAG_CHUNK;
use crate::os::{self, Waited};
use crate::ring::queue::{Claimed, Taker, finish, unclaim};
use crate::ring::reader::Reader;
use crate::ring::repair::take_over;
use crate::sync::Ordering;
use std::sync::Arc;
use std::time::Duration;

/// A receiver that never sleeps looks around this often.
pub(super) const LOOK_AROUND: Duration = Duration::from_millis(50);
/// Messages between two looks at the clock.
const LOOK_AROUND_MESSAGES: u32 = 256;
/// Endpoints probed at the end of a slice, in turn.
const PROBED_AT_ONCE: u32 = 32;

enum Source {
    Topic(Box<Reader>),
    Queue(Box<Taker>),
}

/// One subscriber or receiver.
pub struct Consumer {
    pub(super) attachment: Arc<Attachment>,
    segments: Segments,
    source: Source,
    /// Taken over from a dead receiver and not delivered yet.
    inherited: Option<Claimed>,
    /// Taken to answer `is_ready`.
    ready: Option<Message>,
    /// Queues: the lease word of the message delivered last.
    lease: u64,
    spin: Spin,
    pub(super) slices: Slices,
    probe: u32,
    taken: u32,
    looked_around_ns: i64,
}

impl Consumer {
    pub fn open(place: Place, role: Role, opening: &Opening) -> Result<Self> {
        if opening.lossless && opening.latest {
            return Err(Error::new(
                Status::BadArgument,
                format!(
                    "a subscriber of '{}' cannot be lossless and skip to the latest message; \
                     choose one",
                    place.name()
                ),
            ));
        }
        let (attachment, segments) = join(place, role, opening)?;
        let (control, me) = (&attachment.control, attachment.endpoint);
        let source = match role {
            Role::Receive => Source::Queue(Box::new(Taker::new(me))),
            _ => Source::Topic(Box::new(Reader::join(
                control,
                me,
                opening.lossless,
                opening.latest,
                u64::from(opening.history),
            ))),
        };
        activate(&attachment);
        let mut consumer = Self {
            attachment,
            segments,
            source,
            inherited: None,
            ready: None,
            lease: LEASE_NONE,
            spin: Spin::new(),
            slices: Slices::new(),
            probe: 0,
            taken: 0,
            looked_around_ns: now_ns(),
        };
        if role == Role::Receive {
            consumer.inherit()?;
        }
        Ok(consumer)
    }

    pub fn attachment(&self) -> &Arc<Attachment> {
        &self.attachment
    }

    pub fn interrupter(&self) -> Interrupter {
        Interrupter::of(&self.attachment)
    }

    /// Takes the next message. Who asks for the next is done with the last: from here on a death
    /// would not have it delivered again. Its memory stays valid until it is dropped.
    pub fn take(&mut self, deadline: Deadline) -> Result<Message> {
        self.attachment.check_process()?;
        self.end_lease();
        if let Some(message) = self.look()? {
            return Ok(message);
        }
        if deadline.is_now() {
            // Who never waits would otherwise seldom look after the dead.
            let inherits = matches!(self.source, Source::Queue(_)) && self.others_lease();
            if inherits {
                self.inherit()?;
            }
            return self.look()?.ok_or_else(|| self.timed_out());
        }
        let began_ns = now_ns();
        let mut spin = std::mem::replace(&mut self.spin, Spin::new());
        let found = spin.until(|| self.look());
        self.spin = spin;
        if let Some(message) = found? {
            return Ok(message);
        }
        let outcome = self.sleep_until(deadline);
        self.spin.learn(now_ns() - began_ns);
        outcome
    }

    /// Looks and sleeps in turn.
    fn sleep_until(&mut self, deadline: Deadline) -> Result<Message> {
        loop {
            let attachment = Arc::clone(&self.attachment);
            let expected = attachment.announce(attachment.control.bell());
            if let Some(message) = self.look()? {
                return Ok(message);
            }
            attachment.check_interrupt()?;
            let Some(slice) = deadline.left(self.slice()) else {
                return Err(self.timed_out());
            };
            match os::wait_on(attachment.control.bell().0, expected, slice) {
                Waited::Interrupted => return Err(attachment.interrupted()),
                Waited::Look => self.slices.shorten(),
                Waited::TimedOut => {
                    self.slices.lengthen();
                    self.look_around()?;
                }
            }
        }
    }

    /// Whether the next `take` will find a message at once.
    pub(super) fn is_ready(&mut self) -> Result<bool> {
        if self.ready.is_none() {
            self.ready = self.look()?;
        }
        Ok(self.ready.is_some())
    }

    /// The message delivered last, if it is still in our lease, is done.
    pub(super) fn end_lease(&self) {
        let pending = self.ready.is_some() || self.inherited.is_some();
        if matches!(self.source, Source::Queue(_)) && !pending {
            let block = self.attachment.control.endpoint(self.attachment.endpoint);
            // Only what we put there: the block may be another's by now, if we were evicted.
            // Relaxed: nobody but us and our repairer reads it, and the kernel orders the latter.
            let _ = block.lease().compare_exchange(
                self.lease,
                LEASE_NONE,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    fn timed_out(&self) -> Error {
        let text = format!(
            "nothing arrived on '{}' in the time given",
            self.attachment.place.name()
        );
        Error::new(Status::Timeout, text)
    }

    /// Looks once for a message.
    #[inline]
    fn look(&mut self) -> Result<Option<Message>> {
        if self.ready.is_some() {
            return Ok(self.ready.take());
        }
        match self.source {
            Source::Topic(_) => self.look_at_topic(),
            Source::Queue(_) => self.look_at_queue(),
        }
    }

    fn look_at_topic(&mut self) -> Result<Option<Message>> {
        let Source::Topic(reader) = &mut self.source else {
            return Ok(None);
        };
        let attachment = &self.attachment;
        let control = &attachment.control;
        loop {
            let Some(seen) = reader.poll(control) else {
                if reader.store_cursors(control) {
                    attachment.ring(control.space_bell());
                }
                return Ok(None);
            };
            let mut hold = None;
            if seen.copy.head.flags & FLAG_CHUNK != 0 {
                let reference = Reference::from_words([seen.copy.words[0], seen.copy.words[1]]);
                hold = resolve(attachment, &mut self.segments, reference)?.filter(|hold| {
                    let (chunk, generation) = (reference.chunk, reference.generation);
                    let view = &hold.mapped.view;
                    view.hold(
                        chunk,
                        generation,
                        attachment.endpoint,
                        seen.lane,
                        seen.sequence,
                    )
                });
                if hold.is_none() {
                    reader.lose(control, &seen);
                    continue;
                }
            }
            if reader.advance(control, &seen) {
                attachment.ring(control.space_bell());
            }
            let (head, words) = (seen.copy.head, seen.copy.words);
            let mut message =
                Message::new(head, seen.sequence, words, hold.map(Unheld::held), None);
            message.missed = reader.take_missed();
            if message.missed > 0 {
                let total = control.endpoint(attachment.endpoint);
                total.missed().fetch_add(message.missed, Ordering::Relaxed);
            }
            return Ok(Some(message));
        }
    }

    fn look_at_queue(&mut self) -> Result<Option<Message>> {
        self.taken = self.taken.wrapping_add(1);
        if self.taken.is_multiple_of(LOOK_AROUND_MESSAGES) {
            let now = now_ns();
            if now - self.looked_around_ns > LOOK_AROUND.as_nanos() as i64 {
                self.looked_around_ns = now;
                self.inherit()?;
            }
        }
        if let Some(claimed) = self.inherited.take() {
            return self.deliver_inherited(claimed).map(Some);
        }
        let Source::Queue(taker) = &mut self.source else {
            return Ok(None);
        };
        let attachment = &self.attachment;
        let control = &attachment.control;
        let Some(claimed) = taker.claim(control) else {
            return Ok(None);
        };
        let mut hold = None;
        if let Some(reference) = claimed.reference() {
            match resolve(attachment, &mut self.segments, reference) {
                Ok(Some(found)) => hold = Some(found),
                Ok(None) => {
                    // Somebody has deleted the data file, or the sender breaks the protocol.
                    let pool = self.segments.pool();
                    finish(control, pool, claimed.lane, claimed.sequence, None);
                    return Err(self.lost_data());
                }
                Err(error) => {
                    // Out of descriptors or address space here; another receiver may have some.
                    unclaim(control, &claimed);
                    attachment.ring(control.bell());
                    return Err(error);
                }
            }
        }
        taker.lease(control, self.segments.pool(), &claimed);
        attachment.ring(control.space_bell());
        let redelivered = claimed.attempts > 0;
        Ok(Some(self.deliver(&claimed, hold, redelivered)))
    }

    /// Makes a message of what a dead receiver has left in our lease.
    fn deliver_inherited(&mut self, claimed: Claimed) -> Result<Message> {
        let mut hold = None;
        if let Some(reference) = claimed.reference() {
            match resolve(&self.attachment, &mut self.segments, reference) {
                Ok(Some(found)) => hold = Some(found),
                Ok(None) => {
                    self.lease = self.own_lease();
                    return Err(self.lost_data());
                }
                Err(error) => {
                    // Out of descriptors or address space for now: the next take tries again.
                    self.inherited = Some(claimed);
                    return Err(error);
                }
            }
        }
        Ok(self.deliver(&claimed, hold, true))
    }

    /// Makes a message of what is in our lease.
    fn deliver(&mut self, claimed: &Claimed, hold: Option<Unheld>, redelivered: bool) -> Message {
        self.lease = self.own_lease();
        let lease = LeaseHold {
            attachment: Arc::clone(&self.attachment),
            word: self.lease,
        };
        let (head, words) = (claimed.copy.head, claimed.copy.words);
        let hold = hold.map(Unheld::held);
        let mut message = Message::new(head, claimed.sequence, words, hold, Some(lease));
        message.redelivered = redelivered;
        message
    }

    fn own_lease(&self) -> u64 {
        let block = self.attachment.control.endpoint(self.attachment.endpoint);
        block.lease().load(Ordering::Relaxed)
    }

    fn lost_data(&self) -> Error {
        let name = self.attachment.place.name();
        Error::new(
            Status::Corrupt,
            format!("a message of the channel '{name}' is lost: its data file has been removed"),
        )
    }

    pub(super) fn slice(&self) -> Duration {
        let others_hold = matches!(self.source, Source::Queue(_)) && self.others_lease();
        if others_hold {
            LOOK_AROUND
        } else {
            self.slices.current()
        }
    }

    /// Whether another receiver has a message in hand, which its death would make ours.
    fn others_lease(&self) -> bool {
        let control = &self.attachment.control;
        (0..control.endpoints_reserved())
            .filter(|e| *e != self.attachment.endpoint)
            .any(|e| {
                let block = control.endpoint(e);
                block.state().load(Ordering::Relaxed) != STATE_FREE
                    && Lease::from_word(block.lease().load(Ordering::Relaxed)).is_some()
            })
    }

    /// At the end of a slice: is everything still as we think?
    pub(super) fn look_around(&mut self) -> Result<()> {
        self.attachment.check_own()?;
        self.attachment.check_file()?;
        let first = self.probe;
        let reserved = self.attachment.control.endpoints_reserved().max(1);
        self.probe = (first + PROBED_AT_ONCE) % reserved;
        let some = (first..first + PROBED_AT_ONCE.min(reserved)).map(move |e| e % reserved);
        self.attachment.repair_dead(&mut self.segments, some)?;
        if matches!(self.source, Source::Queue(_)) {
            self.inherit()?;
        }
        Ok(())
    }

    /// Takes over the message of one dead receiver, if there is one.
    fn inherit(&mut self) -> Result<()> {
        let attachment = Arc::clone(&self.attachment);
        let (control, me) = (&attachment.control, attachment.endpoint);
        let mut inherited = None;
        for e in (0..control.endpoints_reserved()).filter(|e| *e != me) {
            let in_hand = self.inherited.is_some() || inherited.is_some() || self.ready.is_some();
            let leased = Lease::from_word(control.endpoint(e).lease().load(Ordering::Relaxed));
            // Our lease has one place; a message of ours that is still in hand keeps it.
            if in_hand || Lease::from_word(self.own_lease()).is_some() {
                break;
            }
            if leased.is_none() {
                continue;
            }
            attachment.repair_leased(&mut self.segments, e, &mut |pool, dead| {
                inherited = take_over(control, pool, dead, me);
            })?;
        }
        if inherited.is_some() {
            self.inherited = inherited;
        }
        Ok(())
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if let (Source::Queue(_), Some(message)) = (&self.source, self.ready.take()) {
            message.leave_behind();
        }
        // Messages may outlive the handle and keep its endpoint; producers must not wait for it.
        let (control, me) = (&self.attachment.control, self.attachment.endpoint);
        let is_topic = matches!(self.source, Source::Topic(_));
        if is_topic && !self.attachment.is_forked() && self.attachment.check_own().is_ok() {
            control.remove_member(me);
            self.attachment.ring(control.space_bell());
        }
    }
}

/// A chunk that has been found and mapped, but not referred to.
struct Unheld {
    mapped: Arc<super::segments::Mapped>,
    attachment: Arc<Attachment>,
    chunk: u32,
    len: u64,
}

impl Unheld {
    /// The caller has set the reference bit.
    fn held(self) -> ChunkHold {
        let Self {
            mapped,
            attachment,
            chunk,
            len,
        } = self;
        ChunkHold {
            attachment,
            mapped,
            chunk,
            len,
            left_behind: false,
        }
    }
}

/// Finds the chunk of a reference, mapping its segment if it is new.
fn resolve(
    attachment: &Arc<Attachment>,
    segments: &mut Segments,
    reference: Reference,
) -> Result<Option<Unheld>> {
    if segments.pool().find(reference).is_none() {
        segments.refresh(&attachment.place, &attachment.control, false)?;
    }
    let Some(segment) = segments.pool().find(reference) else {
        return Ok(None);
    };
    let Some(mapped) = segments.keep(segment.index) else {
        return Ok(None);
    };
    Ok(Some(Unheld {
        mapped,
        attachment: Arc::clone(attachment),
        chunk: reference.chunk,
        len: reference.len,
    }))
}
