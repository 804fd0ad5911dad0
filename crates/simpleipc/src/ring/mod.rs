//! The algorithms in shared memory: publishing, reading, owning, and repairing after the dead.
//!
//! Nothing here calls the operating system, asks the time, blocks or allocates on a hot path; the
//! carrier does that. Every shared word is loaded once and checked before it is used. Who may
//! write what, and what a dead writer leaves, is spec/layout.md and spec/recovery.md.

pub mod bell;
pub mod control;
pub mod lane;
pub mod permits;
pub mod pool;
pub mod queue;
pub mod reader;
pub mod repair;
pub mod slot;
pub mod stock;
pub mod writer;
