//! One output to several inputs: PUBLISH and SUBSCRIBE.
//!
//! Redis itself holds no publisher back: what a subscriber does not read, the server keeps, or
//! cuts the subscriber off at a limit. Here there is no limit; instead, each input counts in a key
//! of its own what it has got, and the output waits when the slowest lags by a window.

use crate::server::{self, Server};
use anyhow::{Context, Result, bail, ensure};
use harness::Spec;
use redis::{Connection, Pipeline, Value};
use std::time::{Duration, Instant};

/// How many messages the slowest input may lag, and how many bytes.
const WINDOW_MAX: usize = 4096;
const WINDOW_BYTES: usize = 64 << 20;
/// The parts of a window, after each of which an input says where it is.
const REPORTS: u64 = 4;
/// How long to wait before looking again.
const ROOM_PAUSE: Duration = Duration::from_micros(50);
/// How long an output waits for its inputs.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(10);

pub struct Publisher {
    connection: Connection,
    channel: String,
    inputs: u32,
    window: u64,
    published: u64,
    /// What the slowest input had got when it was last asked.
    received: u64,
}

impl Publisher {
    pub fn open(spec: &Spec) -> Result<Publisher> {
        Ok(Publisher {
            connection: server::connect(&spec.dir)?,
            channel: spec.channel.clone(),
            inputs: spec.inputs,
            window: window(spec),
            published: 0,
            received: 0,
        })
    }

    pub fn settle(&mut self) -> Result<()> {
        let mut command = redis::cmd("PUBSUB");
        command.arg("NUMSUB").arg(&self.channel);
        let end = Instant::now() + SETTLE_TIME_MAX;
        loop {
            let answer = command.query(&mut self.connection);
            let (_, subscribers): (Value, u32) = answer.context("PUBSUB NUMSUB")?;
            if subscribers >= self.inputs {
                return Ok(());
            }
            ensure!(
                Instant::now() < end,
                "{subscribers} of {} inputs have subscribed",
                self.inputs
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Adds the command for one message.
    pub fn add(&self, pipeline: &mut Pipeline, message: &[u8]) {
        pipeline.cmd("PUBLISH").arg(&self.channel).arg(message);
    }

    pub fn execute(&mut self, pipeline: &Pipeline) -> Result<()> {
        let receivers: Vec<u32> = pipeline.query(&mut self.connection).context("PUBLISH")?;
        ensure!(
            receivers.iter().all(|count| *count == self.inputs),
            "a message did not reach all {} inputs",
            self.inputs
        );
        self.published += receivers.len() as u64;
        while self.published > self.received + self.window {
            let before = self.received;
            self.received = self.slowest()?;
            if self.received == before {
                std::thread::sleep(ROOM_PAUSE);
            }
        }
        Ok(())
    }

    fn slowest(&mut self) -> Result<u64> {
        let mut command = redis::cmd("MGET");
        for index in 0..self.inputs {
            command.arg(key(&self.channel, index));
        }
        let counts: Vec<Option<u64>> = command.query(&mut self.connection).context("MGET")?;
        Ok(counts
            .iter()
            .map(|count| count.unwrap_or(0))
            .min()
            .unwrap_or(0))
    }
}

pub struct Subscriber {
    connection: Connection,
    /// A connection that has subscribed takes no other commands.
    reports: Connection,
    key: String,
    received: u64,
    report_every: u64,
    _server: Option<Server>,
}

impl Subscriber {
    pub fn open(spec: &Spec, server: Option<Server>) -> Result<Subscriber> {
        let mut connection = server::connect(&spec.dir)?;
        let mut command = redis::cmd("SUBSCRIBE");
        command.arg(&spec.channel);
        connection
            .send_packed_command(&command.get_packed_command())
            .context("SUBSCRIBE")?;
        connection.recv_response().context("SUBSCRIBE")?;
        Ok(Subscriber {
            connection,
            reports: server::connect(&spec.dir)?,
            key: key(&spec.channel, spec.index),
            received: 0,
            report_every: (window(spec) / REPORTS).max(1),
            _server: server,
        })
    }

    pub fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let answer = self.connection.recv_response().context("a subscription")?;
        let Value::Array(parts) = answer else {
            bail!("an answer that is no message: {answer:?}");
        };
        // The word "message", the channel, the message.
        let [_, _, Value::BulkString(bytes)] = parts.as_slice() else {
            bail!("a message of other parts: {parts:?}");
        };
        each(bytes);
        self.received += 1;
        if self.received.is_multiple_of(self.report_every) {
            let mut command = redis::cmd("SET");
            command.arg(&self.key).arg(self.received);
            command.exec(&mut self.reports).context("SET")?;
        }
        Ok(1)
    }
}

fn window(spec: &Spec) -> u64 {
    (WINDOW_BYTES / spec.max_bytes.max(1)).clamp(1, WINDOW_MAX) as u64
}

/// Where input `index` says how much it has got.
fn key(channel: &str, index: u32) -> String {
    format!("{channel}.received.{index}")
}
