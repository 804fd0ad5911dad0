//! Ctrl-C and `kill`: noticed between two lines of a worker, so that workers, their servers and
//! their places are cleared away before the runner ends.

use std::sync::atomic::{AtomicBool, Ordering};

static HAPPENED: AtomicBool = AtomicBool::new(false);

extern "C" fn note(_signal: libc::c_int) {
    HAPPENED.store(true, Ordering::Relaxed);
}

/// From now on a request to end is only noted.
pub fn watch() {
    let handler: extern "C" fn(libc::c_int) = note;
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler has the type the kernel wants, lives as long as the program, and
        // does nothing but a store to an atomic.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

pub fn happened() -> bool {
    HAPPENED.load(Ordering::Relaxed)
}
