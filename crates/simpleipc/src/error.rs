//! What can go wrong, as a number for programs and one sentence for people.
//!
//! The statuses are those of `spec/api.toml`; a test at the end compares the two lists.

use std::borrow::Cow;
use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What a program can do about a status. Bindings map classes to exceptions, so that a program
/// written today handles a status added tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Nothing is wrong.
    Ok,
    /// Trying again later may work.
    Retry,
    /// The handle is of no use any more; open a new one.
    Gone,
    /// The program asked for something that cannot be done.
    Misuse,
    /// The shared files are damaged or foreign.
    Corrupt,
    /// The operating system, or this library, has a problem.
    System,
}

/// Writes the enum and its three tables from one list, so that they cannot disagree.
macro_rules! statuses {
    ($($name:ident = $code:literal, $class:ident, $text:literal;)*) => {
        /// The outcome of a call. The numbers are those of the C header and never change.
        #[repr(i32)]
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Status {
            $(#[doc = $text] $name = $code,)*
        }

        impl Status {
            /// Every status, in the order of their numbers.
            pub const ALL: &'static [Status] = &[$(Status::$name),*];

            /// The status with this number, if there is one.
            pub const fn from_code(code: i32) -> Option<Status> {
                match code {
                    $($code => Some(Status::$name),)*
                    _ => None,
                }
            }

            /// A short fixed text.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Status::$name => $text,)*
                }
            }

            /// What a program can do about it.
            pub const fn class(self) -> Class {
                match self {
                    $(Status::$name => Class::$class,)*
                }
            }
        }
    };
}

statuses! {
    Ok = 0, Ok, "success";
    Timeout = 1, Retry, "nothing arrived within the time given";
    Full = 2, Retry, "no room within the time given; nothing was sent";
    Interrupted = 3, Retry, "the wait was interrupted by a signal or by sipc_interrupt";
    Busy = 4, Retry, "another thread is inside this handle; open one handle per thread";
    Conflict = 5, Retry, "somebody else was faster; nothing was set";
    Cancelled = 6, Retry, "the call was cancelled";
    Closed = 10, Gone, "the handle is closed";
    Forked = 11, Gone,
        "the handle belongs to the parent process; open a new one in the child";
    Unlinked = 12, Gone,
        "the channel's file was removed by someone; close the handle and open it again";
    Evicted = 13, Gone,
        "this handle was taken for dead because its lock was closed under it; open it again";
    ServerDied = 14, Gone,
        "the server died while it worked on the call; what it had done by then is not known";
    BadName = 20, Misuse, "the channel name is not usable";
    WrongPattern = 21, Misuse, "the verb does not fit the pattern of this channel";
    WrongRole = 22, Misuse, "the handle was opened for the other direction";
    TooLarge = 23, Misuse, "the message is larger than the channel's limit";
    BadValue = 24, Misuse, "the value cannot be sent as it stands";
    BadArgument = 25, Misuse, "an argument is missing or out of range";
    TooManyProducers = 26, Misuse, "the channel already has its maximum of producers";
    TooManyPeers = 27, Misuse, "the channel already has its maximum of open handles";
    Failed = 28, Misuse, "the server answered with an error of its own";
    Corrupt = 30, Corrupt, "the channel's file is damaged";
    Version = 31, Corrupt,
        "the channel was made by a version or machine this library cannot share memory with";
    NoSpace = 40, System, "shared memory is full";
    NoPermission = 41, System, "not permitted";
    NoDirectory = 42, System, "the channel directory does not exist or is no directory";
    System = 43, System, "the operating system refused";
    Internal = 50, System, "a defect in SimpleIPC; please report it";
}

impl Status {
    /// The number, as in the C header.
    pub const fn code(self) -> i32 {
        self as i32
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A failed call: a status, the operating system's error number and one sentence that says what
/// failed and what to do. Building one from a fixed sentence allocates nothing, so a time-out on
/// the fast path costs no more than its return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    os_code: i32,
    message: Cow<'static, str>,
}

impl Error {
    /// An error that did not come from the operating system.
    pub fn new(status: Status, message: impl Into<Cow<'static, str>>) -> Error {
        Error {
            status,
            os_code: 0,
            message: message.into(),
        }
    }

    /// An error the operating system reported with its number (`errno`).
    pub fn os(status: Status, os_code: i32, message: impl Into<Cow<'static, str>>) -> Error {
        Error {
            status,
            os_code,
            message: message.into(),
        }
    }

    /// What kind of failure it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The operating system's error number, or 0.
    pub fn os_code(&self) -> i32 {
        self.os_code
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
#[path = "error_test.rs"]
mod tests;
