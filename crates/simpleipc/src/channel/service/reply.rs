//! What comes back from a call: a value, an error of the program that serves, or an error of the
//! way there.

use super::frame::{read_reply, read_value};
use crate::carrier::{Message, ReplyHead, ReplyKind};
use crate::error::{Error, Result, Status};
use crate::value::Value;
use std::fmt;

/// One reply. Large data in it is the shared memory itself, until this is dropped.
pub struct Reply {
    message: Message,
    head: ReplyHead,
}

impl Reply {
    /// `None` if the message is no reply.
    pub(super) fn read(message: Message) -> Option<(ReplyHead, Self)> {
        let head = read_reply(&message)?;
        Some((head, Self { message, head }))
    }

    /// The result, or one of several. `Corrupt` if the server has broken the format.
    pub fn value(&self) -> Result<Value<'_>> {
        read_value(&self.message, self.head.value_at)
    }

    /// More replies to this call follow.
    pub fn has_more(&self) -> bool {
        self.head.kind == ReplyKind::More
    }

    /// The message that it came in: its times, and the server's handle.
    pub fn message(&self) -> &Message {
        &self.message
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("value", &self.value())
            .field("has_more", &self.has_more())
            .finish()
    }
}

/// An error of the program that serves: it had the call and says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The program's own number; those of the library are below -32000.
    pub code: i64,
    /// One sentence.
    pub message: String,
    /// Boxed: a value has room for a tensor's description, and results are passed around.
    data: Box<Value<'static>>,
}

impl Failure {
    /// Code: the service has no such method.
    pub const NO_SUCH_METHOD: i64 = -32601;
    /// Code: the arguments do not fit.
    pub const BAD_ARGUMENTS: i64 = -32602;
    /// Code: the method panicked, or ended without an answer.
    pub const BROKEN: i64 = -32603;

    /// A failure without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: Box::new(Value::Null),
        }
    }

    /// Anything else there is to say; null if there is nothing.
    pub fn data(&self) -> &Value<'static> {
        &self.data
    }

    /// The same with data.
    pub fn with_data(self, data: impl Into<Value<'static>>) -> Self {
        Self {
            data: Box::new(data.into()),
            ..self
        }
    }

    /// As it travels: a map.
    pub fn to_value(&self) -> Value<'_> {
        Value::from(vec![
            ("code", Value::Int(self.code)),
            ("message", Value::from(&*self.message)),
            ("data", Value::clone(&self.data)),
        ])
    }
}

/// From a map with `code`, `message` and `data`, as it travels; whatever is missing is empty. Any
/// other value is the data.
impl From<Value<'_>> for Failure {
    fn from(value: Value<'_>) -> Self {
        let mut failure = Self::new(0, "");
        let Value::Map(pairs) = value else {
            return failure.with_data(value.into_owned());
        };
        for (key, value) in pairs {
            match (&*key, value) {
                ("code", Value::Int(code)) => failure.code = code,
                ("message", Value::Str(text)) => failure.message = text.into_owned(),
                ("data", data) => *failure.data = data.into_owned(),
                _ => {}
            }
        }
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for Failure {}

/// Errors of the library that a method meets are failures of the call.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(i64::from(error.status().code()), error.message())
    }
}

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The server's program answered with an error of its own.
    Failed(Failure),
    /// The call did not come through: a time-out, a server that died, a cancelled call.
    Lost(Error),
}

impl CallError {
    /// `Failed` for an error of the server's program; else why the call did not come through.
    pub fn status(&self) -> Status {
        match self {
            Self::Failed(_) => Status::Failed,
            Self::Lost(error) => error.status(),
        }
    }

    /// What the server's program says, if it is that.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Lost(_) => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::Lost(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CallError {}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::Lost(error)
    }
}

/// For programs that treat all errors alike.
impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(failure) => Error::new(Status::Failed, failure.to_string()),
            CallError::Lost(error) => error,
        }
    }
}
