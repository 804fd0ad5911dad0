//! What a call is, which its number says: caller, server and ledger know it alike.
//!
//! Arguments and results are messages that prove themselves, with the caller's id and the number of
//! the call in them. Actors of all languages have the same table.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Echo,
    /// To be done by another server if the first one dies.
    Idempotent,
    /// Several replies before the result.
    Stream,
    /// The server answers with an error of its own.
    Fail,
    /// Nobody waits for it.
    OneWay,
    /// Cancelled as soon as it has begun.
    Cancelled,
}

pub fn kind(number: u64) -> Kind {
    match number % 16 {
        0..6 => Kind::Echo,
        6..9 => Kind::Idempotent,
        9..11 => Kind::Stream,
        11..13 => Kind::Fail,
        13..15 => Kind::OneWay,
        _ => Kind::Cancelled,
    }
}

impl Kind {
    pub fn method(self) -> &'static str {
        match self {
            Self::Echo | Self::Idempotent | Self::Cancelled => "echo",
            Self::Stream => "stream",
            Self::Fail => "fail",
            Self::OneWay => "note",
        }
    }
}

/// Replies of a stream before its result.
pub fn parts(number: u64) -> u64 {
    number % 4
}

/// The code of the error that a call of `fail` ends with.
pub fn code(number: u64) -> i64 {
    1000 + (number % 1000) as i64
}

/// The code of the error of a stream whose caller did not take its replies in time.
pub const TOO_SLOW: i64 = 7;

/// How a call has ended: a word of the caller's log.
pub mod outcome {
    /// With its result.
    pub const ANSWERED: u64 = 1;
    /// With the error of the server's program that was due.
    pub const FAILED: u64 = 2;
    /// Its server has died; above the lowest byte is the process number in the sentence.
    pub const SERVER_DIED: u64 = 3;
    pub const CANCELLED: u64 = 4;
    /// A call that nobody waits for is in the queue.
    pub const SENT: u64 = 5;
    /// There was no memory for its result.
    pub const REFUSED: u64 = 6;
}
