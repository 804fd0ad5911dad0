//! The consuming end of a topic, in either form: a member of the channel, or a tap.

use super::Opening;
use super::attachment::{Interrupter, Role};
use super::consumer::Consumer;
use super::message::Message;
use super::place::Place;
use super::readiness::Readiness;
use super::select::Waiter;
use super::tap::Tap;
use super::wait::Deadline;
use crate::error::{Error, Result, Status};

/// What a subscriber is.
// The first is what nearly all are, and what they do is not to cost them a further look.
#[allow(clippy::large_enum_variant)]
pub enum Subscription {
    Member(Consumer),
    Tap(Box<Tap>),
}

impl Subscription {
    pub fn open(place: Place, role: Role, opening: &Opening) -> Result<Self> {
        match opening.tap {
            true => Ok(Self::Tap(Box::new(Tap::open(place, opening)?))),
            false => Ok(Self::Member(Consumer::open(place, role, opening)?)),
        }
    }

    /// See [`Consumer::take`].
    #[inline(always)]
    pub fn take(&mut self, deadline: Deadline) -> Result<Message> {
        match self {
            Self::Member(consumer) => consumer.take(deadline),
            Self::Tap(tap) => tap.take(deadline),
        }
    }

    /// See [`Consumer::take_each`].
    #[inline(always)]
    pub fn take_each(
        &mut self,
        deadline: Deadline,
        most: usize,
        each: impl FnMut(&Message),
    ) -> Result<usize> {
        match self {
            Self::Member(consumer) => consumer.take_each(deadline, most, each),
            Self::Tap(tap) => tap.take_each(deadline, most, each),
        }
    }

    /// See [`Consumer::readiness`]. Nobody wakes a tap.
    pub fn readiness(&mut self) -> Result<&Readiness> {
        match self {
            Self::Member(consumer) => consumer.readiness(),
            Self::Tap(_) => Err(Error::new(
                Status::BadArgument,
                "a tap has no descriptor, because nobody wakes it; open a subscriber",
            )),
        }
    }

    pub fn interrupter(&self) -> Interrupter {
        match self {
            Self::Member(consumer) => consumer.interrupter(),
            Self::Tap(tap) => tap.interrupter(),
        }
    }

    pub fn waiter(&mut self) -> Waiter<'_> {
        match self {
            Self::Member(consumer) => Waiter::Member(consumer),
            Self::Tap(tap) => Waiter::Tap(tap),
        }
    }
}
