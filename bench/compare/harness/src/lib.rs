//! The works of the comparison, written once against the trait [`System`].

mod system;

pub use system::{Input, Output, Pattern, Spec, System, Wait};
