//! Looks after one plugin: starts it, and again when it has ended, but not for ever.

use super::Plugin;
use super::event::Happening;
use super::incarnation::{Shared, live};
use crate::channel::Publisher;
use crate::error::{Error, Result, Status};
use crate::os::{self, Ended};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A plugin that is asked to end has so long.
const GRACE: Duration = Duration::from_secs(2);
/// Before the first restart, and before any.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Ends the plugin when it is dropped.
pub struct Supervisor {
    shared: Arc<Shared>,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

/// Whether the plugin is to end, and somebody who sleeps until then.
#[derive(Default)]
struct Stop {
    wanted: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// True if the stop comes within such a time.
    fn comes_within(&self, time: Duration) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(wanted, time, |wanted| !*wanted);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn come(&self) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}

impl Supervisor {
    pub fn start(
        plugin: Plugin,
        service: String,
        directory: Option<PathBuf>,
        publisher: Arc<Mutex<Publisher>>,
    ) -> Result<Self> {
        let name = format!("sipc {}", plugin.name);
        let shared = Arc::new(Shared::new(plugin, service, directory, publisher));
        let stop = Arc::new(Stop::default());
        let thread = {
            let (shared, stop) = (Arc::clone(&shared), Arc::clone(&stop));
            let look_after = move || {
                os::block_signals();
                look_after(&shared, &stop);
                shared.sweep();
            };
            std::thread::Builder::new().name(name).spawn(look_after)
        };
        let thread = thread.map_err(|error| {
            let text = "no thread could be started to look after a plugin; end some";
            Error::os(Status::System, error.raw_os_error().unwrap_or(0), text)
        })?;
        Ok(Self {
            shared,
            stop,
            thread: Some(thread),
        })
    }

    pub fn pid(&self) -> u32 {
        self.shared.pid()
    }

    /// The plugin is not started again.
    pub fn is_over(&self) -> bool {
        self.shared.is_over() || self.has_ended()
    }

    /// Nobody looks after the plugin any more.
    fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop.come();
        let mut asked = 0;
        let mut until = Instant::now() + GRACE;
        while !self.has_ended() {
            // A process that has just been started is asked as any other.
            let pid = self.shared.pid();
            if pid != asked {
                (asked, until) = (pid, Instant::now() + GRACE);
                self.shared.end_process(false);
            } else if Instant::now() > until {
                self.shared.end_process(true);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if let Some(thread) = self.thread.take() {
            // It does not panic, and its process has ended.
            let _ = thread.join();
        }
    }
}

/// Life after life, until the plugin has done what it wanted, is to stop, or is given up.
fn look_after(shared: &Arc<Shared>, stop: &Stop) {
    let (most, within) = (shared.plugin.restarts, shared.plugin.restarts_within);
    let mut restarts: Vec<Instant> = Vec::new();
    loop {
        match live(shared) {
            Ok(Ended::Code(0)) => return,
            Ok(_) => {}
            Err(error) => shared.tell(0, Happening::Failed(error.to_string())),
        }
        if stop.comes_within(Duration::ZERO) {
            return;
        }
        restarts.retain(|at| at.elapsed() < within);
        if restarts.len() >= most as usize {
            shared.tell_last(0, Happening::GivenUp);
            return;
        }
        let pause = PAUSE_MIN * 2u32.saturating_pow(restarts.len() as u32);
        let pause = pause.min(PAUSE_MAX);
        shared.tell(0, Happening::Restarting(pause));
        if stop.comes_within(pause) {
            return;
        }
        restarts.push(Instant::now());
    }
}
