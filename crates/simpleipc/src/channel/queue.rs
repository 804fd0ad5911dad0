//! Queues: each message goes to exactly one receiver, and waits until one takes it.

use super::wait::Interrupter;
use super::{Loan, LoanKind, Message, Options};
use crate::carrier::{Consumer, Deadline, Place, Producer, Role, Stamps};
use crate::error::Result;
use crate::limits::ONE_CALL_TIMEOUT;
use crate::value::{Dtype, Plan, Scalar, Value};
use std::time::Duration;

/// What all who put messages have in common.
macro_rules! loan_methods {
    () => {
        /// Borrows a buffer inside the channel for a value of this kind. Fill it and
        /// [`put_loan`](Self::put_loan) it: nothing is copied. At most 16 at once.
        pub fn loan(&mut self, kind: LoanKind<'_>, timeout: Option<Duration>) -> Result<Loan> {
            let bytes = Loan::plan(&kind)?;
            let inner = self.producer.loan(bytes, Deadline::after(timeout))?;
            Loan::begin(inner, &kind)
        }

        /// [`loan`](Self::loan) for the most frequent kind, a dense tensor.
        pub fn loan_tensor(
            &mut self,
            dtype: Dtype,
            shape: &[u64],
            format: &str,
            timeout: Option<Duration>,
        ) -> Result<Loan> {
            self.loan(LoanKind::Tensor(dtype, shape, format), timeout)
        }

        /// Ends a wait of this handle from another thread.
        pub fn interrupter(&self) -> Interrupter {
            crate::carrier::Interrupter::of(self.producer.attachment())
        }
    };
}

/// What publishers and senders have in common, which is all but their verb.
macro_rules! output_methods {
    ($role:expr) => {
        /// Opens the channel, creating it if nobody uses it. Programs may start in any order.
        pub fn open(name: &str, options: &Options) -> Result<Self> {
            let place = Place::new(name, options.directory.as_deref())?;
            let producer = Producer::open(place, $role, &options.opening())?;
            Ok(Self {
                producer,
                stamped: !options.unstamped,
            })
        }

        /// The full form: with the time the content was captured (CLOCK_MONOTONIC nanoseconds, 0
        /// for none), and with how long to wait for room: `None` for ever, zero not at all.
        ///
        /// On an error nothing has been sent. Room held by dead processes is recovered while
        /// waiting.
        #[inline(always)]
        pub fn put(
            &mut self,
            value: &Value<'_>,
            capture_time_ns: i64,
            timeout: Option<Duration>,
        ) -> Result<()> {
            let stamps = Stamps {
                publish: self.stamped,
                capture_ns: capture_time_ns,
            };
            let deadline = Deadline::after(timeout);
            let tag = value.kind().code();
            match value {
                Value::Bytes(data) => self.producer.put(tag, data, stamps, deadline),
                Value::Str(text) => self.producer.put(tag, text.as_bytes(), stamps, deadline),
                _ => match Scalar::of(value) {
                    Some(scalar) => self.producer.put(tag, scalar.bytes(), stamps, deadline),
                    None => self.put_planned(value, stamps, deadline),
                },
            }
        }

        /// Sends a value that is more than its own bytes.
        #[cold]
        fn put_planned(
            &mut self,
            value: &Value<'_>,
            stamps: Stamps,
            deadline: Deadline,
        ) -> Result<()> {
            let plan = Plan::of(value)?;
            self.producer
                .put_written(plan.tag(), plan.len(), stamps, deadline, |to| {
                    plan.write(to)
                })
        }

        /// Sends a filled loan of this handle. On an error the loan is still the caller's, to put
        /// again or to drop; on success it is spent.
        pub fn put_loan(
            &mut self,
            loan: &mut Loan,
            capture_time_ns: i64,
            timeout: Option<Duration>,
        ) -> Result<()> {
            loan.check()?;
            let stamps = Stamps {
                publish: self.stamped,
                capture_ns: capture_time_ns,
            };
            let tag = loan.kind.code();
            self.producer
                .put_loan(&mut loan.inner, tag, stamps, Deadline::after(timeout))
        }

        loan_methods!();
    };
}

