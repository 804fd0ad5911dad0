//! An open handle of the C surface.
//!
//! It stays open while loans are out, also after close(): the arrays over them are the user's, and
//! reading one must not fault.

use std::ffi::{CString, c_char, c_void};
use std::mem;
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use capi::generated::{
    SIPC_BAD_NAME, SIPC_BUSY, SIPC_OPTIONS_INIT, SIPC_ROLE_SERVE, sipc_channel, sipc_options,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::encode::utf8;
use crate::failure::{self, Report};

/// A handle, closed when nobody needs it any more.
pub(crate) struct Channel {
    raw: *mut sipc_channel,
    name: String,
    is_closed: AtomicBool,
    is_interrupted: AtomicBool,
    /// Waits in a row that were too long to be worth looking for.
    vain: AtomicU32,
    /// Loans whose memory Python can still see.
    loans: AtomicUsize,
    /// What was dropped while another thread was inside the handle.
    overdue: Mutex<Vec<Dropped>>,
    /// How often something was dropped: a wait that is told BUSY meanwhile has met that.
    drops: AtomicU32,
}

// SAFETY: the pointer is a number that the C functions look up; they answer BUSY to a second
// thread.
unsafe impl Send for Channel {}
// SAFETY: as above.
unsafe impl Sync for Channel {}

impl Channel {
    pub(crate) fn open(
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        role: u32,
        options: &Options,
    ) -> PyResult<Arc<Channel>> {
        // Without a name: of the service that this process is to be as a plugin.
        let is_plugin = role == SIPC_ROLE_SERVE && name.is_none();
        let name_c = (!is_plugin).then(|| name_text(name)).transpose()?;
        let mut raw = ptr::null_mut();
        let mut report = Report::new();
        let options = options.as_c();
        // SAFETY: a terminated name or NULL, options that outlive the call, outputs in this frame.
        let status = unsafe {
            capi::sipc_open(
                name_c.as_ref().map_or(ptr::null(), |name| name.as_ptr()),
                role,
                &options,
                &mut raw,
                report.as_mut_ptr(),
            )
        };
        report.check(py, status)?;
        Ok(Arc::new(Channel {
            raw,
            name: name_c.map_or_else(
                || "the plugin".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            ),
            is_closed: AtomicBool::new(false),
            is_interrupted: AtomicBool::new(false),
            vain: AtomicU32::new(0),
            loans: AtomicUsize::new(0),
            overdue: Mutex::new(Vec::new()),
            drops: AtomicU32::new(0),
        }))
    }

    pub(crate) fn raw(&self) -> *mut sipc_channel {
        self.raw
    }

    /// As `<simpleipc.Publisher 'chat'>`.
    pub(crate) fn repr(&self, kind: &Bound<'_, PyType>) -> PyResult<String> {
        let state = if self.is_closed() { ", closed" } else { "" };
        Ok(format!(
            "<simpleipc.{} {:?}{state}>",
            kind.name()?,
            self.name
        ))
    }

    // Relaxed throughout: the GIL orders what Python threads do to these fields; a thread that
    // waits without it looks again after it has come back.

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    pub(crate) fn check_open(&self, py: Python<'_>) -> PyResult<()> {
        if self.is_closed() {
            Err(failure::closed(py, "the handle is closed"))
        } else {
            Ok(())
        }
    }

    /// The descriptor for event loops.
    pub(crate) fn fd(&self, py: Python<'_>) -> PyResult<i32> {
        self.check_open(py)?;
        let mut fd = -1;
        let mut report = Report::new();
        // SAFETY: the outputs live in this frame.
        let status = unsafe { capi::sipc_fd(self.raw, &mut fd, report.as_mut_ptr()) };
        report.check(py, status)?;
        Ok(fd)
    }

    /// Ends the wait of another thread; closes now, or when the last loan is gone.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        if self.loans.load(Ordering::Relaxed) == 0 {
            self.close_now();
        } else {
            capi::sipc_interrupt(self.raw);
        }
    }

    /// Ends the wait in progress, or else the next one.
    pub(crate) fn interrupt(&self, py: Python<'_>) -> PyResult<()> {
        self.check_open(py)?;
        self.is_interrupted.store(true, Ordering::Relaxed);
        Report::new().check(py, capi::sipc_interrupt(self.raw))
    }

    /// True once after interrupt(); a wait that ends without it was ended by a signal.
    pub(crate) fn take_interrupt(&self) -> bool {
        self.is_interrupted.swap(false, Ordering::Relaxed)
    }

    /// Whether what this handle waits for may come within microseconds.
    pub(crate) fn is_worth_looking(&self) -> bool {
        let vain = self.vain.load(Ordering::Relaxed);
        if vain < VAIN_MAX || vain.is_multiple_of(VAIN_REST) {
            return true;
        }
        self.learn(false);
        false
    }

    /// Whether a wait was short.
    pub(crate) fn learn(&self, is_short: bool) {
        let vain = self.vain.load(Ordering::Relaxed);
        let vain = if is_short { 0 } else { vain.wrapping_add(1) };
        self.vain.store(vain, Ordering::Relaxed);
    }

    pub(crate) fn count_loan(&self) {
        self.loans.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn discount_loan(&self) {
        if self.loans.fetch_sub(1, Ordering::Relaxed) == 1 && self.is_closed() {
            self.close_now();
        }
    }

    /// Gives something back; if another thread is inside, that one does when it comes out.
    pub(crate) fn give_back(&self, dropped: Dropped) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        let status = match dropped {
            Dropped::Loan(address) => capi::sipc_unloan(self.raw, address as *mut c_void),
            Dropped::Call(number) => capi::sipc_cancel(self.raw, number),
        };
        if status == SIPC_BUSY {
            self.overdue().push(dropped);
        }
    }

    /// For who comes out of a wait.
    pub(crate) fn give_back_overdue(&self) {
        let overdue = mem::take(&mut *self.overdue());
        overdue.into_iter().for_each(|one| self.give_back(one));
    }

    pub(crate) fn drops(&self) -> u32 {
        self.drops.load(Ordering::Relaxed)
    }

    fn overdue(&self) -> MutexGuard<'_, Vec<Dropped>> {
        self.overdue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_now(&self) {
        capi::sipc_close(self.raw); // a second close is answered with CLOSED
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close_now();
    }
}

