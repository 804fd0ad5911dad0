//! A tap: somebody who reads a topic and is not there for anybody else.
//!
//! It has no endpoint and no lock, and its mappings can only be read: so it can neither damage nor
//! delay anybody, and needs no more than leave to read the files. The price: every message is
//! copied, and counts as missed if its memory was used again before or while that was done; nobody
//! wakes a tap, so it looks by itself, with short sleeps in between; and it does not keep the
//! channel in being. It may be there before the channel is, and goes on with the next of its name.

use super::Opening;
use super::attachment::Interrupter;
use super::consumer::{LOOK_AROUND, nothing_there};
use super::files::{self, ControlFile};
use super::message::{Chunk, Message};
use super::place::Place;
use super::segments::Segments;
use super::wait::{Deadline, Spin, interrupted};
use crate::error::{Error, Result, Status};
use crate::layout::Pattern;
use crate::layout::chunk::Reference;
use crate::os::{self, Waited};
use crate::ring::reader::{Reader, Seen};
use crate::ring::slot::SlotCopy;
use crate::sync::{AtomicU32, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// The first nap; each one that brings nothing is followed by one twice as long.
const NAP_MIN: Duration = Duration::from_micros(50);
const NAP_MAX: Duration = Duration::from_millis(2);

/// Where a tap sleeps: on a word of its own, which nobody but an interrupter changes.
#[derive(Default)]
pub struct Nap {
    /// 1 while an interrupt waits to be noticed.
    pub interrupt: AtomicU32,
}

impl Nap {
    /// The nap in progress, or else the next one, ends, and with it the wait.
    pub fn interrupt(&self) {
        // sync interrupt/release: what the caller did before is visible to the waiter.
        self.interrupt.store(1, Ordering::Release);
        os::wake_all(&self.interrupt);
    }

    /// Whether an interrupt waited to be noticed; asks once.
    pub fn take(&self) -> bool {
        // sync interrupt/acquire: what the interrupter did before is visible.
        self.interrupt.swap(0, Ordering::Acquire) != 0
    }
}

/// A channel that is there. The reader looks into the mapping of the file.
struct View {
    reader: Reader,
    segments: Segments,
    opened: ControlFile,
}

/// A subscriber that takes no part.
pub struct Tap {
    place: Place,
    latest: bool,
    history: u64,
    /// Absent while there is no channel of this name.
    view: Option<View>,
    /// Taken to answer `is_ready`.
    ready: Option<Message>,
    /// Of channels that have gone, and not yet said.
    missed: u64,
    nap: Arc<Nap>,
    nap_next: Duration,
    spin: Spin,
    followed_ns: i64,
    cookie: u64,
}

impl Tap {
    pub fn open(place: Place, opening: &Opening) -> Result<Self> {
        if opening.lossless {
            return Err(Error::new(
                Status::BadArgument,
                format!(
                    "a tap of '{}' cannot be lossless: nobody waits for it; choose one",
                    place.name()
                ),
            ));
        }
        os::watch_forks();
        place.check_directory()?;
        let mut tap = Self {
            place,
            latest: opening.latest,
            history: u64::from(opening.history),
            view: None,
            ready: None,
            missed: 0,
            nap: Arc::default(),
            nap_next: NAP_MIN,
            spin: Spin::new(),
            followed_ns: 0,
            cookie: os::fork_cookie(),
        };
        tap.attach(false)?;
        Ok(tap)
    }

    pub fn name(&self) -> &str {
        self.place.name()
    }

    pub fn interrupter(&self) -> Interrupter {
        Interrupter::of_tap(&self.nap)
    }

    /// Takes the next message, a copy.
    #[cold]
    #[inline(never)]
    pub fn take(&mut self, deadline: Deadline) -> Result<Message> {
        self.check_process()?;
        let mut deadline = deadline;
        loop {
            if let Some(message) = self.look()? {
                self.nap_next = NAP_MIN;
                return Ok(message);
            }
            if !deadline.is_now() {
                deadline = self.wait(deadline)?;
            } else if !self.follow_sometimes()? {
                return Err(nothing_there());
            }
        }
    }

    /// Waits for a message and has `each` look at it and at those that are there already, at most
    /// `most`; how many that were.
    #[cold]
    #[inline(never)]
    pub fn take_each(
        &mut self,
        deadline: Deadline,
        most: usize,
        mut each: impl FnMut(&Message),
    ) -> Result<usize> {
        let mut count = 0;
        while count < most {
            let deadline = if count == 0 { deadline } else { Deadline::Now };
            match self.take(deadline) {
                Ok(message) => each(&message),
                Err(_) if count > 0 => break,
                Err(error) => return Err(error),
            }
            count += 1;
        }
        Ok(count)
    }

    pub(super) fn check_process(&self) -> Result<()> {
        if !os::is_forked(self.cookie) {
            return Ok(());
        }
        Err(Error::new(
            Status::Forked,
            format!(
                "this tap of the channel '{}' was opened by the parent of this process; open it \
                 again in the child",
                self.place.name()
            ),
        ))
    }

    /// An error if somebody has asked for the end of the wait; asks once.
    pub(super) fn check_interrupt(&self) -> Result<()> {
        match self.nap.take() {
            false => Ok(()),
            true => Err(interrupted(self.place.name())),
        }
    }

    /// Whether the next `take` will find a message at once.
    pub(super) fn is_ready(&mut self) -> Result<bool> {
        if self.ready.is_none() {
            self.ready = self.look()?;
        }
        Ok(self.ready.is_some())
    }

    /// Where to sleep, and how long.
    pub(super) fn nap(&self) -> (Arc<Nap>, Duration) {
        (Arc::clone(&self.nap), self.nap_next)
    }

    /// At the end of a nap that brought nothing.
    pub(super) fn look_around(&mut self) -> Result<()> {
        self.nap_next = (self.nap_next * 2).min(NAP_MAX);
        self.follow().map(|_| ())
    }

    /// Looks once for a message.
    fn look(&mut self) -> Result<Option<Message>> {
        if self.ready.is_some() {
            return Ok(self.ready.take());
        }
        let Some(view) = &mut self.view else {
            return Ok(None);
        };
        while let Some(seen) = view.reader.poll(&view.opened.control) {
            let Some((copy, chunk)) = view.copy(&self.place, seen)? else {
                view.reader.skip(seen);
                continue;
            };
            view.reader.advance_kept(seen);
            let missed = view.reader.take_missed() + std::mem::take(&mut self.missed);
            return Ok(Some(Message::new(copy, seen.sequence, missed, chunk, None)));
        }
        Ok(None)
    }

    fn has_news(&mut self) -> bool {
        let view = self.view.as_mut();
        view.is_some_and(|view| view.reader.poll(&view.opened.control).is_some())
    }

    /// Waits until it is worth looking again; returns the deadline of the wait, which has begun.
    fn wait(&mut self, deadline: Deadline) -> Result<Deadline> {
        let deadline = deadline.begun();
        let began_ns = os::now_ns();
        let mut spin = std::mem::replace(&mut self.spin, Spin::new());
        let found = spin.until(1, || Ok(self.has_news().then_some(())));
        self.spin = spin;
        if found?.is_none() {
            let outcome = self.nap_until(deadline);
            self.spin.learn(os::now_ns() - began_ns);
            outcome?;
        }
        Ok(deadline)
    }

    /// Looks and sleeps in turn.
    fn nap_until(&mut self, deadline: Deadline) -> Result<()> {
        while !self.has_news() {
            self.check_interrupt()?;
            let Some(time) = deadline.left(self.nap_next) else {
                let name = self.place.name();
                let text = format!("nothing arrived on '{name}' in the time given");
                return Err(Error::new(Status::Timeout, text));
            };
            match os::wait_on(&self.nap.interrupt, 0, time) {
                Waited::Interrupted => {
                    self.nap.interrupt.store(0, Ordering::Relaxed);
                    return Err(interrupted(self.place.name()));
                }
                Waited::Look => {}
                Waited::TimedOut => self.look_around()?,
            }
        }
        Ok(())
    }

    /// For who never waits: [`Tap::follow`] now and then.
    fn follow_sometimes(&mut self) -> Result<bool> {
        let now_ns = os::now_ns();
        if now_ns - self.followed_ns < LOOK_AROUND.as_nanos() as i64 {
            return Ok(false);
        }
        self.followed_ns = now_ns;
        self.follow()
    }

    /// If the channel has gone and all of it is read: goes on with the next one of its name, from
    /// its first message on, since it is younger than the tap. True if there is one.
    fn follow(&mut self) -> Result<bool> {
        if let Some(view) = &self.view
            && view.opened.file.identity()?.names > 0
        {
            return Ok(false);
        }
        // Nothing comes to a file without a name but from those who still hold it.
        if self.has_news() {
            return Ok(true);
        }
        if let Some(mut gone) = self.view.take() {
            self.missed += gone.reader.take_missed();
        }
        self.attach(true)
    }

    /// Looks for the channel; true if it is there. One that is `new` is read from its beginning.
    fn attach(&mut self, new: bool) -> Result<bool> {
        let Some(opened) = files::look(&self.place)? else {
            return Ok(false);
        };
        if opened.file.identity()?.names == 0 {
            return Ok(false);
        }
        files::check_pattern(&self.place, &opened.control, Pattern::Topic)?;
        let reader = Reader::observe(&opened.control, self.latest, self.history, new);
        self.view = Some(View {
            reader,
            segments: Segments::of_observer(),
            opened,
        });
        Ok(true)
    }
}

impl View {
    /// Copies a message out; `None` if it has been overwritten meanwhile.
    fn copy(&mut self, place: &Place, seen: Seen) -> Result<Option<(SlotCopy, Option<Chunk>)>> {
        let control = &self.opened.control;
        let copy = match seen.line.is_cut() {
            true => self.reader.read_whole(control, seen),
            false => Some(seen.line.whole()),
        };
        let Some(copy) = copy else {
            return Ok(None);
        };
        if !seen.line.is_chunk() {
            return Ok(Some((copy, None)));
        }
        let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
        if self.segments.pool().find(reference).is_none() {
            self.segments.refresh(place, control, false)?;
        }
        let Some(segment) = self.segments.pool().find(reference) else {
            return Ok(None);
        };
        let mut lines = Vec::new();
        let len = reference.len as usize;
        if lines.try_reserve_exact(len.div_ceil(64)).is_err() {
            self.reader.skip(seen);
            return Err(Error::new(
                Status::NoSpace,
                format!(
                    "this process has no memory for a copy of a message of {len} bytes of '{}', \
                     which is lost to this tap",
                    place.name()
                ),
            ));
        }
        let whole = segment.copy(reference, seen.lane, seen.sequence, &mut lines);
        Ok(whole.then(|| (copy, Some(Chunk::of_copy(lines, len)))))
    }
}
