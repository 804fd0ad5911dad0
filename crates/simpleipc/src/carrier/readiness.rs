//! A descriptor for event loops, and what wakes futures: a thread that waits on the bell in place
//! of the program, from when it is asked for the first time.
//!
//! The descriptor is readable as long as there may be something to take. Whoever takes and finds
//! nothing clears it, announces himself on the bell, looks again, and then leaves the waiting to
//! the thread (`arm`). The thread makes the descriptor readable again when the bell has rung, and
//! is done until it is armed once more. So it says too much now and then, and never too little. At
//! the end of a slice it has the handle look around, as one does that waits itself.
//!
//! Whether it is readable changes under the lock of the orders only. So the thread's word that
//! something has come is never cleared by one who has looked before.

use super::attachment::Attachment;
use crate::error::{Error, Result, Status};
use crate::os::{self, Event, Waited};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

/// The thread does little.
const STACK_BYTES: usize = 64 << 10;

/// Ends the thread when it is dropped.
pub struct Readiness {
    attachment: Arc<Attachment>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    event: Event,
    orders: Mutex<Orders>,
    changed: Condvar,
}

/// The descriptor of a handle that lies behind a lock. Closed with the last of these.
#[derive(Clone)]
pub struct Descriptor(Arc<Shared>);

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.event.as_fd()
    }
}

/// One wait of the thread.
#[derive(Clone, Copy)]
struct Order {
    /// What the bell's word is while nothing has come.
    expected: u32,
    /// How long to wait before it is time to look around.
    slice: Duration,
}

#[derive(Default)]
struct Orders {
    /// The next wait; none if there is nothing to wait for.
    next: Option<Order>,
    /// The wait in which the thread is.
    current: Option<Order>,
    is_readable: bool,
    /// Nothing is waited for; what comes nevertheless is of no interest.
    is_resting: bool,
    /// Whom to wake besides, each by the number of what it waits for.
    wakers: Vec<(u64, Waker)>,
    /// How the last wait ended, until the handle asks.
    ended: Option<Waited>,
    is_over: bool,
}

impl Orders {
    /// Somebody is to look; returns whom to wake, after the lock.
    #[must_use]
    fn set(&mut self, event: &Event) -> Vec<(u64, Waker)> {
        self.is_readable = true;
        event.set();
        std::mem::take(&mut self.wakers)
    }
}

impl Shared {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readiness {
    pub fn new(attachment: &Arc<Attachment>) -> Result<Self> {
        let shared = Arc::new(Shared {
            event: Event::new()?,
            orders: Mutex::default(),
            changed: Condvar::new(),
        });
        let (theirs, waiting) = (Arc::clone(&shared), Arc::clone(attachment));
        let thread = std::thread::Builder::new()
            .name("sipc-ready".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || wait_on_the_bell(&waiting, &theirs))
            .map_err(|error| {
                let text = "no thread could be started to wait for messages; end some";
                Error::os(Status::System, error.raw_os_error().unwrap_or(0), text)
            })?;
        Ok(Self {
            attachment: Arc::clone(attachment),
            shared,
            thread: Some(thread),
        })
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.shared.event.as_fd()
    }

    pub fn descriptor(&self) -> Descriptor {
        Descriptor(Arc::clone(&self.shared))
    }

    /// For a future that waits; futures of one handle have different numbers.
    pub fn waking(&self, number: u64) -> Waking {
        Waking {
            attachment: Arc::clone(&self.attachment),
            shared: Arc::clone(&self.shared),
            number,
        }
    }

    /// How the thread's last wait ended; told once. After a time-out it is time to look around.
    pub fn ended(&self) -> Option<Waited> {
        self.shared.orders().ended.take()
    }

    /// Nothing was there. `has_news` looks once more, after we are announced; from then on the
    /// thread waits, and looking around is due after `slice`.
    pub fn arm(&self, slice: Duration, has_news: impl FnOnce() -> bool) {
        let mut orders = self.shared.orders();
        orders.is_resting = false;
        let waits = orders.next.or(orders.current);
        let is_waiting = waits.is_some_and(|order| order.slice <= slice);
        if is_waiting && !orders.is_readable {
            // Since the thread was announced nothing has come that it will not notice.
            return;
        }
        self.shared.event.clear();
        orders.is_readable = false;
        if !is_waiting && orders.current.is_some() {
            self.attachment.shake(); // from a slice that is too long
        }
        let bell = self.attachment.control.bell();
        let expected = self.attachment.announce(bell);
        if has_news() {
            let wakers = orders.set(&self.shared.event);
            drop(orders);
            wake(wakers);
        } else if !is_waiting {
            orders.next = Some(Order { expected, slice });
            drop(orders);
            self.shared.changed.notify_one();
        }
    }

