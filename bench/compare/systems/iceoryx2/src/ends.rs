//! The publisher and the subscriber, set so that nothing is lost:
//!
//! - safe overflow is off, which would replace the oldest message of a full buffer; the publisher
//!   retries until the message is delivered;
//! - the buffer of a subscriber is as deep as `DEPTH_MAX`, or as many messages of the largest size
//!   as `BUFFER_BYTES` hold: each buffer's worth of memory is touched before any is used again;
//! - the data segment grows to what a message needs (powers of two), so that small messages lie
//!   as close together as in a service that is made for them;
//! - a message for a subscriber that has not connected yet is dropped once its buffer is full, so
//!   an output waits at that point until all inputs have said that they are (`wake::GREETINGS`);
//! - all names lie in, or begin with the name of, the directory of this run;
//! - no signal handler, as a worker that is told to end shall end.

use crate::wake::{Bell, GREETINGS, MESSAGES, Sleeper, fault};
use anyhow::{Context, Result, bail};
use harness::{Input, Output, Spec, Wait};
use iceoryx2::config::Config;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::publish_subscribe;
use std::collections::HashSet;
use std::time::{Duration, Instant};

const DEPTH_MAX: usize = 1024;
const DEPTH_MIN: usize = 2;
const BUFFER_BYTES: usize = 64 << 20;
/// What the data segment is made for at first.
const FIRST_BYTES: usize = 4096;
/// How many messages one receive hands out at most.
const BATCH: usize = 256;
/// How long an output waits for its inputs.
const SETTLE_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_micros(100);
/// A publisher takes its messages along if it ends before a subscriber has connected to it, and
/// there is no linger to set. One that lives less than this therefore stays for as long.
const LINGER: Duration = Duration::from_millis(50);

type Service = publish_subscribe::PortFactory<ipc::Service, [u8], ()>;

pub struct Writer {
    publisher: Publisher<ipc::Service, [u8], ()>,
    bell: Option<Bell>,
    service: Service,
    inputs: usize,
    /// Who has connected, and how many more messages may be sent before all have.
    greetings: Sleeper,
    greeted: HashSet<usize>,
    credit: usize,
    opened: Instant,
    _node: Node<ipc::Service>,
}

impl Writer {
    pub fn open(spec: &Spec) -> Result<Self> {
        let node = node(spec)?;
        let service = service(spec, &node)?;
        // Before the publisher, as it is the sight of that which makes an input greet.
        let greetings = Sleeper::open(spec, &node, GREETINGS)?;
        let publisher = service
            .publisher_builder()
            .initial_max_slice_len(spec.max_bytes.min(FIRST_BYTES))
            .allocation_strategy(AllocationStrategy::PowerOfTwo)
            .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
            .max_loaned_samples(1)
            .create()
            .map_err(fault("the publisher"))?;
        let bell = match spec.wait {
            Wait::Spin => None,
            Wait::Block => Some(Bell::open(spec, &node, MESSAGES)?),
        };
        Ok(Self {
            publisher,
            bell,
            service,
            inputs: spec.inputs as usize,
            greetings,
            greeted: HashSet::new(),
            credit: depth(spec),
            opened: Instant::now(),
            _node: node,
        })
    }
}

