//! The calls that a client has in flight: sending requests, sorting replies, and noticing that
//! nobody will answer any more.
//!
//! Whoever waits for one call takes the replies of all, and looks around every 30 ms: has a
//! server died with one of our requests? See `carrier/service/fate.rs` for how that is known, and
//! spec/recovery.md for who answers what.

use super::frame::{Outgoing, read_notice};
use super::reply::{CallError, Failure, Reply};
use crate::carrier::{
    Calling, Consumer, Deadline, Descriptor, Interrupter, Message, Notice, Place, Producer,
    REQUEST_IDEMPOTENT, REQUEST_ONE_WAY, Replies, ReplyKind, RequestHead, Role, SLOTS, Stamps,
    Waking, Whereabouts, has_server, is_serving, now_ns, sweep, whereabouts,
};
use crate::channel::Options;
use crate::error::{Error, Result, Status};
use crate::value::Value;
use std::collections::VecDeque;
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Who waits looks around this often.
const SLICE: Duration = Duration::from_millis(30);
/// A call whose request is nowhere to be seen is given up after this time: two looks. By then a
/// server that takes requests over from the dead, which it does every 50 ms, has this one.
const DOUBT_NS: i64 = 60_000_000;

/// How a method may be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// To do it twice is the same as to do it once: should the server die, another one may.
    pub idempotent: bool,
    /// Nobody waits for a reply.
    pub one_way: bool,
}

/// One call that has not ended yet, or whose end the program has not looked at yet.
struct InFlight {
    call: u64,
    method: String,
    /// The place of the request in our lane.
    sequence: u64,
    /// What to send again if the server dies; only of calls that may be done twice.
    request: Option<(u8, Vec<u8>)>,
    /// The server that has it, if it takes others meanwhile.
    server: Option<Notice>,
    /// The handle that has sent replies of a stream.
    source: Option<u64>,
    arrived: VecDeque<Outcome>,
    is_over: bool,
    /// Cancelled by the program, which may not want to know any more.
    is_cancelled: bool,
    /// Whom to wake when something has come. It may be another call's look that takes it from the
    /// channel: the bell that told of it, or the end of the slice, wakes the tasks of all.
    waking: Option<Waking>,
    /// Since when its request is nowhere to be seen, or with a dead server; 0 = it is not.
    doubted_ns: i64,
}

type Outcome = std::result::Result<Reply, CallError>;

/// The calls of one client.
pub struct Calls {
    producer: Producer,
    replies: Replies,
    in_flight: Vec<Option<InFlight>>,
    counter: u64,
    stamped: bool,
    looked_ns: i64,
    /// Why this client is of no use any more.
    gone: Option<Error>,
}

impl Calls {
    pub fn open(place: Place, options: &Options) -> Result<Self> {
        let producer = Producer::open(place.clone(), Role::Call, &options.opening())?;
        let replies = Replies::open(&place, options.pool_bytes_max)?;
        sweep(&place);
        Ok(Self {
            producer,
            replies,
            in_flight: (0..SLOTS).map(|_| None).collect(),
            counter: 0,
            stamped: !options.unstamped,
            looked_ns: now_ns(),
            gone: None,
        })
    }

    pub fn interrupter(&self) -> Interrupter {
        self.replies.interrupter()
    }

    /// Sends a request; returns the call's number, which is 0 if nobody waits for it.
    pub fn begin(
        &mut self,
        method: &str,
        args: &Value<'_>,
        manner: Manner,
        deadline: Deadline,
    ) -> Result<u64> {
        if let Some(error) = &self.gone {
            return Err(error.clone());
        }
        let slot = match manner.one_way {
            true => None,
            false => Some(self.free_slot()?),
        };
        let call = slot.map_or(0, |slot| (self.counter + 1) << 6 | slot as u64);
        let idempotent = u8::from(manner.idempotent) * REQUEST_IDEMPOTENT;
        let head = RequestHead {
            client: slot.map_or(0, |_| self.replies.client()),
            call,
            flags: idempotent | (u8::from(manner.one_way) * REQUEST_ONE_WAY),
            method_len: 0,
            value_at: 0,
        };
        let request = Outgoing::new(head, method, args)?;
        let stamps = self.stamps();
        let Some(slot) = slot else {
            self.producer
                .put_written(request.tag(), request.len(), stamps, deadline, |to| {
                    request.write(to);
                })?;
            return Ok(0);
        };
        // Before the request: a server looks at once.
        self.replies.begin(call);
        let mut kept = None;
        let sent = if manner.idempotent {
            let mut bytes = vec![0; request.len()];
            request.write(&mut bytes);
            let sent = self.producer.put(request.tag(), &bytes, stamps, deadline);
            kept = Some((request.tag(), bytes));
            sent
        } else {
            self.producer
                .put_written(request.tag(), request.len(), stamps, deadline, |to| {
                    request.write(to);
                })
        };
        if let Err(error) = sent {
            self.replies.end(call);
            return Err(error);
        }
        self.counter += 1;
        self.in_flight[slot] = Some(InFlight {
            call,
            method: method.to_string(),
            sequence: self.producer.last_put().1,
            request: kept,
            server: None,
            source: None,
            arrived: VecDeque::new(),
            is_over: false,
            is_cancelled: false,
            waking: None,
            doubted_ns: 0,
        });
        if self.replies.consumer().has_readiness() {
            self.replies.consumer().set_slice_max(SLICE);
            self.replies.consumer().expect_more();
            self.keep_told();
        }
        Ok(call)
    }

