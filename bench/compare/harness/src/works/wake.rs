//! How long until a sleeping receiver has the message: a sleeps between messages, b in `receive`.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::content::word;
use crate::figures::Samples;
use crate::system::{Input, Output, System, Wait};
use crate::task::Task;
use anyhow::Result;
use std::time::Duration;

/// The sequence, and when it was sent.
pub const BYTES: usize = 16;
/// The first ones connect; they do not count.
const WARM: usize = 2;

pub fn run<S: System>(task: &Task) -> Result<()> {
    match task.arguments.role {
        Role::A => send::<S>(task),
        Role::B => receive::<S>(task),
    }
}

fn send<S: System>(task: &Task) -> Result<()> {
    let mut output = S::open_output(&task.arguments.forward())?;
    task.protocol.ready()?;
    output.settle()?;
    for sequence in 0..task.arguments.count {
        std::thread::sleep(Duration::from_millis(task.arguments.gap_ms));
        send_stamped::<S>(&mut output, sequence, now_ns())?;
    }
    task.protocol.done()
}

/// A message of two words.
pub fn send_stamped<S: System>(output: &mut S::Output, sequence: u64, stamp: u64) -> Result<()> {
    output.send(BYTES, |bytes| {
        let (first, second) = bytes.split_at_mut(8);
        first.copy_from_slice(&sequence.to_le_bytes());
        second.copy_from_slice(&stamp.to_le_bytes());
    })?;
    output.flush()
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let mut forward = task.arguments.forward();
    forward.wait = Wait::Block;
    let mut input = S::open_input(&forward)?;
    let count = task.arguments.count;
    let mut samples = Samples::new(count as usize);
    task.protocol.ready()?;
    let mut next = 0;
    let mut intact = true;
    while next < count {
        input.receive(&mut |bytes| {
            samples.take(now_ns().saturating_sub(word(bytes, 1)));
            intact &= bytes.len() == BYTES && word(bytes, 0) == next;
            next += 1;
        })?;
    }
    let figures = samples.figures_after(WARM);
    let verified = u32::from(intact);
    task.protocol.result(format_args!(
        "size={BYTES} unit=ns {figures} verified={verified}"
    ))?;
    task.protocol.done()
}
