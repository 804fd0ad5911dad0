//! The server's end of one client's reply channel, and the ticket of one call.
//!
//! No client can hold a server up: a reply is put, or given up after a short time. A client has at
//! most 64 calls waiting, so what its channel keeps free of streams has room for all their ends,
//! also when the client is stopped.

use super::replies::has_client;
use super::{CLIENT, Notice, REPLY_BYTES, ReplyHead, ReplyKind, SLOTS};
use crate::carrier::attachment::{Attachment, Role};
use crate::carrier::files::endpoint_byte;
use crate::carrier::place::Place;
use crate::carrier::producer::{Producer, Stamps};
use crate::carrier::segments::live_nonces;
use crate::carrier::wait::Deadline;
use crate::carrier::{Opening, files, now_ns};
use crate::error::{Error, Result, Status};
use crate::limits::INLINE_BYTES_MAX;
use crate::os;
use crate::sync::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How long a server waits for a client that does not take its replies.
const PATIENCE: Duration = Duration::from_millis(100);
/// Slots that streams leave free: for the ends of all calls, and the notices before them.
const KEPT_FREE: u64 = 2 * SLOTS as u64 + 32;
/// Whether a client lives is asked at most this often.
const PROBE_NS: i64 = 10_000_000;
/// Where the value of a large reply begins, so that the data of a tensor is aligned.
const ALIGNED: usize = 64;

/// The server's end of the reply channel of one client.
pub struct Answers {
    producer: Mutex<Producer>,
    attachment: Arc<Attachment>,
    /// When we last saw the client alive; `None` when it is dead.
    seen_ns: Mutex<Option<i64>>,
}

impl Answers {
    /// Joins the reply channel of a client; `None` when the client has gone.
    pub fn open(service: &Place, client: u64) -> Result<Option<Self>> {
        let place = service.replies(client);
        let opening = Opening {
            joins_only: true,
            ..Opening::default()
        };
        let opened = match files::look(&place)? {
            Some(opened) if has_client(&opened)? => Producer::open(place, Role::Send, &opening),
            _ => return Ok(None),
        };
        let producer = match opened {
            Err(error) if error.status() == Status::Unlinked => return Ok(None),
            producer => producer?,
        };
        let attachment = Arc::clone(producer.attachment());
        let answers = Self {
            producer: Mutex::new(producer),
            attachment,
            seen_ns: Mutex::new(Some(0)),
        };
        // It may have died while we came in; then its place may even be ours.
        let is_client = answers.attachment.endpoint != CLIENT && answers.has_client();
        Ok(is_client.then_some(answers))
    }

    pub fn place(&self) -> &Place {
        &self.attachment.place
    }

    /// Whether the client lives, as we saw a moment ago.
    pub fn has_client(&self) -> bool {
        let mut seen = locked(&self.seen_ns);
        let now = now_ns();
        match *seen {
            None => return false,
            Some(before) if now - before < PROBE_NS => return true,
            Some(_) => {}
        }
        let block = self.attachment.control.endpoint(CLIENT);
        let is_client = block.role().load(Ordering::Relaxed) == Role::Receive as u32;
        let is_locked = self.attachment.file.is_locked(endpoint_byte(CLIENT));
        // Whom we cannot ask about is not dead.
        let lives = is_client && is_locked.unwrap_or(true);
        *seen = lives.then_some(now);
        lives
    }

    /// Whether the client still waits for the replies of this call.
    pub fn is_waiting(&self, call: u64) -> bool {
        let slot = (call % SLOTS as u64) as u32;
        let block = self.attachment.control.endpoint(CLIENT);
        // Relaxed: see `Replies::mark`.
        block.cursor(slot).load(Ordering::Relaxed) == call && self.has_client()
    }

