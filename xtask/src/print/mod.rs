//! One printer per generated file; each turns the contract, or the results of the comparison, into
//! one text and nothing else.

pub mod comparison;
pub mod costs;
pub mod header;
pub mod pascal;
pub mod reference;
pub mod rust;
pub mod template;
mod wrap;
