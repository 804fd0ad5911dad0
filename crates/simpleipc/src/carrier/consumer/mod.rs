//! The consuming end: taking messages, waiting for them, and taking over from dead receivers.

mod queue;
mod topic;
mod unheld;

use crate::carrier::attachment::{Attachment, Interrupter, Role};
use crate::carrier::join::{activate, join};
use crate::carrier::message::Message;
use crate::carrier::place::Place;
use crate::carrier::readiness::Readiness;
use crate::carrier::segments::Segments;
use crate::carrier::wait::{Deadline, Slices, Spin};
use crate::carrier::{Opening, now_ns};
use crate::error::{Error, Result, Status};
use crate::layout::chunk::Reference;
use crate::layout::endpoint::LEASE_NONE;
use crate::os::{self, Waited};
use crate::ring::queue::{Claimed, Taker};
use crate::ring::reader::Reader;
use std::sync::Arc;
use std::time::Duration;
use topic::Polled;

/// A receiver that never sleeps looks around this often.
pub(super) const LOOK_AROUND: Duration = Duration::from_millis(50);
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
    /// The process that had it.
    inherited_from: u32,
    /// Taken to answer `is_ready`.
    ready: Option<Message>,
    /// Queues: the lease word of the message delivered last.
    lease: u64,
    spin: Spin,
    pub(super) slices: Slices,
    slice_max: Duration,
    probe: u32,
    /// Messages counted where that is needed: in queues, and those that our cursor keeps.
    taken: u64,
    /// Lossless subscribers: the message that our cursor keeps, by its number, and its chunk.
    kept: Option<(u64, Reference)>,
    looked_around_ns: i64,
    /// For who waits by a descriptor or a future.
    readiness: Option<Box<Readiness>>,
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
            Role::Receive | Role::Serve => Source::Queue(Box::new(Taker::new(me))),
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
            inherited_from: 0,
            ready: None,
            lease: LEASE_NONE,
            spin: Spin::new(),
            slices: Slices::new(),
            slice_max: Duration::MAX,
            probe: 0,
            taken: 0,
            kept: None,
            looked_around_ns: now_ns(),
            readiness: None,
        };
        if matches!(consumer.source, Source::Queue(_)) {
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
                Polled::Nothing if deadline.is_now() => return Err(self.nothing()),
                _ => {}
            }
            if let Some(message) = self.look()? {
                return Ok(message);
            }
            deadline = self.wait(deadline)?;
        }
    }

    /// State: the value that holds now, also if it has been taken before; waits for the first one.
    pub fn current(&mut self, deadline: Deadline) -> Result<Message> {
        self.attachment.check_process()?;
        self.ready = None;
        if let Source::Topic(reader) = &mut self.source {
            reader.rewind();
        }
        self.take(deadline)
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
                    match self.lend(seen) {
                        Ok(Some(chunk)) => {
                            let copy = seen.line.whole();
                            each(&Message::new(copy, seen.sequence, 0, Some(chunk), None));
                        }
                        // Not passed: the next call tries again, or says that it is lost.
                        Ok(None) | Err(_) if count > 0 => break,
                        Ok(None) => {
                            self.advance(seen, false);
                            return Err(self.lost_data());
                        }
                        Err(error) => return Err(error),
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
                false => Err(self.nothing()),
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

    /// What a look says that found nothing. Whoever waits for the descriptor will be told.
    #[inline(always)]
    fn nothing(&mut self) -> Error {
        match self.readiness.is_some() {
            false => nothing_there(),
            true => self.arm(),
        }
    }

    #[cold]
    fn arm(&mut self) -> Error {
        let Some(readiness) = self.readiness.take() else {
            return nothing_there();
        };
        let mut looked = Ok(());
        match readiness.ended() {
            Some(Waited::TimedOut) => {
                self.slices.lengthen();
                looked = self.look_around();
            }
            Some(Waited::Look | Waited::Interrupted) => self.slices.shorten(),
            None => {}
        }
        readiness.arm(self.slice(), || looked.is_err() || self.has_news());
        self.readiness = Some(readiness);
        looked.err().unwrap_or_else(nothing_there)
    }

    /// Whether somebody waits by a descriptor or a future, or has done so.
    pub fn has_readiness(&self) -> bool {
        self.readiness.is_some()
    }

    /// Something is there that this consumer does not know of, or no longer.
    pub fn tell_of_more(&self) {
        if let Some(readiness) = &self.readiness {
            readiness.set();
        }
    }

    /// At the latest after this time whoever waits is to look around.
    pub fn set_slice_max(&mut self, slice_max: Duration) {
        self.slice_max = slice_max;
    }

    /// For whoever waits by a descriptor or a future: from now on there is something to wait for.
    pub fn expect_more(&mut self) {
        if self.has_readiness() {
            let _ = self.arm(); // an error of looking around comes again
        }
    }

    /// There is nothing to wait for until `expect_more`.
    pub fn expect_nothing(&mut self) {
        if let Some(readiness) = &self.readiness {
            readiness.rest();
        }
    }

    /// What makes the descriptor; from now on a thread waits beside the program.
    pub fn readiness(&mut self) -> Result<&Readiness> {
        self.attachment.check_process()?;
        if self.readiness.is_none() {
            self.readiness = Some(Box::new(Readiness::new(&self.attachment)?));
            // It may be readable from the beginning.
            self.nothing();
        }
        Ok(self.readiness.as_deref().expect("just made"))
    }

    /// Whether a look would find something. Costs less than the look.
    #[inline(always)]
    pub(super) fn has_news(&mut self) -> bool {
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
            if self.is_left_a_message() {
                self.inherit()?;
            }
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
    pub fn is_ready(&mut self) -> Result<bool> {
        if self.ready.is_none() {
            self.ready = self.look()?;
        }
        Ok(self.ready.is_some())
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

    fn lost_data(&self) -> Error {
        let name = self.attachment.place.name();
        Error::new(
            Status::Corrupt,
            format!("a message of the channel '{name}' is lost: its data file has been removed"),
        )
    }

    pub(super) fn slice(&self) -> Duration {
        let others_hold = matches!(self.source, Source::Queue(_)) && self.others_lease();
        let slice = match others_hold {
            true => LOOK_AROUND,
            false => self.slices.current(),
        };
        slice.min(self.slice_max)
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

/// A look that found nothing. The sentence is fixed, because who spins makes many.
pub(super) fn nothing_there() -> Error {
    Error::new(Status::Timeout, "nothing has arrived yet")
}
