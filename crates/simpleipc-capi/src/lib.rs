//! The C face of SimpleIPC: the functions of `include/simpleipc.h`, one file per C object.
//!
//! The contract is `spec/api.toml`; `generated.rs` is printed from it and has rustc compare every
//! function here with it. Only the public API of the crate `simpleipc` is used. The crate
//! `libsimpleipc` makes the files that C programs link; the Python package links this one.

mod barrier;
mod call;
mod channel;
mod error;
pub mod generated;
mod guard;
mod handle;
mod library;
mod loan;
mod lock;
mod message;
mod oneshot;
mod place;
mod plugin;
mod presence;
mod readiness;
mod state;
mod thread;
mod upkeep;
mod value;

pub use call::{sipc_call, sipc_cancel, sipc_cancelled, sipc_describe, sipc_reply, sipc_result};
pub use channel::{sipc_close, sipc_interrupt, sipc_open, sipc_put, sipc_take, sipc_wait};
pub use library::{sipc_abi_version, sipc_now_ns, sipc_status_text, sipc_version};
pub use loan::{sipc_loan, sipc_unloan};
pub use lock::{sipc_lock, sipc_unlock};
pub use message::sipc_release;
pub use oneshot::{
    sipc_await, sipc_get, sipc_notify, sipc_publish, sipc_publish_bool, sipc_publish_bytes,
    sipc_publish_float, sipc_publish_int, sipc_publish_str, sipc_receive, sipc_send,
    sipc_send_bool, sipc_send_bytes, sipc_send_float, sipc_send_int, sipc_send_str, sipc_set,
};
pub use plugin::sipc_plugin;
pub use presence::{sipc_identify, sipc_peers};
pub use readiness::sipc_fd;
pub use state::{sipc_current, sipc_put_if};
pub use upkeep::{sipc_audit, sipc_clean};

generated::check_bodies!();

#[cfg(test)]
mod contract_test;
