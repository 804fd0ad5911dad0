//! Topics: every subscriber gets every message, and no publisher waits for a subscriber that did
//! not ask for it.

use super::queue::{input_methods, loan_methods, output_methods, receive_methods};
use super::wait::Interrupter;
use super::{Loan, LoanKind, Message, Options};
use crate::carrier::{Deadline, Place, Producer, Role, Stamps, Subscription};
use crate::error::Result;
use crate::limits::ONE_CALL_TIMEOUT;
use crate::value::{Dtype, Plan, Scalar, Value};
use std::time::Duration;

/// Puts messages on a topic.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("sipc-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory).unwrap();
/// # let options = simpleipc::Options { directory: Some(directory.clone()), ..Default::default() };
/// let mut subscriber = simpleipc::Subscriber::open("numbers", &options)?;
/// let mut publisher = simpleipc::Publisher::open("numbers", &options)?;
/// publisher.publish(42)?;
/// assert_eq!(subscriber.receive()?.value()?, simpleipc::Value::Int(42));
/// # drop((publisher, subscriber));
/// # std::fs::remove_dir(directory).unwrap();
/// # Ok::<(), simpleipc::Error>(())
/// ```
pub struct Publisher {
    pub(super) producer: Producer,
    stamped: bool,
}

impl Publisher {
    /// Publishes a value. Waits only if a lossless subscriber is a whole depth behind, at most
    /// 5 s, then `Full`.
    #[inline(always)]
    pub fn publish<'a>(&mut self, value: impl Into<Value<'a>>) -> Result<()> {
        self.put(&value.into(), 0, Some(ONE_CALL_TIMEOUT))
    }

    output_methods!(Role::Publish);
}

/// Takes the messages of a topic, from the moment of opening on (or from up to
/// [`Options::history`] messages before).
pub struct Subscriber {
    pub(super) consumer: Subscription,
}

impl Subscriber {
    input_methods!(Subscription, Role::Subscribe);
}
