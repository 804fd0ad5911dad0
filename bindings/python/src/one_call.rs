//! The functions that need no handle: one call, with the handle kept open behind it.
//!
//! sipc_send and its like cannot be asked to only try, so they would need the GIL let go for
//! every message, and each time a busy thread could keep it for 5 ms. The handles here follow the
//! same rules: one for each name and process, opened on first use, and again if it is of no use
//! any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use capi::generated::{
    SIPC_BUSY, SIPC_ROLE_NOTIFY, SIPC_ROLE_PUBLISH, SIPC_ROLE_SEND, SIPC_ROLE_SET,
};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::channel::{Channel, Options, name_text};
use crate::encode::utf8;
use crate::failure::{self, Report};
use crate::message::{Message, Room};
use crate::patience::{First, Timeout, wait};
use crate::producer::{How, put};

/// Sends one value to a queue; waits at most 5 s for room.
#[pyfunction]
pub(crate) fn send(name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    put_once(&SENDERS, name, value)
}

/// Publishes one value on a topic; waits at most 5 s if a lossless subscriber is behind.
#[pyfunction]
pub(crate) fn publish(name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    put_once(&PUBLISHERS, name, value)
}

/// Sets the value of a state; it stays when this program has gone.
#[pyfunction]
pub(crate) fn set(name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    put_once(&SETTERS, name, value)
}

/// Says that something has happened, to everybody who waits for this signal.
#[pyfunction]
pub(crate) fn notify(name: &Bound<'_, PyString>) -> PyResult<()> {
    put_once(&NOTIFIERS, name, name.py().None().bind(name.py()))
}

/// The value of a state, as it is now, as a Message; waits at most `timeout` seconds if none has
/// been set yet.
#[pyfunction]
#[pyo3(signature = (name, timeout = Timeout::FOREVER), text_signature = "(name, timeout=None)")]
pub(crate) fn get(name: &Bound<'_, PyAny>, timeout: Timeout) -> PyResult<Message> {
    let (py, name) = (name.py(), name_text(name)?);
    let mut room = Room::new();
    let mut report = Report::new();
    let status = wait(py, timeout, First::Try, &[], |timeout_ns| {
        let (to, error) = (room.as_mut_ptr(), report.as_mut_ptr());
        // SAFETY: a terminated text; the outputs live in this frame.
        unsafe { capi::sipc_get(name.as_ptr(), timeout_ns, to, error) }
    })?;
    report.check(py, status)?;
    // SAFETY: it was taken.
    Ok(unsafe { room.message() })
}

/// Waits for a signal; answers how many notifications there were.
#[pyfunction]
pub(crate) fn wait_signal(name: &Bound<'_, PyAny>, timeout: Timeout) -> PyResult<u64> {
    let (py, name) = (name.py(), name_text(name)?);
    let mut count = 0;
    let mut report = Report::new();
    let status = wait(py, timeout, First::Try, &[], |timeout_ns| {
        // SAFETY: a terminated text; the outputs live in this frame.
        unsafe { capi::sipc_await(name.as_ptr(), timeout_ns, &mut count, report.as_mut_ptr()) }
    })?;
    report.check(py, status)?;
    Ok(count)
}

/// Closes what is kept open: at the end of the program, and in a child after a fork.
#[pyfunction]
pub(crate) fn close_cached() {
    for cache in [&SENDERS, &PUBLISHERS, &SETTERS, &NOTIFIERS] {
        cache.close();
    }
}

fn put_once(cache: &Cache, name: &Bound<'_, PyString>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = name.py();
    let mut channel = cache.open(name)?;
    let mut busy_since = None;
    let how = How {
        expected: None,
        capture_time_ns: 0,
        timeout: Timeout::ONE_CALL,
    };
    let mut is_second_handle = false;
    loop {
        let Err(error) = put(py, &channel, value, how, |_| None) else {
            return Ok(());
        };
        let status = failure::status_of(py, &error);
        let is_busy = status == SIPC_BUSY;
        if is_busy && busy_since.get_or_insert_with(Instant::now).elapsed() < BUSY_MAX {
            // Another thread waits for room; this one waits for that thread.
            py.detach(|| thread::sleep(BUSY_STEP));
            py.check_signals()?;
        } else if failure::is_gone(status) && !is_second_handle {
            is_second_handle = true;
            cache.forget(name)?;
            channel = cache.open(name)?;
        } else {
            return Err(error);
        }
    }
}

/// As long as a thread waits for room.
const BUSY_MAX: Duration = Duration::from_secs(5);
const BUSY_STEP: Duration = Duration::from_millis(1);

static SENDERS: Cache = Cache {
    role: SIPC_ROLE_SEND,
    open: Mutex::new(BTreeMap::new()),
};
static PUBLISHERS: Cache = Cache {
    role: SIPC_ROLE_PUBLISH,
    open: Mutex::new(BTreeMap::new()),
};

static SETTERS: Cache = Cache {
    role: SIPC_ROLE_SET,
    open: Mutex::new(BTreeMap::new()),
};
static NOTIFIERS: Cache = Cache {
    role: SIPC_ROLE_NOTIFY,
    open: Mutex::new(BTreeMap::new()),
};

/// The open handles of one role by name. Locked only by who has the GIL and for no longer than it
/// takes to look, so that a fork never finds it locked.
struct Cache {
    role: u32,
    open: Mutex<BTreeMap<String, Arc<Channel>>>,
}

impl Cache {
    fn open(&self, name: &Bound<'_, PyString>) -> PyResult<Arc<Channel>> {
        let key = utf8(name)?;
        if let Some(channel) = self.locked(|open| open.get(key).cloned()) {
            return Ok(channel);
        }
        let channel = Channel::open(name.py(), name, self.role, &Options::default())?;
        self.locked(|open| open.insert(key.to_owned(), channel.clone()));
        Ok(channel)
    }

    fn forget(&self, name: &Bound<'_, PyString>) -> PyResult<()> {
        let key = utf8(name)?;
        self.locked(|open| open.remove(key));
        Ok(())
    }

    fn close(&self) {
        self.locked(std::mem::take);
    }

    /// What the work answers is dropped after the lock.
    fn locked<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Arc<Channel>>) -> T) -> T {
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
