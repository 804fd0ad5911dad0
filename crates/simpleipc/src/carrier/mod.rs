//! Carriers: how a channel's messages get from one process to another.
//!
//! There is one so far, shared memory. It is the only place where the algorithms in `ring` and
//! the operating system in `os` meet: it finds and creates files, asks the kernel who is alive,
//! sleeps and wakes, and drives the rings in between.

mod attachment;
mod audit;
mod consumer;
mod delivery;
mod files;
mod gate;
mod hands;
mod identity;
mod join;
mod loan;
mod locker;
mod message;
mod peer_watch;
mod place;
mod producer;
mod readiness;
mod roster;
mod scope;
mod segments;
mod select;
mod sentry;
mod service;
mod subscription;
mod sweep;
mod tap;
mod wait;

pub use crate::layout::Pattern;
pub use attachment::{Interrupter, Role};
pub use audit::{ChannelReport, PeerReport, audit, audit_all};
pub use consumer::Consumer;
pub use delivery::Delivery;
pub use identity::identify;
pub use loan::Loan;
pub use locker::Locker;
pub use message::Message;
pub use peer_watch::PeerWatch;
pub use place::Place;
pub use producer::{Expected, Producer, Stamps};
pub use readiness::{Descriptor, Waking};
pub use roster::{Peer, PeerEvent, peers};
pub use select::{Calling, Waiter, wait_any};
pub use service::{
    Clients, NOTICE_BYTES, Notice, REPLY_BYTES, REQUEST_BYTES, REQUEST_IDEMPOTENT, REQUEST_ONE_WAY,
    Replies, ReplyHead, ReplyKind, RequestHead, SLOTS, TAG_ONE_WAY, Ticket, Whereabouts,
    has_server, is_serving, sweep, whereabouts,
};
pub use subscription::Subscription;
pub use sweep::clean;
pub use wait::Deadline;

/// CLOCK_MONOTONIC in nanoseconds: the clock of every time stamp.
pub fn now_ns() -> i64 {
    crate::os::now_ns()
}

/// What a channel is opened with, beyond its name.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// Look on from outside.
    pub tap: bool,
    /// Do not make the channel if it is not there.
    pub joins_only: bool,
    pub lossless: bool,
    pub latest: bool,
    pub history: u32,
    /// 0 = the default of the pattern.
    pub depth: u32,
    /// 0 = the default.
    pub pool_bytes_max: u64,
    /// Locks: how many may have it at once.
    pub permits: u32,
}
