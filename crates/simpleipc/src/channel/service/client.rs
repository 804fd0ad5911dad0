//! The calling end of a service.

use super::METHODS;
use super::call::Call;
use super::calls::{Calls, Manner};
use super::reply::{CallError, Reply};
use crate::carrier::{Deadline, Descriptor, Interrupter, Place, Waiter};
use crate::channel::Options;
use crate::error::Result;
use crate::limits::ONE_CALL_TIMEOUT;
use crate::value::Value;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The calls of a client, which its handle and its calls in flight share.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Calls>>);

impl Shared {
    /// A panic while the lock was held cannot have left anything that matters in a bad state:
    /// every operation publishes with its last step.
    pub fn locked(&self) -> MutexGuard<'_, Calls> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Calls the methods of a service. Each call goes to exactly one server, and waits for one to
/// come.
///
/// Use one client per thread: while one thread waits, others that share its client wait, too. At
/// most 64 calls are in flight at once. Should the client's process die, servers are not held up.
pub struct Client {
    shared: Shared,
    descriptor: Option<Descriptor>,
}

impl Client {
    /// Opens the service, creating it if nobody uses it. Programs may start in any order.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let place = Place::new(name, options.directory.as_deref())?;
        let calls = Calls::open(place, options)?;
        Ok(Self {
            shared: Shared(Arc::new(Mutex::new(calls))),
            descriptor: None,
        })
    }

    /// Calls a method and waits for its result; `None` waits for ever. Arguments are a tuple, a
    /// list or a map, one value, or `()`. After a time-out the call is cancelled.
    ///
    /// `Failed` is what the server's program says; `Lost` is everything else. If the server dies
    /// meanwhile that is `ServerDied`, within 100 ms.
    pub fn call<'a>(
        &mut self,
        method: &str,
        args: impl Into<Value<'a>>,
        timeout: Option<Duration>,
    ) -> std::result::Result<Reply, CallError> {
        self.call_in(method, &args.into(), Manner::default(), timeout)
    }

    /// [`call`](Self::call) of a method that may be done twice: if the server dies, another one
    /// gets the call, or the next to come.
    pub fn call_idempotent<'a>(
        &mut self,
        method: &str,
        args: impl Into<Value<'a>>,
        timeout: Option<Duration>,
    ) -> std::result::Result<Reply, CallError> {
        self.call_in(method, &args.into(), IDEMPOTENT, timeout)
    }

    fn call_in(
        &mut self,
        method: &str,
        args: &Value<'_>,
        manner: Manner,
        timeout: Option<Duration>,
    ) -> std::result::Result<Reply, CallError> {
        let deadline = Deadline::after(timeout).begun();
        let number = self.shared.locked().begin(method, args, manner, deadline)?;
        let mut call = Call::new(self.shared.clone(), number);
        call.result_by(deadline)
    }

    /// [`call`](Self::call) as a future: under any runtime, or none. Dropped before it is done, the
    /// call is cancelled. It never waits for room: without any it says `Full`. To have several
    /// calls in flight, [`start`](Self::start) them and await what that returns.
    pub async fn call_async<'a>(
        &mut self,
        method: &str,
        args: impl Into<Value<'a>>,
    ) -> std::result::Result<Reply, CallError> {
        let args = args.into();
        let number = self.begin(method, &args, Manner::default(), Some(Duration::ZERO))?;
        drop(args);
        Call::new(self.shared.clone(), number).await
    }

    /// Starts a call; take its result from what this returns. Waits at most 5 s for room.
    pub fn start<'a>(&mut self, method: &str, args: impl Into<Value<'a>>) -> Result<Call> {
        self.start_in(method, &args.into(), Manner::default())
    }

    /// [`start`](Self::start) for a method that may be done twice.
    pub fn start_idempotent<'a>(
        &mut self,
        method: &str,
        args: impl Into<Value<'a>>,
    ) -> Result<Call> {
        self.start_in(method, &args.into(), IDEMPOTENT)
    }

    fn start_in(&mut self, method: &str, args: &Value<'_>, manner: Manner) -> Result<Call> {
        let deadline = Deadline::after(Some(ONE_CALL_TIMEOUT));
        let mut calls = self.shared.locked();
        let number = calls.begin(method, args, manner, deadline)?;
        drop(calls);
        Ok(Call::new(self.shared.clone(), number))
    }

    /// Calls a method and does not ask what becomes of it: it is done at most once. It waits for a
    /// server also when this process has gone. Waits at most 5 s for room.
    pub fn send<'a>(&mut self, method: &str, args: impl Into<Value<'a>>) -> Result<()> {
        let manner = Manner {
            one_way: true,
            ..Manner::default()
        };
        let deadline = Deadline::after(Some(ONE_CALL_TIMEOUT));
        self.shared
            .locked()
            .begin(method, &args.into(), manner, deadline)
            .map(|_| ())
    }

    /// Starts a call that is known by its number, for programs that keep many: take its replies
    /// with [`take`](Self::take). Of one-way calls the number is 0. Waits for room so long.
    pub fn begin(
        &mut self,
        method: &str,
        args: &Value<'_>,
        manner: Manner,
        timeout: Option<Duration>,
    ) -> Result<u64> {
        let deadline = Deadline::after(timeout);
        self.shared.locked().begin(method, args, manner, deadline)
    }

    /// Waits for the next reply of the call with this number: the last one has no
    /// [`has_more`](Reply::has_more). After that, and after an error that is not a time-out or an
    /// interrupt, the number means nothing.
    pub fn take(
        &mut self,
        number: u64,
        timeout: Option<Duration>,
    ) -> std::result::Result<Reply, CallError> {
        let deadline = Deadline::after(timeout);
        self.shared.locked().next(number, deadline)
    }

    /// Ends the call with this number, whose end is `Cancelled` if anybody wants to know.
    pub fn cancel(&mut self, number: u64) {
        self.shared.locked().cancel(number);
    }

    /// What the service offers: a list of maps with `name` and, as far as the server says,
    /// `args` (pairs of a name and a type), `returns`, `idempotent` and `about`. Any of several
    /// servers answers.
    pub fn methods(&mut self, timeout: Option<Duration>) -> std::result::Result<Reply, CallError> {
        self.call_in(METHODS, &Value::Null, IDEMPOTENT, timeout)
    }

    /// A descriptor for event loops: readable as long as there may be a reply to a call in flight,
    /// or another end of one. Then look at each call, with [`take`](Self::take) or
    /// [`Call::result`] and a timeout of zero, until it has nothing (`Timeout`): only that clears
    /// it. While calls are in flight it is readable every 30 ms; who looks then is told if the
    /// server has died. Else as [`Subscriber::fd`].
    ///
    /// [`Subscriber::fd`]: crate::Subscriber::fd
    pub fn fd(&mut self) -> Result<BorrowedFd<'_>> {
        if self.descriptor.is_none() {
            self.descriptor = Some(self.shared.locked().descriptor()?);
        }
        Ok(self.descriptor.as_ref().expect("just made").as_fd())
    }

    pub(in crate::channel) fn waiter(&mut self) -> Waiter<'_> {
        Waiter::Calls(Box::new(self.shared.locked()))
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.shared.locked().interrupter()
    }
}

const IDEMPOTENT: Manner = Manner {
    idempotent: true,
    one_way: false,
};
