//! Test builds only: the standard library's atomics, with a step before each store.
//!
//! Only the two types that shared memory consists of. A method that is not here does not compile,
//! so no store can go uncounted.

use super::Ordering;
use super::crash::{STORE, step};

macro_rules! stepped {
    ($name:ident, $int:ty) => {
        /// The standard library's type of this name; its methods are that type's.
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name(std::sync::atomic::$name);

        impl $name {
            pub const fn new(value: $int) -> Self {
                Self(std::sync::atomic::$name::new(value))
            }

            #[inline(always)]
            pub const fn as_ptr(&self) -> *mut $int {
                self.0.as_ptr()
            }

            #[inline(always)]
            pub fn load(&self, order: Ordering) -> $int {
                self.0.load(order)
            }

            #[track_caller]
            pub fn store(&self, value: $int, order: Ordering) {
                step(STORE);
                self.0.store(value, order);
            }

            #[track_caller]
            pub fn swap(&self, value: $int, order: Ordering) -> $int {
                step(STORE);
                self.0.swap(value, order)
            }

            /// A step also if it fails: whether it will, is known only afterwards.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                step(STORE);
                self.0.compare_exchange(current, new, success, failure)
            }

            #[track_caller]
            pub fn fetch_add(&self, value: $int, order: Ordering) -> $int {
                step(STORE);
                self.0.fetch_add(value, order)
            }

            #[track_caller]
            pub fn fetch_or(&self, value: $int, order: Ordering) -> $int {
                step(STORE);
                self.0.fetch_or(value, order)
            }

            #[track_caller]
            pub fn fetch_and(&self, value: $int, order: Ordering) -> $int {
                step(STORE);
                self.0.fetch_and(value, order)
            }

            #[track_caller]
            pub fn fetch_max(&self, value: $int, order: Ordering) -> $int {
                step(STORE);
                self.0.fetch_max(value, order)
            }
        }
    };
}

stepped!(AtomicU32, u32);
stepped!(AtomicU64, u64);
