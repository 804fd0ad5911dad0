//! Sharing out: a sends, each message goes to one of several b. Every b reports how many it got and
//! the sum of their sequences; the runner sees whether that adds up to all of them, once each.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::content::{Content, END, word};
use crate::system::{Input, Output, Pattern, Spec, System};
use crate::task::Task;
use crate::works::stream::{acknowledge, await_acknowledgements, send_for};
use anyhow::{Result, ensure};
use std::time::Duration;

/// How long before a sends the ends: longer than it takes every b to come to the end of what the
/// system holds for it, so that a system that shares out in turn gives one end to each.
const DRAIN_MS: u64 = 100;
/// How long between one end and the next, so that whoever has taken one is no longer waiting.
const ENDS_APART_MS: u64 = 2;
/// The clock is read once in as many messages; the last reading is when a b was finished.
const MESSAGES_PER_LOOK: u64 = 16;

pub fn run<S: System>(task: &Task) -> Result<()> {
    match task.arguments.role {
        Role::A => send::<S>(task),
        Role::B => receive::<S>(task),
    }
}

fn forward(task: &Task) -> Spec {
    Spec {
        pattern: Pattern::Queue,
        ..task.arguments.forward()
    }
}

fn send<S: System>(task: &Task) -> Result<()> {
    let inputs = task.arguments.inputs;
    let mut input = S::open_input(&task.arguments.reverse())?;
    let mut output = S::open_output(&forward(task))?;
    task.protocol.ready()?;
    output.settle()?;
    for &size in &task.arguments.sizes {
        let content = Content::new(size);
        let (start_ns, count) =
            send_for::<S>(&mut output, &content, None, task.arguments.budget_ms)?;
        output.flush()?;
        std::thread::sleep(Duration::from_millis(DRAIN_MS));
        for _ in 0..inputs {
            output.send(size, |bytes| content.fill_end(bytes, count))?;
            output.flush()?;
            std::thread::sleep(Duration::from_millis(ENDS_APART_MS));
        }
        await_acknowledgements::<S>(&mut input, inputs)?;
        let sum = (0..count).fold(0, u64::wrapping_add);
        task.protocol.result(format_args!(
            "size={size} start_ns={start_ns} count={count} sum={sum}"
        ))?;
    }
    task.protocol.done()
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&forward(task))?;
    task.protocol.ready()?;
    let mut output = S::open_output(&task.arguments.reverse())?;
    output.settle()?;
    for &size in &task.arguments.sizes {
        let content = Content::new(size);
        let share = take_share::<S>(&mut input, &content)?;
        task.protocol.result(format_args!(
            "size={size} end_ns={} count={} sum={} verified={}",
            share.end_ns,
            share.count,
            share.sum,
            u32::from(share.intact)
        ))?;
        acknowledge::<S>(&mut output, task.arguments.index)?;
    }
    task.protocol.done()
}

/// What one b got of one size.
struct Share {
    count: u64,
    sum: u64,
    end_ns: u64,
    intact: bool,
}

fn take_share<S: System>(input: &mut S::Input, content: &Content) -> Result<Share> {
    let mut share = Share {
        count: 0,
        sum: 0,
        end_ns: now_ns(),
        intact: true,
    };
    // The least sequence that may come: the order of one sender holds for each receiver.
    let mut least = 0;
    let mut ends = 0;
    while ends == 0 {
        input.receive(&mut |bytes| {
            let sequence = word(bytes, 0);
            if sequence == END {
                ends += 1;
                return;
            }
            share.intact &= ends == 0 && sequence >= least && content.is_intact(bytes, sequence);
            least = sequence.saturating_add(1);
            share.sum = share.sum.wrapping_add(sequence);
            share.count += 1;
            if share.count.is_multiple_of(MESSAGES_PER_LOOK) {
                share.end_ns = now_ns();
            }
        })?;
    }
    ensure!(
        ends == 1,
        "{ends} of the messages that end a size came to one receiver"
    );
    Ok(share)
}
