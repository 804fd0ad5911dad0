//! `sipc_channel`: opening, putting, taking, waiting, closing.

use std::borrow::Cow;
use std::ffi::c_char;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use simpleipc::{
    Client, Delivery, Error, Host, Interrupter, Notifier, Options, PeerWatcher, Publisher,
    Receiver, Result, Semaphore, Sender, Server, Setter, Source, Status, Subscriber, Value, Waiter,
    Watcher,
};

use crate::call;
use crate::generated::{
    SIPC_KIND_BYTES, SIPC_KIND_FLOAT, SIPC_KIND_INT, SIPC_KIND_STR, SIPC_OPTION_LATEST,
    SIPC_OPTION_LOSSLESS, SIPC_OPTION_TAP, SIPC_OPTION_UNSTAMPED, SIPC_ROLE_CALL, SIPC_ROLE_HOST,
    SIPC_ROLE_LOCK, SIPC_ROLE_NOTIFY, SIPC_ROLE_PEERS, SIPC_ROLE_PUBLISH, SIPC_ROLE_RECEIVE,
    SIPC_ROLE_SEND, SIPC_ROLE_SERVE, SIPC_ROLE_SET, SIPC_ROLE_SUBSCRIBE, SIPC_ROLE_WAIT,
    SIPC_ROLE_WATCH, sipc_channel, sipc_error, sipc_message, sipc_options, sipc_value,
};
use crate::guard::{duration, grown, guard, measured, misuse, present, text};
use crate::handle::{self, Entered};
use crate::loan::Loans;
use crate::lock::{self, locks_only};
use crate::message::{self, Pattern};
use crate::place::closed;
use crate::presence;
use crate::upkeep::optional_directory;
use crate::value::Given;

/// What is behind a handle.
pub(crate) struct Channel {
    /// Before the end they are from: fields are dropped in order.
    pub(crate) loans: Loans,
    pub(crate) end: End,
}

