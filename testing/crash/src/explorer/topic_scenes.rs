//! What a process does on a topic when it dies.

use super::scenes::{Held, Scene, World};
use super::stage::{NOW, Page, Stage, TOPIC};
use super::topic::{DEPTH, Topic};
use simpleipc::{LoanKind, Options, Status, Subscriber};
use std::time::Duration;

/// Long enough to fall asleep, and no longer.
const MOMENT: Option<Duration> = Some(Duration::from_millis(1));
/// Longer than the first slice of a sleep.
const SLICE: Option<Duration> = Some(Duration::from_millis(60));
/// A pool that holds data files of two sizes, and not of three.
const SMALL_POOL: u64 = 200_000;

const LIVELY: Scene = Scene {
    name: "",
    world: lively,
    services: &[],
    role: |_| Box::new(()),
};

const DESERTED: Scene = Scene {
    world: |_| Ok(deserted()),
    ..LIVELY
};

/// A new operation on topics needs a row here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "topic: create it, as publisher",
        role: |stage| {
            stage.begin();
            Box::new(stage.publisher())
        },
        ..DESERTED
    },
    Scene {
        name: "topic: create it, as subscriber",
        role: |stage| {
            stage.begin();
            Box::new(stage.lossless())
        },
        ..DESERTED
    },
    Scene {
        name: "topic: create it anew after the dead",
        world: |page| {
            let world = deserted();
            world.bury(page, |stage| publishes(stage, 1, 5_000))?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.publisher())
        },
        ..DESERTED
    },
    Scene {
        name: "topic: create it, in a group's directory",
        world: |_| {
            let topic = Topic::deserted(0);
            topic.place.share_with_group();
            Ok(World::Topic(Box::new(topic)))
        },
        role: |stage| publishes_from_the_start(stage, 5_000),
        ..DESERTED
    },
    Scene {
        name: "topic: join, publisher",
        role: |stage| {
            stage.begin();
            Box::new(stage.publisher())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: join, subscriber",
        role: |stage| {
            stage.begin();
            Box::new(stage.subscriber())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: join, lossless subscriber",
        role: |stage| {
            stage.begin();
            Box::new(stage.lossless())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: join, with history",
        role: |stage| {
            stage.begin();
            Box::new(with_history(stage))
        },
        ..LIVELY
    },
    Scene {
        name: "topic: join, lossless subscriber among the dead",
        world: |page| {
            let world = lively(page)?;
            world.bury(page, |stage| {
                let held = (publishes(stage, 0, 5_000), stage.lossless());
                Box::new(held)
            })?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.lossless())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: leave, publisher",
        services: &[drain],
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 5_000);
            stage.publish(&mut publisher, 5_000);
            stage.ask();
            stage.publish(&mut publisher, 5_000);
            stage.begin();
            drop(publisher);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: leave, subscriber",
        services: &[publish_medium],
        role: |stage| {
            let mut subscriber = stage.subscriber();
            stage.ask();
            let message = stage.take(&mut subscriber);
            stage.begin();
            drop(subscriber);
            drop(message);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: leave, lossless subscriber",
        services: &[publish_medium],
        role: |stage| {
            let mut subscriber = stage.lossless();
            stage.ask();
            let message = stage.take(&mut subscriber);
            stage.begin();
            drop(subscriber);
            drop(message);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: leave, publisher, the last one",
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 5_000);
            stage.begin();
            drop(publisher);
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "topic: leave, subscriber, the last one",
        role: |stage| {
            let subscriber = stage.lossless();
            stage.begin();
            drop(subscriber);
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "topic: publish, one line",
        role: |stage| publishes(stage, 0, 20),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, two lines",
        role: |stage| publishes(stage, 1, 96),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, medium, with a new data file",
        role: |stage| publishes(stage, 0, 5_000),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, medium, with a second data file",
        role: |stage| publishes(stage, 12, 5_000),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, medium, from the stock",
        services: &[drain],
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 5_000);
            stage.publish(&mut publisher, 5_000);
            stage.ask();
            stage.begin();
            stage.publish(&mut publisher, 5_000);
            stage.publish(&mut publisher, 5_000);
            Box::new(publisher)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, another size than the stock's",
        services: &[drain],
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 5_000);
            stage.publish(&mut publisher, 5_000);
            stage.ask();
            stage.publish(&mut publisher, 5_000);
            stage.begin();
            stage.publish(&mut publisher, 12_000);
            Box::new(publisher)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, large, with a new data file",
        role: |stage| publishes(stage, 0, 20_000),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, large, where the last one was",
        services: &[drain],
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 20_000);
            stage.ask();
            stage.begin();
            stage.publish(&mut publisher, 20_000);
            Box::new(publisher)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, a loan",
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish_loan(&mut publisher, 20_000);
            stage.begin();
            stage.publish_loan(&mut publisher, 20_000);
            Box::new(publisher)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: give a loan back",
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish_loan(&mut publisher, 5_000);
            stage.begin();
            let loan = publisher.loan(LoanKind::Bytes(5_000), NOW).expect("a loan");
            let other = publisher
                .loan(LoanKind::Bytes(5_000), NOW)
                .expect("another");
            drop(loan);
            Box::new((publisher, other))
        },
        ..LIVELY
    },
    Scene {
        name: "topic: give a loan back, after leaving",
        role: |stage| {
            let mut publisher = stage.publisher();
            let loan = publisher.loan(LoanKind::Bytes(5_000), NOW).expect("a loan");
            drop(publisher);
            stage.begin();
            drop(loan);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, over messages in chunks",
        world: among_the_slow,
        role: |stage| publishes(stage, DEPTH as usize, 5_000),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, over messages in chunks, inline",
        world: among_the_slow,
        role: |stage| {
            let mut publisher = stage.publisher();
            for _ in 0..DEPTH {
                stage.publish(&mut publisher, 5_000);
            }
            stage.begin();
            stage.publish(&mut publisher, 20);
            stage.publish(&mut publisher, 20);
            Box::new(publisher)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, in a full pool",
        world: |_| {
            let mut topic = Topic::deserted(SMALL_POOL);
            topic.join_publisher()?;
            topic.join_lossy()?;
            Ok(World::Topic(Box::new(topic)))
        },
        role: |stage| {
            let mut publisher = stage.publisher();
            for bytes in [20_000, 20_000, 20_000, 20_000, 20_000, 20_000] {
                stage.publish(&mut publisher, bytes);
            }
            stage.begin();
            stage.publish(&mut publisher, 20_000);
            Box::new(publisher)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, with a data file in another's place",
        world: |_| {
            let mut topic = Topic::deserted(SMALL_POOL);
            topic.join()?;
            Ok(World::Topic(Box::new(topic)))
        },
        services: &[drain],
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 5_000);
            stage.publish(&mut publisher, 20_000);
            stage.ask();
            stage.begin();
            stage.publish(&mut publisher, 60_000);
            Box::new(publisher)
        },
    },
    Scene {
        name: "topic: publish, where somebody has slept",
        world: |page| {
            let world = lively(page)?;
            world.bury(page, waits_in_vain)?;
            Ok(world)
        },
        role: |stage| publishes_from_the_start(stage, 20),
        ..LIVELY
    },
    Scene {
        name: "topic: repair, as publisher without room",
        world: among_the_slow,
        services: &[|world, page| world.bury(page, |stage| Box::new(stage.lossless()))],
        role: |stage| {
            let mut publisher = stage.publisher();
            stage.ask();
            for _ in 0..DEPTH {
                stage.publish(&mut publisher, 20);
            }
            stage.begin();
            stage.publish(&mut publisher, 20);
            Box::new(publisher)
        },
    },
    Scene {
        name: "topic: repair, as subscriber that sleeps",
        services: &[|world, page| {
            world.bury(page, |stage| {
                let mut publisher = stage.publisher();
                stage.publish(&mut publisher, 20_000);
                let loan = publisher.loan(LoanKind::Bytes(5_000), NOW);
                Box::new((publisher, loan.expect("a loan")))
            })?;
            world.topic()?.drain()
        }],
        role: |stage| {
            let mut subscriber = stage.lossless();
            stage.ask();
            stage.take(&mut subscriber);
            stage.begin();
            let nothing = subscriber.receive_timeout(SLICE);
            nothing.expect_err("nothing is published");
            Box::new(subscriber)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: publish, in vain",
        role: |stage| {
            let mut publisher = stage.publisher();
            for _ in 0..DEPTH {
                stage.publish(&mut publisher, 20);
            }
            stage.begin();
            let refused = publisher.put(&1i64.into(), 0, MOMENT);
            refused.expect_err("the survivors take nothing");
            Box::new(publisher)
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
            let count = subscriber.receive_each(NOW, 8, |_| ());
            assert_eq!(count.expect("messages"), 4);
            Box::new(subscriber)
        },
        ..LIVELY
    },
    Scene {
        name: "topic: take, after missing some",
        services: &[|world, _| {
            (0..40).try_for_each(|_| {
                world.topic()?.publish(5_000)?;
                world.topic()?.drain()
            })
        }],
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
            takes(
                stage,
                Subscriber::open(TOPIC, &latest).expect("it joins"),
                1,
            )
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
            let interrupted = tap.receive().expect_err("nothing is published");
            assert_eq!(interrupted.status(), Status::Interrupted);
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
    Scene {
        name: "topic: audit",
        services: &[publish_medium],
        role: |stage| {
            stage.ask();
            stage.begin();
            let directory = stage.options.directory.as_deref();
            let reports = simpleipc::audit_all(directory).expect("audit");
            assert_eq!(reports.len(), 1);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: clean, after the dead",
        world: |page| {
            let world = deserted();
            world.bury(page, |stage| publishes(stage, 1, 5_000))?;
            Ok(world)
        },
        role: cleans,
        ..DESERTED
    },
    Scene {
        name: "topic: clean, while it is in use",
        role: cleans,
        ..LIVELY
    },
];

/// A topic that nobody uses yet.
fn deserted() -> World {
    World::Topic(Box::new(Topic::deserted(0)))
}

/// A publisher and a lossless subscriber, who have exchanged something.
fn lively(_: &Page) -> Result<World, String> {
    let mut topic = Topic::deserted(0);
    topic.join()?;
    topic.publish(20)?;
    topic.publish(96)?;
    topic.drain()?;
    Ok(World::Topic(Box::new(topic)))
}

/// A publisher, and a subscriber that may miss messages and takes none for now.
fn among_the_slow(_: &Page) -> Result<World, String> {
    let mut topic = Topic::deserted(0);
    topic.join_publisher()?;
    topic.join_lossy()?;
    Ok(World::Topic(Box::new(topic)))
}

fn drain(world: &mut World, _: &Page) -> Result<(), String> {
    world.topic()?.drain()
}

fn publish_medium(world: &mut World, _: &Page) -> Result<(), String> {
    world.topic()?.publish(5_000)
}

/// Publishes `before` messages that do not count and one that does.
fn publishes(stage: &Stage, before: usize, bytes: usize) -> Held {
    let mut publisher = stage.publisher();
    for _ in 0..before {
        stage.publish(&mut publisher, bytes);
    }
    stage.begin();
    stage.publish(&mut publisher, bytes);
    Box::new(publisher)
}

/// As [`publishes`] without any before, and joining counts, too.
fn publishes_from_the_start(stage: &Stage, bytes: usize) -> Held {
    stage.begin();
    let mut publisher = stage.publisher();
    stage.publish(&mut publisher, bytes);
    Box::new(publisher)
}

fn waits_in_vain(stage: &Stage) -> Held {
    let mut subscriber = stage.lossless();
    stage.begin();
    let nothing = subscriber.receive_timeout(MOMENT);
    nothing.expect_err("nothing is published");
    Box::new(subscriber)
}

fn waits_for_a_signal(stage: &Stage, mut subscriber: Subscriber) -> Held {
    stage.expect_signal();
    stage.begin();
    let interrupted = subscriber.receive().expect_err("nothing is published");
    assert_eq!(interrupted.status(), Status::Interrupted);
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

fn with_history(stage: &Stage) -> Subscriber {
    let history = Options {
        history: 4,
        ..stage.options.clone()
    };
    Subscriber::open(TOPIC, &history).expect("it joins")
}

fn cleans(stage: &Stage) -> Held {
    stage.begin();
    let directory = stage.options.directory.as_deref();
    simpleipc::clean(directory, Duration::from_secs(3600)).expect("clean");
    Box::new(())
}
