//! One call in flight.

use super::client::Shared;
use super::reply::{CallError, Reply};
use crate::carrier::Deadline;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A call that was started, and a future of its result. Dropping it cancels it.
pub struct Call {
    shared: Shared,
    number: u64,
    /// The end, taken by `next` and kept for `result`.
    end: Option<Reply>,
    is_over: bool,
}

impl Call {
    pub(super) fn new(shared: Shared, number: u64) -> Self {
        Self {
            shared,
            number,
            end: None,
            is_over: false,
        }
    }

    /// Waits for the end of the call: its result, after all replies of a stream, which are thrown
    /// away. `Lost` with `Timeout` if it does not come in time; then ask again, or cancel. `None`
    /// waits for ever, zero only looks.
    pub fn result(&mut self, timeout: Option<Duration>) -> Result<Reply, CallError> {
        self.result_by(Deadline::after(timeout))
    }

    pub(super) fn result_by(&mut self, deadline: Deadline) -> Result<Reply, CallError> {
        let deadline = deadline.begun();
        loop {
            if let Some(end) = self.end.take() {
                return Ok(end);
            }
            self.take(deadline)?;
        }
    }

    /// Waits for the next reply of a stream; `None` when there are no more: the result comes last.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Option<Reply>, CallError> {
        if self.end.is_some() {
            return Ok(None);
        }
        self.take(Deadline::after(timeout))
    }

    fn take(&mut self, deadline: Deadline) -> Result<Option<Reply>, CallError> {
        let reply = self.shared.locked().next(self.number, deadline)?;
        Ok(self.sort(reply))
    }

    /// A reply of a stream; the end is kept.
    fn sort(&mut self, reply: Reply) -> Option<Reply> {
        if reply.has_more() {
            return Some(reply);
        }
        self.end = Some(reply);
        self.is_over = true;
        None
    }

    /// Waits for the next reply of a stream, as a future; `None` when there are no more: the
    /// result comes last. Dropped before it is done, it has taken nothing.
    pub async fn next_async(&mut self) -> Result<Option<Reply>, CallError> {
        std::future::poll_fn(|context| match self.end.is_some() {
            true => Poll::Ready(Ok(None)),
            false => self.poll_next(context),
        })
        .await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Reply>, CallError>> {
        let polled = self.shared.locked().poll_next(self.number, context);
        polled.map_ok(|reply| self.sort(reply))
    }

    /// Ends the call. A server that works on it sees that nobody waits; `result` then says
    /// `Cancelled`.
    pub fn cancel(&mut self) {
        self.shared.locked().cancel(self.number);
    }
}

/// As [`result`](Call::result) that waits for ever, under any runtime, or none. Dropped before it
/// is done, the call is cancelled.
impl Future for Call {
    type Output = Result<Reply, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Some(end) = self.end.take() {
                return Poll::Ready(Ok(end));
            }
            ready!(self.poll_next(context))?;
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.locked().forget(self.number);
        }
    }
}
