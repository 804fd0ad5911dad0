//! One output to one input, several outputs, queues: a list, pushed at one side (LPUSH) and popped
//! at the other (BRPOP).
//!
//! LPUSH answers with the length of the list. When that is above a limit, the output waits until
//! the inputs have caught up.

use crate::server::{self, Server};
use anyhow::{Context, Result, bail};
use harness::{Pattern, Spec};
use redis::{Cmd, Connection, Pipeline, Value};
use std::time::Duration;

/// How many messages may lie in the list, and how many bytes.
const LENGTH_MAX: usize = 4096;
const LENGTH_BYTES: usize = 256 << 20;
/// How long to wait before looking again whether there is room.
const ROOM_PAUSE: Duration = Duration::from_micros(50);

pub struct Pusher {
    connection: Connection,
    key: String,
    length_max: u64,
}

impl Pusher {
    pub fn open(spec: &Spec) -> Result<Pusher> {
        let length_max = LENGTH_BYTES / spec.max_bytes.max(1);
        Ok(Pusher {
            connection: server::connect(&spec.dir)?,
            key: spec.channel.clone(),
            length_max: length_max.clamp(1, LENGTH_MAX) as u64,
        })
    }

    /// Adds the command for one message.
    pub fn add(&self, pipeline: &mut Pipeline, message: &[u8]) {
        pipeline.cmd("LPUSH").arg(&self.key).arg(message);
    }

    pub fn execute(&mut self, pipeline: &Pipeline) -> Result<()> {
        let lengths: Vec<u64> = pipeline.query(&mut self.connection).context("LPUSH")?;
        let mut length = lengths.last().copied().unwrap_or(0);
        while length > self.length_max {
            std::thread::sleep(ROOM_PAUSE);
            let mut command = redis::cmd("LLEN");
            command.arg(&self.key);
            length = command.query(&mut self.connection).context("LLEN")?;
        }
        Ok(())
    }
}

pub struct Popper {
    connection: Connection,
    command: Cmd,
    _server: Option<Server>,
}

impl Popper {
    pub fn open(spec: &Spec, server: Option<Server>, batch: usize) -> Result<Popper> {
        // A member of a queue takes one at a time, so that the others get their share.
        let batch = match spec.pattern {
            Pattern::Stream => batch,
            Pattern::Queue => 1,
        };
        // BRPOP for several at once: no limit of time, one list, from its right end.
        let mut command = redis::cmd("BLMPOP");
        command.arg(0).arg(1).arg(&spec.channel);
        command.arg("RIGHT").arg("COUNT").arg(batch);
        Ok(Popper {
            connection: server::connect(&spec.dir)?,
            command,
            _server: server,
        })
    }

    pub fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        let answer = self.command.query(&mut self.connection);
        // The name of the list, and what was popped from it.
        let (_, messages): (Value, Vec<Value>) = answer.context("BLMPOP")?;
        for message in &messages {
            let Value::BulkString(bytes) = message else {
                bail!("a message that is no string: {message:?}");
            };
            each(bytes);
        }
        Ok(messages.len())
    }
}
