//! Both ends are open and do nothing, so that the runner can look at the memory they take; with
//! sizes, after those have been streamed.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::system::{Input, Output, System};
use crate::task::Task;
use crate::works::stream::{receive_sizes, send_sizes};
use crate::works::wake::send_stamped;
use anyhow::Result;

pub fn run<S: System>(task: &Task) -> Result<()> {
    match task.arguments.role {
        Role::A => send::<S>(task),
        Role::B => receive::<S>(task),
    }
}

fn send<S: System>(task: &Task) -> Result<()> {
    let arguments = &task.arguments;
    let mut input = match arguments.sizes.is_empty() {
        true => None,
        false => Some(S::open_input(&arguments.reverse())?),
    };
    let mut output = S::open_output(&arguments.forward())?;
    task.protocol.ready()?;
    output.settle()?;
    match &mut input {
        Some(input) => send_sizes::<S>(task, &mut output, input)?,
        // One message, because some systems connect only when there is something to receive.
        None => send_stamped::<S>(&mut output, 0, now_ns())?,
    }
    task.protocol.done()
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let mut input = S::open_input(&task.arguments.forward())?;
    task.protocol.ready()?;
    if task.arguments.sizes.is_empty() {
        input.receive(&mut |_| {})?;
        return task.protocol.done();
    }
    let mut output = S::open_output(&task.arguments.reverse())?;
    output.settle()?;
    receive_sizes::<S>(task, &mut input, &mut output)?;
    task.protocol.done()
}
