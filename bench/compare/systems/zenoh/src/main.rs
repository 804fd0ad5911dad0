//! Zenoh, peer to peer, over Unix sockets.
//!
//! - No router and no scouting: every input listens on a socket of its own, and the output
//!   connects to all of them.
//! - `CongestionControl::Block` holds the output back and drops nothing; it gives a connection up
//!   after a while (`wait_before_close`), which is set so high that it never does.
//! - The subscriber hands over through a bounded FIFO, which holds the connection back. It also
//!   holds one of the two threads that receive, for each output whose messages it has no room
//!   for; with several outputs there are more of these threads, or other channels would stall.
//! - Messages are batched, as is the default; what may not wait is published as `express`. So the
//!   output keeps one message back, until it knows whether another follows or a flush.
//! - Settled means that the output knows of a subscriber of each input. A publisher is only told
//!   of any, so each input also subscribes to a key of its own.
//! - Shared memory is a feature that is off by default, and is left off.
//! - There is no queue: all matching subscribers get what is published.
//! - Spinning is `try_recv`. On one core the spinning thread and the threads of Zenoh take turns,
//!   so the spinning one offers its core after each look.

use anyhow::{Result, anyhow, ensure};
use harness::{Input, Output, Pattern, Spec, System, Wait};
use std::time::{Duration, Instant};
use zenoh::Wait as _;
use zenoh::handlers::{FifoChannel, FifoChannelHandler};
use zenoh::pubsub::{Publisher, Subscriber};
use zenoh::qos::CongestionControl;
use zenoh::sample::Sample;
use zenoh::{Config, Session};

/// What the subscriber may hold, in messages and in bytes.
const QUEUE_MAX: usize = 1024;
const QUEUE_BYTES: usize = 64 << 20;
/// How many threads receive by default.
const RECEIVING_THREADS: u32 = 2;
/// How long an output waits for its inputs.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a full connection may stay so before it is given up.
const BLOCKED_US_MAX: u64 = 3_600_000_000;

struct Zenoh;

impl System for Zenoh {
    const NAME: &'static str = "zenoh";
    type Output = Sender;
    type Input = Receiver;

    fn open_output(spec: &Spec) -> Result<Sender> {
        ensure!(spec.pattern == Pattern::Stream, "zenoh has no queue");
        let endpoints = (0..spec.inputs).map(|index| endpoint(spec, index));
        let session = open("connect/endpoints", endpoints.collect())?;
        let publish = |key: String, express: bool| {
            session
                .declare_publisher(key)
                .congestion_control(CongestionControl::Block)
                .express(express)
                .wait()
                .map_err(sentence)
        };
        let witnesses = (0..spec.inputs).map(|index| publish(witness(spec, index), false));
        Ok(Sender {
            batched: publish(data(spec), false)?,
            express: publish(data(spec), true)?,
            witnesses: witnesses.collect::<Result<_>>()?,
            kept: None,
            session,
        })
    }

    fn open_input(spec: &Spec) -> Result<Receiver> {
        ensure!(spec.pattern == Pattern::Stream, "zenoh has no queue");
        if spec.outputs > 1 {
            let threads = spec.outputs + RECEIVING_THREADS;
            let settings = format!("(rx: (worker_threads: {threads}))");
            // SAFETY: a process opens its input first, when it has no thread but this one.
            unsafe { std::env::set_var("ZENOH_RUNTIME", settings) };
        }
        let session = open("listen/endpoints", vec![endpoint(spec, spec.index)])?;
        let capacity = (QUEUE_BYTES / spec.max_bytes.max(1)).clamp(1, QUEUE_MAX);
        let subscriber = session
            .declare_subscriber(data(spec))
            .with(FifoChannel::new(capacity))
            .wait()
            .map_err(sentence)?;
        let witness = session
            .declare_subscriber(witness(spec, spec.index))
            .wait()
            .map_err(sentence)?;
        Ok(Receiver {
            subscriber,
            _witness: witness,
            _session: session,
            spin: spec.wait == Wait::Spin,
        })
    }
}

struct Sender {
    batched: Publisher<'static>,
    express: Publisher<'static>,
    /// Of the keys to which one input each has subscribed.
    witnesses: Vec<Publisher<'static>>,
    /// The message that is next to go.
    kept: Option<Vec<u8>>,
    session: Session,
}

impl Output for Sender {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        // A payload belongs to Zenoh once published, so each message has memory of its own.
        let mut payload = vec![0; len];
        fill(&mut payload);
        match self.kept.replace(payload) {
            Some(previous) => self.batched.put(previous).wait().map_err(sentence),
            None => Ok(()),
        }
    }

    fn settle(&mut self) -> Result<()> {
        let end = Instant::now() + SETTLE_TIME_MAX;
        for (index, witness) in self.witnesses.iter().enumerate() {
            while !witness
                .matching_status()
                .wait()
                .map_err(sentence)?
                .matching()
            {
                ensure!(Instant::now() < end, "input {index} has not come");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        match self.kept.take() {
            Some(payload) => self.express.put(payload).wait().map_err(sentence),
            None => Ok(()),
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // Closing sends what is still in a batch. Nobody is left to be told if that fails.
        self.flush().ok();
        self.session.close().wait().ok();
    }
}

struct Receiver {
    subscriber: Subscriber<FifoChannelHandler<Sample>>,
    _witness: Subscriber<FifoChannelHandler<Sample>>,
    _session: Session,
    spin: bool,
}

impl Receiver {
    fn next(&self) -> Result<Sample> {
        if !self.spin {
            return self.subscriber.recv().map_err(sentence);
        }
        loop {
            match self.subscriber.try_recv().map_err(sentence)? {
                Some(sample) => return Ok(sample),
                None => std::thread::yield_now(),
            }
        }
    }
}

impl Input for Receiver {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let sample = self.next()?;
        // In place, unless the message came in several pieces; those are copied together.
        each(&sample.payload().to_bytes());
        Ok(1)
    }
}

fn open(key: &str, endpoints: Vec<String>) -> Result<Session> {
    let mut config = Config::default();
    let settings = [
        ("mode", "\"peer\"".to_owned()),
        ("scouting/multicast/enabled", "false".to_owned()),
        ("scouting/gossip/enabled", "false".to_owned()),
        // Opening does not wait for what only comes with gossip; `settle` waits for the inputs.
        ("open/return_conditions/connect_scouted", "false".to_owned()),
        ("listen/endpoints", "[]".to_owned()),
        (key, format!("{endpoints:?}")),
        (
            "transport/link/tx/queue/congestion_control/block/wait_before_close",
            BLOCKED_US_MAX.to_string(),
        ),
    ];
    for (key, value) in settings {
        config
            .insert_json5(key, &value)
            .map_err(|error| anyhow!("setting {key} = {value}: {error}"))?;
    }
    zenoh::open(config).wait().map_err(sentence)
}

/// Where input `index` listens.
fn endpoint(spec: &Spec, index: u32) -> String {
    format!(
        "unixsock-stream/{}/{}.{index}.zenoh",
        spec.dir.display(),
        spec.channel
    )
}

/// The key of the messages.
fn data(spec: &Spec) -> String {
    format!("{}/data", spec.channel)
}

/// The key to which input `index` alone subscribes.
fn witness(spec: &Spec, index: u32) -> String {
    format!("{}/witness/{index}", spec.channel)
}

fn sentence(error: zenoh::Error) -> anyhow::Error {
    anyhow!("zenoh: {error}")
}

fn main() {
    harness::worker::<Zenoh>();
}
