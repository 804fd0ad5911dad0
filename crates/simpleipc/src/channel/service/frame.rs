//! Requests and replies as messages: a head, and behind it a value; see spec/services.md.

use crate::carrier::{
    Message, NOTICE_BYTES, Notice, REPLY_BYTES, REQUEST_BYTES, ReplyHead, RequestHead, TAG_ONE_WAY,
};
use crate::error::{Error, Result, Status};
use crate::limits::INLINE_BYTES_MAX;
use crate::value::{Plan, Value, decode, decode_private};
use std::hint::black_box;

/// What the value of a large message is aligned to, so that the data of a tensor is, too.
const ALIGN: usize = 64;

/// A request that is ready to be written.
pub struct Outgoing<'v> {
    head: RequestHead,
    method: &'v str,
    plan: Plan<'v>,
}

impl<'v> Outgoing<'v> {
    pub fn new(head: RequestHead, method: &'v str, args: &'v Value<'_>) -> Result<Self> {
        let Ok(method_len) = u8::try_from(method.len()) else {
            return Err(Error::new(
                Status::BadArgument,
                format!(
                    "a method's name of {} bytes; at most 255 are possible",
                    method.len()
                ),
            ));
        };
        if method.is_empty() {
            return Err(Error::new(
                Status::BadArgument,
                "the method's name is empty; name the method to call",
            ));
        }
        let plan = Plan::of(args)?;
        let mut value_at = REQUEST_BYTES + method.len();
        if value_at + plan.len() > INLINE_BYTES_MAX {
            value_at = value_at.next_multiple_of(ALIGN);
        }
        let head = RequestHead {
            method_len,
            value_at: value_at as u16,
            ..head
        };
        Ok(Self { head, method, plan })
    }

    pub fn tag(&self) -> u8 {
        match self.head.is_one_way() {
            true => self.plan.tag() | TAG_ONE_WAY,
            false => self.plan.tag(),
        }
    }

    pub fn len(&self) -> usize {
        usize::from(self.head.value_at) + self.plan.len()
    }

    /// Writes it to memory of just this length.
    pub fn write(&self, to: &mut [u8]) {
        let (before, value) = to.split_at_mut(usize::from(self.head.value_at));
        let (head, rest) = before.split_at_mut(REQUEST_BYTES);
        head.copy_from_slice(&self.head.to_bytes());
        let (name, gap) = rest.split_at_mut(self.method.len());
        name.copy_from_slice(self.method.as_bytes());
        gap.fill(0);
        self.plan.write(value);
    }
}

/// The first bytes of a payload that somebody may still be writing to.
fn copied<const N: usize>(payload: &[u8]) -> Option<[u8; N]> {
    black_box(payload.get(..N)?.try_into().ok())
}

/// The head of a request, and the name of its method. `None` if it is no request.
pub fn read_request(message: &Message) -> Option<(RequestHead, String)> {
    let payload = message.payload();
    let head = RequestHead::from_bytes(copied(payload)?);
    let name = payload.get(REQUEST_BYTES..REQUEST_BYTES + usize::from(head.method_len))?;
    let name = String::from_utf8(black_box(name.to_vec())).ok()?;
    (usize::from(head.value_at) <= payload.len()).then_some((head, name))
}

/// The head of a reply. `None` if it is no reply.
pub fn read_reply(message: &Message) -> Option<ReplyHead> {
    let payload = message.payload();
    let head = ReplyHead::from_bytes(copied::<REPLY_BYTES>(payload)?)?;
    (usize::from(head.value_at) <= payload.len()).then_some(head)
}

/// Who has accepted a call.
pub fn read_notice(message: &Message, head: ReplyHead) -> Option<Notice> {
    let body = message.payload().get(usize::from(head.value_at)..)?;
    Some(Notice::from_bytes(copied::<NOTICE_BYTES>(body)?))
}

/// The value behind a head that says where it begins.
pub fn read_value(message: &Message, value_at: u16) -> Result<Value<'_>> {
    let tag = message.tag() & !TAG_ONE_WAY;
    let body = message.payload().get(usize::from(value_at)..);
    let body = body.unwrap_or_default();
    match message.is_shared() {
        true => decode(tag, body),
        false => decode_private(tag, body),
    }
}
