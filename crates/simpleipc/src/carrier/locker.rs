//! One handle of a lock or semaphore: taking a permit, waiting for one, and giving it back.
//!
//! Whoever finds a permit takes it, which is one compare-and-swap. Who has waited for
//! [`PATIENCE`] stands in line, and from then on a permit that comes free is for the first of the
//! line. If that one does not come for it within [`GRACE`], because it is stopped, it loses its
//! place until it comes. Times decide that and no more: who is dead is what the kernel says.

use super::Opening;
use super::attachment::{Attachment, Interrupter, Role};
use super::files::endpoint_byte;
use super::join::{activate, join};
use super::place::Place;
use super::segments::Segments;
use super::wait::{Deadline, Spin};
use crate::error::{Error, Result, Status};
use crate::layout::endpoint::STATE_FREE;
use crate::limits::PERMITS_MAX;
use crate::os::{self, Waited, now_ns};
use crate::ring::permits::{self, Found, Taken};
use crate::sync::{Ordering, crash_point};
use std::sync::Arc;
use std::time::Duration;

/// Until then whoever comes first has the permit: that is faster for all of them together.
const PATIENCE: Duration = Duration::from_millis(1);
/// The first of the line has so long to come for a permit.
const GRACE: Duration = Duration::from_millis(10);
/// A sleeper looks whether the owners live this often.
const SLICE: Duration = Duration::from_millis(20);
/// Between two looks at a permit that another one holds.
const PAUSES: u32 = 16;

/// A handle on a lock. It holds at most one permit.
pub struct Locker {
    attachment: Arc<Attachment>,
    segments: Segments,
    held: Option<Taken>,
    /// Where to look first: the permit we had last.
    hint: u32,
    spin: Spin,
    /// The first of the line, since when it waits, and since when there is a permit for it.
    awaited: Option<(u32, u64, i64)>,
    looked_around_ns: i64,
}

impl Locker {
    pub fn open(place: Place, opening: &Opening) -> Result<Self> {
        let asked = opening.permits;
        if !(1..=PERMITS_MAX).contains(&asked) {
            return Err(Error::new(
                Status::BadArgument,
                format!(
                    "'{}' cannot have {asked} permits; a semaphore has 1 to {PERMITS_MAX}",
                    place.name()
                ),
            ));
        }
        let (attachment, segments) = join(place, Role::Lock, opening)?;
        // Nothing, unless somebody has written there who should not.
        permits::abandon(&attachment.control, attachment.endpoint);
        activate(&attachment);
        Ok(Self {
            hint: attachment.endpoint % asked,
            attachment,
            segments,
            held: None,
            spin: Spin::new(),
            awaited: None,
            looked_around_ns: 0,
        })
    }

    pub fn interrupter(&self) -> Interrupter {
        Interrupter::of(&self.attachment)
    }

    /// Takes a permit. The process that died holding it, if its last owner did.
    #[inline]
    pub fn acquire(&mut self, deadline: Deadline) -> Result<Option<u32>> {
        let attachment = &self.attachment;
        attachment.check_process()?;
        attachment.check_own()?;
        if self.held.is_some() {
            return Err(self.held_already());
        }
        let control = &attachment.control;
        let at_once = match control.line().is_empty() {
            true => permits::take(control, attachment.endpoint, self.hint),
            false => None,
        };
        let taken = match at_once {
            Some(taken) => taken,
            None => self.wait(deadline)?,
        };
        crash_point("permit-taken");
        self.hint = taken.index;
        self.held = Some(taken);
        Ok(taken.abandoned())
    }

    /// Gives the permit back.
    #[inline]
    pub fn release(&mut self) -> Result<()> {
        let attachment = &self.attachment;
        attachment.check_process()?;
        let Some(taken) = self.held.take() else {
            return Err(self.not_held());
        };
        // Whoever was taken for dead has lost it, and must not give back what is another's now.
        attachment.check_own()?;
        let is_ours = permits::give_back(&attachment.control, taken);
        crash_point("permit-given-back");
        attachment.ring(attachment.control.bell());
        if !is_ours {
            return Err(self.overwritten());
        }
        Ok(())
    }

    /// All permits are held, or there is somebody who has waited for long.
    #[cold]
    fn wait(&mut self, deadline: Deadline) -> Result<Taken> {
        let outcome = self.look_and_sleep(deadline);
        let (control, me) = (&self.attachment.control, self.attachment.endpoint);
        if control.line().contains(me) {
            control.line().remove(me);
            // If we give up, what was for us is for others.
            if outcome.is_err() {
                self.attachment.ring(control.bell());
            }
        }
        outcome
    }

    fn look_and_sleep(&mut self, deadline: Deadline) -> Result<Taken> {
        if let Some(taken) = self.try_take(None)? {
            return Ok(taken);
        }
        if deadline.is_now() {
            // Who never waits would otherwise never look after the dead.
            self.look_around()?;
            return self.try_take(None)?.ok_or_else(not_free);
        }
        let deadline = deadline.begun();
        let began_ns = now_ns();
        let mut spin = std::mem::replace(&mut self.spin, Spin::new());
        let found = spin.until(PAUSES, || self.try_take(None));
        self.spin = spin;
        if let Some(taken) = found? {
            return Ok(taken);
        }
        let outcome = self.sleep(deadline, began_ns);
        self.spin.learn(now_ns() - began_ns);
        outcome
    }

