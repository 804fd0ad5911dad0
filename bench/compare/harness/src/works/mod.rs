//! The works: each file is one, both roles of it.

pub mod pingpong;
pub mod stream;
