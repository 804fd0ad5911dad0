//! The two ends: a topic for streams, a queue for sharing out.

use anyhow::{Context, Result, anyhow};
use harness::{Pattern, Spec, System, Wait};
use simpleipc::{
    LoanKind, Message, Options, Publisher, Receiver, Sender, Status, Subscriber, Value,
};
use std::time::Duration;

/// Messages above this are filled in place; for smaller ones the copy costs less than the loan.
const PUT_BYTES_MAX: usize = 4096;
/// Slots of a channel for streams: as many as leave room for other things in a processor's second
/// cache. The default is made for many channels of a program, and for messages that are taken soon.
const STREAM_DEPTH: u32 = 4096;
/// Messages taken at once.
const TAKEN_MAX: usize = 256;

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
    let mut options = Options {
        directory: Some(spec.dir.clone()),
        ..Options::default()
    };
    if spec.is_stream {
        options.depth = STREAM_DEPTH;
    }
    options
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

impl harness::Input for Input {
    #[inline]
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let mut failure = None;
        let mut look = |message: &Message| {
            if message.missed() > 0 {
                failure = Some(anyhow!("a lossless subscriber missed messages"));
            }
            match message.value() {
                Ok(Value::Bytes(bytes)) => each(&bytes),
                Ok(other) => {
                    let kind = other.kind();
                    failure = Some(anyhow!("a {kind:?} came where bytes were sent"));
                }
                Err(error) => failure = Some(error.into()),
            }
        };
        let count = match self.wait {
            Wait::Block => self.consumer.receive_each(None, &mut look)?,
            Wait::Spin => loop {
                match self.consumer.receive_each(Some(Duration::ZERO), &mut look) {
                    Ok(count) => break count,
                    Err(error) if error.status() == Status::Timeout => std::hint::spin_loop(),
                    Err(error) => return Err(error).context("looking for a message failed"),
                }
            },
        };
        failure.map_or(Ok(count), Err)
    }
}

impl Consumer {
    #[inline]
    fn receive_each(
        &mut self,
        timeout: Option<Duration>,
        look: &mut impl FnMut(&Message),
    ) -> simpleipc::Result<usize> {
        match self {
            Self::Topic(subscriber) => subscriber.receive_each(timeout, TAKEN_MAX, look),
            Self::Queue(receiver) => receiver.receive_each(timeout, TAKEN_MAX, look),
        }
    }
}
