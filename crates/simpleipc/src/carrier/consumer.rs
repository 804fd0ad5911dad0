//! The consuming end: taking messages, waiting for them, and taking over from dead receivers.

use super::attachment::{Attachment, Interrupter, Role};
use super::join::{activate, join};
use super::message::{Chunk, ChunkHold, KeptBy, LeaseHold, Message};
use super::place::Place;
use super::segments::Segments;
use super::wait::{Deadline, Slices, Spin};
use super::{Opening, now_ns};
use crate::error::{Error, Result, Status};
use crate::layout::chunk::Reference;
use crate::layout::endpoint::{LEASE_NONE, Lease, STATE_FREE};
use crate::os::{self, Waited};
use crate::ring::pool::Pool;
use crate::ring::queue::{Claimed, Taker, finish, unclaim};
use crate::ring::reader::{Reader, Seen};
use crate::ring::repair::take_over;
use crate::ring::slot::SlotCopy;
use crate::sync::{Ordering, crash_point};
use std::sync::Arc;
use std::time::Duration;

/// A receiver that never sleeps looks around this often.
pub(super) const LOOK_AROUND: Duration = Duration::from_millis(50);
/// Messages between two looks at the clock.
const LOOK_AROUND_MESSAGES: u64 = 256;
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
    /// Messages counted where that is needed: in queues, and those that our cursor keeps.
    taken: u64,
    /// Lossless subscribers: the message that our cursor keeps, by its number, and its chunk.
    kept: Option<(u64, Reference)>,
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
            kept: None,
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
    #[inline(always)]
    pub fn take(&mut self, deadline: Deadline) -> Result<Message> {
        self.attachment.check_process()?;
        self.end_lease();
        let mut deadline = deadline;
        loop {
            // The ways of most messages, written so that none is moved on it.
            match self.poll() {
                Polled::Line(seen) => {
                    let missed = self.advance(seen, false);
                    let copy = seen.line.whole();
                    return Ok(Message::new(copy, seen.sequence, missed, None, None));
                }
                Polled::Slot(seen, copy) => {
                    let missed = self.advance(seen, false);
                    return Ok(Message::new(copy, seen.sequence, missed, None, None));
                }
                Polled::Kept(seen) => return self.take_kept(seen),
                Polled::Nothing if deadline.is_now() => return Err(nothing_there()),
                _ => {}
            }
            if let Some(message) = self.look()? {
                return Ok(message);
            }
            deadline = self.wait(deadline)?;
        }
    }

    /// Waits for a message and has `each` look at it and at those that are there already, at most
    /// `most`; how many that were. Each counts as taken, and is dropped, when `each` returns.
    #[inline(always)]
    pub fn take_each(
        &mut self,
        deadline: Deadline,
        most: usize,
        mut each: impl FnMut(&Message),
    ) -> Result<usize> {
        let mut count = 0;
        while count < most {
            match self.poll() {
                Polled::Line(seen) => {
                    let missed = self.advance(seen, false);
                    let copy = seen.line.whole();
                    each(&Message::new(copy, seen.sequence, missed, None, None));
                }
                Polled::Slot(seen, copy) => {
                    let missed = self.advance(seen, false);
                    each(&Message::new(copy, seen.sequence, missed, None, None));
                }
                Polled::Kept(seen) => {
                    // Our cursor passes the message only after this.
                    if let Some(chunk) = self.lend(seen)? {
                        let copy = seen.line.whole();
                        each(&Message::new(copy, seen.sequence, 0, Some(chunk), None));
                    }
                    self.advance(seen, false);
                }
                _ => {
                    // Who has something in hand does not wait for more.
                    let deadline = if count == 0 { deadline } else { Deadline::Now };
                    match self.take(deadline) {
                        Ok(message) => each(&message),
                        Err(_) if count > 0 => break,
                        Err(error) => return Err(error),
                    }
                }
            }
            count += 1;
        }
        Ok(count)
    }

    /// Topics: looks for a message of a common kind.
    #[inline(always)]
    fn poll(&mut self) -> Polled {
        if self.ready.is_none()
            && let Source::Topic(reader) = &mut self.source
        {
            let control = &self.attachment.control;
            return match reader.poll(control) {
                Some(seen) if seen.line.is_chunk() => match reader.is_kept(seen) {
                    true => Polled::Kept(seen),
                    false => Polled::Other,
                },
                Some(seen) if !seen.line.is_cut() => Polled::Line(seen),
                Some(seen) => match reader.read_whole(control, seen) {
                    Some(copy) => Polled::Slot(seen, copy),
                    None => Polled::Other,
                },
                None if !reader.is_lagging() => Polled::Nothing,
                None => Polled::Other,
            };
        }
        Polled::Other
    }

    /// Topics: tells producers how far we have read, before we stop reading for a while.
    #[inline(always)]
    fn tell_cursors(&mut self) {
        self.settle();
        let control = &self.attachment.control;
        if let Source::Topic(reader) = &mut self.source
            && reader.store_cursors(control)
        {
            self.attachment.ring(control.space_bell());
        }
    }

    /// Waits until it is worth looking again; returns the deadline of the wait, which has begun.
    #[cold]
    fn wait(&mut self, deadline: Deadline) -> Result<Deadline> {
        if deadline.is_now() {
            // Who never waits would otherwise seldom look after the dead.
            if matches!(self.source, Source::Queue(_)) && self.others_lease() {
                self.inherit()?;
            }
            return match self.has_news() {
                true => Ok(deadline),
                false => Err(nothing_there()),
            };
        }
        let deadline = deadline.begun();
        let began_ns = now_ns();
        let mut spin = std::mem::replace(&mut self.spin, Spin::new());
        let found = spin.until(1, || Ok(self.has_news().then_some(())));
        self.spin = spin;
        if found?.is_none() {
            let outcome = self.sleep_until(deadline);
            self.spin.learn(now_ns() - began_ns);
            outcome?;
        }
        Ok(deadline)
    }

    /// Whether a look would find something. Costs less than the look.
    #[inline(always)]
    fn has_news(&mut self) -> bool {
        let control = &self.attachment.control;
        match &mut self.source {
            Source::Topic(reader) => reader.poll(control).is_some(),
            Source::Queue(taker) => self.inherited.is_some() || taker.has_news(control),
        }
    }

    /// Looks and sleeps in turn.
    fn sleep_until(&mut self, deadline: Deadline) -> Result<()> {
        loop {
            let attachment = Arc::clone(&self.attachment);
            let expected = attachment.announce(attachment.control.bell());
            if self.has_news() {
                return Ok(());
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
    #[inline(always)]
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
        loop {
            let Source::Topic(reader) = &mut self.source else {
                return Ok(None);
            };
            let attachment = &self.attachment;
            let control = &attachment.control;
            let Some(seen) = reader.poll(control) else {
                self.tell_cursors();
                return Ok(None);
            };
            let large = seen.line.is_chunk();
            let chunk = match large {
                true if reader.is_kept(seen) => return self.take_kept(seen).map(Some),
                true => hold(attachment, &mut self.segments, seen)?,
                false => None,
            };
            let copy = match seen.line.is_cut() {
                true => reader.read_whole(control, seen),
                false => Some(seen.line.whole()),
            };
            let Some(copy) = copy.filter(|_| large == chunk.is_some()) else {
                self.lose(seen);
                continue;
            };
            let missed = self.advance(seen, large);
            let chunk = chunk.map(Chunk::Held);
            return Ok(Some(Message::new(copy, seen.sequence, missed, chunk, None)));
        }
    }

    /// Topics: the message was there but it, or its chunk, is not any more.
    #[cold]
    fn lose(&mut self, seen: Seen) {
        self.settle();
        if let Source::Topic(reader) = &mut self.source {
            reader.lose(&self.attachment.control, seen);
        }
    }

    /// Topics: the chunk of a message that our cursor keeps, for as long as it stays there. `None`
    /// if there is none.
    #[inline(always)]
    fn lend(&mut self, seen: Seen) -> Result<Option<Chunk>> {
        let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
        if self.segments.pool().find(reference).is_none() {
            let attachment = &self.attachment;
            let (place, control) = (&attachment.place, &attachment.control);
            self.segments.refresh(place, control, false)?;
        }
        let segment = self.segments.pool().find(reference);
        Ok(segment.map(|segment| Chunk::Lent {
            start: segment.bytes(reference.chunk),
            len: reference.len as usize,
        }))
    }

    /// Topics: makes a message of a chunk that our cursor keeps.
    fn take_kept(&mut self, seen: Seen) -> Result<Message> {
        let attachment = &self.attachment;
        let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
        let found = resolve(attachment, &mut self.segments, reference)?;
        self.settle();
        let Source::Topic(reader) = &mut self.source else {
            return Err(nothing_there());
        };
        let Some(found) = found else {
            // Somebody has deleted the data file, or the publisher breaks the protocol.
            reader.advance_kept(seen);
            return Err(self.lost_data());
        };
        self.taken += 1;
        self.attachment.gate.close(self.taken);
        self.kept = Some((self.taken, reference));
        crash_point("chunk-kept");
        reader.advance_kept(seen);
        let kept_by = KeptBy::Cursor {
            number: self.taken,
            lane: seen.lane,
            sequence: seen.sequence,
        };
        let (copy, missed) = (seen.line.whole(), reader.take_missed());
        let chunk = Some(Chunk::Held(found.held(kept_by)));
        Ok(Message::new(copy, seen.sequence, missed, chunk, None))
    }

    /// Topics: our cursor is about to move. If the message that it keeps is still in hand, that
    /// gets a reference bit instead.
    #[inline(always)]
    fn settle(&mut self) {
        if let Some((number, reference)) = self.kept.take()
            && self.attachment.gate.keeps(number)
        {
            settle_kept(&self.attachment, self.segments.pool(), number, reference);
        }
    }

    /// Topics: the message is copied or held; wakes who waits for its room. How many were missed
    /// before it, which those who look from outside can see, too.
    #[inline(always)]
    fn advance(&mut self, seen: Seen, large: bool) -> u64 {
        let Source::Topic(reader) = &mut self.source else {
            return 0;
        };
        if self.kept.is_some() && (large || reader.is_at_stride(seen)) {
            self.settle();
        }
        let Source::Topic(reader) = &mut self.source else {
            return 0;
        };
        let control = &self.attachment.control;
        if reader.advance(control, seen, large) {
            self.attachment.ring(control.space_bell());
        }
        let missed = reader.take_missed();
        if missed > 0 {
            let block = control.endpoint(self.attachment.endpoint);
            block.missed().fetch_add(missed, Ordering::Relaxed);
        }
        missed
    }

    fn look_at_queue(&mut self) -> Result<Option<Message>> {
        self.taken += 1;
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
        let hold = hold.map(|found| Chunk::Held(found.held(KeptBy::Reference)));
        let mut message = Message::new(claimed.copy, claimed.sequence, 0, hold, Some(lease));
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
        self.settle();
        let (control, me) = (&self.attachment.control, self.attachment.endpoint);
        let is_topic = matches!(self.source, Source::Topic(_));
        if is_topic && !self.attachment.is_forked() && self.attachment.check_own().is_ok() {
            control.remove_member(me);
            self.attachment.ring(control.space_bell());
        }
    }
}

/// What [`Consumer::poll`] found.
enum Polled {
    /// A message in one cache line.
    Line(Seen),
    /// A message in its slot.
    Slot(Seen, SlotCopy),
    /// A message in a chunk that our cursor keeps.
    Kept(Seen),
    Nothing,
    /// Something else to look at, or to do.
    Other,
}

/// A look that found nothing. The sentence is fixed, because who spins makes many.
fn nothing_there() -> Error {
    Error::new(Status::Timeout, "nothing has arrived yet")
}

/// A chunk that has been found and mapped, but not referred to.
struct Unheld {
    mapped: Arc<super::segments::Mapped>,
    attachment: Arc<Attachment>,
    chunk: u32,
    len: u64,
}

impl Unheld {
    /// The caller has seen to it that the chunk stays.
    fn held(self, kept_by: KeptBy) -> ChunkHold {
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
            kept_by,
        }
    }
}

/// Refers to the chunk of message `number`, which the gate has kept so far.
#[cold]
fn settle_kept(attachment: &Attachment, pool: &Pool, number: u64, reference: Reference) {
    // One that has left the table is used by nobody again; and only what the pool has is mapped
    // for certain, when the message may be dropped at any moment.
    let Some(segment) = pool.find(reference) else {
        return;
    };
    segment.add_reference(reference.chunk, attachment.endpoint);
    if !attachment.gate.open(number) {
        // Dropped meanwhile, by somebody who did not know of the reference.
        segment.release(reference.chunk, attachment.endpoint);
    }
}

/// Topics: refers to the chunk of a message; `None` if it has lost it meanwhile.
fn hold(
    attachment: &Arc<Attachment>,
    segments: &mut Segments,
    seen: Seen,
) -> Result<Option<ChunkHold>> {
    let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
    let Some(found) = resolve(attachment, segments, reference)? else {
        return Ok(None);
    };
    let held = found.mapped.view.hold(
        reference.chunk,
        reference.generation,
        attachment.endpoint,
        seen.lane,
        seen.sequence,
    );
    Ok(held.then(|| found.held(KeptBy::Reference)))
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
