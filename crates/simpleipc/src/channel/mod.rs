//! The public interface: what a program opens, sends and takes.

mod loan;
mod lock;
mod message;
mod oneshot;
mod options;
mod presence;
mod queue;
mod service;
mod signal;
mod state;
mod topic;
mod upkeep;
mod wait;

pub use crate::carrier::{ChannelReport, Delivery, Pattern, Peer, PeerEvent, PeerReport};
pub use loan::{Loan, LoanKind};
pub use lock::{Lock, Permit, Semaphore};
pub use message::Message;
pub use oneshot::{call, get, notify, publish, receive, send, set, wait};
pub use options::Options;
pub use presence::{PeerWatcher, identify, peers};
pub use queue::{Receiver, Sender};
pub use service::{
    Call, CallError, Client, Failure, Handlers, Manner, Method, Reply, Request, Server,
};
pub use signal::{Notifier, Waiter};
pub use state::{Setter, Watcher};
pub use topic::{Publisher, Subscriber};
pub use upkeep::{audit, audit_all, clean, now_ns};
pub use wait::{Interrupter, Source, wait_any};
