//! A descriptor for event loops, and what wakes a future: a thread that waits on the bell in place
//! of the program, from when it is asked for the first time.
//!
//! The descriptor is readable as long as there may be something to take. Whoever takes and finds
//! nothing clears it, announces himself on the bell, looks again, and then leaves the waiting to
//! the thread (`arm`). The thread makes the descriptor readable again when the bell has rung, and
//! is done until it is armed once more. So it says too much now and then, and never too little. At
//! the end of a slice it has the handle look around, as one does that waits itself.

use super::attachment::Attachment;
use super::wait::Slices;
use crate::error::{Error, Result, Status};
use crate::os::{self, Event, Waited};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::JoinHandle;

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

#[derive(Default)]
struct Orders {
    /// The bell's word to sleep on; none if there is nothing to wait for.
    armed: Option<u32>,
    /// Whom to wake besides.
    waker: Option<Waker>,
    /// A slice is over: the handle is to look around.
    is_look_due: bool,
    is_over: bool,
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
        std::os::fd::AsFd::as_fd(&self.shared.event)
    }

    /// Whom to wake when there may be something to take.
    pub fn set_waker(&self, waker: &Waker) {
        self.shared.orders().waker = Some(waker.clone());
    }

    /// Whether the handle is to look around; asks once.
    pub fn is_look_due(&self) -> bool {
        std::mem::take(&mut self.shared.orders().is_look_due)
    }

    /// Nothing was there. `has_news` looks once more, after we are announced.
    pub fn arm(&self, has_news: impl FnOnce() -> bool) {
        self.shared.event.clear();
        let expected = self.attachment.announce(self.attachment.control.bell());
        let mut orders = self.shared.orders();
        if has_news() {
            let waker = orders.waker.take();
            drop(orders);
            self.shared.event.set();
            waker.into_iter().for_each(Waker::wake);
        } else {
            orders.armed = Some(expected);
            drop(orders);
            self.shared.changed.notify_one();
        }
    }
}

/// Until the readiness is dropped.
fn wait_on_the_bell(attachment: &Attachment, shared: &Shared) {
    os::block_signals();
    let mut slices = Slices::new();
    loop {
        let mut orders = shared.orders();
        let expected = loop {
            if orders.is_over {
                return;
            }
            match orders.armed.take() {
                Some(expected) => break expected,
                None => {
                    let waited = shared.changed.wait(orders);
                    orders = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        };
        drop(orders);
        let waited = os::wait_on(attachment.control.bell().0, expected, slices.current());
        let mut orders = shared.orders();
        match waited {
            Waited::TimedOut => {
                slices.lengthen();
                orders.is_look_due = true;
            }
            Waited::Look | Waited::Interrupted => slices.shorten(),
        }
        let waker = orders.waker.take();
        drop(orders);
        shared.event.set();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Readiness {
    fn drop(&mut self) {
        if self.attachment.is_forked() {
            // The thread is the parent's.
            std::mem::forget(self.thread.take());
            return;
        }
        self.shared.orders().is_over = true;
        self.shared.changed.notify_one();
        // It may be asleep on the bell.
        self.attachment.shake();
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}
