//! The only door to atomics, and the named points at which a test may kill the process.
//!
//! Orderings come in named pairs: `sync <name>/release` at the store that makes something visible
//! and `sync <name>/acquire` at the load that relies on it. `cargo xtask tidy` checks the pairing.

/// What the models of testing/model have instead of atomics.
#[cfg(all(test, loom))]
pub mod model;

pub use std::hint::spin_loop;
pub use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering, compiler_fence};
#[cfg(not(all(test, loom)))]
pub use std::sync::atomic::{AtomicU32, AtomicU64, fence};

#[cfg(all(test, loom))]
pub use model::{AtomicU32, AtomicU64, fence};

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

#[cfg(feature = "testing")]
pub mod crash {
    //! Test builds only: what happens at a crash point.

    use std::sync::OnceLock;

    static HOOK: OnceLock<Box<dyn Fn(&'static str) + Send + Sync>> = OnceLock::new();

    /// Calls `hook` with the name of every crash point this process passes. May be set once.
    pub fn set_hook(hook: impl Fn(&'static str) + Send + Sync + 'static) {
        assert!(
            HOOK.set(Box::new(hook)).is_ok(),
            "the crash hook is already set"
        );
    }

    pub(super) fn visit(name: &'static str) {
        if let Some(hook) = HOOK.get() {
            hook(name);
        }
    }
}
