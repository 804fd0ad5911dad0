//! ZeroMQ, over Unix sockets (`ipc://`).
//!
//! - A stream to one input and a queue are PUSH and PULL, which hold the sender back when the
//!   high-water mark is reached. A queue is one PUSH that is connected to several PULLs.
//! - A stream to several inputs is XPUB and SUB: a plain PUB drops messages at the high-water
//!   mark, `ZMQ_XPUB_NODROP` makes it wait. XPUB also reports each subscription
//!   (`ZMQ_XPUB_VERBOSE`: equal ones too), by which the output sees that all inputs are there.
//! - PULL binds and PUSH connects, since inputs are opened first. XPUB binds and SUB connects, as
//!   is usual: a SUB that is bound subscribes only when its thread next uses the socket, so an
//!   output that waits for the subscriptions of a busy process would wait for ever.
//! - The marks are 1000 messages unless set. More helps small messages; what large ones may take
//!   up is kept to 64 MiB an end.
//! - Messages are filled in the memory of libzmq and read there (`zmq_msg_init_size`,
//!   `zmq_msg_recv`), so it copies into and out of the socket only.
//! - Each end has a context of its own, so one input/output thread, as is the default.
//! - An input spins with ZMQ_DONTWAIT. On one core the spinning thread and the input/output thread
//!   take turns, so the spinning one offers its core after each look. An output blocks.

mod libzmq;

use anyhow::Result;
use harness::{Input, Output, Pattern, Spec, System, Wait};
use libzmq::{Message, Socket};

const MARK_MAX: usize = 20_000;
const MARK_MIN: usize = 4;
const MARK_BYTES: usize = 64 << 20;
/// How long an output that is closed may take to hand over what it has accepted.
const LINGER_MS: i32 = 10_000;
/// How long an input waits until it tries again to connect to an output that is not there yet.
const RECONNECT_MS: i32 = 1;

struct ZeroMq;

impl System for ZeroMq {
    const NAME: &'static str = "zeromq";
    type Output = Sender;
    type Input = Receiver;

    fn open_output(spec: &Spec) -> Result<Sender> {
        let many = is_published(spec);
        let socket = Socket::new(if many { libzmq::XPUB } else { libzmq::PUSH })?;
        socket.set(libzmq::SNDHWM, mark(spec))?;
        socket.set(libzmq::LINGER, LINGER_MS)?;
        if many {
            socket.set(libzmq::XPUB_NODROP, 1)?;
            socket.set(libzmq::XPUB_VERBOSE, 1)?;
        }
        if many {
            socket.bind(&endpoint(spec, spec.index))?;
        } else {
            for index in 0..spec.inputs {
                socket.connect(&endpoint(spec, index))?;
            }
        }
        Ok(Sender {
            socket,
            subscriptions_awaited: if many { spec.inputs } else { 0 },
        })
    }

    fn open_input(spec: &Spec) -> Result<Receiver> {
        let many = is_published(spec);
        let socket = Socket::new(if many { libzmq::SUB } else { libzmq::PULL })?;
        socket.set(libzmq::RCVHWM, mark(spec))?;
        socket.set(libzmq::LINGER, 0)?;
        if many {
            socket.subscribe_to_all()?;
            socket.set(libzmq::RECONNECT_IVL, RECONNECT_MS)?;
            for index in 0..spec.outputs {
                socket.connect(&endpoint(spec, index))?;
            }
        } else {
            socket.bind(&endpoint(spec, spec.index))?;
        }
        Ok(Receiver {
            socket,
            message: Message::new(),
            spin: spec.wait == Wait::Spin,
        })
    }
}

struct Sender {
    socket: Socket,
    subscriptions_awaited: u32,
}

impl Output for Sender {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        let mut message = Message::filled(len, fill)?;
        self.socket.send(&mut message)
    }

    fn settle(&mut self) -> Result<()> {
        let mut message = Message::new();
        while self.subscriptions_awaited > 0 {
            self.socket.receive(&mut message, false)?;
            // The first byte is 1 when somebody subscribes and 0 when somebody leaves.
            if message.bytes() == [1] {
                self.subscriptions_awaited -= 1;
            }
        }
        Ok(())
    }
}

struct Receiver {
    socket: Socket,
    message: Message,
    spin: bool,
}

impl Input for Receiver {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        while !self.socket.receive(&mut self.message, self.spin)? {
            std::thread::yield_now();
        }
        each(self.message.bytes());
        Ok(1)
    }
}

/// Whether every message goes to more than one input.
fn is_published(spec: &Spec) -> bool {
    spec.pattern == Pattern::Stream && spec.inputs > 1
}

/// The high-water mark, in messages.
fn mark(spec: &Spec) -> i32 {
    (MARK_BYTES / spec.max_bytes.max(1)).clamp(MARK_MIN, MARK_MAX) as i32
}

/// Where input `index` listens, or output `index` if there are several inputs.
fn endpoint(spec: &Spec, index: u32) -> String {
    format!("ipc://{}/{}.{index}.zmq", spec.dir.display(), spec.channel)
}

fn main() {
    harness::worker::<ZeroMq>();
}
