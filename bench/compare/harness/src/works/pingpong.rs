//! Latency: a sends, b checks and answers with a message of its own, a checks. One message is on
//! the way at a time. Reported is half of each round trip.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::content::{Content, END, word};
use crate::figures::Samples;
use crate::system::{Input, Output, System};
use crate::task::Task;
use anyhow::Result;

const WARM_ROUNDS: u64 = 500;
/// Round trips of one size; a budget that would allow more ends early.
const ROUNDS_MAX: usize = 1 << 20;

pub fn run<S: System>(task: &Task) -> Result<()> {
    match task.arguments.role {
        Role::A => ask::<S>(task),
        Role::B => answer::<S>(task),
    }
}

fn ask<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&task.arguments.reverse())?;
    let mut output = S::open_output(&task.arguments.forward())?;
    let mut samples = Samples::new(ROUNDS_MAX);
    task.protocol.ready()?;
    output.settle()?;
    for &size in &task.arguments.sizes {
        let content = Content::new(size);
        let mut sequence = 0;
        let mut intact = true;
        while sequence < WARM_ROUNDS {
            intact &= round::<S>(&mut output, &mut input, &content, sequence)?;
            sequence += 1;
        }
        samples.clear();
        let end_ns = now_ns() + task.arguments.budget_ms * 1_000_000;
        loop {
            let from_ns = now_ns();
            intact &= round::<S>(&mut output, &mut input, &content, sequence)?;
            let to_ns = now_ns();
            sequence += 1;
            samples.take(to_ns - from_ns);
            if to_ns >= end_ns || samples.is_full() {
                break;
            }
        }
        output.send(size, |bytes| content.fill_end(bytes, sequence))?;
        output.flush()?;
        // The answer to the end: b has nothing of this size left.
        input.receive(&mut |_| {})?;
        let figures = samples.figures().divided(2.0);
        let verified = u32::from(intact);
        task.protocol.result(format_args!(
            "size={size} unit=ns {figures} verified={verified}"
        ))?;
    }
    task.protocol.done()
}

/// Whether the answer is what it must be.
#[inline]
fn round<S: System>(
    output: &mut S::Output,
    input: &mut S::Input,
    content: &Content,
    sequence: u64,
) -> Result<bool> {
    output.send(content.size(), |bytes| content.fill(bytes, sequence))?;
    output.flush()?;
    let mut intact = false;
    let count = input.receive(&mut |bytes| intact = content.is_intact(bytes, sequence))?;
    Ok(intact && count == 1)
}

fn answer<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&task.arguments.forward())?;
    task.protocol.ready()?;
    let mut output = S::open_output(&task.arguments.reverse())?;
    output.settle()?;
    for &size in &task.arguments.sizes {
        let content = Content::new(size);
        let mut next = 0;
        let mut ended = false;
        while !ended {
            let mut intact = true;
            let count = input.receive(&mut |bytes| match word(bytes, 0) {
                END => ended = true,
                _ => intact &= content.is_intact(bytes, next),
            })?;
            // A damaged question gets an answer that a takes for damage.
            let sequence = if intact && count == 1 { next } else { END - 1 };
            output.send(size, |bytes| content.fill(bytes, sequence))?;
            output.flush()?;
            next += 1;
        }
    }
    task.protocol.done()
}