/// The library's handle of one role.
pub(crate) enum End {
    Publisher(Publisher),
    Sender(Sender),
    Subscriber(Subscriber),
    Receiver(Receiver),
    Setter(Setter),
    Watcher(Watcher),
    Notifier(Notifier),
    Waiter(Waiter),
    Delivery(Delivery),
    Lock(Semaphore),
    Client(Client),
    Server(Server),
    Host(Box<Host>),
    Peers(Box<PeerWatcher>),
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_open(
    name: *const c_char,
    role: u32,
    options: *const sipc_options,
    channel: *mut *mut sipc_channel,
    error: *mut sipc_error,
) -> i32 {
    let open = || {
        presence::speak_c();
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let (name, given) = unsafe {
            let given = grown_options(options)?;
            let name = match name.is_null() && role == SIPC_ROLE_SERVE {
                true => Cow::Owned(simpleipc::plugin_service()?),
                false => Cow::Borrowed(text(name, "name", Status::BadName)?),
            };
            (name, given)
        };
        let name = &*name;
        // SAFETY: its pointers are what the header says.
        let options = unsafe { read_options(given.as_ref())? };
        let signal = given.map_or(0, |given| given.signal);
        if signal != 0 && role != SIPC_ROLE_WAIT {
            return Err(misuse("options.signal is for the role SIPC_ROLE_WAIT"));
        }
        let permits = given.map_or(0, |given| given.permits);
        if permits != 0 && role != SIPC_ROLE_LOCK {
            return Err(misuse("options.permits is for the role SIPC_ROLE_LOCK"));
        }
        let end = match role {
            SIPC_ROLE_PUBLISH => End::Publisher(Publisher::open(name, &options)?),
            SIPC_ROLE_SUBSCRIBE => End::Subscriber(Subscriber::open(name, &options)?),
            SIPC_ROLE_SEND => End::Sender(Sender::open(name, &options)?),
            SIPC_ROLE_RECEIVE => End::Receiver(Receiver::open(name, &options)?),
            SIPC_ROLE_SET => End::Setter(Setter::open(name, &options)?),
            SIPC_ROLE_WATCH => End::Watcher(Watcher::open(name, &options)?),
            SIPC_ROLE_NOTIFY => End::Notifier(Notifier::open(name, &options)?),
            SIPC_ROLE_WAIT => match (Waiter::open(name, &options)?, signal) {
                (waiter, 0) => End::Waiter(waiter),
                (waiter, signal) => End::Delivery(waiter.deliver(signal)?),
            },
            SIPC_ROLE_LOCK => End::Lock(lock::open(name, permits, &options)?),
            SIPC_ROLE_CALL => End::Client(Client::open(name, &options)?),
            SIPC_ROLE_SERVE => End::Server(Server::open(name, &options)?),
            SIPC_ROLE_HOST => End::Host(Box::new(Host::open(name, &options)?)),
            SIPC_ROLE_PEERS => End::Peers(Box::new(PeerWatcher::open(name, &options)?)),
            _ => return Err(misuse(format!("there is no role {role}; see SIPC_ROLE_*"))),
        };
        let opened = handle::register(Channel {
            loans: Loans::default(),
            end,
        })?;
        // SAFETY: not NULL, and the caller promises room for a pointer.
        unsafe { channel.write(opened) };
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, open) }
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_close(channel: *mut sipc_channel) -> i32 {
    let close = || {
        if channel.is_null() {
            Ok(())
        } else {
            handle::close(channel)
        }
    };
    // SAFETY: there is no error object.
    unsafe { guard(std::ptr::null_mut(), close) }
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_interrupt(channel: *mut sipc_channel) -> i32 {
    // SAFETY: there is no error object.
    unsafe { guard(std::ptr::null_mut(), || handle::interrupt(channel)) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_put(
    channel: *mut sipc_channel,
    value: *const sipc_value,
    timeout_ns: i64,
    error: *mut sipc_error,
) -> i32 {
    let put = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let given = unsafe { Given::new(value)? };
        handle::with(channel, |channel| {
            let timeout = duration(timeout_ns);
            if let Some(index) = channel.loans.find(given.raw().data) {
                return channel.put_loan(index, given, timeout, None);
            }
            channel.put(given, timeout)
        })
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, put) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_take(
    channel: *mut sipc_channel,
    timeout_ns: i64,
    message: *mut sipc_message,
    error: *mut sipc_error,
) -> i32 {
    let take = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let to = unsafe { measured(message)? }.cast_mut();
        let timeout = duration(timeout_ns);
        handle::with(channel, |channel| {
            // SAFETY: measured() has accepted it.
            unsafe {
                match &mut channel.end {
                    End::Subscriber(end) => {
                        message::fill(to, end.receive_timeout(timeout), Pattern::Topic)
                    }
                    End::Receiver(end) => {
                        message::fill(to, end.receive_timeout(timeout), Pattern::Queue)
                    }
                    _ => channel.take_other(to, timeout),
                }
            }
        })
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, take) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_wait(
    channels: *const *mut sipc_channel,
    count: u32,
    timeout_ns: i64,
    index: *mut u32,
    error: *mut sipc_error,
) -> i32 {
    let wait = || {
        present(channels, "channels")?;
        present(index, "index")?;
        if !(1..=WAIT_MAX).contains(&count) {
            return Err(misuse(format!(
                "count is {count}; it may be 1 to {WAIT_MAX}"
            )));
        }
        // SAFETY: not NULL, and the caller promises `count` handles.
        let handles = unsafe { std::slice::from_raw_parts(channels, count as usize) };
        let mut entered = enter_all(handles)?;
        let mut sources = entered
            .iter_mut()
            .map(|one| one.source())
            .collect::<Result<Vec<_>>>()?;
        // Relaxed: any start is as good as another, it only has to vary.
        let first = WAITS.fetch_add(1, Ordering::Relaxed) % sources.len();
        let outcome = simpleipc::wait_any(&mut sources, first, duration(timeout_ns));
        if outcome.is_err() && entered.iter().any(Entered::is_closing) {
            return Err(closed());
        }
        let ready = outcome?;
        // SAFETY: not NULL, and the caller promises room for the number.
        unsafe { index.write(ready as u32) };
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, wait) }
}

fn enter_all(handles: &[*mut sipc_channel]) -> Result<Vec<Entered>> {
    let mut entered = Vec::with_capacity(handles.len());
    for (index, &handle) in handles.iter().enumerate() {
        present(handle, &format!("channels[{index}]"))?;
        if handles[..index].contains(&handle) {
            return Err(misuse(format!("channels[{index}] is in the list twice")));
        }
        entered.push(handle::enter(handle)?);
    }
    Ok(entered)
}

impl Channel {
    /// What ends a wait of this channel from outside.
    pub(crate) fn interrupter(&self) -> Interrupter {
        match &self.end {
            End::Publisher(end) => end.interrupter(),
            End::Sender(end) => end.interrupter(),
            End::Subscriber(end) => end.interrupter(),
            End::Receiver(end) => end.interrupter(),
            End::Setter(end) => end.interrupter(),
            End::Watcher(end) => end.interrupter(),
            End::Notifier(end) => end.interrupter(),
            End::Waiter(end) => end.interrupter(),
            End::Delivery(end) => end.interrupter(),
            End::Lock(end) => end.interrupter(),
            End::Client(end) => end.interrupter(),
            End::Server(end) => end.interrupter(),
            End::Host(end) => end.interrupter(),
            End::Peers(end) => end.interrupter(),
        }
    }

    /// Takes from what is seldom asked.
    ///
    /// # Safety
    /// `to` points to a `sipc_message` that `measured` has accepted.
    #[inline(never)]
    unsafe fn take_other(
        &mut self,
        to: *mut sipc_message,
        timeout: Option<Duration>,
    ) -> Result<()> {
        match &mut self.end {
            // SAFETY: passed on.
            End::Watcher(end) => unsafe {
                message::fill(to, end.receive_timeout(timeout), Pattern::Topic)
            },
            // SAFETY: as above.
            End::Host(end) => unsafe {
                message::fill(to, end.events().receive_timeout(timeout), Pattern::Topic)
            },
            // SAFETY: as above.
            End::Peers(end) => unsafe { presence::fill_event(to, &end.event(timeout)?) },
            // SAFETY: as above.
            End::Waiter(end) => unsafe { message::fill_count(to, end.wait(timeout)?) },
            // SAFETY: as above.
            End::Server(end) => unsafe { call::fill_request(to, end.receive(timeout)?) },
            End::Delivery(_) => Err(Error::new(
                Status::WrongRole,
                "the handle was opened to raise a signal, and nothing can be taken from it",
            )),
            End::Lock(_) => Err(locks_only()),
            _ => Err(puts_only()),
        }
    }

    /// Puts a value that is no loan.
    #[inline(always)]
    fn put(&mut self, given: Given<'_>, timeout: Option<Duration>) -> Result<()> {
        let raw = given.raw();
        // What streams are made of: the compiler knows each value, and makes none in memory.
        match raw.kind {
            SIPC_KIND_INT => self.put_value(&Value::Int(raw.i), raw, timeout),
            SIPC_KIND_FLOAT => self.put_value(&Value::Float(raw.f), raw, timeout),
            SIPC_KIND_BYTES => {
                let bytes = Value::Bytes(Cow::Borrowed(given.data()?));
                self.put_value(&bytes, raw, timeout)
            }
            SIPC_KIND_STR => {
                let text = Value::Str(Cow::Borrowed(given.text()?));
                self.put_value(&text, raw, timeout)
            }
            _ => self.put_any(given, timeout),
        }
    }

    #[inline(never)]
    fn put_any(&mut self, given: Given<'_>, timeout: Option<Duration>) -> Result<()> {
        self.put_value(&given.read()?, given.raw(), timeout)
    }

    #[inline(always)]
    fn put_value(
        &mut self,
        value: &Value<'_>,
        raw: &sipc_value,
        timeout: Option<Duration>,
    ) -> Result<()> {
        match &mut self.end {
            End::Publisher(end) => end.put(value, raw.capture_time_ns, timeout),
            End::Sender(end) => end.put(value, raw.capture_time_ns, timeout),
            _ => self.put_other(value, raw.capture_time_ns, timeout),
        }
    }

    /// Puts where that is seldom done.
    #[inline(never)]
    fn put_other(
        &mut self,
        value: &Value<'_>,
        capture_time_ns: i64,
        timeout: Option<Duration>,
    ) -> Result<()> {
        match &mut self.end {
            End::Setter(end) => end.put(value, capture_time_ns, timeout),
            End::Notifier(end) if *value == Value::Null => end.notify(),
            End::Notifier(_) => Err(Error::new(
                Status::BadValue,
                "a notification has no data; put a value of kind SIPC_KIND_NULL",
            )),
            End::Lock(_) => Err(locks_only()),
            _ => Err(takes_only()),
        }
    }

    fn source(&mut self) -> Result<&mut dyn Source> {
        match &mut self.end {
            End::Subscriber(end) => Ok(end),
            End::Receiver(end) => Ok(end),
            End::Watcher(end) => Ok(end),
            End::Waiter(end) => Ok(end),
            End::Lock(_) => Err(locks_only()),
            End::Server(end) => Ok(end),
            End::Client(end) => Ok(end),
            End::Host(end) => Ok(end.events()),
            End::Peers(end) => Ok(&mut **end),
            _ => Err(puts_only()),
        }
    }
}

/// Copies the caller's options, if there are any.
///
/// # Safety
/// `options` is NULL or what the header says.
pub(crate) unsafe fn grown_options(options: *const sipc_options) -> Result<Option<sipc_options>> {
    if options.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and passed on.
    unsafe { grown(options, OPTIONS_FIRST_SIZE) }.map(Some)
}

/// Reads the caller's options; none stands for the defaults.
///
/// # Safety
/// The pointers in `given` are what the header says.
pub(crate) unsafe fn read_options(given: Option<&sipc_options>) -> Result<Options> {
    let Some(given) = given else {
        return Ok(Options::default());
    };
    let known = SIPC_OPTION_LOSSLESS | SIPC_OPTION_LATEST | SIPC_OPTION_UNSTAMPED | SIPC_OPTION_TAP;
    let unknown = given.flags & !known;
    if unknown != 0 {
        return Err(misuse(format!(
            "options.flags has the unknown flag {unknown:#x}"
        )));
    }
    Ok(Options {
        lossless: given.flags & SIPC_OPTION_LOSSLESS != 0,
        latest: given.flags & SIPC_OPTION_LATEST != 0,
        tap: given.flags & SIPC_OPTION_TAP != 0,
        unstamped: given.flags & SIPC_OPTION_UNSTAMPED != 0,
        history: given.history,
        depth: given.depth,
        pool_bytes_max: given.pool_bytes_max,
        // SAFETY: promised by the caller.
        directory: unsafe { optional_directory(given.directory)? }.map(PathBuf::from),
    })
}

#[cold]
pub(crate) fn takes_only() -> Error {
    Error::new(
        Status::WrongRole,
        "the handle was opened to take messages, not to put them",
    )
}

#[cold]
pub(crate) fn puts_only() -> Error {
    Error::new(
        Status::WrongRole,
        "the handle was opened to put messages, not to take them",
    )
}

/// Bytes of `sipc_options` in the first version of the header.
const OPTIONS_FIRST_SIZE: usize = std::mem::offset_of!(sipc_options, signal);

/// Calls of sipc_wait so far; each looks at another handle first, so that none starves.
static WAITS: AtomicUsize = AtomicUsize::new(0);

/// Handles one sipc_wait can look at; the kernel's own limit for such a wait is 128.
const WAIT_MAX: u32 = 64;
