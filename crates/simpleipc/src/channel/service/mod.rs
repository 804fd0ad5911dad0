//! Services: a call goes to exactly one of the servers, and its reply comes back.
//!
//! Requests travel in a queue that all clients and servers share; each client has a private queue
//! for its replies (`carrier/service/`). The bytes are in spec/services.md, what may be left when
//! somebody dies in spec/recovery.md.

mod call;
mod calls;
mod client;
mod frame;
mod handlers;
mod method;
mod reply;
mod request;
mod server;

pub use call::Call;
pub use calls::Manner;
pub use client::Client;
pub use handlers::Handlers;
pub use method::Method;
pub use reply::{CallError, Failure, Reply};
pub use request::Request;
pub use server::Server;

/// The method that the library answers itself: what the service offers.
const METHODS: &str = ".methods";
