//! Waiting on several consumers at once.

use super::consumer::{Consumer, LOOK_AROUND};
use super::peer_watch::PeerWatch;
use super::tap::{Nap, Tap};
use super::wait::{Deadline, Spin, interrupted};
use crate::error::{Error, Result, Status};
use crate::os::{self, Waited};
use crate::ring::control::Control;
use crate::sync::AtomicU32;
use std::sync::Arc;
use std::time::Duration;

/// The slice of who is always woken.
const WOKEN: Duration = Duration::from_secs(1);

/// Somebody who waits for messages.
pub enum Waiter<'a> {
    Member(&'a mut Consumer),
    Tap(&'a mut Tap),
    Peers(&'a mut PeerWatch),
    Calls(Box<dyn Calling + 'a>),
}

/// Somebody who waits for the replies to several calls.
pub trait Calling {
    fn replies(&mut self) -> &mut Consumer;
    /// Whether there is a reply, or another end of a call.
    fn is_answered(&mut self) -> Result<bool>;
    /// Ends the calls that nobody will answer.
    fn look_after(&mut self) -> Result<()>;
}

/// What they all come down to.
enum Side<'a> {
    Member(&'a mut Consumer),
    Tap(&'a mut Tap),
    Peers(&'a mut PeerWatch),
}

/// Where one of them sleeps: on the channel's bell, or on a word of its own.
enum Bed {
    Bell(Control, u32),
    Nap(Arc<Nap>),
}

impl Bed {
    /// The word to sleep on, and the value it must have.
    fn word(&self) -> (&AtomicU32, u32) {
        match self {
            Self::Bell(control, expected) => (control.bell().0, *expected),
            Self::Nap(nap) => (&nap.interrupt, 0),
        }
    }
}

impl Waiter<'_> {
    fn side(&mut self) -> Side<'_> {
        match self {
            Self::Member(consumer) => Side::Member(consumer),
            Self::Tap(tap) => Side::Tap(tap),
            Self::Peers(watch) => Side::Peers(watch),
            Self::Calls(calls) => Side::Member(calls.replies()),
        }
    }

    fn begin(&mut self) -> Result<()> {
        match self.side() {
            Side::Member(consumer) => {
                consumer.attachment.check_process()?;
                consumer.end_lease();
                Ok(())
            }
            Side::Tap(tap) => tap.check_process(),
            Side::Peers(watch) => watch.prepare(),
        }
    }

    fn is_ready(&mut self) -> Result<bool> {
        match self {
            Self::Member(consumer) => consumer.is_ready(),
            Self::Tap(tap) => tap.is_ready(),
            Self::Peers(watch) => watch.is_ready(),
            Self::Calls(calls) => calls.is_answered(),
        }
    }

    fn announce(&mut self) -> Bed {
        match self.side() {
            Side::Member(consumer) => {
                let control = &consumer.attachment.control;
                let expected = consumer.attachment.announce(control.bell());
                Bed::Bell(control.clone(), expected)
            }
            Side::Tap(tap) => Bed::Nap(tap.nap().0),
            Side::Peers(watch) => Bed::Nap(watch.announce()),
        }
    }

    fn check_interrupt(&mut self) -> Result<()> {
        match self.side() {
            Side::Member(consumer) => consumer.attachment.check_interrupt(),
            Side::Tap(tap) => tap.check_interrupt(),
            Side::Peers(watch) => watch.check_interrupt(),
        }
    }

    fn slice(&mut self) -> Duration {
        match self.side() {
            Side::Member(consumer) => consumer.slice(),
            Side::Tap(tap) => tap.nap().1,
            Side::Peers(_) => WOKEN,
        }
    }

    fn name(&mut self) -> &str {
        match self.side() {
            Side::Member(consumer) => consumer.attachment.place.name(),
            Side::Tap(tap) => tap.name(),
            Side::Peers(watch) => watch.name(),
        }
    }

    fn shorten(&mut self) {
        if let Side::Member(consumer) = self.side() {
            consumer.slices.shorten();
        }
    }

    /// At the end of its slice.
    fn look_around(&mut self) -> Result<()> {
        match self.side() {
            Side::Member(consumer) => {
                consumer.slices.lengthen();
                consumer.look_around()?;
            }
            Side::Tap(tap) => tap.look_around()?,
            Side::Peers(_) => {}
        }
        match self {
            Self::Calls(calls) => calls.look_after(),
            _ => Ok(()),
        }
    }
}

/// Waits until one of several consumers has a message; returns its index. Looks from `first` on,
/// so that a caller who counts up starves nobody.
pub fn wait_any(waiters: &mut [Waiter<'_>], first: usize, deadline: Deadline) -> Result<usize> {
    let count = waiters.len();
    if count == 0 || count > os::WAIT_WORDS_MAX {
        return Err(Error::new(
            Status::BadArgument,
            format!(
                "can wait on 1 to {} channels, not {count}",
                os::WAIT_WORDS_MAX
            ),
        ));
    }
    let first = first % count;
    let look = |waiters: &mut [Waiter<'_>]| -> Result<Option<usize>> {
        for index in (first..first + count).map(|index| index % count) {
            if waiters[index].is_ready()? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    };
    for waiter in waiters.iter_mut() {
        waiter.begin()?;
    }
    if let Some(index) = look(waiters)? {
        return Ok(index);
    }
    let deadline = deadline.begun();
    if !deadline.is_now()
        && let Some(index) = Spin::new().until(1, || look(waiters))?
    {
        return Ok(index);
    }
    // How much of its slice each has slept: a tap's are shorter than those of the others.
    let mut slept = vec![Duration::ZERO; count];
    loop {
        let beds: Vec<Bed> = waiters.iter_mut().map(Waiter::announce).collect();
        if let Some(index) = look(waiters)? {
            return Ok(index);
        }
        for waiter in waiters.iter_mut() {
            waiter.check_interrupt()?;
        }
        let slice = waiters.iter_mut().map(Waiter::slice).min();
        let Some(slice) = deadline.left(slice.unwrap_or(LOOK_AROUND)) else {
            return Err(Error::new(
                Status::Timeout,
                format!("nothing arrived on any of {count} channels in the time given"),
            ));
        };
        let words: Vec<_> = beds.iter().map(Bed::word).collect();
        match os::wait_on_any(&words, slice) {
            Waited::Interrupted => {
                for waiter in waiters.iter_mut() {
                    waiter.check_interrupt()?; // the one that was asked for, if any
                }
                return Err(interrupted(waiters[0].name()));
            }
            Waited::Look => {
                slept.fill(Duration::ZERO);
                waiters.iter_mut().for_each(Waiter::shorten);
            }
            Waited::TimedOut => {
                for (waiter, slept) in waiters.iter_mut().zip(&mut slept) {
                    *slept += slice;
                    if *slept >= waiter.slice() {
                        *slept = Duration::ZERO;
                        waiter.look_around()?;
                    }
                }
            }
        }
    }
}
