//! What a received message says.

pub use crate::carrier::Message;
use crate::error::Result;
use crate::value::{Kind, Value, decode, decode_private};
use std::borrow::Cow;
use std::time::Duration;

impl Message {
    /// The value. Tensor data, bytes and opaque bytes of large messages are the shared memory
    /// itself, without a copy; everything else is private. `Corrupt` if the sender has broken
    /// the format.
    #[inline]
    pub fn value(&self) -> Result<Value<'_>> {
        if self.tag() == Kind::Bytes.code() {
            // Without a call: this is what fast streams are made of.
            Ok(Value::Bytes(Cow::Borrowed(self.payload())))
        } else if self.is_shared() {
            decode(self.tag(), self.payload())
        } else {
            decode_private(self.tag(), self.payload())
        }
    }

    /// The kind of the value, without reading it; `None` if this version does not know it.
    pub fn kind(&self) -> Option<Kind> {
        Kind::from_code(self.tag())
    }

    /// How old it was when it was taken; `None` if it has no publish time.
    pub fn age(&self) -> Option<Duration> {
        let age = self
            .receive_time_ns()
            .saturating_sub(self.publish_time_ns());
        (self.publish_time_ns() != 0).then(|| Duration::from_nanos(age.max(0) as u64))
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("sequence", &self.sequence())
            .field("sender", &self.sender())
            .field("value", &self.value())
            .finish()
    }
}
