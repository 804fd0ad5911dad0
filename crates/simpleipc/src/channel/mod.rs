//! The public interface: what a program opens, sends and takes.

mod loan;
mod message;
mod oneshot;
mod options;
mod queue;
mod topic;
mod upkeep;
mod wait;

pub use crate::carrier::{ChannelReport, PeerReport};
pub use loan::{Loan, LoanKind};
pub use message::Message;
pub use oneshot::{publish, receive, send};
pub use options::Options;
pub use queue::{Receiver, Sender};
pub use topic::{Publisher, Subscriber};
pub use upkeep::{audit, audit_all, clean, now_ns};
pub use wait::{Interrupter, Source, wait_any};
