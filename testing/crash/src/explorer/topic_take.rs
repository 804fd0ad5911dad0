//! Topics: taking messages, holding them, and waiting for them.

use super::page::Page;
use super::scenes::{Checked, Held, Scene, World};
use super::stage::{NOW, Stage, TOPIC};
use super::topic::DEPTH;
use super::topic_scenes::{LIVELY, MOMENT, publish_medium, waits_in_vain, with_history};
use crate::ledger;
use simpleipc::{Options, Status, Subscriber, wait_any};
use std::time::Duration;

/// Longer than the first slice of a sleep.
const SLICE: Option<Duration> = Some(Duration::from_millis(60));

/// A new way to take messages needs a scene here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "topic: repair, as subscriber that sleeps",
        services: &[|world, page| {
            world.bury(page, |stage| {
                let mut publisher = stage.publisher();
                stage.publish(&mut publisher, 20_000);
                let loan = stage.loan(&mut publisher, 5_000);
                Box::new((publisher, loan))
            })?;
            world.topic()?.drain()
        }],
        role: |stage| {
            let mut subscriber = stage.lossless();
            stage.ask();
            stage.take(&mut subscriber);
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || subscriber.receive_timeout(SLICE));
            Box::new(subscriber)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: take, one line",
        services: &[|world, _| world.topic()?.publish(20)],
        role: |stage| takes(stage, stage.lossless(), 1),
        ..LIVELY
    },
    Scene {
        name: "topic: take, two lines",
        services: &[|world, _| (0..5).try_for_each(|_| world.topic()?.publish(96))],
        role: |stage| takes(stage, stage.lossless(), 5),
        ..LIVELY
    },
    Scene {
        name: "topic: take, medium",
        services: &[publish_medium],
        role: |stage| takes(stage, stage.subscriber(), 1),
        ..LIVELY
    },
    Scene {
        name: "topic: take, medium, lossless",
        services: &[publish_medium],
        role: |stage| takes(stage, stage.lossless(), 1),
        ..LIVELY
    },
    Scene {
        name: "topic: take, large",
        services: &[|world, _| world.topic()?.publish(20_000)],
        role: |stage| takes(stage, stage.subscriber(), 1),
        ..LIVELY
    },
    Scene {
        name: "topic: take, large, lossless",
        services: &[|world, _| world.topic()?.publish(20_000)],
        role: |stage| takes(stage, stage.lossless(), 1),
        ..LIVELY
    },
    Scene {
        name: "topic: hold messages while the cursor moves",
        services: &[|world, _| {
            let sizes = [5_000, 20, 5_000, 20];
            sizes
                .iter()
                .try_for_each(|bytes| world.topic()?.publish(*bytes))
        }],
        role: |stage| {
            let mut subscriber = stage.lossless();
            stage.ask();
            stage.begin();
            let first = stage.take(&mut subscriber);
            drop(stage.take(&mut subscriber));
            let third = stage.take(&mut subscriber);
            drop(first);
            drop(stage.take(&mut subscriber));
            drop(third);
            let nothing = subscriber.receive_timeout(NOW);
            Box::new((subscriber, nothing.is_err()))
        },
        ..LIVELY
    },
    Scene {
        name: "topic: hold a message while others are published",
        services: &[publish_medium, publish_much],
        role: |stage| holds(stage, stage.subscriber()),
        ..LIVELY
    },
    Scene {
        name: "topic: hold a message while others are published, lossless",
        services: &[publish_medium, |world, _| {
            (0..DEPTH / 2).try_for_each(|_| world.topic()?.publish(5_000))?;
            world.topic()?.drain()
        }],
        role: |stage| holds(stage, stage.lossless()),
        ..LIVELY
    },
    Scene {
        name: "topic: take each of several",
        services: &[|world, _| {
            let sizes = [20, 5_000, 96, 20_000];
            sizes
                .iter()
                .try_for_each(|bytes| world.topic()?.publish(*bytes))
        }],
        role: |stage| {
            let mut subscriber = stage.lossless();
            stage.ask();
            stage.begin();
            let mut count = 0;
            while count < 4 {
                let more = stage.insist(|| subscriber.receive_each(NOW, 8, |_| ()));
                count += more.expect("messages");
            }
            assert_eq!(count, 4);
            Box::new(subscriber)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: take, after missing some",
        services: &[publish_much],
        role: |stage| takes(stage, stage.subscriber(), 2),
        ..LIVELY
    },
    Scene {
        name: "topic: take the latest",
        services: &[|world, _| {
            let sizes = [5_000, 20, 5_000];
            sizes
                .iter()
                .try_for_each(|bytes| world.topic()?.publish(*bytes))
        }],
        role: |stage| {
            let latest = Options {
                latest: true,
                ..stage.options.clone()
            };
            let subscriber = stage.insist(|| Subscriber::open(TOPIC, &latest));
            takes(stage, subscriber.expect("it joins"), 1)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: take history",
        services: &[publish_medium],
        role: |stage| takes(stage, with_history(stage), 2),
        ..LIVELY
    },
    Scene {
        name: "topic: wait in vain",
        role: waits_in_vain,
        ..LIVELY
    },
    Scene {
        name: "topic: wait for several in vain",
        role: |stage| {
            let (mut one, mut other) = (stage.lossless(), stage.subscriber());
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || {
                wait_any(&mut [&mut one, &mut other], 0, MOMENT)
            });
            Box::new((one, other))
        },
        ..LIVELY
    },
    Scene {
        name: "topic: wait, until a signal comes",
        role: |stage| waits_for_a_signal(stage, stage.lossless()),
        ..LIVELY
    },
    Scene {
        name: "topic: open a tap",
        role: |stage| {
            stage.begin();
            Box::new(stage.tap())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: take, as a tap",
        services: &[publish_medium],
        role: |stage| takes(stage, stage.tap(), 1),
        ..LIVELY
    },
    Scene {
        name: "topic: wait, as a tap, until a signal comes",
        role: |stage| waits_for_a_signal(stage, stage.tap()),
        ..LIVELY
    },
    Scene {
        name: "topic: interrupt a tap",
        role: |stage| {
            let mut tap = stage.tap();
            stage.begin();
            tap.interrupter().interrupt();
            stage.insist_on_failure(Status::Interrupted, || tap.receive());
            Box::new(tap)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: interrupt a wait",
        role: |stage| {
            let subscriber = stage.subscriber();
            stage.begin();
            subscriber.interrupter().interrupt();
            Box::new(subscriber)
        },
        ..LIVELY
    },
];

/// More than a lane holds.
fn publish_much(world: &mut World, _: &Page) -> Checked {
    (0..40).try_for_each(|_| {
        world.topic()?.publish(5_000)?;
        world.topic()?.drain()
    })
}

/// Has a message in hand while the survivors publish, and looks at it again.
fn holds(stage: &Stage, mut subscriber: Subscriber) -> Held {
    stage.ask();
    stage.begin();
    let message = stage.take(&mut subscriber);
    stage.ask();
    ledger::read(&message).expect("still whole");
    drop(message);
    Box::new(subscriber)
}

fn waits_for_a_signal(stage: &Stage, mut subscriber: Subscriber) -> Held {
    stage.expect_signals();
    stage.begin();
    stage.insist_on_failure(Status::Interrupted, || subscriber.receive());
    Box::new(subscriber)
}

/// Has the survivors publish, takes, drops, and looks once more.
fn takes(stage: &Stage, mut subscriber: Subscriber, count: usize) -> Held {
    stage.ask();
    stage.begin();
    for _ in 0..count {
        drop(stage.take(&mut subscriber));
    }
    let next = subscriber.receive_timeout(NOW);
    Box::new((subscriber, next))
}
