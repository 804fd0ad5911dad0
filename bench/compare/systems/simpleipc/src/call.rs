//! What the calls themselves cost: put, take and release on a channel of its own, in one thread, so
//! that no other processor's cache takes part. Size 8 is an int, others are bytes.

use anyhow::{Result, ensure};
use harness::{Figures, Pattern, Task, now_ns};
use simpleipc::{Message, Options, Publisher, Receiver, Sender, Subscriber, Value};
use std::borrow::Cow;

const CALLS_PER_SAMPLE: u32 = 1000;
const WARM_SAMPLES: u32 = 5;

pub fn run<const STAMPED: bool>(task: &Task) -> Result<()> {
    let spec = task.arguments.forward();
    let options = Options {
        directory: Some(spec.dir.clone()),
        lossless: true,
        unstamped: !STAMPED,
        ..Options::default()
    };
    match spec.pattern {
        Pattern::Stream => {
            let mut subscriber = Subscriber::open(&spec.channel, &options)?;
            let mut publisher = Publisher::open(&spec.channel, &options)?;
            let put = |value: &Value| publisher.put(value, 0, None);
            measure(task, put, || subscriber.receive())
        }
        Pattern::Queue => {
            let options = Options {
                lossless: false,
                ..options
            };
            let mut receiver = Receiver::open(&spec.channel, &options)?;
            let mut sender = Sender::open(&spec.channel, &options)?;
            let put = |value: &Value| sender.put(value, 0, None);
            measure(task, put, || receiver.receive())
        }
    }
}

fn measure(
    task: &Task,
    mut put: impl FnMut(&Value) -> simpleipc::Result<()>,
    mut take: impl FnMut() -> simpleipc::Result<Message>,
) -> Result<()> {
    task.protocol.ready()?;
    for &size in &task.arguments.sizes {
        let mut bytes = vec![0; size];
        let mut batch = || -> Result<u64> {
            let from_ns = now_ns();
            for number in 0..CALLS_PER_SAMPLE {
                if size == 8 {
                    put(&Value::Int(i64::from(number)))?;
                    let message = take()?;
                    ensure!(
                        message.value()? == Value::Int(i64::from(number)),
                        "another int came"
                    );
                } else {
                    bytes[..4].copy_from_slice(&number.to_le_bytes());
                    put(&Value::Bytes(Cow::Borrowed(&bytes)))?;
                    let message = take()?;
                    let Value::Bytes(taken) = message.value()? else {
                        anyhow::bail!("something else than bytes came");
                    };
                    ensure!(taken[..4] == bytes[..4], "other bytes came");
                }
            }
            Ok(now_ns() - from_ns)
        };
        for _ in 0..WARM_SAMPLES {
            batch()?;
        }
        let end_ns = now_ns() + task.arguments.budget_ms * 1_000_000;
        let mut samples = Vec::new();
        while now_ns() < end_ns {
            samples.push(batch()?);
        }
        let figures = Figures::of(&mut samples).divided(f64::from(CALLS_PER_SAMPLE));
        task.protocol
            .result(format_args!("size={size} unit=ns {figures} verified=1"))?;
    }
    task.protocol.done()
}
