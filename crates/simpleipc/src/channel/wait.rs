//! Waiting on several handles at once, and ending waits.

use super::{Receiver, Subscriber};
use crate::carrier::{self, Consumer, Deadline};
use crate::error::Result;
use std::time::Duration;

pub use carrier::Interrupter;

/// A handle that messages are taken from: [`Subscriber`] or [`Receiver`].
pub trait Source: sealed::Source {}

impl Source for Subscriber {}
impl Source for Receiver {}

mod sealed {
    use crate::carrier::Consumer;

    pub trait Source {
        fn consumer(&mut self) -> &mut Consumer;
    }

    impl Source for super::Subscriber {
        fn consumer(&mut self) -> &mut Consumer {
            &mut self.consumer
        }
    }

    impl Source for super::Receiver {
        fn consumer(&mut self) -> &mut Consumer {
            &mut self.consumer
        }
    }
}

/// Waits until one of several handles has a message and returns its index; then take it with a
/// timeout of zero. Sources are looked at from `first` on: pass the index after the last result,
/// so that a busy one does not starve the others.
///
/// `Timeout` when there is none in time (`None` waits for ever), `Interrupted` when a signal
/// handler ran or one of the handles was interrupted.
pub fn wait_any(
    sources: &mut [&mut dyn Source],
    first: usize,
    timeout: Option<Duration>,
) -> Result<usize> {
    let mut consumers: Vec<&mut Consumer> =
        sources.iter_mut().map(|source| source.consumer()).collect();
    carrier::wait_any(&mut consumers, first, Deadline::after(timeout))
}
