//! Waiting: first a try and a short look with the GIL held, then with the GIL free and an ear for
//! Ctrl-C.
//!
//! Who lets go of the GIL while another thread computes gets it back 5 ms later. So what comes
//! within microseconds is waited for with it, which holds up the other threads for LOOK_NS at most.
//! That is no use where the other side is one of those threads, or slow: after a few looks in vain
//! a handle hardly looks any more, until one finds something.

use std::hint::spin_loop;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use capi::generated::{
    SIPC_BUSY, SIPC_CLOSED, SIPC_FULL, SIPC_INTERRUPTED, SIPC_NO_SPACE, SIPC_TIMEOUT,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::channel::Channel;

/// How long to wait: seconds in Python, nanoseconds here; below 0 is for ever.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Timeout(i64);

impl Timeout {
    pub(crate) const FOREVER: Timeout = Timeout(-1);
    /// What the one-call functions wait for room at most, as sipc_send does.
    pub(crate) const ONE_CALL: Timeout = Timeout(5_000_000_000);

    pub(crate) fn ns(self) -> i64 {
        self.0
    }

    /// As in Python.
    pub(crate) fn seconds(self) -> Option<f64> {
        (self != Timeout::FOREVER).then_some(self.0 as f64 / 1e9)
    }
}

impl FromPyObject<'_, '_> for Timeout {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Timeout> {
        if object.is_none() {
            return Ok(Timeout::FOREVER);
        }
        let seconds: f64 = object
            .extract()
            .map_err(|_| PyTypeError::new_err("a timeout is a number of seconds or None"))?;
        if seconds.is_nan() || seconds < 0.0 {
            return Err(PyValueError::new_err(
                "a timeout is 0 or more seconds, or None for ever",
            ));
        }
        Ok(Timeout((seconds * 1e9).round() as i64)) // a cast saturates: 292 years
    }
}

/// The first round of a wait.
#[derive(PartialEq)]
pub(crate) enum First {
    /// A try with the GIL held: it costs nothing when there is something to take.
    Try,
    /// The GIL is let go at once, since success takes long as well.
    Detach,
}

/// Calls `attempt` with a time in nanoseconds until its status is final, and answers that one.
///
/// Signals are answered here: a handler that raises ends the wait, any other does not.
#[inline(always)]
pub(crate) fn wait(
    py: Python<'_>,
    timeout: Timeout,
    first: First,
    channels: &[Arc<Channel>],
    mut attempt: impl FnMut(i64) -> i32,
) -> PyResult<i32> {
    // INTERRUPTED stands for "look for a close and for signals, then wait".
    let mut status = SIPC_INTERRUPTED;
    if first == First::Try {
        status = attempt(0);
        let is_over = timeout == Timeout(0) && status != SIPC_INTERRUPTED;
        if is_over || !is_early(status) {
            return Ok(status);
        }
    }
    wait_on(py, timeout, status, channels, &mut attempt)
}

/// The rest of a wait, in which the last attempt had this status.
#[cold]
fn wait_on(
    py: Python<'_>,
    timeout: Timeout,
    mut status: i32,
    channels: &[Arc<Channel>],
    attempt: &mut dyn FnMut(i64) -> i32,
) -> PyResult<i32> {
    let started_ns = capi::sipc_now_ns();
    // The one-call functions have no handle that would remember whether looking is worth it.
    let is_handled = !channels.is_empty();
    let is_worth_looking = is_handled && channels.iter().all(|channel| channel.is_worth_looking());
    if status != SIPC_INTERRUPTED && is_worth_looking {
        status = look(started_ns, timeout, status, attempt);
        let is_found = !is_early(status);
        channels.iter().for_each(|channel| channel.learn(is_found));
        if is_found {
            return Ok(status);
        }
    }
    loop {
        if status == SIPC_INTERRUPTED {
            if channels.iter().any(|channel| channel.is_closed()) {
                return Ok(SIPC_CLOSED);
            }
            if channels.iter().any(|channel| channel.take_interrupt()) {
                return Ok(SIPC_INTERRUPTED);
            }
        }
        py.check_signals()?;
        let left_ns = match timeout {
            Timeout::FOREVER => i64::MAX,
            Timeout(ns) => (ns - (capi::sipc_now_ns() - started_ns)).max(0),
        };
        let round = SameThread(attempt);
        let drops_before = drops(channels);
        status = py.detach(move || round.call(left_ns.min(SLICE_NS)));
        if status == SIPC_BUSY && drops(channels) != drops_before {
            status = SIPC_INTERRUPTED; // by who gave something back
        }
        channels
            .iter()
            .for_each(|channel| channel.give_back_overdue());
        let is_last = left_ns <= SLICE_NS && status != SIPC_INTERRUPTED;
        if is_last || !is_open_end(status) {
            return Ok(status);
        }
    }
}

fn drops(channels: &[Arc<Channel>]) -> u32 {
    let each = channels.iter().map(|channel| channel.drops());
    each.fold(0, u32::wrapping_add)
}

/// Tries again and again, with the GIL held, for a short time.
fn look(
    started_ns: i64,
    timeout: Timeout,
    mut status: i32,
    attempt: &mut dyn FnMut(i64) -> i32,
) -> i32 {
    static IS_ALONE: LazyLock<bool> =
        LazyLock::new(|| available_parallelism().is_ok_and(|count| count.get() == 1));
    let end_ns = match timeout {
        Timeout::FOREVER => started_ns + LOOK_NS,
        Timeout(ns) => started_ns + LOOK_NS.min(ns),
    };
    while !*IS_ALONE && capi::sipc_now_ns() < end_ns {
        for _ in 0..TRIES_PER_CLOCK {
            status = attempt(0);
            if !matches!(status, SIPC_TIMEOUT | SIPC_FULL) {
                return status;
            }
            spin_loop();
        }
    }
    status
}

/// A message back and forth between two programs takes 1 us; a thousandth of what a thread that
/// computes keeps the GIL for.
const LOOK_NS: i64 = 5_000;
const TRIES_PER_CLOCK: u32 = 4;

/// A signal that comes between the look at it and the sleep would be slept over; so no sleep is
/// longer than this.
const SLICE_NS: i64 = 1_000_000_000;

/// Whether it is worth to wait after an attempt without time: memory may come free.
fn is_early(status: i32) -> bool {
    status == SIPC_NO_SPACE || is_open_end(status)
}

fn is_open_end(status: i32) -> bool {
    matches!(status, SIPC_TIMEOUT | SIPC_FULL | SIPC_INTERRUPTED)
}

/// Takes a closure with raw pointers past the `Send` that `detach` asks for.
struct SameThread<'a>(&'a mut dyn FnMut(i64) -> i32);

// SAFETY: `detach` runs the closure on the calling thread before it returns; nothing is sent.
unsafe impl Send for SameThread<'_> {}

impl SameThread<'_> {
    fn call(self, timeout_ns: i64) -> i32 {
        (self.0)(timeout_ns)
    }
}
