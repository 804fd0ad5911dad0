//! One hot path, and the loop that most of them are: messages are put in bursts and taken in
//! bursts, so that there is always room and always a message, and nobody ever waits.

use simpleipc::{Message, Value};

use crate::place::Place;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One way through the library.
pub struct Path {
    pub name: &'static str,
    /// Takes it this many times, which is a multiple of [`OPERATIONS_STEP`].
    pub take: fn(&Place, u64) -> Result<()>,
}

/// Any number of operations is a multiple of this, and this one of every burst.
pub const OPERATIONS_STEP: u64 = 64;

/// Messages at a time where they are small: less than the depth, by which a producer may be ahead.
pub const BURST: u64 = OPERATIONS_STEP;

/// Puts and takes this many messages.
pub fn exchange(
    operations: u64,
    burst: u64,
    mut put: impl FnMut() -> simpleipc::Result<()>,
    mut take: impl FnMut() -> Result<()>,
) -> Result<()> {
    for _ in 0..operations / burst {
        for _ in 0..burst {
            put()?;
        }
        for _ in 0..burst {
            take()?;
        }
    }
    Ok(())
}

/// The message must be so many bytes, all of which are there.
#[inline]
pub fn expect_bytes(message: &Message, size: usize) -> Result<()> {
    match message.value()? {
        Value::Bytes(bytes) if bytes.len() == size && message.missed() == 0 => Ok(()),
        other => Err(format!("{size} bytes were put, {:?} was taken", other.kind()).into()),
    }
}

/// A look must have found nothing.
#[inline]
pub fn expect_nothing(looked: simpleipc::Result<Message>) -> Result<()> {
    match looked {
        Err(error) if error.status() == simpleipc::Status::Timeout => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("a message was there, and nobody has put one".into()),
    }
}
