//! One printer per generated file; each turns the contract into one text and nothing else.

pub mod header;
pub mod pascal;
pub mod reference;
pub mod rust;
pub mod template;
mod wrap;
