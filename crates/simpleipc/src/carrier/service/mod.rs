//! Services: what the carrier does for calls, beyond carrying requests in a queue.
//!
//! Each client has a reply channel of its own, a queue that it receives from and its servers send
//! to. Its name begins with a dot, it is made when the client is opened, and it goes with the
//! client: it is deserted as soon as the kernel says that the client's endpoint, the first in it,
//! is nobody's, whoever else still has the files open. The client's block there also says, slot
//! by slot, which calls are waiting, so that a server can see that one was cancelled.

mod answers;
mod clients;
mod fate;
mod lane;
mod replies;

pub use crate::layout::service::{
    NOTICE_BYTES, Notice, REPLY_BYTES, REQUEST_BYTES, REQUEST_IDEMPOTENT, REQUEST_ONE_WAY,
    ReplyHead, ReplyKind, RequestHead, SLOTS, TAG_ONE_WAY,
};
pub use answers::Ticket;
pub use clients::Clients;
pub use fate::{Whereabouts, has_server, is_serving, whereabouts};
pub use replies::{Replies, remove_deserted, remove_replies, sweep};

/// The client's endpoint in its reply channel: it makes the channel, and is the first in it.
const CLIENT: u32 = 0;
/// Messages that one server may be ahead in a reply channel.
const REPLIES_DEPTH: u32 = 512;
