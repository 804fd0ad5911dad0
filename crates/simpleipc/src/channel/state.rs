//! States: the latest value. Who comes late has it at once, and nobody sees half of one.

use super::queue::{loan_methods, receive_methods};
use super::wait::Interrupter;
use super::{Loan, LoanKind, Message, Options};
use crate::carrier::{Consumer, Deadline, Expected, Opening, Place, Producer, Role, Stamps};
use crate::error::Result;
use crate::limits::ONE_CALL_TIMEOUT;
use crate::value::{Dtype, Plan, Value};
use std::time::Duration;

/// Sets the value of a state. Any number of setters, whose values are in one order.
///
/// A value stays when its setter has gone, or has died: until another replaces it, or until
/// [`clean`](crate::clean) when nobody has the state open.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("sipc-state-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory).unwrap();
/// # let options = simpleipc::Options { directory: Some(directory.clone()), ..Default::default() };
/// let mut setter = simpleipc::Setter::open("speed", &options)?;
/// setter.set(30)?;
/// let mut watcher = simpleipc::Watcher::open("speed", &options)?;
/// assert_eq!(watcher.get()?.value()?, simpleipc::Value::Int(30));
/// # drop((setter, watcher));
/// # simpleipc::clean(Some(&directory), std::time::Duration::ZERO)?;
/// # std::fs::remove_dir(directory).unwrap();
/// # Ok::<(), simpleipc::Error>(())
/// ```
pub struct Setter {
    pub(super) producer: Producer,
    stamped: bool,
}

impl Setter {
    /// Opens the state, creating it if there is none. Programs may start in any order.
    ///
    /// Of the options, `directory`, `pool_bytes_max` and `unstamped` have a meaning for a state.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let opening = options.without_history("a setter", name)?;
        let place = Place::new(name, options.directory.as_deref())?;
        let producer = Producer::open_setter(place, &opening)?;
        Ok(Self {
            producer,
            stamped: !options.unstamped,
        })
    }

    /// Sets the value. Waits only while another setter is in the middle of setting its own, which
    /// takes less than a microsecond unless it is stopped there; at most 5 s, then `Full`.
    pub fn set<'a>(&mut self, value: impl Into<Value<'a>>) -> Result<()> {
        self.put(&value.into(), 0, Some(ONE_CALL_TIMEOUT))
    }

    /// Sets the value if nobody has set another since `expected`, a
    /// [`sequence`](Message::sequence) number; or, with `None`, if there is no value yet. False if
    /// somebody has: then get the value and think again.
    pub fn set_if<'a>(
        &mut self,
        expected: Option<u64>,
        value: impl Into<Value<'a>>,
    ) -> Result<bool> {
        self.put_if(expected, &value.into(), 0, Some(ONE_CALL_TIMEOUT))
    }

    /// The full form of [`set`](Self::set): with the time the content was captured
    /// (CLOCK_MONOTONIC nanoseconds, 0 for none), and with how long to wait for other setters and
    /// for room in the pool: `None` for ever, zero not at all. On an error nothing has been set.
    pub fn put(
        &mut self,
        value: &Value<'_>,
        capture_time_ns: i64,
        timeout: Option<Duration>,
    ) -> Result<()> {
        self.replace(value, capture_time_ns, timeout, Expected::Any)
            .map(|_| ())
    }

    /// The full form of [`set_if`](Self::set_if).
    pub fn put_if(
        &mut self,
        expected: Option<u64>,
        value: &Value<'_>,
        capture_time_ns: i64,
        timeout: Option<Duration>,
    ) -> Result<bool> {
        self.replace(value, capture_time_ns, timeout, known(expected))
    }

    /// Sets a filled loan of this handle. On an error the loan is still the caller's, to put again
    /// or to drop; on success it is spent.
    pub fn put_loan(
        &mut self,
        loan: &mut Loan,
        capture_time_ns: i64,
        timeout: Option<Duration>,
    ) -> Result<()> {
        self.replace_loan(loan, capture_time_ns, timeout, Expected::Any)
            .map(|_| ())
    }

    /// [`put_loan`](Self::put_loan) on the terms of [`set_if`](Self::set_if): if it is false, the
    /// loan is still the caller's.
    pub fn put_loan_if(
        &mut self,
        expected: Option<u64>,
        loan: &mut Loan,
        capture_time_ns: i64,
        timeout: Option<Duration>,
    ) -> Result<bool> {
        self.replace_loan(loan, capture_time_ns, timeout, known(expected))
    }

    fn replace_loan(
        &mut self,
        loan: &mut Loan,
        capture_time_ns: i64,
        timeout: Option<Duration>,
        expected: Expected,
    ) -> Result<bool> {
        loan.check()?;
        let (tag, stamps) = (loan.kind.code(), self.stamps(capture_time_ns));
        let deadline = Deadline::after(timeout);
        self.producer
            .set_loan(&mut loan.inner, tag, stamps, deadline, expected)
    }

    fn replace(
        &mut self,
        value: &Value<'_>,
        capture_time_ns: i64,
        timeout: Option<Duration>,
        expected: Expected,
    ) -> Result<bool> {
        let (plan, stamps) = (Plan::of(value)?, self.stamps(capture_time_ns));
        let (tag, len, deadline) = (plan.tag(), plan.len(), Deadline::after(timeout));
        self.producer
            .set(tag, len, stamps, deadline, expected, |to| plan.write(to))
    }

    fn stamps(&self, capture_ns: i64) -> Stamps {
        Stamps {
            publish: self.stamped,
            capture_ns,
        }
    }

    loan_methods!();
}

fn known(sequence: Option<u64>) -> Expected {
    sequence.map_or(Expected::Nothing, Expected::Sequence)
}

/// Looks at the value of a state, and waits for others. Nobody waits for a watcher.
pub struct Watcher {
    pub(super) consumer: Consumer,
}

impl Watcher {
    /// Opens the state, creating it if there is none. Programs may start in any order.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let opening = Opening {
            latest: true,
            history: 1,
            ..options.without_history("a watcher", name)?
        };
        let place = Place::new(name, options.directory.as_deref())?;
        let consumer = Consumer::open(place, Role::Watch, &opening)?;
        Ok(Self { consumer })
    }

    /// The value, as it is now; waits for one if none has been set yet.
    pub fn get(&mut self) -> Result<Message> {
        self.get_timeout(None)
    }

    /// The value, as it is now; `Timeout` if none has been set in time. `None` waits for ever,
    /// zero only looks.
    pub fn get_timeout(&mut self, timeout: Option<Duration>) -> Result<Message> {
        self.consumer.current(Deadline::after(timeout))
    }

    receive_methods!();
}
