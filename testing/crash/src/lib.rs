//! Processes that die on purpose, and the checks on what they leave behind.
//!
//! `actor` is the program that gets killed: it plays one role on one channel, or on a lock
//! (`holders`). `tests/points.rs` has it die at each named point of the library; `explorer` has it
//! die before each shared store and each system call of each operation; `storm` kills it at random
//! instants, a thousand times in each role. Messages carry who sent them, a running number and a
//! checksum, so that a lost, a doubled and a torn one are all noticed.

pub mod actor;
pub mod caller;
pub mod explorer;
pub mod holders;
pub mod ledger;
pub mod peers;
pub mod place;
pub mod process;
pub mod refusal;
pub mod storm;
