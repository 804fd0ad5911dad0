//! nng, over Unix sockets (`ipc://`).
//!
//! - A stream is PAIR, which holds the sender back when its peer is slow, with a buffer of
//!   messages at both ends.
//! - nng has no lossless way to one of many: PUB drops what a subscriber has no room for, and
//!   BUS drops too. So a stream to several inputs is one PAIR for each, into each of which the
//!   output sends a message of its own.
//! - Several outputs, and a queue, are PUSH and PULL; PUSH gives a message to whichever puller
//!   has room.
//! - Inputs listen and outputs dial, since inputs are opened first; dialling returns when the
//!   connection stands, so there is nothing to settle.
//! - Buffers are as many messages as 64 MiB hold, between 1 and 1024. PULL has no such option.
//! - Messages are filled in the memory of nng and read there (`nng_msg_alloc`, `nng_recvmsg`).
//! - Closing a socket discards what has not been written yet, and nothing tells when it has
//!   been; as the manual of `nng_close` advises, the output waits a while before it closes.
//! - An input spins with NNG_FLAG_NONBLOCK. On one core the spinning thread and the threads of nng
//!   take turns, so the spinning one offers its core after each look. An output blocks.

mod libnng;

use anyhow::{Result, ensure};
use harness::{Input, Output, Pattern, Spec, System, Wait};
use libnng::{Message, Protocol, Socket};
use std::time::Duration;

const BUFFER_MAX: usize = 1024;
const BUFFER_BYTES: usize = 64 << 20;
const LINGER: Duration = Duration::from_millis(100);

struct Nng;

impl System for Nng {
    const NAME: &'static str = "nng";
    type Output = Sender;
    type Input = Receiver;

    fn open_output(spec: &Spec) -> Result<Sender> {
        let mut sender = Sender {
            sockets: Vec::new(),
            first: Vec::new(),
        };
        if is_paired(spec) {
            for index in 0..spec.inputs {
                let socket = Socket::new(Protocol::Pair)?;
                socket.buffer_sent(buffer(spec))?;
                socket.dial(&address(spec, index))?;
                sender.sockets.push(socket);
            }
        } else {
            ensure!(
                spec.inputs == 1 || spec.pattern == Pattern::Queue,
                "nng cannot stream from several outputs to several inputs"
            );
            let socket = Socket::new(Protocol::Push)?;
            socket.buffer_sent(buffer(spec))?;
            for index in 0..spec.inputs {
                socket.dial(&address(spec, index))?;
            }
            sender.sockets.push(socket);
        }
        Ok(sender)
    }

    fn open_input(spec: &Spec) -> Result<Receiver> {
        let socket = if is_paired(spec) {
            let socket = Socket::new(Protocol::Pair)?;
            socket.buffer_received(buffer(spec))?;
            socket
        } else {
            Socket::new(Protocol::Pull)?
        };
        socket.accept_any_size()?;
        socket.listen(&address(spec, spec.index))?;
        Ok(Receiver {
            socket,
            spin: spec.wait == Wait::Spin,
        })
    }
}

struct Sender {
    /// One for each input of a stream; one in all for everything else.
    sockets: Vec<Socket>,
    /// What goes to the first socket, while it is copied for the others.
    first: Vec<u8>,
}

impl Output for Sender {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        let [socket] = self.sockets.as_slice() else {
            self.first.resize(len, 0);
            fill(&mut self.first);
            for socket in &self.sockets {
                let message = Message::filled(len, |body| body.copy_from_slice(&self.first))?;
                socket.send(message)?;
            }
            return Ok(());
        };
        socket.send(Message::filled(len, fill)?)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        std::thread::sleep(LINGER);
    }
}

struct Receiver {
    socket: Socket,
    spin: bool,
}

impl Input for Receiver {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        loop {
            if let Some(message) = self.socket.receive(self.spin)? {
                each(message.bytes());
                return Ok(1);
            }
            std::thread::yield_now();
        }
    }
}

/// Whether each input has a pair of sockets of its own.
fn is_paired(spec: &Spec) -> bool {
    spec.pattern == Pattern::Stream && spec.outputs == 1
}

/// How many messages an end may keep.
fn buffer(spec: &Spec) -> i32 {
    (BUFFER_BYTES / spec.max_bytes.max(1)).clamp(1, BUFFER_MAX) as i32
}

/// Where input `index` listens.
fn address(spec: &Spec, index: u32) -> String {
    format!("ipc://{}/{}.{index}.nng", spec.dir.display(), spec.channel)
}

fn main() {
    harness::worker::<Nng>();
}
