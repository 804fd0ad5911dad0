//! Worker of the comparison for what the machine can do at best: yardsticks and not systems.
//!
//! They have no names, no second sender, no check of what they read, and do not survive anything.
//!
//! | system | work | is |
//! |---|---|---|
//! | `bounce` | pingpong | one cache line, looked at in a tight loop |
//! | `futex` | pingpong, wake | the same line, slept on |
//! | `ring` | stream | a ring of one sender and one receiver, one store for each message |
//! | `memcpy` | frame | copied into a shared buffer, a line that says so, and copied out |

mod mailbox;
mod ring;
mod shared;

use anyhow::{Result, bail};
use harness::{Kind, Task};
use mailbox::Mailbox;
use ring::Ring;

fn main() {
    harness::worker_of(choose);
}

fn choose(task: &Task) -> Result<()> {
    let arguments = &task.arguments;
    match (task.system(), arguments.work.as_str()) {
        ("bounce", "pingpong") => task.run::<Mailbox<{ mailbox::BOUNCE }>>(),
        ("futex", "pingpong" | "wake") => task.run::<Mailbox<{ mailbox::FUTEX }>>(),
        ("ring", "stream") => task.run::<Ring<{ ring::RING }>>(),
        ("memcpy", "frame") => match arguments.kind {
            Kind::Follow => task.run::<Ring<{ ring::MEMCPY }>>(),
            _ => task.run::<Mailbox<{ mailbox::MEMCPY }>>(),
        },
        (system, work) => bail!("there is no limit {system:?} for the work {work}"),
    }
}
