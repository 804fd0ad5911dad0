//! Messages over files that carry bytes: 8 bytes of length, then the message.
//!
//! One message is one `write`. One `read` takes as much as there is, so a receiver that lags
//! behind gets many messages with one call.

use crate::waiting::{Readiness, Watch, add_flags};
use anyhow::{Context, Result, bail, ensure};
use harness::{Pattern, Spec, Wait};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;

/// The length, as wide as a word, so that the words of a message are aligned.
const HEAD_BYTES: usize = 8;
/// What a system is asked to buffer, and the least that a receiver takes at once.
pub const BUFFER_BYTES: usize = 1 << 20;

/// The sending end: a file for each input, or one that all inputs share.
pub struct Output {
    files: Vec<File>,
    buffer: Vec<u8>,
    pattern: Pattern,
    wait: Wait,
    /// The file whose turn it is when messages are shared out.
    turn: usize,
}

impl Output {
    pub fn new(files: Vec<File>, spec: &Spec) -> Result<Self> {
        let is_shared_out = spec.pattern == Pattern::Queue && files.len() > 1;
        if is_shared_out || spec.wait == Wait::Spin {
            // An input whose buffer is full must not keep the others waiting.
            files
                .iter()
                .try_for_each(|file| add_flags(file, libc::O_NONBLOCK))?;
        }
        let buffer = vec![0; HEAD_BYTES + spec.max_bytes];
        Ok(Self {
            files,
            buffer,
            pattern: spec.pattern,
            wait: spec.wait,
            turn: 0,
        })
    }

    /// Gives the first `bytes` of the buffer to the next input that has room.
    fn share_out(&mut self, bytes: usize) -> Result<()> {
        loop {
            for _ in 0..self.files.len() {
                let file = self.turn;
                self.turn = (self.turn + 1) % self.files.len();
                match (&self.files[file]).write(&self.buffer[..bytes]) {
                    Ok(written) => return self.write_all(file, written, bytes),
                    Err(error) if is_full(&error) => {}
                    Err(error) => return Err(error).context("sending failed"),
                }
            }
            if self.wait == Wait::Block {
                Watch::of(self.files.iter().map(File::as_raw_fd), Readiness::Write).wait()?;
            }
        }
    }

    fn write_all(&self, file: usize, from: usize, to: usize) -> Result<()> {
        let mut file = &self.files[file];
        let mut rest = &self.buffer[from..to];
        while !rest.is_empty() {
            match file.write(rest) {
                Ok(0) => bail!("a connection accepts nothing any more"),
                Ok(written) => rest = &rest[written..],
                Err(error) if is_full(&error) => match self.wait {
                    Wait::Spin => std::hint::spin_loop(),
                    Wait::Block => {
                        let files = std::iter::once(file.as_raw_fd());
                        Watch::of(files, Readiness::Write).wait()?;
                    }
                },
                Err(error) => return Err(error).context("sending failed"),
            }
        }
        Ok(())
    }
}

impl harness::Output for Output {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        let bytes = HEAD_BYTES + len;
        self.buffer[..HEAD_BYTES].copy_from_slice(&(len as u64).to_le_bytes());
        fill(&mut self.buffer[HEAD_BYTES..bytes]);
        if self.pattern == Pattern::Queue && self.files.len() > 1 {
            return self.share_out(bytes);
        }
        (0..self.files.len()).try_for_each(|file| self.write_all(file, 0, bytes))
    }
}

/// Waits for the next connection.
pub type Accept = Box<dyn FnMut() -> Result<File>>;

/// The receiving end: a connection from each output.
pub struct Input {
    /// None if all connections there will be are there from the start.
    accept: Option<Accept>,
    outputs: usize,
    connections: Vec<Connection>,
    /// The same connections, to sleep on if there are several.
    watch: Watch,
    message_bytes: usize,
    wait: Wait,
}

impl Input {
    /// Connections come when they are accepted, which is when something is first received.
    pub fn listening(accept: Accept, spec: &Spec) -> Self {
        Self {
            accept: Some(accept),
            outputs: spec.outputs as usize,
            connections: Vec::new(),
            watch: Watch::default(),
            message_bytes: HEAD_BYTES + spec.max_bytes,
            wait: spec.wait,
        }
    }

