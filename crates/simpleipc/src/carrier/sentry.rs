//! A thread that waits on the descriptor of a watch over peers, for those that cannot: who sleeps
//! on the words of several handles at once, and futures. It is started when it is asked for the
//! first time.

use super::peer_watch::Alarm;
use super::tap::Nap;
use crate::error::{Error, Result, Status};
use crate::os;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::JoinHandle;

/// The thread does little.
const STACK_BYTES: usize = 64 << 10;

/// Ends the thread when it is dropped.
pub struct Sentry {
    alarm: Arc<Alarm>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
    /// On whose word those sleep who wait for several handles.
    bed: Arc<Nap>,
}

#[derive(Default)]
struct Orders {
    is_armed: bool,
    waker: Option<Waker>,
    is_over: bool,
}

impl Shared {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sentry {
    pub fn new(alarm: &Arc<Alarm>) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let (theirs, watched) = (Arc::clone(&shared), Arc::clone(alarm));
        let thread = std::thread::Builder::new()
            .name("sipc-peers".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || wait_for_news(&watched, &theirs))
            .map_err(|error| {
                let text = "no thread could be started to wait for peers; end some";
                Error::os(Status::System, error.raw_os_error().unwrap_or(0), text)
            })?;
        Ok(Self {
            alarm: Arc::clone(alarm),
            shared,
            thread: Some(thread),
        })
    }

    pub fn set_waker(&self, waker: &Waker) {
        self.shared.orders().waker = Some(waker.clone());
    }

    pub fn bed(&self) -> &Arc<Nap> {
        &self.shared.bed
    }

    /// Nothing was there: from now on the thread waits. What comes between is told all the same,
    /// because the descriptor stays readable until somebody takes the news.
    pub fn arm(&self) {
        self.shared.bed.take();
        self.shared.orders().is_armed = true;
        self.shared.changed.notify_one();
    }
}

/// Until the sentry is dropped.
fn wait_for_news(alarm: &Alarm, shared: &Shared) {
    os::block_signals();
    loop {
        let mut orders = shared.orders();
        while !orders.is_armed && !orders.is_over {
            let waited = shared.changed.wait(orders);
            orders = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if orders.is_over {
            return;
        }
        orders.is_armed = false;
        drop(orders);
        alarm.watch.wait(None);
        let waker = shared.orders().waker.take();
        shared.bed.interrupt();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Sentry {
    fn drop(&mut self) {
        self.shared.orders().is_over = true;
        self.shared.changed.notify_one();
        self.alarm.watch.ring();
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}
