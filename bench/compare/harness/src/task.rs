//! What one worker process has been asked to do, and its `main`.

use crate::arguments::Arguments;
use crate::clock::now_ns;
use crate::protocol::Protocol;
use crate::system::System;
use crate::works;
use anyhow::{Result, bail, ensure};

/// One work, in one role, with one system.
#[derive(Debug)]
pub struct Task {
    pub arguments: Arguments,
    pub protocol: Protocol,
    /// When `main` began.
    pub main_ns: u64,
}

impl Task {
    /// The name of the system asked for; empty if the worker may choose.
    pub fn system(&self) -> &str {
        &self.arguments.system
    }

    /// Does the work with this system.
    pub fn run<S: System>(&self) -> Result<()> {
        let name = self.system();
        ensure!(
            name.is_empty() || name == S::NAME,
            "this is a worker of {}, not {name}",
            S::NAME
        );
        match self.arguments.work.as_str() {
            "pingpong" => works::pingpong::run::<S>(self),
            "wake" => works::wake::run::<S>(self),
            "stream" | "fanout" | "producers" => works::stream::run::<S>(self),
            "queue" => works::queue::run::<S>(self),
            "frame" => works::frame::run::<S>(self),
            "start" => works::start::run::<S>(self),
            "idle" => works::idle::run::<S>(self),
            "hold" => works::hold::run::<S>(self),
            work => bail!("there is no work {work} for {}", S::NAME),
        }
    }
}

/// The `main` of a worker with one system.
pub fn worker<S: System>() {
    let main_ns = now_ns();
    carry_out(main_ns, |task| task.run::<S>());
}

/// The `main` of a worker with several systems, or with works of its own.
pub fn worker_of(choose: impl FnOnce(&Task) -> Result<()>) {
    let main_ns = now_ns();
    carry_out(main_ns, choose);
}

fn carry_out(main_ns: u64, choose: impl FnOnce(&Task) -> Result<()>) {
    let outcome = Arguments::parse(std::env::args().skip(1)).and_then(|arguments| {
        choose(&Task {
            arguments,
            protocol: Protocol,
            main_ns,
        })
    });
    if let Err(error) = outcome {
        Protocol.error(&error);
        std::process::exit(1);
    }
}
