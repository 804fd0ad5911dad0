//! `sipc_message`: what a take hands out, and what keeps it alive until its release.

use std::borrow::Cow;
use std::{mem, ptr, slice};

use simpleipc::limits::INLINE_BYTES_MAX;
use simpleipc::{Kind, Message, Result, Value};

use crate::call;
use crate::generated::{SIPC_MESSAGE_INIT, SIPC_MESSAGE_REDELIVERED, sipc_message, sipc_value};
use crate::guard::guard;
use crate::thread;
use crate::value::{describe, describe_data};

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
            // SAFETY: made by fill(); the NULL prevents a second time.
            unsafe { end(hold.cast()) };
        }
        Ok(())
    };
    // SAFETY: there is no error object. A defect has nobody to be reported to but stderr.
    unsafe { guard(ptr::null_mut(), release) };
}

/// What the pointers of a `sipc_value` lead to. Dropping the message reports it done.
pub(crate) struct Hold {
    arrays: Vec<Vec<sipc_value>>,
    /// Borrows from `message`, so it stands before it: fields are dropped in order.
    value: Value<'static>,
    message: Message,
}

/// Marks the address of a hold that is no more than a copy of the data.
const COPY: usize = 1;

/// Marks the address of what keeps a request or a reply; see `call.rs`.
pub(crate) const CALL: usize = 2;

const _: () = assert!(size_of::<Hold>() >= INLINE_BYTES_MAX);
const _: () = assert!(align_of::<Hold>() > COPY + CALL);

/// Drops what a hold holds, and keeps its memory for the next one.
///
/// # Safety
/// `hold` is from `fill`, and nobody uses it any more.
#[inline(always)]
unsafe fn end(hold: *mut Hold) {
    if hold.addr() & CALL != 0 {
        // SAFETY: passed on.
        unsafe { call::end(hold.map_addr(|address| address & !CALL).cast()) };
        return;
    }
    let memory = hold.map_addr(|address| address & !COPY);
    // SAFETY: promised by the caller; without its contents, a hold is the memory of one.
    unsafe {
        if memory == hold {
            ptr::drop_in_place(memory);
        }
        thread::keep(Box::from_raw(memory.cast()));
    }
}

/// What kind of channel a message was taken from: a queue must be told when it is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Topic,
    Queue,
}

/// Fills the caller's struct. A small message of a topic is let go at once: nobody waits to hear
/// that it is done.
///
/// # Safety
/// `to` points to a `sipc_message` that `measured` has accepted.
#[inline(always)]
pub(crate) unsafe fn fill(
    to: *mut sipc_message,
    taken: Result<Message>,
    pattern: Pattern,
) -> Result<()> {
    // SAFETY: promised by the caller.
    let to = unsafe { &mut *to };
    if pattern == Pattern::Topic
        && let Ok(message) = &taken
    {
        if let Some((kind, data)) = data(message).filter(|(_, data)| data.len() <= INLINE_BYTES_MAX)
        {
            let copy = Box::into_raw(thread::memory()).cast::<u8>();
            // SAFETY: a hold has room for so many bytes, and this memory is nobody else's.
            let data = unsafe {
                ptr::copy_nonoverlapping(data.as_ptr(), copy, data.len());
                slice::from_raw_parts(copy, data.len())
            };
            describe_data(kind, data, &mut to.value);
            to.hold = copy.map_addr(|address| address | COPY).cast();
            set_facts(to, message);
            return Ok(());
        }
        if message.kind().is_some_and(is_scalar) {
            describe(&message.value()?, &mut to.value, &mut Vec::new());
            to.hold = ptr::null_mut();
            set_facts(to, message);
            return Ok(());
        }
    }
    fill_with_hold(to, taken)
}

/// Fills the caller's struct with how many notifications there were.
///
/// # Safety
/// As for `fill`.
pub(crate) unsafe fn fill_count(to: *mut sipc_message, count: u64) -> Result<()> {
    // SAFETY: promised by the caller.
    let to = unsafe { &mut *to };
    let size = to.size;
    describe(&Value::Uint(count), &mut to.value, &mut Vec::new());
    *to = sipc_message {
        size,
        value: to.value,
        ..SIPC_MESSAGE_INIT
    };
    Ok(())
}

/// Fills the caller's struct and moves the message to the heap, where its value can borrow from it.
#[inline(never)]
fn fill_with_hold(to: &mut sipc_message, taken: Result<Message>) -> Result<()> {
    let message = match &taken {
        Ok(message) => message,
        Err(_) => return taken.map(drop),
    };
    let hold = Box::into_raw(thread::memory()).cast::<Hold>();
    // SAFETY: memory for a hold, written field by field so that the message is moved once, out of
    // a result that is then forgotten. Nobody but the caller's release will look at the hold again;
    // so the message neither moves nor changes until then, and what borrows from it lives.
    unsafe {
        ptr::copy_nonoverlapping(message, &raw mut (*hold).message, 1);
        mem::forget(taken);
        (&raw mut (*hold).value).write(Value::Null);
        (&raw mut (*hold).arrays).write(Vec::new());
        let message = &(*hold).message;
        if let Some((kind, data)) = data(message) {
            describe_data(kind, data, &mut to.value);
        } else {
            match message.value() {
                Ok(value) if is_scalar(value.kind()) => {
                    describe(&value, &mut to.value, &mut (*hold).arrays);
                }
                Ok(value) => {
                    (*hold).value = value;
                    describe(&(*hold).value, &mut to.value, &mut (*hold).arrays);
                }
                Err(error) => {
                    end(hold);
                    return Err(error);
                }
            }
        }
        to.hold = hold.cast();
        set_facts(to, message);
    }
    Ok(())
}

/// The data of the two most frequent kinds, if it is one piece that lies in the message.
#[inline(always)]
fn data(message: &Message) -> Option<(Kind, &[u8])> {
    let kind = message
        .kind()
        .filter(|kind| matches!(kind, Kind::Bytes | Kind::Str))?;
    match message.value() {
        Ok(Value::Bytes(Cow::Borrowed(data))) => Some((kind, data)),
        Ok(Value::Str(Cow::Borrowed(text))) => Some((kind, text.as_bytes())),
        _ => None,
    }
}

/// Writes what is known about a message besides its value.
pub(crate) fn set_facts(to: &mut sipc_message, message: &Message) {
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
