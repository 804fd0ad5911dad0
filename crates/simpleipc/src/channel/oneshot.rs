//! One-call functions: no handle, no set-up. The process keeps each channel open behind them.

use super::{Message, Options, Publisher, Receiver, Sender};
use crate::error::{Error, Result, Status};
use crate::value::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

/// Handles by directory and name. Each has its own lock: a wait on one channel does not stop the
/// others.
type Cache<T> = Mutex<HashMap<String, Arc<Mutex<T>>>>;

static SENDERS: OnceLock<Cache<Sender>> = OnceLock::new();
static RECEIVERS: OnceLock<Cache<Receiver>> = OnceLock::new();
static PUBLISHERS: OnceLock<Cache<Publisher>> = OnceLock::new();

/// A panic while the lock was held cannot have left the handle in a bad state that matters: every
/// operation publishes with its last step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Calls `work` with the cached handle, opening it if need be, and again with a fresh one if the
/// cached one is of no use any more: in a forked child, or after its file was removed.
fn with<T, R>(
    cache: &'static OnceLock<Cache<T>>,
    name: &str,
    open: fn(&str, &Options) -> Result<T>,
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
            let mut handles = locked(cache);
            match handles.get(&key) {
                Some(handle) => Arc::clone(handle),
                None => {
                    let handle = Arc::new(Mutex::new(open(name, &Options::default())?));
                    handles.insert(key.clone(), Arc::clone(&handle));
                    handle
                }
            }
        };
        let result = work(&mut locked(&handle));
        match result {
            Err(error) if error.status().class() == crate::error::Class::Gone => {
                let mut handles = locked(cache);
                if handles
                    .get(&key)
                    .is_some_and(|known| Arc::ptr_eq(known, &handle))
                {
                    handles.remove(&key);
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
    with(&SENDERS, name, Sender::open, |sender| {
        sender.put(&value, 0, timeout)
    })
}

/// Publishes one value on a topic. Waits, at most 5 s, only for lossless subscribers.
///
/// The channel stays open in this process. Any thread; works in a forked child.
pub fn publish<'a>(name: &str, value: impl Into<Value<'a>>) -> Result<()> {
    let value = value.into();
    let timeout = Some(crate::limits::ONE_CALL_TIMEOUT);
    with(&PUBLISHERS, name, Publisher::open, |publisher| {
        publisher.put(&value, 0, timeout)
    })
}

/// Takes one message out of a queue; `None` waits for ever. Threads of one process take turns.
///
/// The channel stays open in this process. The message is done when it is dropped or when the
/// next one is asked for.
pub fn receive(name: &str, timeout: Option<Duration>) -> Result<Message> {
    with(&RECEIVERS, name, Receiver::open, |receiver| {
        receiver.receive_timeout(timeout)
    })
}
