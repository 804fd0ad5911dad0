//! Calls of services: starting them, taking their replies; taking requests and answering them.

use std::ffi::{c_char, c_void};
use std::ptr;

use simpleipc::{
    CallError, Client, Error, Failure, Manner, Reply, Request, Result, Server, Status, Value,
};

use crate::channel::{Channel, End};
use crate::generated::{
    SIPC_CALL_IDEMPOTENT, SIPC_CALL_ONE_WAY, SIPC_MESSAGE_INIT, SIPC_MESSAGE_MORE,
    SIPC_MESSAGE_ONE_WAY, SIPC_REPLY_ERROR, SIPC_REPLY_MORE, sipc_channel, sipc_error,
    sipc_message, sipc_value,
};
use crate::guard::{duration, guard, measured, misuse, present, text};
use crate::handle;
use crate::message::{CALL, set_facts};
use crate::value::{Given, describe};

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_call(
    channel: *mut sipc_channel,
    method: *const c_char,
    args: *const sipc_value,
    flags: u32,
    timeout_ns: i64,
    call: *mut u64,
    error: *mut sipc_error,
) -> i32 {
    let start = || {
        present(channel, "channel")?;
        let unknown = flags & !(SIPC_CALL_IDEMPOTENT | SIPC_CALL_ONE_WAY);
        if unknown != 0 {
            return Err(misuse(format!("flags has the unknown bit {unknown:#x}")));
        }
        let manner = Manner {
            idempotent: flags & SIPC_CALL_IDEMPOTENT != 0,
            one_way: flags & SIPC_CALL_ONE_WAY != 0,
        };
        if !manner.one_way {
            present(call, "call")?;
        }
        // SAFETY: the pointers are what the header says.
        let method = unsafe { text(method, "method", Status::BadArgument)? };
        let args = match args.is_null() {
            true => Value::Null,
            // SAFETY: as above.
            false => unsafe { Given::new(args)? }.read()?,
        };
        let number = handle::with(channel, |channel| {
            channel
                .client()?
                .begin(method, &args, manner, duration(timeout_ns))
        })?;
        if !call.is_null() {
            // SAFETY: not NULL, and the caller promises room for the number.
            unsafe { call.write(number) };
        }
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, start) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_result(
    channel: *mut sipc_channel,
    call: u64,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32 {
    let take = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let to = unsafe { measured(message)? }.cast_mut();
        handle::with(channel, |channel| {
            match channel.client()?.take(call, duration(timeout_ns)) {
                // SAFETY: measured() has accepted it.
                Ok(reply) => unsafe { fill(to, Kept::Reply(reply)) },
                Err(CallError::Failed(failure)) => {
                    // SAFETY: as above.
                    unsafe { fill_value(to, failure.to_value().into_owned())? };
                    Err(CallError::Failed(failure).into())
                }
                Err(CallError::Lost(error)) => Err(error),
            }
        })
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, take) }
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_cancel(channel: *mut sipc_channel, call: u64) -> i32 {
    let cancel = || {
        present(channel, "channel")?;
        handle::with(channel, |channel| {
            channel.client()?.cancel(call);
            Ok(())
        })
    };
    // SAFETY: there is no error object.
    unsafe { guard(ptr::null_mut(), cancel) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_reply(
    request: *mut sipc_message,
    value: *const sipc_value,
    flags: u32,
    error: *mut sipc_error,
) -> i32 {
    let answer = || {
        // SAFETY: the pointers are what the header says.
        let (request, value) = unsafe { (request_in(request)?, Given::new(value)?.read()?) };
        match flags {
            0 => request.reply(value),
            SIPC_REPLY_MORE => request.push(value),
            SIPC_REPLY_ERROR => request.fail(&Failure::from(value)),
            _ => Err(misuse(format!(
                "flags is {flags:#x}; it may be one of SIPC_REPLY_*, or 0"
            ))),
        }
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, answer) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_cancelled(request: *mut sipc_message) -> i32 {
    let look = || {
        // SAFETY: the pointer is what the header says.
        match unsafe { request_in(request)? }.is_cancelled() {
            true => Err(Error::new(Status::Cancelled, "nobody waits for this call")),
            false => Ok(()),
        }
    };
    // SAFETY: there is no error object.
    unsafe { guard(ptr::null_mut(), look) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_describe(
    channel: *mut sipc_channel,
    methods: *const sipc_value,
    error: *mut sipc_error,
) -> i32 {
    let describe = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let methods = unsafe { Given::new(methods)? }.read()?;
        handle::with(channel, |channel| channel.server()?.describe(&methods))
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, describe) }
}

impl Channel {
    fn client(&mut self) -> Result<&mut Client> {
        match &mut self.end {
            End::Client(client) => Ok(client),
            _ => Err(Error::new(
                Status::WrongRole,
                "the handle was not opened with SIPC_ROLE_CALL",
            )),
        }
    }

    fn server(&mut self) -> Result<&mut Server> {
        match &mut self.end {
            End::Server(server) => Ok(server),
            _ => Err(Error::new(
                Status::WrongRole,
                "the handle was not opened with SIPC_ROLE_SERVE",
            )),
        }
    }
}

/// What the pointers of a request, a reply or a mere value lead to.
struct Hold {
    arrays: Vec<Vec<sipc_value>>,
    /// Borrows from what is kept, so it stands before it: fields are dropped in order.
    value: Value<'static>,
    kept: Kept,
}

enum Kept {
    Request(Request),
    Reply(Reply),
    /// What borrows from nothing.
    Value(Value<'static>),
}

impl Kept {
    fn value(&self) -> Result<Value<'_>> {
        match self {
            Self::Request(request) => {
                let method = Value::from(request.method());
                Ok(Value::List(vec![method, request.args()?]))
            }
            Self::Reply(reply) => reply.value(),
            Self::Value(value) => Ok(value.clone()),
        }
    }

    fn set_facts(&self, to: &mut sipc_message) {
        match self {
            Self::Request(request) => {
                set_facts(to, request.message());
                to.flags |= if request.is_one_way() {
                    SIPC_MESSAGE_ONE_WAY
                } else {
                    0
                };
            }
            Self::Reply(reply) => {
                set_facts(to, reply.message());
                to.flags |= if reply.has_more() {
                    SIPC_MESSAGE_MORE
                } else {
                    0
                };
            }
            Self::Value(_) => {}
        }
    }
}

/// Fills the caller's struct with a request: a list of the method and the arguments.
///
/// # Safety
/// `to` points to a `sipc_message` that `measured` has accepted.
pub(crate) unsafe fn fill_request(to: *mut sipc_message, request: Request) -> Result<()> {
    // SAFETY: passed on.
    unsafe { fill(to, Kept::Request(request)) }
}

/// Fills the caller's struct with a value that is no message.
///
/// # Safety
/// As for `fill_request`.
pub(crate) unsafe fn fill_value(to: *mut sipc_message, value: Value<'static>) -> Result<()> {
    // SAFETY: passed on.
    unsafe { fill(to, Kept::Value(value)) }
}

/// Moves what was received to the heap, where its value can borrow from it, and shows the value.
///
/// # Safety
/// As for `fill_request`.
unsafe fn fill(to: *mut sipc_message, kept: Kept) -> Result<()> {
    let hold = Box::into_raw(Box::new(Hold {
        arrays: Vec::new(),
        value: Value::Null,
        kept,
    }));
    // SAFETY: the hold is nobody else's, and what is kept in it neither moves nor changes until
    // `end`, which drops the value first. `to` was promised by the caller.
    unsafe {
        let kept: &'static Kept = &(*hold).kept;
        match kept.value() {
            Ok(value) => (*hold).value = value,
            Err(error) => {
                end(hold.cast());
                return Err(error);
            }
        }
        let size = (*to).size;
        *to = sipc_message {
            size,
            ..SIPC_MESSAGE_INIT
        };
        describe(&(*hold).value, &mut (*to).value, &mut (*hold).arrays);
        kept.set_facts(&mut *to);
        (*to).hold = hold.map_addr(|address| address | CALL).cast();
    }
    Ok(())
}

/// Lets go of a request or a reply.
///
/// # Safety
/// `hold` is from `fill`, without its mark, and nobody uses it any more.
pub(crate) unsafe fn end(hold: *mut c_void) {
    // SAFETY: made by Box::into_raw in `fill`.
    drop(unsafe { Box::from_raw(hold.cast::<Hold>()) });
}

/// The request in a message of the caller.
///
/// # Safety
/// `message` is NULL or points to a `sipc_message` that is initialised or was filled by us, which
/// outlives `'a` unreleased.
unsafe fn request_in<'a>(message: *const sipc_message) -> Result<&'a Request> {
    present(message, "request")?;
    // SAFETY: not NULL, and promised by the caller.
    let hold = unsafe { (*message).hold };
    if hold.addr() & CALL != 0 {
        // SAFETY: only `fill` makes such a mark.
        let hold = unsafe { &*hold.map_addr(|address| address & !CALL).cast::<Hold>() };
        if let Kept::Request(request) = &hold.kept {
            return Ok(request);
        }
    }
    Err(misuse(
        "the message is no request, or was released: take one from a handle opened with \
         SIPC_ROLE_SERVE",
    ))
}
