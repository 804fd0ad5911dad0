//! `sipc_message`: what a take hands out, and what keeps it alive until its release.

use std::ptr;

use simpleipc::{Kind, Message, Result, Value};

use crate::generated::{SIPC_MESSAGE_REDELIVERED, sipc_message, sipc_value};
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
    if pattern == Pattern::Topic && message.kind().is_some_and(is_scalar) {
        let value = message.value()?;
        // SAFETY: promised by the caller; nothing can fail from here on.
        let to = unsafe { &mut *to };
        describe(&value, &mut to.value, &mut Vec::new());
        set_facts(to, &message);
        to.hold = ptr::null_mut();
        return Ok(());
    }
    let hold = hold(message)?;
    // SAFETY: `to` is promised by the caller, nothing can fail from here on, and only the caller's
    // release will look at the hold again.
    let (
        to,
        Hold {
            arrays,
            value,
            message,
        },
    ) = unsafe { (&mut *to, &mut *hold) };
    describe(value, &mut to.value, arrays);
    set_facts(to, message);
    to.hold = hold.cast();
    Ok(())
}

/// Writes what is known about a message besides its value.
fn set_facts(to: &mut sipc_message, message: &Message) {
    let redelivered = message.is_redelivered();
    to.flags = if redelivered {
        SIPC_MESSAGE_REDELIVERED
    } else {
        0
    };
    to.value.capture_time_ns = message.capture_time_ns();
    to.sequence = message.sequence();
    to.sender = message.sender();
    to.publish_time_ns = message.publish_time_ns();
    to.receive_time_ns = message.receive_time_ns();
    to.missed = message.missed();
}

/// Whether a description of such a value points to nothing.
fn is_scalar(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Null | Kind::Bool | Kind::Int | Kind::Uint | Kind::Float
    )
}

/// Moves a message to the heap, where its value can borrow from it.
fn hold(message: Message) -> Result<*mut Hold> {
    let hold = Box::into_raw(Box::new(Hold {
        arrays: Vec::new(),
        value: Value::Null,
        message,
    }));
    // SAFETY: just made; the message neither moves nor changes until the Hold is dropped, and
    // `value`, which borrows from it, is dropped before it.
    unsafe {
        match (*hold).message.value() {
            Ok(value) => (*hold).value = value,
            Err(error) => {
                drop(Box::from_raw(hold));
                return Err(error);
            }
        }
    }
    Ok(hold)
}
