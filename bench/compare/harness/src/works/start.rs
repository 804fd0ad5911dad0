//! From the first line of `main` to the first message at a receiver that was there before. Role a
//! is started anew for each sample; it takes no orders and ends by itself.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::content::word;
use crate::figures::Samples;
use crate::system::{Input, Output, System};
use crate::task::Task;
use crate::works::wake::{BYTES, send_stamped};
use anyhow::Result;

pub fn run<S: System>(task: &Task) -> Result<()> {
    match task.arguments.role {
        Role::A => send::<S>(task),
        Role::B => receive::<S>(task),
    }
}

fn send<S: System>(task: &Task) -> Result<()> {
    let mut output = S::open_output(&task.arguments.forward())?;
    output.settle()?;
    send_stamped::<S>(&mut output, 0, task.main_ns)?;
    task.protocol.done_at_once()
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&task.arguments.forward())?;
    let count = task.arguments.count;
    let mut samples = Samples::new(count as usize);
    task.protocol.ready()?;
    let mut taken = 0;
    let mut intact = true;
    while taken < count {
        input.receive(&mut |bytes| {
            samples.take(now_ns().saturating_sub(word(bytes, 1)));
            intact &= bytes.len() == BYTES && word(bytes, 0) == 0;
            taken += 1;
        })?;
    }
    let (figures, verified) = (samples.figures(), u32::from(intact));
    task.protocol.result(format_args!(
        "size={BYTES} unit=ns {figures} verified={verified}"
    ))?;
    task.protocol.done()
}