    fn put(
        &self,
        head: ReplyHead,
        tag: u8,
        len: usize,
        stamps: Stamps,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<()> {
        let mut producer = locked(&self.producer);
        // Most replies have room and never look at the clock.
        let mut deadline = Deadline::after(Some(PATIENCE));
        if head.kind == ReplyKind::More {
            deadline = deadline.begun();
            producer.wait_for_room_for(KEPT_FREE, deadline)?;
        }
        let whole = REPLY_BYTES + len;
        let value_at = if whole <= INLINE_BYTES_MAX {
            REPLY_BYTES
        } else {
            ALIGNED
        };
        let head = ReplyHead {
            value_at: value_at as u16,
            ..head
        };
        producer.put_written(tag, value_at + len, stamps, deadline, |to| {
            let (before, value) = to.split_at_mut(value_at);
            before[..REPLY_BYTES].copy_from_slice(&head.to_bytes());
            before[REPLY_BYTES..].fill(0);
            write(value);
        })?;
        let is_removed = |error: Error| error.status() == Status::Unlinked;
        if value_at == ALIGNED && self.attachment.check_file().is_err_and(is_removed) {
            // The client has gone and removed its files; what we made since goes, too.
            for nonce in live_nonces(&self.attachment.control) {
                let _ = os::remove(&self.attachment.place.segment_path(nonce));
            }
        }
        Ok(())
    }
}

/// A panic cannot have left what is behind these locks in a bad state that matters.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The right and the duty to answer one call.
pub struct Ticket {
    answers: Arc<Answers>,
    call: u64,
    server: Notice,
    stamped: bool,
    state: Mutex<State>,
}

/// What the client knows of its call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing: the queue knows who has it.
    Leased,
    /// Who works on it.
    Accepted,
    /// Its end.
    Over,
}

impl Ticket {
    pub fn new(answers: Arc<Answers>, call: u64, server: Notice, stamped: bool) -> Self {
        Self {
            answers,
            call,
            server,
            stamped,
            state: Mutex::new(State::Leased),
        }
    }

    /// Whether the call was answered.
    pub fn is_over(&self) -> bool {
        *locked(&self.state) == State::Over
    }

    /// Whether the client still waits.
    pub fn is_waiting(&self) -> bool {
        self.answers.is_waiting(self.call)
    }

    /// Sends one reply. A call has one end: after it this does nothing, and says so. Also when
    /// nobody waits for the call any more. An end that could not be sent may be sent otherwise.
    pub fn put(
        &self,
        kind: ReplyKind,
        status: Status,
        tag: u8,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<()> {
        let is_last = kind != ReplyKind::More;
        let before = {
            let mut state = locked(&self.state);
            let after = if is_last { State::Over } else { *state };
            std::mem::replace(&mut *state, after)
        };
        if before == State::Over {
            return Err(Error::new(
                Status::BadArgument,
                "the call was answered before; it has one last reply",
            ));
        }
        if !self.is_waiting() {
            // Nobody would read it.
            return Err(Error::new(
                Status::Cancelled,
                "the client does not wait for this call any more",
            ));
        }
        let head = ReplyHead {
            call: self.call,
            kind,
            value_at: 0,
            status: status.code(),
        };
        let sent = self.answers.put(head, tag, len, self.stamps(), write);
        if sent.is_err() && is_last {
            *locked(&self.state) = before;
        }
        sent
    }

    /// Tells the client who works on the call, before the queue ceases to know. Once.
    pub fn accept(&self) {
        {
            let mut state = locked(&self.state);
            if *state != State::Leased {
                return;
            }
            *state = State::Accepted;
        }
        if !self.is_waiting() {
            return;
        }
        let notice = self.server.to_bytes();
        let head = ReplyHead {
            call: self.call,
            kind: ReplyKind::Accepted,
            value_at: 0,
            status: 0,
        };
        // A client that cannot be told finds that nobody has its request, and ends the call.
        let bytes = crate::layout::service::NOTICE_BYTES;
        let _ = self.answers.put(head, 0, bytes, Stamps::default(), |to| {
            to.copy_from_slice(&notice)
        });
    }

    fn stamps(&self) -> Stamps {
        Stamps {
            publish: self.stamped,
            capture_ns: 0,
        }
    }
}
