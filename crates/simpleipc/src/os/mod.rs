//! The operating system, as far as the library needs it: one file per system, one contract.
//!
//! Every system's file exports the same names:
//!
//! - files: `File` (create unnamed, give it a name, open, reserve, identity, close), `Mapping`,
//!   `free_bytes`, `list`, `remove`, `make_directory`, `remove_directory`
//! - rights: `rights`, `rights_unfollowed` of a path, `File::{rights, set_rights}`
//! - locks: `File::{try_lock, unlock, is_locked}` on single bytes of a file; they belong to the
//!   open file, are released by the kernel when its last descriptor goes, however that happens,
//!   and are never waited for
//! - waiting: `wait_on`, `wait_on_any`, `wake_all` on 32-bit words in shared mappings
//! - barriers: `register_producer`, `barrier` (see `ring::bell`)
//! - facts: `now_ns`, `boot_id`, `random_bytes`, `process_id`, `user_id`, `has_processor_to_spare`,
//!   `program_name` of this process, `program_of` another one that has a file open
//! - `fork`: noticing that this is a forked child; `at_exit`
//! - `Event`: a descriptor that is readable when it is told so
//! - `Watch`: a descriptor that is readable when something has happened to a file of a directory:
//!   it came or went, somebody who may write opened or closed it, also by dying. Where a
//!   system tells less, `follow` says so, and files are looked at more often
//! - children: `bind_to_parent`, `wait_for_end`, `end_group`
//! - signals: `is_signal`, `raise`, `block_signals`
//!
//! Nothing here knows what a channel is, and nothing here decides that somebody is dead.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod linux_child;
#[cfg(target_os = "linux")]
mod linux_event;
#[cfg(target_os = "linux")]
mod linux_file;
#[cfg(target_os = "linux")]
mod linux_process;
#[cfg(target_os = "linux")]
mod linux_rights;
#[cfg(target_os = "linux")]
mod linux_wait;
#[cfg(target_os = "linux")]
mod linux_watch;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(not(target_os = "linux"))]
compile_error!("SimpleIPC has been ported to Linux so far; see os/mod.rs for what a port provides");
