//! A request that a server has received.

use super::frame::read_value;
use super::reply::Failure;
use crate::carrier::{Message, REQUEST_IDEMPOTENT, ReplyKind, RequestHead, Ticket};
use crate::error::{Result, Status};
use crate::value::{Plan, Value};
use std::sync::Arc;

/// A call to be answered, in any thread. Dropping it without an answer tells the client so.
///
/// While it is the only one in hand, the death of this process hands it to another server, or
/// tells the client; the client is told as well if this server has asked for the next one.
pub struct Request {
    message: Message,
    head: RequestHead,
    method: String,
    /// None in one-way requests.
    ticket: Option<Arc<Ticket>>,
}

impl Request {
    pub(super) fn new(
        message: Message,
        head: RequestHead,
        method: String,
        ticket: Option<Arc<Ticket>>,
    ) -> Self {
        Self {
            message,
            head,
            method,
            ticket,
        }
    }

    /// The method that is called.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The arguments: a list, a map, one value, or null. `Corrupt` if the client has broken the
    /// format.
    pub fn args(&self) -> Result<Value<'_>> {
        read_value(&self.message, self.head.value_at)
    }

    /// The message that it came in: its times, and the client's handle.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Nobody waits for a reply.
    pub fn is_one_way(&self) -> bool {
        self.ticket.is_none()
    }

    /// The client says that this may be done twice.
    pub fn is_idempotent(&self) -> bool {
        self.head.flags & REQUEST_IDEMPOTENT != 0
    }

    /// Nobody waits for this call any more: it was cancelled, has run out of time, or the client
    /// has died. Cheap enough to be asked in every turn of a loop.
    pub fn is_cancelled(&self) -> bool {
        self.ticket
            .as_ref()
            .is_some_and(|ticket| !ticket.is_waiting())
    }

    /// Ends the call with a result, of which there is one. Nothing if nobody waits. On an error, as
    /// for a result that is
    /// too large, the client is told, too.
    pub fn reply<'a>(&self, value: impl Into<Value<'a>>) -> Result<()> {
        self.end(ReplyKind::Last, &value.into())
    }

    /// Sends one of several replies; the last one is for [`reply`](Self::reply). `Cancelled` if
    /// nobody waits, `Full` if the client has not taken the earlier ones and does not do so within
    /// 100 ms; then try again, or end the call.
    pub fn push<'a>(&self, value: impl Into<Value<'a>>) -> Result<()> {
        let value = value.into();
        match &self.ticket {
            Some(ticket) => put(ticket, ReplyKind::More, Status::Ok, &value),
            None => Ok(()),
        }
    }

    /// Ends the call with an error of the program.
    pub fn fail(&self, failure: &Failure) -> Result<()> {
        self.end(ReplyKind::Failed, &failure.to_value())
    }

    fn end(&self, kind: ReplyKind, value: &Value<'_>) -> Result<()> {
        let Some(ticket) = &self.ticket else {
            return Ok(());
        };
        end(ticket, kind, Status::Ok, value)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.as_ref().filter(|ticket| !ticket.is_over()) {
            let text = format!(
                "the server dropped the call of '{}' unanswered",
                self.method
            );
            let failure = Failure::new(Failure::BROKEN, text);
            // The client may be gone, and there is nobody here to be told.
            let _ = end(ticket, ReplyKind::Failed, Status::Ok, &failure.to_value());
        }
    }
}

/// The last reply. One that cannot be sent is replaced by the reason.
pub fn end(ticket: &Ticket, kind: ReplyKind, status: Status, value: &Value<'_>) -> Result<()> {
    match put(ticket, kind, status, value) {
        Err(error) if error.status() == Status::Cancelled => Ok(()),
        Err(error) => {
            let text = format!("the server could not send its reply: {}", error.message());
            let text = Value::from(text);
            let _ = put(ticket, ReplyKind::Refused, error.status(), &text);
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

fn put(ticket: &Ticket, kind: ReplyKind, status: Status, value: &Value<'_>) -> Result<()> {
    let plan = Plan::of(value)?;
    ticket.put(kind, status, plan.tag(), plan.len(), |to| plan.write(to))
}