/// What a handle has given out and nobody needs any more.
pub(crate) enum Dropped {
    /// At this address.
    Loan(usize),
    /// Of this number.
    Call(u64),
}

/// After so many looks in vain a handle looks in one wait of VAIN_REST only.
const VAIN_MAX: u32 = 8;
const VAIN_REST: u32 = 64;

/// How to open a channel; see sipc_options.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) flags: u32,
    pub(crate) history: u32,
    pub(crate) depth: u32,
    pub(crate) pool_bytes_max: u64,
    pub(crate) directory: Option<CString>,
    pub(crate) signal: i32,
    pub(crate) permits: u32,
}

impl Options {
    pub(crate) fn as_c(&self) -> sipc_options {
        let directory: *const c_char = self.directory.as_ref().map_or(ptr::null(), |d| d.as_ptr());
        sipc_options {
            flags: self.flags,
            history: self.history,
            depth: self.depth,
            pool_bytes_max: self.pool_bytes_max,
            directory,
            signal: self.signal,
            permits: self.permits,
            ..SIPC_OPTIONS_INIT
        }
    }
}

/// A channel name for C.
pub(crate) fn name_text(name: &Bound<'_, PyAny>) -> PyResult<CString> {
    let text = utf8(name.cast::<PyString>()?)?;
    CString::new(text).map_err(|_| {
        failure::exception(
            name.py(),
            SIPC_BAD_NAME,
            0,
            "the channel name holds a NUL character",
        )
    })
}

/// A directory, str or os.PathLike, for C.
pub(crate) fn directory_text(directory: &Bound<'_, PyAny>) -> PyResult<CString> {
    let path: PathBuf = directory.extract()?;
    CString::new(path.into_os_string().into_encoded_bytes())
        .map_err(|_| PyValueError::new_err("the directory holds a NUL character"))
}
