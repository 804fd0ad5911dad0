//! The works: each file is one, both roles of it.

pub mod frame;
pub mod hold;
pub mod idle;
pub mod pingpong;
pub mod queue;
pub mod start;
pub mod stream;
pub mod wake;
