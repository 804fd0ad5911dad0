//! Any program talks to any other program on this machine, in any language: no server, no
//! schema, no set-up, at the speed of shared memory, and nothing breaks when a process is killed.
//!
//! ```no_run
//! // One program:
//! simpleipc::send("chat", "hello")?;
//! simpleipc::send("chat", 42)?;
//! // Another:
//! println!("{:?}", simpleipc::receive("chat", None)?.value()?);
//! # Ok::<(), simpleipc::Error>(())
//! ```
//!
//! A *queue* ([`Sender`], [`Receiver`]) gives each message to exactly one receiver and keeps it
//! until then. A *topic* ([`Publisher`], [`Subscriber`]) gives every message to every subscriber.
//! A *state* ([`Setter`], [`Watcher`]) has one value, the latest. A *signal* ([`Notifier`],
//! [`Waiter`]) says that something has happened. A *lock* ([`Lock`], [`Semaphore`]) lets
//! few in at a time. A *service* ([`Client`], [`Server`]) answers calls. Who is on any of them, and
//! who comes and goes, a [`PeerWatcher`] tells.
//! The first verb used on a name decides which it is.
//!
//! The layers, from the bottom: `layout` (bytes), `mem` (access), `ring` (algorithms), `os`,
//! `carrier` (where those meet), `value`, `channel` (this interface). ARCHITECTURE.md is the map.

#![deny(unsafe_code)]
#![warn(missing_docs)]

#[allow(unsafe_code)]
mod carrier;
mod channel;
mod error;
#[cfg_attr(feature = "testing", allow(missing_docs))] // drawn in spec/layout.md
mod layout;
pub mod limits;
#[allow(unsafe_code)]
mod mem;
#[allow(unsafe_code)]
mod os;
mod plugin;
#[allow(unsafe_code)]
mod ring;
mod sync;
mod value;

pub use channel::{
    Call, CallError, ChannelReport, Client, Delivery, Failure, Handlers, Interrupter, Loan,
    LoanKind, Lock, Manner, Message, Method, Notifier, Options, Pattern, Peer, PeerEvent,
    PeerReport, PeerWatcher, Permit, Publisher, Receiver, Reply, Request, Semaphore, Sender,
    Server, Setter, Source, Subscriber, Waiter, Watcher, audit, audit_all, call, clean, get,
    identify, notify, now_ns, peers, publish, receive, send, set, wait, wait_any,
};
pub use error::{Class, Error, Result, Status};
pub use plugin::{Event, Happening, Host, Plugin, plugin_service};
pub use value::{Dims, Dtype, Kind, Opaque, Tensor, Value};

#[cfg(all(test, loom))]
#[allow(unsafe_code)] // regions over the model's own memory
#[path = "../../../testing/model/loom/mod.rs"]
mod model;

#[cfg(feature = "testing")]
pub use sync::crash;

/// Test builds only: the bytes of channels and of values, for tests that damage them.
#[cfg(feature = "testing")]
pub mod bytes {
    pub use crate::layout::{PAGE_BYTES, chunk, endpoint, header, lane, permit, segment};
    pub use crate::value::bytes::{decode, decode_private, encode};
}
