//! The two ends: a topic for streams, a queue for sharing out.

use anyhow::{Context, Result, bail};
use harness::{Pattern, Spec, System, Wait};
use simpleipc::{
    LoanKind, Message, Options, Publisher, Receiver, Sender, Status, Subscriber, Value,
};
use std::time::Duration;

/// Messages above this are filled in place; for smaller ones the copy costs less than the loan.
const PUT_BYTES_MAX: usize = 4096;

/// With the time of publication in each message, or without.
pub struct SimpleIpc<const STAMPED: bool>;

impl<const STAMPED: bool> System for SimpleIpc<STAMPED> {
    const NAME: &'static str = match STAMPED {
        true => "simpleipc-stamped",
        false => "simpleipc",
    };
    type Output = Output;
    type Input = Input;

    fn open_output(spec: &Spec) -> Result<Output> {
        let options = Options {
            unstamped: !STAMPED,
            ..options(spec)
        };
        let producer = match spec.pattern {
            Pattern::Stream => Producer::Topic(Publisher::open(&spec.channel, &options)?),
            Pattern::Queue => Producer::Queue(Sender::open(&spec.channel, &options)?),
        };
        Ok(Output {
            producer,
            buffer: vec![0; PUT_BYTES_MAX],
        })
    }

    fn open_input(spec: &Spec) -> Result<Input> {
        let options = Options {
            lossless: spec.pattern == Pattern::Stream,
            ..options(spec)
        };
        let consumer = match spec.pattern {
            Pattern::Stream => Consumer::Topic(Subscriber::open(&spec.channel, &options)?),
            Pattern::Queue => Consumer::Queue(Receiver::open(&spec.channel, &options)?),
        };
        Ok(Input {
            consumer,
            wait: spec.wait,
        })
    }
}

fn options(spec: &Spec) -> Options {
    Options {
        directory: Some(spec.dir.clone()),
        ..Options::default()
    }
}

enum Producer {
    Topic(Publisher),
    Queue(Sender),
}

/// Nothing to settle: a topic waits for every lossless subscriber that was opened before it.
pub struct Output {
    producer: Producer,
    buffer: Vec<u8>,
}

impl harness::Output for Output {
    #[inline]
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        if len > PUT_BYTES_MAX {
            match &mut self.producer {
                Producer::Topic(publisher) => {
                    let mut loan = publisher.loan(LoanKind::Bytes(len), None)?;
                    fill(&mut loan);
                    publisher.put_loan(&mut loan, 0, None)?;
                }
                Producer::Queue(sender) => {
                    let mut loan = sender.loan(LoanKind::Bytes(len), None)?;
                    fill(&mut loan);
                    sender.put_loan(&mut loan, 0, None)?;
                }
            }
            return Ok(());
        }
        let bytes = &mut self.buffer[..len];
        fill(bytes);
        let value = Value::Bytes((&*bytes).into());
        match &mut self.producer {
            Producer::Topic(publisher) => publisher.put(&value, 0, None)?,
            Producer::Queue(sender) => sender.put(&value, 0, None)?,
        }
        Ok(())
    }
}

enum Consumer {
    Topic(Subscriber),
    Queue(Receiver),
}

pub struct Input {
    consumer: Consumer,
    wait: Wait,
}

impl Input {
    #[inline]
    fn take(&mut self, timeout: Option<Duration>) -> simpleipc::Result<Message> {
        match &mut self.consumer {
            Consumer::Topic(subscriber) => subscriber.receive_timeout(timeout),
            Consumer::Queue(receiver) => receiver.receive_timeout(timeout),
        }
    }
}

impl harness::Input for Input {
    #[inline]
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let message = match self.wait {
            Wait::Block => self.take(None)?,
            Wait::Spin => loop {
                match self.take(Some(Duration::ZERO)) {
                    Ok(message) => break message,
                    Err(error) if error.status() == Status::Timeout => std::hint::spin_loop(),
                    Err(error) => return Err(error).context("looking for a message failed"),
                }
            },
        };
        if message.missed() > 0 {
            bail!("a lossless subscriber missed {} messages", message.missed());
        }
        match message.value()? {
            Value::Bytes(bytes) => each(&bytes),
            other => bail!(
                "a message of kind {:?} came where bytes were sent",
                other.kind()
            ),
        }
        Ok(1)
    }
}