    /// Nothing is waited for until the next `arm`: the descriptor is not readable.
    pub fn rest(&self) {
        let mut orders = self.shared.orders();
        orders.is_resting = true;
        orders.is_readable = false;
        self.shared.event.clear();
    }

    /// Makes the descriptor readable: there is something to take that no bell will tell of. Wakes
    /// nobody: a future whose task waits has looked, and it is not for that one.
    pub fn set(&self) {
        let mut orders = self.shared.orders();
        orders.is_readable = true;
        self.shared.event.set();
    }
}

/// Has a task woken when there may be something to take, as long as it is kept.
pub struct Waking {
    attachment: Arc<Attachment>,
    shared: Arc<Shared>,
    number: u64,
}

impl Waking {
    pub fn set(&self, waker: &Waker) {
        let mut orders = self.shared.orders();
        let mut known = orders.wakers.iter_mut();
        let old = match known.find(|(number, _)| *number == self.number) {
            Some((_, known)) if known.will_wake(waker) => None,
            Some((_, known)) => Some(std::mem::replace(known, waker.clone())),
            None => {
                orders.wakers.push((self.number, waker.clone()));
                None
            }
        };
        drop(orders);
        drop(old); // after the lock: a task may go with it, and what that waits for
    }

    fn take(&self) -> Option<Waker> {
        let mut orders = self.shared.orders();
        let mut known = orders.wakers.iter();
        let at = known.position(|(number, _)| *number == self.number)?;
        Some(orders.wakers.swap_remove(at).1)
    }

    /// Tries until there is something. Dropped before, it has taken nothing.
    pub async fn until<T>(self, mut take: impl FnMut() -> Result<T>) -> Result<T> {
        std::future::poll_fn(|context| {
            self.set(context.waker());
            match take() {
                Err(error) if error.status() == Status::Timeout => {
                    // The end of the wait may be what it was woken for.
                    self.attachment.check_interrupt()?;
                    Poll::Pending
                }
                outcome => Poll::Ready(outcome),
            }
        })
        .await
    }
}

impl Drop for Waking {
    fn drop(&mut self) {
        // In a forked child the lock may be one of the parent's threads.
        if !self.attachment.is_forked() {
            drop(self.take());
        }
    }
}

fn wake(wakers: Vec<(u64, Waker)>) {
    wakers.into_iter().for_each(|(_, waker)| waker.wake());
}

/// Until the readiness is dropped.
fn wait_on_the_bell(attachment: &Attachment, shared: &Shared) {
    os::block_signals();
    let mut orders = shared.orders();
    while !orders.is_over {
        let Some(order) = orders.next.take() else {
            let waited = shared.changed.wait(orders);
            orders = waited.unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        orders.current = Some(order);
        drop(orders);
        let waited = os::wait_on(attachment.control.bell().0, order.expected, order.slice);
        orders = shared.orders();
        orders.current = None;
        if orders.next.is_some() && waited != Waited::TimedOut {
            // Whoever gave the new order has looked since.
            continue;
        }
        if orders.is_resting {
            continue;
        }
        orders.ended = Some(waited);
        let wakers = orders.set(&shared.event);
        drop(orders);
        wake(wakers);
        orders = shared.orders();
    }
}

impl Drop for Readiness {
    fn drop(&mut self) {
        if self.attachment.is_forked() {
            // The thread is the parent's.
            std::mem::forget(self.thread.take());
            return;
        }
        let mut orders = self.shared.orders();
        orders.is_over = true;
        // Whoever polls it in another thread, or by a copy, finds that the handle is closed.
        let wakers = orders.set(&self.shared.event);
        drop(orders);
        wake(wakers);
        self.shared.changed.notify_one();
        // It may be asleep on the bell.
        self.attachment.shake();
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "readiness_test.rs"]
mod tests;
