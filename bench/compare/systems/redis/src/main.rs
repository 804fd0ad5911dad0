//! Redis, over a Unix socket, with a server of its own: a third process through which everything
//! goes. It is started by the first input, and runs on any core.
//!
//! - One input, and queues: a list (`lists`). Several inputs: a subscription (`subscriptions`).
//! - Commands are sent in pipelines of up to 100, or 1 MiB if that is sooner. A flush sends what
//!   there is; so a message that may not wait is a pipeline of one.
//! - An input pops up to 100 at once.
//! - Nothing is written to disk: `--save ""`, `--appendonly no`.
//! - There is no spinning: each look would be a request to the server.

mod lists;
mod server;
mod subscriptions;

use anyhow::{Result, ensure};
use harness::{Input, Output, Pattern, Spec, System, Wait};
use lists::{Popper, Pusher};
use redis::Pipeline;
use server::Server;
use subscriptions::{Publisher, Subscriber};

const BATCH_MAX: usize = 100;
const BATCH_BYTES: usize = 1 << 20;

struct Redis;

impl System for Redis {
    const NAME: &'static str = "redis";
    type Output = Sender;
    type Input = Receiver;

    fn open_output(spec: &Spec) -> Result<Sender> {
        ensure!(spec.wait == Wait::Block, "redis has no spinning receive");
        Ok(Sender {
            way: match is_published(spec) {
                true => Outward::Subscription(Publisher::open(spec)?),
                false => Outward::List(Pusher::open(spec)?),
            },
            message: Vec::new(),
            pipeline: Pipeline::with_capacity(BATCH_MAX),
            pipeline_bytes: 0,
        })
    }

    fn open_input(spec: &Spec) -> Result<Receiver> {
        ensure!(spec.wait == Wait::Block, "redis has no spinning receive");
        let server = Server::start(&spec.dir)?;
        let batch = (BATCH_BYTES / spec.max_bytes.max(1)).clamp(1, BATCH_MAX);
        Ok(match is_published(spec) {
            true => Receiver::Subscription(Subscriber::open(spec, server)?),
            false => Receiver::List(Popper::open(spec, server, batch)?),
        })
    }
}

enum Outward {
    List(Pusher),
    Subscription(Publisher),
}

struct Sender {
    way: Outward,
    message: Vec<u8>,
    pipeline: Pipeline,
    pipeline_bytes: usize,
}

impl Output for Sender {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        self.message.resize(len, 0);
        fill(&mut self.message);
        match &self.way {
            Outward::List(pusher) => pusher.add(&mut self.pipeline, &self.message),
            Outward::Subscription(publisher) => publisher.add(&mut self.pipeline, &self.message),
        }
        self.pipeline_bytes += len;
        if self.pipeline.len() >= BATCH_MAX || self.pipeline_bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        match &mut self.way {
            Outward::List(_) => Ok(()),
            Outward::Subscription(publisher) => publisher.settle(),
        }
    }

    fn flush(&mut self) -> Result<()> {
        if self.pipeline.is_empty() {
            return Ok(());
        }
        match &mut self.way {
            Outward::List(pusher) => pusher.execute(&self.pipeline)?,
            Outward::Subscription(publisher) => publisher.execute(&self.pipeline)?,
        }
        self.pipeline.clear();
        self.pipeline_bytes = 0;
        Ok(())
    }
}

enum Receiver {
    List(Popper),
    Subscription(Subscriber),
}

impl Input for Receiver {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        match self {
            Receiver::List(popper) => popper.receive(each),
            Receiver::Subscription(subscriber) => subscriber.receive(each),
        }
    }
}

/// Whether every message goes to more than one input.
fn is_published(spec: &Spec) -> bool {
    spec.pattern == Pattern::Stream && spec.inputs > 1
}

fn main() {
    harness::worker::<Redis>();
}
