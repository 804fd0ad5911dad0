//! What waiting costs: b waits in `receive` for a second, all threads of its process included.

use crate::arguments::Role;
use crate::clock::now_ns;
use crate::system::{Input, Output, System, Wait};
use crate::task::Task;
use crate::works::wake::send_stamped;
use anyhow::{Result, ensure};
use std::time::Duration;

const WAIT_MS: u64 = 1000;

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
    // The first one connects, so that b then waits for a message and not for a connection.
    send_stamped::<S>(&mut output, 0, now_ns())?;
    let wait_ms = match task.arguments.gap_ms {
        0 => WAIT_MS,
        gap_ms => gap_ms,
    };
    std::thread::sleep(Duration::from_millis(wait_ms));
    send_stamped::<S>(&mut output, 1, now_ns())?;
    task.protocol.done()
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let mut forward = task.arguments.forward();
    forward.wait = Wait::Block;
    let mut input = S::open_input(&forward)?;
    task.protocol.ready()?;
    let first = input.receive(&mut |_| {})?;
    ensure!(first == 1, "{first} messages came where one was sent");
    let (from, from_ns) = (Usage::now()?, now_ns());
    input.receive(&mut |_| {})?;
    let (to, to_ns) = (Usage::now()?, now_ns());
    let cpu_ns = to.cpu_ns - from.cpu_ns;
    let switches = to.switches - from.switches;
    let seconds = (to_ns - from_ns) as f64 / 1e9;
    task.protocol.result(format_args!(
        "cpu_ns={cpu_ns} switches={switches} seconds={seconds:.3} verified=1"
    ))?;
    task.protocol.done()
}

/// What this process has used so far.
struct Usage {
    cpu_ns: u64,
    switches: u64,
}

impl Usage {
    fn now() -> Result<Self> {
        // SAFETY: a rusage is plain numbers, for which zero is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: `usage` is ours, and the call only fills it in.
        let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
        ensure!(
            status == 0,
            "getrusage failed: {}",
            std::io::Error::last_os_error()
        );
        let ns =
            |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
        Ok(Self {
            cpu_ns: ns(usage.ru_utime) + ns(usage.ru_stime),
            switches: (usage.ru_nvcsw + usage.ru_nivcsw) as u64,
        })
    }
}
