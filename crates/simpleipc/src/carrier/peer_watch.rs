//! A watch over the peers of a channel: told who comes and who goes, and there for nobody.
//!
//! It has no endpoint and no lock, and its mapping can only be read; so, like a tap, it can neither
//! damage nor delay anybody, nor keep the channel in being. It may be there before the channel is,
//! and goes on with the next one of its name.
//!
//! The system tells when somebody opens or closes the file, also by dying (`os::Watch`). What
//! follows from that is in the file a moment later, so it is looked at again after 1, 4, 16, 64 and
//! 256 ms, and then every second. What decides is the kernel's lock and never a time.

use super::attachment::Interrupter;
use super::consumer::nothing_there;
use super::files::{self, ControlFile};
use super::place::Place;
use super::roster::{PeerEvent, Roster};
use super::sentry::Sentry;
use super::tap::Nap;
use super::wait::{Deadline, interrupted};
use crate::error::{Error, Result, Status};
use crate::os::{self, Waited, Watch};
use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// When to look again after news; each time is followed by one four times as long.
const AGAIN_FIRST: Duration = Duration::from_millis(1);
const AGAIN_MAX: Duration = Duration::from_secs(1);
/// As long at most where the system tells nothing.
const UNTOLD_MAX: Duration = Duration::from_millis(50);

/// What wakes the one who waits, shared with those who may.
pub struct Alarm {
    pub watch: Watch,
    interrupt: Nap,
}

impl Alarm {
    /// The wait in progress, or else the next one, ends.
    pub fn interrupt(&self) {
        self.interrupt.interrupt();
        self.watch.ring();
    }
}

/// Tells who comes and who goes.
pub struct PeerWatch {
    place: Place,
    alarm: Arc<Alarm>,
    /// Absent while there is no channel of this name.
    opened: Option<ControlFile>,
    roster: Roster,
    events: VecDeque<PeerEvent>,
    again: Duration,
    /// For who waits by a future or for several handles.
    sentry: Option<Sentry>,
    cookie: u64,
}

impl PeerWatch {
    pub fn open(place: Place) -> Result<Self> {
        os::watch_forks();
        place.check_directory()?;
        let alarm = Alarm {
            watch: Watch::new(&place.control_path())?,
            interrupt: Nap::default(),
        };
        let mut watch = Self {
            place,
            alarm: Arc::new(alarm),
            opened: None,
            roster: Roster::default(),
            events: VecDeque::new(),
            again: AGAIN_FIRST,
            sentry: None,
            cookie: os::fork_cookie(),
        };
        watch.look()?;
        Ok(watch)
    }

    pub fn name(&self) -> &str {
        self.place.name()
    }

    pub fn interrupter(&self) -> Interrupter {
        Interrupter::of_peer_watch(&self.alarm)
    }

    /// The next event.
    pub fn take(&mut self, deadline: Deadline) -> Result<PeerEvent> {
        self.check_process()?;
        let mut deadline = deadline;
        loop {
            if self.is_ready()?
                && let Some(event) = self.events.pop_front()
            {
                return Ok(event);
            }
            if deadline.is_now() {
                if let Some(sentry) = &self.sentry {
                    sentry.arm();
                }
                return Err(nothing_there());
            }
            deadline = deadline.begun();
            self.sleep(deadline)?;
        }
    }

    /// Whether the next `take` will find an event at once.
    pub(super) fn is_ready(&mut self) -> Result<bool> {
        if self.events.is_empty() {
            let news = self.alarm.watch.take_news();
            if news.file {
                self.again = AGAIN_FIRST;
            }
            if news.file || news.time {
                let looked = self.look();
                if self.events.is_empty() {
                    // Else it is said at the next look: who has gone is told first.
                    looked?;
                }
            }
        }
        Ok(!self.events.is_empty())
    }

    fn sleep(&self, deadline: Deadline) -> Result<()> {
        self.check_interrupt()?;
        let time = match deadline {
            Deadline::Never => None,
            _ => match deadline.left(Duration::MAX) {
                None => return Err(self.timed_out()),
                left => left,
            },
        };
        match self.alarm.watch.wait(time) {
            Waited::Interrupted => {
                // If the handler asked for it, too, that is the same end and not another.
                self.alarm.interrupt.take();
                Err(interrupted(self.name()))
            }
            Waited::Look => self.check_interrupt(),
            Waited::TimedOut => Ok(()),
        }
    }

    fn timed_out(&self) -> Error {
        let name = self.name();
        let text = format!("nobody came to or left '{name}' in the time given");
        Error::new(Status::Timeout, text)
    }

    /// Looks who is there, and says when to look again.
    fn look(&mut self) -> Result<()> {
        let looked = self.try_look();
        if !self.events.is_empty() {
            // The descriptor is readable until all of them are taken, and the news after them.
            self.alarm.watch.ring();
        }
        looked
    }

    fn try_look(&mut self) -> Result<()> {
        let is_told = self.alarm.watch.follow();
        let longest = if is_told { AGAIN_MAX } else { UNTOLD_MAX };
        self.alarm.watch.set_timer(self.again.min(longest));
        self.again = (self.again * 4).min(AGAIN_MAX);
        if let Some(opened) = &self.opened
            && opened.file.identity()?.names == 0
        {
            // Whoever has it open still is on no channel that anybody can find.
            self.events.extend(self.roster.leave());
            self.opened = None;
        }
        if self.opened.is_none() {
            self.opened = files::look(&self.place)?;
        }
        if let Some(opened) = &self.opened {
            self.events.extend(self.roster.look(opened)?);
        }
        Ok(())
    }

    pub(super) fn check_process(&self) -> Result<()> {
        if !os::is_forked(self.cookie) {
            return Ok(());
        }
        let name = self.name();
        let text = format!(
            "this watch over the peers of '{name}' was opened by the parent of this process; open \
             it again in the child"
        );
        Err(Error::new(Status::Forked, text))
    }

    /// An error if somebody has asked for the end of the wait; asks once.
    pub(super) fn check_interrupt(&self) -> Result<()> {
        match self.alarm.interrupt.take() {
            false => Ok(()),
            true => Err(interrupted(self.name())),
        }
    }

    /// Readable as long as there may be an event.
    pub fn fd(&self) -> Result<BorrowedFd<'_>> {
        self.check_process()?;
        Ok(self.alarm.watch.fd())
    }

    /// Whom to wake, once, when there may be an event.
    pub fn set_waker(&mut self, waker: &Waker) -> Result<()> {
        self.sentry()?.set_waker(waker);
        Ok(())
    }

    /// Who waits in the place of those that sleep on a word.
    fn sentry(&mut self) -> Result<&Sentry> {
        self.check_process()?;
        if self.sentry.is_none() {
            self.sentry = Some(Sentry::new(&self.alarm)?);
        }
        Ok(self.sentry.as_ref().expect("just made"))
    }

    /// For who is about to wait beside others.
    pub(super) fn prepare(&mut self) -> Result<()> {
        self.sentry().map(|_| ())
    }

    /// The word to sleep on beside others, which is to be 0; it changes when there may be an event.
    pub(super) fn announce(&self) -> Arc<Nap> {
        let sentry = self.sentry.as_ref().expect("prepared");
        sentry.arm();
        Arc::clone(sentry.bed())
    }
}

impl Drop for PeerWatch {
    fn drop(&mut self) {
        if os::is_forked(self.cookie)
            && let Some(sentry) = self.sentry.take()
        {
            // Its thread is the parent's.
            std::mem::forget(sentry);
        }
    }
}
