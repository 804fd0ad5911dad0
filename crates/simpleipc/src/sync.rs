//! The only door to atomics, and the points at which a test may kill the process.
//!
//! Orderings come in named pairs: `sync <name>/release` at the store that makes something visible
//! and `sync <name>/acquire` at the load that relies on it. `cargo xtask tidy` checks the pairing.
//!
//! With the feature `testing`, and only then, the words that can lie in shared memory say before
//! each store that they are about to change, so that a test can die before any of them.

#[cfg(feature = "testing")]
pub mod crash;
/// What the models of testing/model have instead of atomics.
#[cfg(all(test, loom))]
pub mod model;
#[cfg(feature = "testing")]
mod stepped;

pub use std::hint::spin_loop;
#[cfg(not(all(test, loom)))]
pub use std::sync::atomic::fence;
pub use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering, compiler_fence};
#[cfg(not(any(feature = "testing", all(test, loom))))]
pub use std::sync::atomic::{AtomicU32, AtomicU64};

#[cfg(all(test, loom))]
pub use model::{AtomicU32, AtomicU64, fence};
#[cfg(all(feature = "testing", not(all(test, loom))))]
pub use stepped::{AtomicU32, AtomicU64};

/// A named instant between two shared stores. In a release build it is nothing at all; with the
/// feature `testing` a test can have the process killed there, to see what is left behind.
/// The names are those of spec/recovery.md.
#[inline(always)]
pub fn crash_point(name: &'static str) {
    #[cfg(feature = "testing")]
    crash::visit(name);
    #[cfg(not(feature = "testing"))]
    let _ = name;
}

/// The instant before a call of the operating system. In a release build it is nothing at all;
/// with the feature `testing` a test can have the process killed there, or name the error that
/// the call is to fail with instead of being made.
#[inline(always)]
#[cfg_attr(feature = "testing", track_caller)]
pub fn refusal(call: &'static str) -> Option<i32> {
    #[cfg(feature = "testing")]
    return crash::step(call);
    #[cfg(not(feature = "testing"))]
    {
        let _ = call;
        None
    }
}