    /// Looks and sleeps in turn.
    fn sleep(&mut self, deadline: Deadline, began_ns: i64) -> Result<Taken> {
        let attachment = Arc::clone(&self.attachment);
        let control = &attachment.control;
        let mut since_ns = None;
        loop {
            let now_ns = now_ns();
            if now_ns - self.looked_around_ns >= SLICE.as_nanos() as i64 {
                self.look_around()?;
            }
            if now_ns - began_ns >= PATIENCE.as_nanos() as i64 {
                let since = began_ns as u64;
                since_ns = Some(since);
                // Again, if it was taken from us because we did not come.
                if permits::stand_in_line(control, attachment.endpoint, since) {
                    crash_point("permit-awaited");
                }
            }
            let expected = attachment.announce(control.bell());
            if let Some(taken) = self.try_take(since_ns)? {
                return Ok(taken);
            }
            attachment.check_interrupt()?;
            let slice = match (since_ns, self.awaited) {
                (None, _) => PATIENCE,
                (Some(_), Some(_)) => GRACE,
                (Some(_), None) => SLICE,
            };
            let Some(slice) = deadline.left(slice) else {
                return Err(self.timed_out());
            };
            if os::wait_on(control.bell().0, expected, slice) == Waited::Interrupted {
                return Err(attachment.interrupted());
            }
        }
    }

    /// Takes a permit if there is one for us.
    fn try_take(&mut self, since_ns: Option<u64>) -> Result<Option<Taken>> {
        loop {
            let (control, me) = (&self.attachment.control, self.attachment.endpoint);
            let (first, since) = match permits::look(control, me, since_ns, self.hint) {
                Found::Taken(taken) => {
                    self.awaited = None;
                    return Ok(Some(taken));
                }
                Found::Held => {
                    self.awaited = None;
                    return Ok(None);
                }
                Found::For(first, since) => (first, since),
            };
            // At most as often as there are others in the line: each time one of them leaves it.
            if !self.pass(first, since)? {
                return Ok(None);
            }
        }
    }

    /// There is a permit for endpoint `first`, which has waited longer than we have. True if it is
    /// dead, or does not come, and so has left the line.
    fn pass(&mut self, first: u32, since: u64) -> Result<bool> {
        let control = &self.attachment.control;
        match self.awaited {
            Some((e, s, from_ns)) if (e, s) == (first, since) => {
                if now_ns() - from_ns < GRACE.as_nanos() as i64 {
                    return Ok(false);
                }
                control.line().remove(first);
            }
            _ => {
                self.awaited = Some((first, since, now_ns()));
                self.attachment
                    .repair_dead(&mut self.segments, first..first + 1)?;
                if control.line().contains(first) {
                    return Ok(false);
                }
            }
        }
        self.awaited = None;
        Ok(true)
    }

    /// Are those who hold a permit alive, and is everything else as we think?
    fn look_around(&mut self) -> Result<()> {
        self.looked_around_ns = now_ns();
        let attachment = Arc::clone(&self.attachment);
        attachment.check_own()?;
        attachment.check_file()?;
        let (control, me) = (&attachment.control, attachment.endpoint);
        for e in permits::holders(control).filter(|e| *e != me) {
            attachment.repair_dead(&mut self.segments, e..e + 1)?;
            // Named without being there. Nobody writes that but who breaks the protocol.
            let is_free = |e: u32| {
                e >= control.endpoints_reserved()
                    || control.endpoint(e).state().load(Ordering::Relaxed) == STATE_FREE
            };
            if is_free(e) && attachment.file.try_lock(endpoint_byte(e), true)? {
                permits::abandon(control, e);
                attachment.file.unlock(endpoint_byte(e));
            }
        }
        Ok(())
    }

    /// `the lock 'x'`.
    fn what(&self) -> String {
        let noun = match self.attachment.control.geometry().permits() {
            1 => "lock",
            _ => "semaphore",
        };
        format!("the {noun} '{}'", self.attachment.place.name())
    }

    #[cold]
    fn held_already(&self) -> Error {
        let what = self.what();
        Error::new(
            Status::BadArgument,
            format!(
                "{what} is held by this handle already, and would wait for itself; unlock it \
                 first, or open another handle"
            ),
        )
    }

    #[cold]
    fn not_held(&self) -> Error {
        let what = self.what();
        Error::new(
            Status::BadArgument,
            format!("{what} is not held by this handle; lock it first"),
        )
    }

    #[cold]
    fn overwritten(&self) -> Error {
        let what = self.what();
        Error::new(
            Status::Corrupt,
            format!(
                "{what} was held by this handle, and somebody has written over that; others may \
                 have had it too"
            ),
        )
    }

    #[cold]
    fn timed_out(&self) -> Error {
        let control = &self.attachment.control;
        let reserved = control.endpoints_reserved();
        let pids: Vec<String> = permits::holders(control)
            .filter(|e| *e < reserved)
            .map(|e| control.endpoint(e).pid().load(Ordering::Relaxed))
            .map(|pid| pid.to_string())
            .collect();
        let by = match pids.len() {
            0 => "somebody else's turn".to_string(),
            1 => format!("held by process {}", pids[0]),
            _ => format!("held by processes {}", pids.join(", ")),
        };
        let what = self.what();
        Error::new(
            Status::Timeout,
            format!("{what} was not free in the time given; it is {by}"),
        )
    }
}

impl Drop for Locker {
    fn drop(&mut self) {
        if self.held.is_some() {
            // Fails in a forked child, whose parent holds it, and if we were taken for dead.
            let _ = self.release();
        }
    }
}

/// A look that found nothing free. The sentence is fixed, because who tries may try often.
fn not_free() -> Error {
    Error::new(Status::Timeout, "it is not free")
}