impl Output for Writer {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        if self.greeted.len() < self.inputs {
            self.spend_credit()?;
        }
        let mut sample = self
            .publisher
            .loan_slice_uninit(len)
            .map_err(fault("a loan"))?;
        let payload = sample.payload_mut();
        // SAFETY: the pointer and the length are those of a slice that is borrowed mutably; a
        // shared mapping has no uninitialised bytes, as the kernel hands out zeroed pages.
        fill(unsafe { std::slice::from_raw_parts_mut(payload.as_mut_ptr().cast(), payload.len()) });
        // SAFETY: `fill` has written every byte.
        let sample = unsafe { sample.assume_init() };
        sample.send().map_err(fault("a send"))?;
        match &self.bell {
            Some(bell) => bell.ring(),
            None => Ok(()),
        }
    }

    /// Only until the inputs exist: they connect when they receive, which the other side may not
    /// do before it has sent.
    fn settle(&mut self) -> Result<()> {
        let give_up = Instant::now() + SETTLE_MAX;
        while self.service.dynamic_config().number_of_subscribers() < self.inputs {
            if Instant::now() > give_up {
                bail!(
                    "fewer than {} subscribers came in {SETTLE_MAX:?}",
                    self.inputs
                );
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Writer {
    /// As many messages as a buffer holds are safe at an input that has not connected.
    fn spend_credit(&mut self) -> Result<()> {
        let give_up = Instant::now() + SETTLE_MAX;
        while self.credit == 0 && self.greeted.len() < self.inputs {
            if Instant::now() > give_up {
                bail!(
                    "fewer than {} subscribers received in {SETTLE_MAX:?}",
                    self.inputs
                );
            }
            self.greetings.sleep(|index| {
                self.greeted.insert(index);
            })?;
        }
        self.credit = self.credit.saturating_sub(1);
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        std::thread::sleep(LINGER.saturating_sub(self.opened.elapsed()));
    }
}

pub struct Reader {
    subscriber: Subscriber<ipc::Service, [u8], ()>,
    sleeper: Option<Sleeper>,
    /// Until this input has greeted the outputs, once all of them are there.
    greeting: Option<Bell>,
    outputs: usize,
    service: Service,
    _node: Node<ipc::Service>,
}

impl Reader {
    pub fn open(spec: &Spec) -> Result<Self> {
        let node = node(spec)?;
        let service = service(spec, &node)?;
        let sleeper = match spec.wait {
            Wait::Spin => None,
            Wait::Block => Some(Sleeper::open(spec, &node, MESSAGES)?),
        };
        let greeting = Some(Bell::open(spec, &node, GREETINGS)?);
        let subscriber = service
            .subscriber_builder()
            .create()
            .map_err(fault("the subscriber"))?;
        Ok(Self {
            subscriber,
            sleeper,
            greeting,
            outputs: spec.outputs as usize,
            service,
            _node: node,
        })
    }

    fn greet(&mut self) -> Result<()> {
        let Some(bell) = &self.greeting else {
            return Ok(());
        };
        if self.service.dynamic_config().number_of_publishers() == self.outputs {
            // Connects to those that it did not know.
            self.subscriber
                .has_samples()
                .map_err(fault("a connection"))?;
            bell.ring()?;
            self.greeting = None;
        }
        Ok(())
    }
}

impl Input for Reader {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        loop {
            self.greet()?;
            let mut count = 0;
            while count < BATCH {
                let Some(sample) = self.subscriber.receive().map_err(fault("a receive"))? else {
                    break;
                };
                each(sample.payload());
                count += 1;
            }
            if count > 0 {
                return Ok(count);
            }
            match &self.sleeper {
                Some(sleeper) => sleeper.sleep(|_| {})?,
                None => std::hint::spin_loop(),
            }
        }
    }
}

/// A node of its own for each end: what one process shares between its ends is nobody's business
/// here.
fn node(spec: &Spec) -> Result<Node<ipc::Service>> {
    set_log_level(LogLevel::Fatal);
    let run = spec.dir.file_name().context("the directory has no name")?;
    let mut config = Config::default();
    config.global.prefix = FileName::new(format!("{}_", run.to_string_lossy()).as_bytes())
        .map_err(fault("the prefix"))?;
    let root = Path::new(spec.dir.to_string_lossy().as_bytes()).map_err(fault("the directory"))?;
    config.global.set_root_path(&root);
    NodeBuilder::new()
        .config(&config)
        .signal_handling_mode(SignalHandlingMode::Disabled)
        .create::<ipc::Service>()
        .map_err(fault("the node"))
}

fn depth(spec: &Spec) -> usize {
    let fitting = BUFFER_BYTES / (spec.max_bytes * spec.inputs as usize).max(1);
    fitting.clamp(DEPTH_MIN, DEPTH_MAX)
}

fn service(spec: &Spec, node: &Node<ipc::Service>) -> Result<Service> {
    let inputs = spec.inputs as usize;
    let outputs = spec.outputs as usize;
    let name = spec
        .channel
        .as_str()
        .try_into()
        .map_err(fault("the name"))?;
    node.service_builder(&name)
        .publish_subscribe::<[u8]>()
        .enable_safe_overflow(false)
        .history_size(0)
        .subscriber_max_buffer_size(depth(spec))
        .subscriber_max_borrowed_samples(1)
        .max_subscribers(inputs)
        .max_publishers(outputs)
        .max_nodes(inputs + outputs)
        // The messages are made of words.
        .payload_alignment(Alignment::new(8).context("an alignment of 8")?)
        .open_or_create()
        .map_err(fault("the service"))
}