    /// These are all connections.
    pub fn connected(files: Vec<File>, spec: &Spec) -> Result<Self> {
        let mut input = Self {
            accept: None,
            outputs: files.len(),
            connections: Vec::new(),
            watch: Watch::default(),
            message_bytes: HEAD_BYTES + spec.max_bytes,
            wait: spec.wait,
        };
        files.into_iter().try_for_each(|file| input.add(file))?;
        Ok(input)
    }

    fn add(&mut self, file: File) -> Result<()> {
        if self.wait == Wait::Spin {
            add_flags(&file, libc::O_NONBLOCK)?;
        }
        self.connections
            .push(Connection::new(file, self.message_bytes));
        self.watch_all();
        Ok(())
    }

    fn watch_all(&mut self) {
        let files = self
            .connections
            .iter()
            .map(|connection| connection.file.as_raw_fd());
        self.watch = Watch::of(files, Readiness::Read);
    }

    /// Takes what there is; waits for it unless spinning.
    fn take(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let is_watched = self.wait == Wait::Block && self.connections.len() > 1;
        if is_watched {
            self.watch.wait()?;
        }
        let mut count = 0;
        let mut closed = None;
        for (index, connection) in self.connections.iter_mut().enumerate() {
            if is_watched && !self.watch.is_ready(index) {
                continue;
            }
            match connection.take(each)? {
                Taken::Messages(messages) => count += messages,
                Taken::Closed => closed = Some(index),
            }
        }
        if let Some(index) = closed {
            ensure!(self.accept.is_some(), "the other end has been closed");
            self.connections.swap_remove(index);
            self.watch_all();
        }
        Ok(count)
    }
}

impl harness::Input for Input {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        loop {
            // Also later on: an output that has gone may be followed by another.
            while self.connections.len() < self.outputs {
                let accept = self.accept.as_mut().context("an output has gone")?;
                let file = accept()?;
                self.add(file)?;
            }
            let count = self.take(each)?;
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

/// One file to read from, and what has been read but is not yet a whole message.
struct Connection {
    file: File,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
}

enum Taken {
    Messages(usize),
    Closed,
}

impl Connection {
    fn new(file: File, message_bytes: usize) -> Self {
        let buffer = vec![0; BUFFER_BYTES.max(message_bytes)];
        Self {
            file,
            buffer,
            from: 0,
            to: 0,
        }
    }

    /// Reads once, and passes on the messages that are complete then.
    fn take(&mut self, each: &mut impl FnMut(&[u8])) -> Result<Taken> {
        match self.file.read(&mut self.buffer[self.to..]) {
            Ok(0) => return Ok(Taken::Closed),
            Ok(count) => self.to += count,
            Err(error) if is_full(&error) => {
                std::hint::spin_loop();
                return Ok(Taken::Messages(0));
            }
            Err(error) => return Err(error).context("receiving failed"),
        }
        let mut count = 0;
        while let Some(len) = self.message_bytes()? {
            let from = self.from + HEAD_BYTES;
            each(&self.buffer[from..from + len]);
            self.from = from + len;
            count += 1;
        }
        self.make_room();
        Ok(Taken::Messages(count))
    }

    /// The length of the next message, if all of it is there.
    fn message_bytes(&self) -> Result<Option<usize>> {
        let rest = &self.buffer[self.from..self.to];
        let Some((head, rest)) = rest.split_first_chunk::<HEAD_BYTES>() else {
            return Ok(None);
        };
        let len = u64::from_le_bytes(*head) as usize;
        ensure!(
            len <= self.buffer.len() - HEAD_BYTES,
            "a message of {len} bytes came, which is more than was agreed"
        );
        Ok((len <= rest.len()).then_some(len))
    }

    /// Moves the beginning of a message to the front if it would be cut off at the end.
    fn make_room(&mut self) {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        } else if self.to == self.buffer.len() || self.from > self.buffer.len() / 2 {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
