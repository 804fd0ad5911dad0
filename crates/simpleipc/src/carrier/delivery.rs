//! Notifications that arrive as POSIX signals, raised by a thread in the process that waits: so
//! nobody needs to know who waits, or leave to signal them, also across users and PID namespaces.

use super::attachment::Interrupter;
use super::consumer::Consumer;
use super::wait::Deadline;
use crate::error::{Class, Error, Result, Status};
use crate::os;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The thread does little.
const STACK_BYTES: usize = 64 << 10;

/// Raises a signal in this process after each notification, until it is dropped.
pub struct Delivery {
    interrupter: Interrupter,
    is_over: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Delivery {
    pub(crate) fn begin(consumer: Consumer, signal: i32) -> Result<Self> {
        if !os::is_signal(signal) {
            return Err(Error::new(
                Status::BadArgument,
                format!("{signal} is no signal that a program can handle; use one as SIGUSR1"),
            ));
        }
        let interrupter = consumer.interrupter();
        let is_over = Arc::new(Mutex::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::Builder::new()
            .name("sipc-signal".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || deliver(consumer, signal, &ends))
            .map_err(|error| {
                let text = "no thread could be started to raise a signal; end some";
                Error::os(Status::System, error.raw_os_error().unwrap_or(0), text)
            })?;
        Ok(Self {
            interrupter,
            is_over,
            thread: Some(thread),
        })
    }

    /// Has no wait to end: what it interrupts goes on.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }
}

/// Until the channel is of no use any more, or it is said to be over.
fn deliver(mut consumer: Consumer, signal: i32, is_over: &Mutex<bool>) {
    // The signal, and all others, are for the program's own threads.
    os::block_signals();
    while !*is_over.lock().unwrap_or_else(PoisonError::into_inner) {
        match consumer.take_each(Deadline::Never, usize::MAX, |_| {}) {
            Ok(_) => os::raise(signal),
            Err(error) if error.status().class() == Class::Retry => {}
            Err(_) => return,
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.interrupter.is_forked() {
            // The thread is the parent's; its handle knows that it is of no use here.
            std::mem::forget(self.thread.take());
            return;
        }
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.interrupter.interrupt();
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}
