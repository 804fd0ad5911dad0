//! What a process does with a signal when it dies.

use super::page::Page;
use super::scenes::{Held, Scene, World};
use super::signal::Signal;
use super::stage::{NOW, SIGNAL, Stage};
use simpleipc::Status;
use std::time::Duration;

/// Longer than a look, and than the first slice of a sleep.
const MOMENT: Option<Duration> = Some(Duration::from_millis(60));

/// Among a notifier and a waiter.
const LIVELY: Scene = Scene {
    name: "",
    world: lively,
    services: &[],
    role: |_| Box::new(()),
};

/// Where nobody is, and nothing.
const DESERTED: Scene = Scene {
    world: |_| Ok(World::Signal(Box::new(Signal::deserted()))),
    ..LIVELY
};

/// A new way to notify or to wait needs a scene here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "signal: create it, as notifier",
        role: |stage| {
            stage.begin();
            Box::new(stage.notifier())
        },
        ..DESERTED
    },
    Scene {
        name: "signal: create it, as waiter",
        role: |stage| {
            stage.begin();
            Box::new(stage.waiter())
        },
        ..DESERTED
    },
    Scene {
        name: "signal: create it, notify, and go",
        role: |stage| {
            stage.begin();
            let mut notifier = stage.notifier();
            stage.notify(|| notifier.notify());
            drop(notifier);
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "signal: join, waiter",
        role: |stage| {
            stage.begin();
            Box::new(stage.waiter())
        },
        ..LIVELY
    },
    Scene {
        name: "signal: notify",
        role: |stage| notifies(stage, 0),
        ..LIVELY
    },
    Scene {
        name: "signal: notify, more often than a lane holds",
        role: |stage| notifies(stage, 2_000),
        ..LIVELY
    },
    Scene {
        name: "signal: notify and wait, without a handle",
        role: |stage| {
            stage.go_there();
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || simpleipc::wait(SIGNAL, NOW));
            stage.notify(|| simpleipc::notify(SIGNAL));
            let count = stage.insist(|| simpleipc::wait(SIGNAL, NOW));
            assert_eq!(count, Ok(1));
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "signal: wait",
        services: &[
            |world, _| world.signal()?.notify(1),
            |world, _| world.signal()?.notify(2_000),
        ],
        role: |stage| {
            let mut waiter = stage.waiter();
            stage.ask();
            stage.begin();
            assert_eq!(stage.insist(|| waiter.wait(NOW)), Ok(1));
            stage.ask();
            assert_eq!(stage.insist(|| waiter.wait(NOW)), Ok(2_000));
            Box::new(waiter)
        },
        ..LIVELY
    },
    Scene {
        name: "signal: wait in vain",
        role: |stage| {
            let mut waiter = stage.waiter();
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || waiter.wait(MOMENT));
            Box::new(waiter)
        },
        ..LIVELY
    },
    Scene {
        name: "signal: leave, notifier",
        role: |stage| {
            let mut notifier = stage.notifier();
            stage.notify(|| notifier.notify());
            stage.begin();
            drop(notifier);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "signal: leave, waiter",
        role: |stage| {
            let waiter = stage.waiter();
            stage.begin();
            drop(waiter);
            Box::new(())
        },
        ..LIVELY
    },
];

fn lively(_: &Page) -> Result<World, String> {
    let mut signal = Signal::deserted();
    signal.join()?;
    Ok(World::Signal(Box::new(signal)))
}

/// Notifies so often, and then a few times that count.
fn notifies(stage: &Stage, before: u64) -> Held {
    let mut notifier = stage.notifier();
    for _ in 0..before {
        stage.notify(|| notifier.notify());
    }
    stage.begin();
    for _ in 0..3 {
        stage.notify(|| notifier.notify());
    }
    Box::new(notifier)
}
