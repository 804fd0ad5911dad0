//! Ctrl-C and requests to terminate: the work at hand is ended, the channel let go of.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use crate::failure::{Exit, Failure};

/// Whether the program has been asked to end; until it is dropped.
pub struct Stop {
    signal: Arc<AtomicI32>,
    watching: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Stop {
    /// From now on a first signal sets the mark and calls `wake`, which ends whatever the program
    /// waits for; a second one ends the program at once.
    pub fn on_signal(wake: impl Fn() + Send + 'static) -> Result<Self, Failure> {
        let refused = |why| Failure::io("signals cannot be watched", &why);
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(refused)?;
        let watching = signals.handle();
        let signal = Arc::new(AtomicI32::new(0));
        let mark = Arc::clone(&signal);
        let thread = thread::spawn(move || {
            for signal in signals.forever() {
                if mark.swap(signal, Ordering::Relaxed) != 0 {
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                wake();
            }
        });
        Ok(Self {
            signal,
            watching,
            thread: Some(thread),
        })
    }

    /// How to end, if a signal has come.
    pub fn exit(&self) -> Option<Exit> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(Exit::Signal(signal)),
        }
    }

    /// How to end after a wait was interrupted, which a signal does: the thread that takes note of
    /// it may be slower than we are.
    pub fn interrupted(&self) -> Exit {
        for _ in 0..1000 {
            if let Some(exit) = self.exit() {
                return exit;
            }
            thread::sleep(Duration::from_millis(1));
        }
        Exit::Nothing
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        // With it goes what it wakes: nothing else holds the channel any more.
        self.watching.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
