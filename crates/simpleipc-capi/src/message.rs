//! `sipc_message`: what a take hands out, and what keeps it alive until its release.

use std::ptr;

use ipc::{Kind, Message, Result, Value};

use crate::generated::{SIPC_MESSAGE_REDELIVERED, SIPC_VALUE_INIT, sipc_message, sipc_value};
use crate::guard::guard;
use crate::value::describe;

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_release(message: *mut sipc_message) {
    let release = || {
        if message.is_null() {
            return Ok(());
        }
        // SAFETY: not NULL; the caller promises a message that is initialised or was filled by us.
        let hold = unsafe { ptr::replace(&raw mut (*message).hold, ptr::null_mut()) };
        if !hold.is_null() {
            // SAFETY: made by Box::into_raw in hold(); the NULL prevents a second time.
            drop(unsafe { Box::from_raw(hold.cast::<Hold>()) });
        }
        Ok(())
    };
    // SAFETY: there is no error object. A defect has nobody to be reported to but stderr.
    unsafe { guard(ptr::null_mut(), release) };
}

/// What the pointers of a `sipc_value` lead to. Dropping the message reports it done.
struct Hold {
    arrays: Vec<Vec<sipc_value>>,
    /// Borrows from `message`, so it stands before it: fields are dropped in order.
    value: Value<'static>,
    message: Message,
}

/// What kind of channel a message was taken from: a queue must be told when it is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Topic,
    Queue,
}

/// Fills the caller's struct. A message of a topic that needs no memory is let go at once.
///
/// # Safety
/// `to` points to a `sipc_message` that `measured` has accepted.
pub(crate) unsafe fn fill(to: *mut sipc_message, message: Message, pattern: Pattern) -> Result<()> {
    let mut filled = sipc_message {
        // SAFETY: promised by the caller.
        size: unsafe { (*to).size },
        flags: if message.is_redelivered() {
            SIPC_MESSAGE_REDELIVERED
        } else {
            0
        },
        value: SIPC_VALUE_INIT,
        sequence: message.sequence(),
        sender: message.sender(),
        publish_time_ns: message.publish_time_ns(),
        receive_time_ns: message.receive_time_ns(),
        missed: message.missed(),
        hold: ptr::null_mut(),
    };
    let capture_time_ns = message.capture_time_ns();
    if pattern == Pattern::Topic && message.kind().is_some_and(is_scalar) {
        filled.value = describe(&message.value()?, &mut Vec::new());
    } else {
        filled.hold = hold(message, &mut filled.value)?.cast();
    }
    filled.value.capture_time_ns = capture_time_ns;
    // SAFETY: promised by the caller.
    unsafe { to.write(filled) };
    Ok(())
}

/// Whether a description of such a value points to nothing.
fn is_scalar(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Null | Kind::Bool | Kind::Int | Kind::Uint | Kind::Float
    )
}

/// Moves a message to the heap and describes its value from there.
fn hold(message: Message, described: &mut sipc_value) -> Result<*mut Hold> {
    let hold = Box::into_raw(Box::new(Hold {
        arrays: Vec::new(),
        value: Value::Null,
        message,
    }));
    // SAFETY: just made; the message neither moves nor changes until the Hold is dropped, and
    // `value`, which borrows from it, is dropped before it.
    unsafe {
        match (*hold).message.value() {
            Ok(value) => {
                (*hold).value = value;
                *described = describe(&(*hold).value, &mut (*hold).arrays);
                Ok(hold)
            }
            Err(error) => {
                drop(Box::from_raw(hold));
                Err(error)
            }
        }
    }
}
