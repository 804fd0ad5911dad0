//! The works of the comparison, written once against the trait [`System`].
//!
//! A worker is a program that offers one or more systems. Its `main` is [`worker`], or
//! [`worker_of`] if it has several:
//!
//! ```ignore
//! fn main() {
//!     harness::worker_of(|task| match task.system() {
//!         "pipe" => task.run::<Pipe>(),
//!         "tcp" => task.run::<Tcp>(),
//!         other => anyhow::bail!("no system {other} in this worker"),
//!     })
//! }
//! ```
//!
//! Works use a channel `ping` from role a to role b, and most also `pong` the other way. Role b
//! opens its input, says that it is ready, and opens its output only after `go`, because the
//! input at the other side does not exist before.

mod arguments;
mod clock;
mod content;
mod figures;
mod protocol;
mod system;
mod task;
mod works;

pub use arguments::{Arguments, Kind, Role};
pub use clock::now_ns;
pub use content::{Content, END, sum_words, word};
pub use figures::{Figures, Samples};
pub use protocol::Protocol;
pub use system::{Input, Output, Pattern, Spec, System, Wait};
pub use task::{Task, worker, worker_of};
