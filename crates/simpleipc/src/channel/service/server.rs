//! The serving end of a service.

use super::METHODS;
use super::calls::cut_off;
use super::frame::read_request;
use super::handlers::Handlers;
use super::method::Method;
use super::reply::Failure;
use super::request::{Request, end};
use crate::carrier::{
    Clients, Consumer, Deadline, Interrupter, Message, Place, REQUEST_IDEMPOTENT, ReplyKind, Role,
    Ticket, sweep,
};
use crate::channel::Options;
use crate::error::{Error, Result, Status};
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// An idle server looks after clients that have died this often.
const SLICE: Duration = Duration::from_secs(1);

/// Receives the calls of a service. Several servers, in one process or in many, share the calls
/// of one service: each goes to exactly one.
///
/// A server may work on several calls at once: receive the next before the last is answered, and
/// answer each in any thread.
pub struct Server {
    pub(in crate::channel) consumer: Consumer,
    clients: Clients,
    methods: Vec<Method>,
    /// The request delivered last, which the queue still holds for us.
    last: Option<Arc<Ticket>>,
    /// Received, but its client could not be reached for want of descriptors or memory here.
    postponed: Option<Box<Message>>,
}

impl Server {
    /// Opens the service, creating it if nobody uses it. Programs may start in any order: calls
    /// may be waiting already.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let place = Place::new(name, options.directory.as_deref())?;
        let consumer = Consumer::open(place.clone(), Role::Serve, &options.opening())?;
        sweep(&place);
        Ok(Self {
            clients: Clients::new(consumer.attachment(), !options.unstamped),
            consumer,
            methods: Vec::new(),
            last: None,
            postponed: None,
        })
    }

    /// Says that the service offers this method; say more about it with what this returns. For
    /// those who ask, and for calls whose server died; calls of methods that nobody has declared
    /// arrive, too.
    pub fn method(&mut self, name: &str) -> &mut Method {
        let known = self.methods.iter().position(|known| known.name() == name);
        let at = known.unwrap_or(self.methods.len());
        if known.is_none() {
            self.methods.push(Method::new(name));
        }
        &mut self.methods[at]
    }

    /// [`method`](Self::method) for several at once: a list of maps as [`Client::methods`] returns.
    ///
    /// [`Client::methods`]: crate::Client::methods
    pub fn describe(&mut self, methods: &Value<'_>) -> Result<()> {
        let Value::List(list) = methods else {
            return Err(Error::new(
                Status::BadValue,
                "methods are described by a list of maps",
            ));
        };
        let described = list.iter().map(Method::from_value);
        for method in described.collect::<Result<Vec<_>>>()? {
            let name = method.name().to_string();
            *self.method(&name) = method;
        }
        Ok(())
    }

    /// Takes the next call; `Timeout` when there is none in time. `None` waits for ever, zero only
    /// looks. Calls that nobody waits for any more do not arrive.
    pub fn receive(&mut self, timeout: Option<Duration>) -> Result<Request> {
        self.accept_last();
        if let Some(message) = self.postponed.take()
            && let Some(request) = self.admit(*message)?
        {
            return Ok(request);
        }
        let mut deadline = Deadline::after(timeout);
        loop {
            // The first look needs no clock.
            let slice = match deadline {
                Deadline::After(time) if time > SLICE => {
                    deadline = deadline.begun();
                    Deadline::After(SLICE)
                }
                Deadline::Never | Deadline::At(_) => {
                    deadline.left(SLICE).map_or(Deadline::Now, Deadline::After)
                }
                short => short,
            };
            match self.consumer.take(slice) {
                Ok(message) => {
                    if let Some(request) = self.admit(message)? {
                        return Ok(request);
                    }
                    deadline = deadline.begun();
                }
                Err(error) if error.status() == Status::Timeout => {
                    self.clients.forget_dead();
                    match deadline {
                        Deadline::Never => {}
                        Deadline::At(_) if deadline.left(SLICE).is_some() => {}
                        _ => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Before the queue forgets who has the last request: the client is told.
    pub(in crate::channel) fn accept_last(&mut self) {
        if let Some(last) = self.last.take() {
            last.accept();
        }
    }

    /// A request for the program; `None` if it is none, or was dealt with here.
    fn admit(&mut self, message: Message) -> Result<Option<Request>> {
        let Some((head, method)) = read_request(&message) else {
            return Ok(None); // somebody breaks the protocol
        };
        let may_repeat = head.flags & REQUEST_IDEMPOTENT != 0
            || self
                .methods
                .iter()
                .any(|m| m.idempotent && m.name() == method);
        let died = message.died_pid().filter(|_| !may_repeat);
        if head.is_one_way() {
            let request = Request::new(message, head, method, None);
            return Ok(died.is_none().then_some(request));
        }
        let ticket = match self.clients.ticket(head.client, head.call) {
            Ok(Some(ticket)) => ticket,
            Ok(None) => return Ok(None),
            Err(error) => {
                // Still in our lease: the next receive tries again.
                self.postponed = Some(Box::new(message));
                return Err(error);
            }
        };
        // What this server answers by itself goes nowhere if the client goes meanwhile.
        if let Some(pid) = died {
            let error = cut_off(pid);
            let text = Value::from(error.message());
            let _ = end(&ticket, ReplyKind::Refused, error.status(), &text);
            return Ok(None);
        }
        if method == METHODS {
            let list = self.methods.iter().map(Method::to_value).collect();
            let _ = end(&ticket, ReplyKind::Last, Status::Ok, &Value::List(list));
            return Ok(None);
        }
        let ticket = Arc::new(ticket);
        self.last = Some(Arc::clone(&ticket));
        Ok(Some(Request::new(message, head, method, Some(ticket))))
    }

    /// Takes the next call, as a future: under any runtime, or none. Dropped before it is done, it
    /// has taken none.
    pub async fn receive_async(&mut self) -> Result<Request> {
        let waking = self.consumer.readiness()?.waking(0);
        waking.until(|| self.receive(Some(Duration::ZERO))).await
    }

    /// A descriptor for event loops: readable as long as there may be calls; a receive with a
    /// timeout of zero that says `Timeout` clears it. As [`Subscriber::fd`](crate::Subscriber::fd).
    pub fn fd(&mut self) -> Result<std::os::fd::BorrowedFd<'_>> {
        Ok(self.consumer.readiness()?.fd())
    }

    /// Serves until a wait is interrupted: calls the handler of each request, and answers for
    /// methods that have none. A handler that panics is an error for its caller, and the end of
    /// nothing.
    pub fn run(&mut self, handlers: &mut Handlers<'_>) -> Result<()> {
        for name in handlers.names() {
            self.method(name);
        }
        loop {
            let request = match self.receive(None) {
                Err(error) if error.status() == Status::Interrupted => return Ok(()),
                request => request?,
            };
            // What cannot be sent is the client's loss, who has been told.
            let _: std::result::Result<(), Error> = match handlers.find(request.method()) {
                Some(handler) => handler.answer(&request),
                None => {
                    let text = format!("the service has no method '{}'", request.method());
                    request.fail(&Failure::new(Failure::NO_SUCH_METHOD, text))
                }
            };
        }
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.consumer.interrupter()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Requests may outlive the handle, and be answered yet.
        self.accept_last();
    }
}
