//! Waiting on several handles at once, and ending waits.

use super::{Client, PeerWatcher, Receiver, Server, Subscriber, Waiter, Watcher};
use crate::carrier::{self, Deadline};
use crate::error::Result;
use std::time::Duration;

pub use carrier::Interrupter;

/// A handle that messages are taken from: [`Subscriber`], [`Receiver`], [`Watcher`], [`Server`];
/// one that waits: [`Waiter`], [`PeerWatcher`]; or one that calls, and has a message when there is
/// a reply: [`Client`].
pub trait Source: sealed::Source {}

impl Source for Subscriber {}
impl Source for Receiver {}
impl Source for Watcher {}
impl Source for Waiter {}
impl Source for Server {}
impl Source for PeerWatcher {}
impl Source for Client {}

mod sealed {
    use crate::carrier::Waiter;

    pub trait Source {
        fn waiter(&mut self) -> Waiter<'_>;
    }

    impl Source for super::Subscriber {
        fn waiter(&mut self) -> Waiter<'_> {
            self.consumer.waiter()
        }
    }

    macro_rules! members {
        ($($Handle:ident)*) => {$(
            impl Source for super::$Handle {
                fn waiter(&mut self) -> Waiter<'_> {
                    Waiter::Member(&mut self.consumer)
                }
            }
        )*};
    }

    impl Source for super::PeerWatcher {
        fn waiter(&mut self) -> Waiter<'_> {
            Waiter::Peers(&mut self.watch)
        }
    }

    members! { Receiver Watcher Waiter }

    impl Source for super::Client {
        fn waiter(&mut self) -> Waiter<'_> {
            self.waiter()
        }
    }

    impl Source for super::Server {
        fn waiter(&mut self) -> Waiter<'_> {
            self.accept_last();
            Waiter::Member(&mut self.consumer)
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
    let mut waiters: Vec<carrier::Waiter<'_>> =
        sources.iter_mut().map(|source| source.waiter()).collect();
    carrier::wait_any(&mut waiters, first, Deadline::after(timeout))
}