    fn free_slot(&self) -> Result<usize> {
        let of_cancelled =
            |known: &Option<InFlight>| known.as_ref().is_some_and(|c| c.is_cancelled);
        self.in_flight
            .iter()
            .position(Option::is_none)
            .or_else(|| self.in_flight.iter().position(of_cancelled))
            .ok_or_else(|| {
                Error::new(
                    Status::Full,
                    format!(
                        "this client of the service '{}' has {SLOTS} calls in flight, its \
                         maximum; take their results, cancel some, or open another client",
                        self.service()
                    ),
                )
            })
    }

    /// Waits for the next reply of a call. An error of the call is its end; the caller's time-out
    /// and interrupts are not.
    pub fn next(&mut self, call: u64, deadline: Deadline) -> Outcome {
        let deadline = deadline.begun();
        loop {
            let slice = deadline.left(SLICE).map_or(Deadline::Now, Deadline::After);
            match self.try_next(call, slice)? {
                Some(outcome) => return outcome,
                None if slice.is_now() => return Err(self.timed_out(call)),
                None => {}
            }
        }
    }

    /// The next reply of a call, if it comes within a slice.
    fn try_next(&mut self, call: u64, slice: Deadline) -> Result<Option<Outcome>> {
        loop {
            if let Some(outcome) = self.pop(call)? {
                return Ok(Some(outcome));
            }
            match self.replies.take(slice) {
                Ok(message) => self.sort(message),
                Err(error) if error.status() == Status::Timeout => {
                    let looked = self.look_around();
                    self.keep_told();
                    looked?;
                    return self.pop(call);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The next reply of a call, for a future.
    pub fn poll_next(&mut self, call: u64, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.try_next_or_wake(call, context.waker()) {
            Ok(Some(outcome)) => Poll::Ready(outcome),
            Ok(None) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    fn try_next_or_wake(&mut self, call: u64, waker: &Waker) -> Result<Option<Outcome>> {
        if self.find(call).is_some_and(|known| known.waking.is_none()) {
            self.settle_slices();
            let waking = self.replies.consumer().readiness()?.waking(call);
            self.find(call).expect("found").waking = Some(waking);
        }
        if let Some(waking) = self.find(call).and_then(|known| known.waking.as_ref()) {
            waking.set(waker);
        }
        let outcome = self.try_next(call, Deadline::Now)?;
        if outcome.is_none() {
            // The end of the wait may be what it was woken for.
            self.replies.consumer().attachment().check_interrupt()?;
        }
        Ok(outcome)
    }

    /// Readable as long as there may be a reply.
    pub fn descriptor(&mut self) -> Result<Descriptor> {
        self.settle_slices();
        let descriptor = self.replies.consumer().readiness()?.descriptor();
        self.keep_told();
        self.rest_if_idle();
        Ok(descriptor)
    }

    /// Whether the program has something to take. Of a cancelled call it may never do so.
    fn has_arrived(&self) -> bool {
        let mut calls = self.in_flight.iter().flatten();
        calls.any(|call| !call.is_cancelled && !call.arrived.is_empty())
    }

    /// No reply waits in the channel, but what waits here keeps the descriptor readable.
    fn keep_told(&mut self) {
        if self.replies.consumer().has_readiness() && self.has_arrived() {
            self.replies.consumer().tell_of_more();
        }
    }

    /// Without calls nobody would look at what makes the descriptor readable, and so clear it.
    fn rest_if_idle(&mut self) {
        let replies = self.replies.consumer();
        if replies.has_readiness() && self.in_flight.iter().flatten().all(|c| c.is_cancelled) {
            replies.expect_nothing();
        }
    }

    /// Somebody waits who does not look by himself: is there a call to look after?
    fn settle_slices(&mut self) {
        let is_idle = self.in_flight.iter().flatten().all(|call| call.is_over);
        let slice_max = if is_idle { Duration::MAX } else { SLICE };
        self.replies.consumer().set_slice_max(slice_max);
    }

    /// What has arrived of a call. With its end the call is forgotten.
    fn pop(&mut self, call: u64) -> Result<Option<Outcome>> {
        let slot = (call % SLOTS as u64) as usize;
        let Some(in_flight) = self.in_flight[slot].as_mut().filter(|c| c.call == call) else {
            return Err(Error::new(
                Status::BadArgument,
                format!(
                    "there is no call {call} to the service '{}' in flight; each has one end",
                    self.service()
                ),
            ));
        };
        let outcome = in_flight.arrived.pop_front();
        if in_flight.is_over && in_flight.arrived.is_empty() {
            self.in_flight[slot] = None;
            self.rest_if_idle();
        }
        Ok(outcome)
    }

    /// Ends a call that nobody is to answer. Who looks at its end finds `Cancelled`, until its
    /// slot is needed.
    pub fn cancel(&mut self, call: u64) {
        let text = "the call was cancelled by this client";
        self.withdraw(call);
        if let Some(in_flight) = self.find(call) {
            in_flight.arrived.clear();
            in_flight.is_cancelled = true;
            in_flight.end(Error::new(Status::Cancelled, text).into());
        }
        self.rest_if_idle();
    }

    /// Ends a call whose end nobody will look at.
    pub fn forget(&mut self, call: u64) {
        self.withdraw(call);
        let slot = &mut self.in_flight[(call % SLOTS as u64) as usize];
        if slot.as_ref().is_some_and(|known| known.call == call) {
            *slot = None;
            self.rest_if_idle();
        }
    }

    /// Tells servers that nobody waits, and takes the request back if none has it.
    fn withdraw(&mut self, call: u64) {
        let Some(sequence) = self.find(call).map(|in_flight| in_flight.sequence) else {
            return;
        };
        self.replies.end(call);
        self.producer.take_back(sequence);
    }

    /// The call, if it has not ended.
    fn find(&mut self, call: u64) -> Option<&mut InFlight> {
        let slot = self.in_flight[(call % SLOTS as u64) as usize].as_mut();
        slot.filter(|known| known.call == call && !known.is_over)
    }

    /// Gives a reply to its call. What comes after the end of one is thrown away.
    fn sort(&mut self, message: Message) {
        let from = message.sender();
        let Some((head, reply)) = Reply::read(message) else {
            return; // somebody breaks the protocol
        };
        let Some(in_flight) = self.find(head.call) else {
            return;
        };
        in_flight.doubted_ns = 0;
        let is_other = in_flight.source.is_some_and(|source| source != from);
        match head.kind {
            ReplyKind::Accepted => in_flight.server = read_notice(reply.message(), head),
            // Half of a stream and half of another are no answer.
            ReplyKind::More | ReplyKind::Last if is_other => in_flight.end(cut_off(0).into()),
            ReplyKind::More => {
                in_flight.source = Some(from);
                in_flight.arrived.push_back(Ok(reply));
            }
            ReplyKind::Last => {
                in_flight.arrived.push_back(Ok(reply));
                in_flight.is_over = true;
            }
            ReplyKind::Failed => {
                let value = reply.value().map(Failure::from);
                in_flight.end(value.map_or_else(CallError::Lost, CallError::Failed));
            }
            ReplyKind::Refused => {
                let status = Status::from_code(head.status).unwrap_or(Status::Internal);
                let text = match reply.value() {
                    Ok(Value::Str(text)) => text.into_owned(),
                    _ => status.text().to_string(),
                };
                in_flight.end(Error::new(status, text).into());
            }
        }
        if in_flight.is_over {
            self.replies.end(head.call);
        }
    }

    /// Ends the calls that nobody will answer.
    fn look_around(&mut self) -> Result<()> {
        let now = now_ns();
        if now - self.looked_ns < SLICE.as_nanos() as i64 / 2 {
            return Ok(());
        }
        self.looked_ns = now;
        if let Err(error) = self.producer.attachment().check_file() {
            self.gone = Some(error.clone()).filter(|e| e.status() == Status::Unlinked);
            return Err(error);
        }
        // What a dead server had only just taken is in the queue again after this.
        self.producer.look_after()?;
        let mut lost = Vec::new();
        for slot in 0..SLOTS {
            if let Some(pid) = self.look_at(slot, now)? {
                lost.push((slot, pid));
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        // It may have answered before it died.
        while let Ok(message) = self.replies.take(Deadline::Now) {
            self.sort(message);
        }
        for (slot, pid) in lost {
            self.give_up(slot, pid);
        }
        Ok(())
    }

    /// Whether the call in this slot has lost its server: the process id, or 0 if unknown.
    fn look_at(&mut self, slot: usize, now: i64) -> Result<Option<u32>> {
        let client = self.producer.attachment();
        let Some(in_flight) = self.in_flight[slot].as_mut().filter(|c| !c.is_over) else {
            return Ok(None);
        };
        if let Some(server) = in_flight.server {
            return Ok((!is_serving(client, server)?).then_some(server.pid));
        }
        let (lane, _) = self.producer.last_put();
        let pid = match whereabouts(client, lane, in_flight.sequence)? {
            Whereabouts::Waiting | Whereabouts::InHand => {
                in_flight.doubted_ns = 0;
                return Ok(None);
            }
            // Another server takes it over as soon as there is one.
            Whereabouts::Orphaned(_) if in_flight.request.is_some() => return Ok(None),
            Whereabouts::Orphaned(pid) if !has_server(client)? => return Ok(Some(pid)),
            Whereabouts::Orphaned(pid) => pid,
            Whereabouts::Gone => 0,
        };
        if in_flight.doubted_ns == 0 {
            in_flight.doubted_ns = now;
        }
        Ok((now - in_flight.doubted_ns >= DOUBT_NS).then_some(pid))
    }

    /// The server of this call has died: sends it to another one, or ends it.
    fn give_up(&mut self, slot: usize, pid: u32) {
        let stamps = self.stamps();
        let Some(in_flight) = self.in_flight[slot].as_mut().filter(|c| !c.is_over) else {
            return; // it has its answer after all
        };
        if let (Some((tag, bytes)), None) = (&in_flight.request, in_flight.source) {
            // Without room now, the next look tries again.
            if self
                .producer
                .put(*tag, bytes, stamps, Deadline::Now)
                .is_ok()
            {
                in_flight.sequence = self.producer.last_put().1;
                in_flight.server = None;
                in_flight.doubted_ns = 0;
            }
            return;
        }
        in_flight.end(cut_off(pid).into());
        self.replies.end(in_flight.call);
    }

    fn timed_out(&self, call: u64) -> CallError {
        let slot = &self.in_flight[(call % SLOTS as u64) as usize];
        let method = slot.as_ref().map_or("", |in_flight| &in_flight.method);
        let who = match has_server(self.producer.attachment()) {
            Ok(false) => "no server is running",
            _ => "its server is busy",
        };
        let text = format!(
            "the call of '{method}' to the service '{}' was not answered in the time given: {who}",
            self.service()
        );
        Error::new(Status::Timeout, text).into()
    }

    fn stamps(&self) -> Stamps {
        Stamps {
            publish: self.stamped,
            capture_ns: 0,
        }
    }

    pub fn service(&self) -> &str {
        self.producer.attachment().place.name()
    }
}

impl Calling for MutexGuard<'_, Calls> {
    fn replies(&mut self) -> &mut Consumer {
        self.replies.consumer()
    }

    fn is_answered(&mut self) -> Result<bool> {
        while !self.has_arrived() {
            if !self.replies.consumer().is_ready()? {
                self.settle_slices();
                return Ok(false);
            }
            let message = self.replies.take(Deadline::Now)?;
            self.sort(message);
        }
        Ok(true)
    }

    fn look_after(&mut self) -> Result<()> {
        self.look_around()
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        let calls = self.in_flight.iter().flatten().map(|known| known.call);
        for call in calls.collect::<Vec<_>>() {
            self.withdraw(call);
        }
    }
}

impl InFlight {
    fn end(&mut self, error: CallError) {
        self.arrived.push_back(Err(error));
        self.is_over = true;
    }
}

/// The error of a call whose server died.
pub fn cut_off(pid: u32) -> Error {
    let who = match pid {
        0 => "the server that had the call".to_string(),
        pid => format!("the server that had the call, process {pid},"),
    };
    Error::new(
        Status::ServerDied,
        format!("{who} has died; what it had done by then is not known"),
    )
}
