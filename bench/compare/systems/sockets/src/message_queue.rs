//! POSIX message queues: one for each input, or one for all if messages are shared out.
//!
//! A queue holds 10 messages, the kernel's default limit: more needs an administrator. So do
//! messages above 8 KiB. The priority is 0 for all messages, which keeps their order.

use anyhow::{Context, Result, bail};
use harness::{Pattern, Spec, System, Wait};
use std::ffi::CString;
use std::io;

const MESSAGES: libc::c_long = 10;

pub struct MessageQueue;

impl System for MessageQueue {
    const NAME: &'static str = "mq";
    type Output = Output;
    type Input = Input;

    fn open_output(spec: &Spec) -> Result<Output> {
        let queues = match spec.pattern {
            Pattern::Stream => (0..spec.inputs)
                .map(|input| Queue::open(spec, input))
                .collect(),
            Pattern::Queue => Queue::open(spec, 0).map(|queue| vec![queue]),
        };
        Ok(Output {
            queues: queues?,
            buffer: vec![0; spec.max_bytes],
        })
    }

    fn open_input(spec: &Spec) -> Result<Input> {
        let input = match spec.pattern {
            Pattern::Stream => spec.index,
            Pattern::Queue => 0,
        };
        // A receiver must offer room for the largest message, even if it gets a small one.
        Ok(Input {
            queue: Queue::open(spec, input)?,
            buffer: vec![0; spec.max_bytes],
        })
    }
}

/// A queue that is open, for both directions; its name goes when an input does.
struct Queue {
    descriptor: libc::mqd_t,
    name: CString,
}

impl Queue {
    fn open(spec: &Spec, input: u32) -> Result<Self> {
        let unique = spec.dir.file_name().unwrap_or_default().to_string_lossy();
        let name = CString::new(format!("/{unique}-{}-{input}", spec.channel))?;
        let spinning = match spec.wait {
            Wait::Spin => libc::O_NONBLOCK,
            Wait::Block => 0,
        };
        let flags = libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC | spinning;
        // SAFETY: an mq_attr is plain numbers, for which zero is a value.
        let mut attributes: libc::mq_attr = unsafe { std::mem::zeroed() };
        attributes.mq_maxmsg = MESSAGES;
        attributes.mq_msgsize = spec.max_bytes as libc::c_long;
        let mode: libc::mode_t = 0o600;
        // SAFETY: `name` ends with a zero byte; with O_CREAT the call reads a mode and attributes,
        // which live until it has returned.
        let descriptor =
            unsafe { libc::mq_open(name.as_ptr(), flags, mode, &raw const attributes) };
        if descriptor < 0 {
            let bytes = spec.max_bytes;
            return Err(io::Error::last_os_error()).with_context(|| {
                format!("a queue of {MESSAGES} messages of {bytes} bytes cannot be opened")
            });
        }
        Ok(Self { descriptor, name })
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        // SAFETY: the descriptor is open, and the call reads no more than `bytes`.
        let status =
            unsafe { libc::mq_send(self.descriptor, bytes.as_ptr().cast(), bytes.len(), 0) };
        match status {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn receive(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let to = bytes.as_mut_ptr().cast();
        let none = std::ptr::null_mut();
        // SAFETY: the descriptor is open, the call writes no more than `bytes`, and a null pointer
        // says that nobody asks for the priority.
        let count = unsafe { libc::mq_receive(self.descriptor, to, bytes.len(), none) };
        match count {
            0.. => Ok(count as usize),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and not used after this.
        unsafe { libc::mq_close(self.descriptor) };
    }
}

pub struct Output {
    queues: Vec<Queue>,
    buffer: Vec<u8>,
}

impl harness::Output for Output {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        let bytes = &mut self.buffer[..len];
        fill(bytes);
        for queue in &self.queues {
            while let Err(error) = queue.send(bytes) {
                pause(error).context("sending failed")?;
            }
        }
        Ok(())
    }
}

pub struct Input {
    queue: Queue,
    buffer: Vec<u8>,
}

impl harness::Input for Input {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        loop {
            match self.queue.receive(&mut self.buffer) {
                Ok(count) => {
                    each(&self.buffer[..count]);
                    return Ok(1);
                }
                Err(error) => pause(error).context("receiving failed")?,
            }
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // SAFETY: the name ends with a zero byte. If another input of the same queue has removed
        // it already, the call fails and that is well.
        unsafe { libc::mq_unlink(self.queue.name.as_ptr()) };
    }
}

/// Between two tries.
fn pause(error: io::Error) -> Result<()> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => std::hint::spin_loop(),
        _ => bail!(error),
    }
    Ok(())
}
