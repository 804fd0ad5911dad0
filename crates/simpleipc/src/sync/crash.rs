//! Test builds only: what happens at a crash point, and before each step that others may notice.

use std::panic::Location;
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

/// What is about to be done, and where in the code. `STORE`, or the name of a system call; that
/// one fails with the error number that is returned.
pub type StepHook = fn(&'static str, &'static Location<'static>) -> Option<i32>;

/// The step that is a store to an atomic word, or the attempt at one.
pub const STORE: &str = "store";

static STEP_HOOK: OnceLock<StepHook> = OnceLock::new();

/// Calls `hook` before each store that others may see, and before each call of the operating
/// system. May be set once.
pub fn set_step_hook(hook: StepHook) {
    assert!(STEP_HOOK.set(hook).is_ok(), "the step hook is already set");
}

#[track_caller]
pub(super) fn step(what: &'static str) -> Option<i32> {
    let place = Location::caller();
    STEP_HOOK.get().and_then(|hook| hook(what, place))
}
