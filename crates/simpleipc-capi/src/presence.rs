//! Who is on a channel, who comes and goes, and who this process says it is.

use std::ffi::c_char;
use std::sync::Once;

use simpleipc::{Peer, PeerEvent, Result, Status, Value};

use crate::call::fill_value;
use crate::channel::{grown_options, read_options};
use crate::generated::{sipc_error, sipc_message, sipc_options};
use crate::guard::{guard, measured, text};

/// What a program is written in that comes through the C surface, and does not say.
const LANGUAGE: &str = "c";

/// Whether this process has said who it is.
static IDENTIFIED: Once = Once::new();

/// Before the first handle: a program that has not said who it is, speaks C.
#[inline]
pub(crate) fn speak_c() {
    IDENTIFIED.call_once(|| simpleipc::identify("", LANGUAGE));
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_identify(
    program: *const c_char,
    language: *const c_char,
    error: *mut sipc_error,
) -> i32 {
    let identify = || {
        // SAFETY: the pointers are what the header says.
        let program = unsafe { text_or(program, "program", "")? };
        // SAFETY: as above.
        let language = unsafe { text_or(language, "language", LANGUAGE)? };
        IDENTIFIED.call_once(|| {});
        simpleipc::identify(program, language);
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, identify) }
}

/// A text of the caller, or what NULL stands for.
///
/// # Safety
/// `given` is NULL or points to a NUL-terminated text that outlives `'a`.
unsafe fn text_or<'a>(given: *const c_char, what: &str, absent: &'a str) -> Result<&'a str> {
    match given.is_null() {
        true => Ok(absent),
        // SAFETY: passed on.
        false => unsafe { text(given, what, Status::BadArgument) },
    }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_peers(
    name: *const c_char,
    options: *const sipc_options,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32 {
    let list = || {
        // SAFETY: the pointers are what the header says.
        unsafe {
            let to = measured(message)?.cast_mut();
            let options = read_options(grown_options(options)?.as_ref())?;
            let peers = simpleipc::peers(text(name, "name", Status::BadName)?, &options)?;
            let maps = peers.iter().map(|peer: &Peer| Value::from(peer));
            fill_value(to, Value::List(maps.collect()).into_owned())
        }
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, list) }
}

/// Fills the caller's struct with the map of an event.
///
/// # Safety
/// `to` points to a `sipc_message` that `measured` has accepted.
pub(crate) unsafe fn fill_event(to: *mut sipc_message, event: &PeerEvent) -> Result<()> {
    // SAFETY: passed on.
    unsafe { fill_value(to, Value::from(event).into_owned()) }
}
