//! What a system must be able to do to be compared: open two ends, send, receive.

use anyhow::Result;
use std::path::PathBuf;

/// How a receiver waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It looks again and again.
    Spin,
    /// The ordinary blocking receive of the system.
    Block,
}

/// Who gets a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Every input gets every message; a slow input holds the output back.
    Stream,
    /// Each message goes to one input.
    Queue,
}

/// One end to open.
#[derive(Clone, Debug)]
pub struct Spec {
    /// A private directory in shared memory, for sockets and data; its last component is unique,
    /// and prefixes names that live elsewhere.
    pub dir: PathBuf,
    /// The name of the channel in this directory.
    pub channel: String,
    /// How many inputs and outputs the channel will have in all.
    pub inputs: u32,
    pub outputs: u32,
    /// Which of the inputs, or of the outputs, this one is.
    pub index: u32,
    /// The largest message, in bytes.
    pub max_bytes: usize,
    pub wait: Wait,
    pub pattern: Pattern,
    /// As many messages as possible, rather than each as soon as possible.
    pub is_stream: bool,
}

/// A system that is compared. Inputs are opened before outputs, so an input may listen.
pub trait System {
    /// As it stands in the tables.
    const NAME: &'static str;
    type Output: Output;
    type Input: Input;

    fn open_output(spec: &Spec) -> Result<Self::Output>;
    fn open_input(spec: &Spec) -> Result<Self::Input>;
}

/// The sending end.
pub trait Output {
    /// Sends a message of `len` bytes, every one of which `fill` writes. Returns when the system
    /// has accepted it; never drops one. A system that lends memory has it filled in place; the
    /// others have a private buffer filled, which they then send.
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()>;

    /// Called once before the first message: returns when all inputs are connected.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    /// Pushes out what the system holds back to send it in batches.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The receiving end.
pub trait Input {
    /// Waits for a message and calls `each` with it and with as many more as come in the same
    /// batch; how many that were. The bytes are the system's own memory where it allows it.
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize>;
}