/// What all who take messages have in common.
macro_rules! receive_methods {
    () => {
        /// Takes the next message, waiting for it as long as it takes without using the CPU.
        /// `Interrupted` when a signal handler ran in this thread.
        #[inline]
        pub fn receive(&mut self) -> Result<Message> {
            self.receive_timeout(None)
        }

        /// Takes the next message; `Timeout` when there is none in time. `None` waits for ever,
        /// zero only looks.
        // Not inlined: so the message is made where the caller wants it, and never moved.
        #[inline(never)]
        pub fn receive_timeout(&mut self, timeout: Option<Duration>) -> Result<Message> {
            self.consumer.take(Deadline::after(timeout))
        }

        /// Waits for a message and calls `each` with it and with those that are there already, at
        /// most `most`; returns how many that were. The fastest way to take many messages: each is
        /// looked at where it is, and done when `each` returns.
        #[inline]
        pub fn receive_each(
            &mut self,
            timeout: Option<Duration>,
            most: usize,
            each: impl FnMut(&Message),
        ) -> Result<usize> {
            self.consumer
                .take_each(Deadline::after(timeout), most, each)
        }

        /// A descriptor for event loops: readable as long as there may be something to take. Then
        /// take, with a timeout of zero, until there is nothing (`Timeout`): only that clears it.
        /// It may be readable although nothing is there: at first, and then up to once a second,
        /// or every 50 ms while another receiver has a message of this queue in hand.
        ///
        /// From the first call on a thread of the library waits beside the program. The descriptor
        /// is the handle's, and closed with it.
        pub fn fd(&mut self) -> Result<std::os::fd::BorrowedFd<'_>> {
            Ok(self.consumer.readiness()?.fd())
        }

        /// Takes the next message, as a future: under any runtime, or none. Dropped before it is
        /// done, it has taken nothing. `Interrupted` ends it as it ends other waits.
        pub async fn receive_async(&mut self) -> Result<Message> {
            let waking = self.consumer.readiness()?.waking(0);
            waking.until(|| self.consumer.take(Deadline::Now)).await
        }

        /// Ends a wait of this handle from another thread.
        pub fn interrupter(&self) -> Interrupter {
            self.consumer.interrupter()
        }
    };
}

/// What subscribers and receivers have in common, which is everything.
macro_rules! input_methods {
    ($Consumer:ident, $role:expr) => {
        /// Opens the channel, creating it if nobody uses it. Programs may start in any order.
        pub fn open(name: &str, options: &Options) -> Result<Self> {
            let place = Place::new(name, options.directory.as_deref())?;
            let consumer = $Consumer::open(place, $role, &options.opening())?;
            Ok(Self { consumer })
        }

        receive_methods!();
    };
}

pub(super) use {input_methods, loan_methods, output_methods, receive_methods};

/// Puts messages into a queue. They wait there until a receiver takes them, also when the sender
/// has gone.
pub struct Sender {
    pub(super) producer: Producer,
    stamped: bool,
}

impl Sender {
    /// Sends a value. Waits for room at most 5 s, then `Full`.
    #[inline(always)]
    pub fn send<'a>(&mut self, value: impl Into<Value<'a>>) -> Result<()> {
        self.put(&value.into(), 0, Some(ONE_CALL_TIMEOUT))
    }

    output_methods!(Role::Send);
}

/// Takes messages out of a queue. A message is done when it is dropped or when the next one is
/// asked for; if the process dies before that, another receiver gets it, marked as redelivered.
pub struct Receiver {
    pub(super) consumer: Consumer,
}

impl Receiver {
    input_methods!(Consumer, Role::Receive);
}
