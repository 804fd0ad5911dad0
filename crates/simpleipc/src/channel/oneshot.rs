//! One-call functions: no handle, no set-up. The process keeps each channel open behind them.

use super::{
    CallError, Client, Message, Notifier, Options, Publisher, Receiver, Reply, Sender, Setter,
    Waiter, Watcher,
};
use crate::error::{Class, Error, Result, Status};
use crate::value::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

/// Handles by process, directory and name. Each has its own lock: a wait on one channel does not
/// stop the others.
type Cache<T> = Mutex<HashMap<String, Vec<Arc<Mutex<T>>>>>;

/// What a second thread does while a handle is in use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WhenBusy {
    /// Waits for its turn: messages of one process stay in order, and turns are short.
    Wait,
    /// Opens another handle: the first may wait for a message for ever.
    OpenAnother,
}

static SENDERS: OnceLock<Cache<Sender>> = OnceLock::new();
static RECEIVERS: OnceLock<Cache<Receiver>> = OnceLock::new();
static PUBLISHERS: OnceLock<Cache<Publisher>> = OnceLock::new();
static SETTERS: OnceLock<Cache<Setter>> = OnceLock::new();
static WATCHERS: OnceLock<Cache<Watcher>> = OnceLock::new();
static NOTIFIERS: OnceLock<Cache<Notifier>> = OnceLock::new();
static CLIENTS: OnceLock<Cache<Client>> = OnceLock::new();
static WAITERS: OnceLock<Cache<Waiter>> = OnceLock::new();

/// A panic while the lock was held cannot have left the handle in a bad state that matters: every
/// operation publishes with its last step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Calls `work` with a cached handle, opening one if need be, and again with a fresh one if the
/// cached one is of no use any more, because its file was removed.
fn with<T, R>(
    cache: &'static OnceLock<Cache<T>>,
    name: &str,
    open: fn(&str, &Options) -> Result<T>,
    when_busy: WhenBusy,
    mut work: impl FnMut(&mut T) -> Result<R>,
) -> Result<R> {
    let cache = cache.get_or_init(Cache::default);
    let directory = std::env::var_os("SIPC_DIR").unwrap_or_default();
    // Handles of the parent process are of no use after a fork, and their locks may be held by
    // threads that the child does not have.
    let process = std::process::id();
    let key = format!("{process}\0{}\0{name}", directory.to_string_lossy());
    let mut last = Error::new(Status::Internal, "no attempt was made");
    for _ in 0..2 {
        let handle = {
            let mut all = locked(cache);
            let handles = all.entry(key.clone()).or_default();
            let free =
                |handle: &&Arc<Mutex<T>>| when_busy == WhenBusy::Wait || handle.try_lock().is_ok();
            match handles.iter().find(free) {
                Some(handle) => Arc::clone(handle),
                None => {
                    let handle = Arc::new(Mutex::new(open(name, &Options::default())?));
                    handles.push(Arc::clone(&handle));
                    handle
                }
            }
        };
        let result = work(&mut locked(&handle));
        match result {
            Err(error) if error.status().class() == Class::Gone => {
                if let Some(handles) = locked(cache).get_mut(&key) {
                    handles.retain(|known| !Arc::ptr_eq(known, &handle));
                }
                last = error;
            }
            other => return other,
        }
    }
    Err(last)
}

/// Sends one value to a queue: `simpleipc::send("chat", "hello")`. Waits at most 5 s for room.
///
/// The channel stays open in this process. Any thread; works in a forked child.
pub fn send<'a>(name: &str, value: impl Into<Value<'a>>) -> Result<()> {
    let value = value.into();
    let timeout = Some(crate::limits::ONE_CALL_TIMEOUT);
    with(&SENDERS, name, Sender::open, WhenBusy::Wait, |sender| {
        sender.put(&value, 0, timeout)
    })
}

/// Publishes one value on a topic. Waits, at most 5 s, only for lossless subscribers.
///
/// The channel stays open in this process. Any thread; works in a forked child.
pub fn publish<'a>(name: &str, value: impl Into<Value<'a>>) -> Result<()> {
    let value = value.into();
    let timeout = Some(crate::limits::ONE_CALL_TIMEOUT);
    with(
        &PUBLISHERS,
        name,
        Publisher::open,
        WhenBusy::Wait,
        |publisher| publisher.put(&value, 0, timeout),
    )
}

/// Calls a method of a service and waits for its result: `simpleipc::call("calc", "add", (1, 2),
/// None)`. See [`Client::call`].
///
/// The service stays open in this process. Any thread; works in a forked child.
pub fn call<'a>(
    name: &str,
    method: &str,
    args: impl Into<Value<'a>>,
    timeout: Option<Duration>,
) -> std::result::Result<Reply, CallError> {
    let args = args.into();
    with(
        &CLIENTS,
        name,
        Client::open,
        WhenBusy::OpenAnother,
        |client| {
            // Only what was not sent may be tried again.
            let mut call = client.start(method, args.clone())?;
            Ok(call.result(timeout))
        },
    )?
}

/// Takes one message out of a queue; `None` waits for ever. Any thread.
///
/// The channel stays open in this process. The message is done when it is dropped, or when the
/// next one is asked for through the same handle behind this call.
pub fn receive(name: &str, timeout: Option<Duration>) -> Result<Message> {
    with(
        &RECEIVERS,
        name,
        Receiver::open,
        WhenBusy::OpenAnother,
        |receiver| receiver.receive_timeout(timeout),
    )
}

/// Sets the value of a state. Waits, at most 5 s, only for a setter in the middle of setting.
///
/// The channel stays open in this process. Any thread; works in a forked child.
pub fn set<'a>(name: &str, value: impl Into<Value<'a>>) -> Result<()> {
    let value = value.into();
    let timeout = Some(crate::limits::ONE_CALL_TIMEOUT);
    with(&SETTERS, name, Setter::open, WhenBusy::Wait, |setter| {
        setter.put(&value, 0, timeout)
    })
}

/// The value of a state, as it is now; waits for one if none has been set yet, `None` for ever.
/// Any thread.
///
/// The channel stays open in this process.
pub fn get(name: &str, timeout: Option<Duration>) -> Result<Message> {
    with(
        &WATCHERS,
        name,
        Watcher::open,
        WhenBusy::OpenAnother,
        |watcher| watcher.get_timeout(timeout),
    )
}

/// Says that something has happened, to everybody who waits or has the signal open to wait.
///
/// The channel stays open in this process. Any thread; works in a forked child.
pub fn notify(name: &str) -> Result<()> {
    with(
        &NOTIFIERS,
        name,
        Notifier::open,
        WhenBusy::Wait,
        Notifier::notify,
    )
}

/// Waits until something happens; how many times it did since this process last waited for it, or
/// since the beginning of its first wait. `None` waits for ever. Any thread.
///
/// The channel stays open in this process.
pub fn wait(name: &str, timeout: Option<Duration>) -> Result<u64> {
    with(
        &WAITERS,
        name,
        Waiter::open,
        WhenBusy::OpenAnother,
        |waiter| waiter.wait(timeout),
    )
}
