//! Throughput: a sends as fast as it can, b takes and checks everything. The same work with several
//! b is `fanout` (each gets every message), with several a `producers` (b gets all of theirs, and
//! word 1 of a message names its producer).
//!
//! A size ends with a message that says so; b acknowledges it before a begins with the next size.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::content::{Content, END, word};
use crate::system::{Input, Output, System};
use crate::task::Task;
use anyhow::{Result, ensure};

/// The clock is read once in as many messages, or in as many bytes if that is sooner.
const MESSAGES_PER_LOOK: u64 = 256;
const BYTES_PER_LOOK: usize = 1 << 20;

pub fn run<S: System>(task: &Task) -> Result<()> {
    match task.arguments.role {
        Role::A => send::<S>(task),
        Role::B => receive::<S>(task),
    }
}

fn send<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&task.arguments.reverse())?;
    let mut output = S::open_output(&task.arguments.forward())?;
    task.protocol.ready()?;
    output.settle()?;
    send_sizes::<S>(task, &mut output, &mut input)?;
    task.protocol.done()
}

/// All sizes, one after the other, a line of results for each.
pub fn send_sizes<S: System>(
    task: &Task,
    output: &mut S::Output,
    input: &mut S::Input,
) -> Result<()> {
    let mark = (task.arguments.work == "producers").then_some(u64::from(task.arguments.index));
    for &size in &task.arguments.sizes {
        ensure!(
            mark.is_none() || size >= 24,
            "size {size} has no room for the producer's number"
        );
        let content = Content::new(size);
        let (start_ns, count) = send_for::<S>(output, &content, mark, task.arguments.budget_ms)?;
        output.send(size, |bytes| content.fill_end(bytes, count))?;
        output.flush()?;
        await_acknowledgements::<S>(input, task.arguments.inputs)?;
        task.protocol.result(format_args!(
            "size={size} start_ns={start_ns} count={count}"
        ))?;
    }
    Ok(())
}

/// Sends as fast as it goes for this long: since when, and how many.
pub fn send_for<S: System>(
    output: &mut S::Output,
    content: &Content,
    mark: Option<u64>,
    budget_ms: u64,
) -> Result<(u64, u64)> {
    let size = content.size();
    let burst = messages_per_look(size);
    let start_ns = now_ns();
    let end_ns = start_ns + budget_ms * 1_000_000;
    let mut count = 0;
    while now_ns() < end_ns {
        for sequence in count..count + burst {
            match mark {
                None => output.send(size, |bytes| content.fill(bytes, sequence))?,
                Some(mark) => {
                    output.send(size, |bytes| content.fill_marked(bytes, sequence, mark))?;
                }
            }
        }
        count += burst;
    }
    Ok((start_ns, count))
}

/// One message from each input of the other channel.
pub fn await_acknowledgements<S: System>(input: &mut S::Input, inputs: u32) -> Result<()> {
    let mut missing = inputs as usize;
    while missing > 0 {
        missing = missing.saturating_sub(input.receive(&mut |_| {})?);
    }
    Ok(())
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&task.arguments.forward())?;
    task.protocol.ready()?;
    let mut output = S::open_output(&task.arguments.reverse())?;
    output.settle()?;
    receive_sizes::<S>(task, &mut input, &mut output)?;
    task.protocol.done()
}

/// All sizes, one after the other, a line of results for each.
pub fn receive_sizes<S: System>(
    task: &Task,
    input: &mut S::Input,
    output: &mut S::Output,
) -> Result<()> {
    for &size in &task.arguments.sizes {
        let content = Content::new(size);
        let (count, intact) = match task.arguments.work.as_str() {
            "producers" => take_marked::<S>(input, &content, task.arguments.outputs)?,
            _ => take_all::<S>(input, &content)?,
        };
        let end_ns = now_ns();
        let verified = u32::from(intact);
        task.protocol.result(format_args!(
            "size={size} end_ns={end_ns} count={count} verified={verified}"
        ))?;
        acknowledge::<S>(output, task.arguments.index)?;
    }
    Ok(())
}

/// Tells a that this input has seen the end.
pub fn acknowledge<S: System>(output: &mut S::Output, index: u32) -> Result<()> {
    let content = Content::new(16);
    output.send(16, |bytes| content.fill(bytes, u64::from(index)))?;
    output.flush()
}

/// Everything up to the end: how much, and whether it was what was sent.
fn take_all<S: System>(input: &mut S::Input, content: &Content) -> Result<(u64, bool)> {
    let mut count = 0;
    let mut intact = true;
    let mut ended = false;
    while !ended {
        input.receive(&mut |bytes| {
            if word(bytes, 0) == END {
                ended = true;
                intact &= bytes.len() < 16 || word(bytes, 1) == count;
            } else {
                intact &= content.is_intact(bytes, count);
                count += 1;
            }
        })?;
    }
    Ok((count, intact))
}

/// The same from several producers, each of which has sequences of its own.
fn take_marked<S: System>(
    input: &mut S::Input,
    content: &Content,
    producers: u32,
) -> Result<(u64, bool)> {
    let mut next = vec![0; producers as usize];
    let mut sent = 0_u64;
    let mut intact = true;
    let mut ends = 0;
    while ends < producers {
        input.receive(&mut |bytes| {
            let mark = word(bytes, 1);
            if word(bytes, 0) == END {
                ends += 1;
                sent = sent.wrapping_add(mark);
            } else if let Some(next) = next.get_mut(mark as usize) {
                intact &= content.is_intact_marked(bytes, *next, mark);
                *next += 1;
            } else {
                intact = false;
            }
        })?;
    }
    let count = next.iter().sum();
    Ok((count, intact && count == sent))
}

fn messages_per_look(size: usize) -> u64 {
    ((BYTES_PER_LOOK / size) as u64).clamp(1, MESSAGES_PER_LOOK)
}
