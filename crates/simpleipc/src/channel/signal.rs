//! Signals: something has happened, and no data with it.

use super::Options;
use super::wait::Interrupter;
use crate::carrier::{Consumer, Deadline, Delivery, Place, Producer, Role, Stamps};
use crate::error::Result;
use crate::limits::ONE_CALL_TIMEOUT;
use crate::value::Kind;
use std::time::Duration;

/// Notifiers that never rest are not to keep a waiter counting.
const COUNTED_AT_ONCE: usize = 4096;

/// Notifies whoever waits.
pub struct Notifier {
    pub(super) producer: Producer,
}

impl Notifier {
    /// Opens the signal, creating it if nobody uses it. Programs may start in any order.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let opening = options.without_history("a notifier", name)?;
        let place = Place::new(name, options.directory.as_deref())?;
        let producer = Producer::open(place, Role::Notify, &opening)?;
        Ok(Self { producer })
    }

    /// Says that it has happened, to everybody who has the signal open to wait. Never waits for
    /// any of them.
    pub fn notify(&mut self) -> Result<()> {
        let deadline = Deadline::after(Some(ONE_CALL_TIMEOUT));
        self.producer
            .put(Kind::Null.code(), &[], Stamps::default(), deadline)
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        crate::carrier::Interrupter::of(self.producer.attachment())
    }
}

/// Waits until something happens.
///
/// What happens from the moment of opening on is not missed: the next wait returns at once, and
/// tells how many times it was notified.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("sipc-signal-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory).unwrap();
/// # let options = simpleipc::Options { directory: Some(directory.clone()), ..Default::default() };
/// let mut waiter = simpleipc::Waiter::open("reload", &options)?;
/// simpleipc::Notifier::open("reload", &options)?.notify()?;
/// assert_eq!(waiter.wait(None)?, 1);
/// # drop(waiter);
/// # std::fs::remove_dir(directory).unwrap();
/// # Ok::<(), simpleipc::Error>(())
/// ```
pub struct Waiter {
    pub(super) consumer: Consumer,
}

impl Waiter {
    /// Opens the signal, creating it if nobody uses it. Programs may start in any order.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let opening = options.without_history("a waiter", name)?;
        let place = Place::new(name, options.directory.as_deref())?;
        let consumer = Consumer::open(place, Role::Wait, &opening)?;
        Ok(Self { consumer })
    }

    /// Waits for a notification; how many there were since the last wait. `Timeout` when there was
    /// none in time; `None` waits for ever, zero only looks.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<u64> {
        let mut count = 0;
        self.consumer
            .take_each(Deadline::after(timeout), COUNTED_AT_ONCE, |message| {
                count += 1 + message.missed();
            })?;
        Ok(count)
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.consumer.interrupter()
    }

    /// Waits for a notification, as a future: under any runtime, or none; how many there were since
    /// the last wait. Dropped before it is done, it has taken none.
    pub async fn wait_async(&mut self) -> Result<u64> {
        let waking = self.consumer.readiness()?.waking(0);
        waking.until(|| self.wait(Some(Duration::ZERO))).await
    }

    /// A descriptor for event loops: readable as long as there may have been notifications; a wait
    /// with a timeout of zero that says `Timeout` clears it. As [`Subscriber::fd`].
    ///
    /// [`Subscriber::fd`]: crate::Subscriber::fd
    pub fn fd(&mut self) -> Result<std::os::fd::BorrowedFd<'_>> {
        Ok(self.consumer.readiness()?.fd())
    }

    /// Has a thread of this library raise `signal` (as SIGUSR1) in this process after each
    /// notification, or after several that come at once, until what this returns is dropped. The
    /// signal should have a handler: without one most of them end the process.
    pub fn deliver(self, signal: i32) -> Result<Delivery> {
        Delivery::begin(self.consumer, signal)
    }
}
