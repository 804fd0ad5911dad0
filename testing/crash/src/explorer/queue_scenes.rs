//! What a process does on a queue when it dies.

use super::page::Page;
use super::queue::Queue;
use super::scenes::{Held, Scene, World};
use super::stage::{NOW, QUEUE, Stage};
use super::topic::DEPTH;
use simpleipc::{LoanKind, Message, Status, wait_any};
use std::time::Duration;

/// Long enough to fall asleep, and no longer.
const MOMENT: Option<Duration> = Some(Duration::from_millis(1));

const LIVELY: Scene = Scene {
    name: "",
    world: |_| lively(&[]),
    services: &[],
    role: |_| Box::new(()),
};

const DESERTED: Scene = Scene {
    world: |_| Ok(deserted()),
    ..LIVELY
};

/// A new operation on queues needs a row here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "queue: create it, as sender",
        role: |stage| {
            stage.begin();
            Box::new(stage.sender())
        },
        ..DESERTED
    },
    Scene {
        name: "queue: create it, as receiver",
        role: |stage| {
            stage.begin();
            Box::new(stage.receiver())
        },
        ..DESERTED
    },
    Scene {
        name: "queue: create it anew after the dead",
        world: |page| {
            let world = deserted();
            world.bury(page, |stage| Box::new(stage.receiver()))?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.receiver())
        },
        ..DESERTED
    },
    Scene {
        name: "queue: join, sender",
        role: |stage| {
            stage.begin();
            Box::new(stage.sender())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: join, receiver",
        role: |stage| {
            stage.begin();
            Box::new(stage.receiver())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: join, receiver, where only messages are",
        world: left_alone,
        role: receives,
        ..DESERTED
    },
    Scene {
        name: "queue: join, sender, where only messages are",
        world: left_alone,
        role: |stage| {
            stage.begin();
            sends(stage, stage.sender(), 20)
        },
        ..DESERTED
    },
    Scene {
        name: "queue: leave, sender",
        role: |stage| {
            let mut sender = stage.sender();
            stage.send(&mut sender, 5_000);
            stage.begin();
            drop(sender);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: leave, sender, the last one, with messages",
        role: |stage| {
            let mut sender = stage.sender();
            stage.send(&mut sender, 5_000);
            stage.begin();
            drop(sender);
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "queue: leave, receiver",
        world: |_| lively(&[5_000, 20]),
        role: |stage| {
            let mut receiver = stage.receiver();
            let message = stage.receive(&mut receiver).expect("a message");
            stage.begin();
            drop(receiver);
            stage.finish(message);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: leave, receiver, the last one",
        role: |stage| {
            let receiver = stage.receiver();
            stage.begin();
            drop(receiver);
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "queue: leave, receiver that only waited",
        world: |_| lively(&[5_000, 20]),
        role: |stage| {
            let mut receiver = stage.receiver();
            stage.begin();
            stage
                .insist(|| wait_any(&mut [&mut receiver], 0, NOW))
                .expect("a message is there");
            drop(receiver);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: send, one line",
        role: |stage| sends_from_the_start(stage, 20),
        ..LIVELY
    },
    Scene {
        name: "queue: send and receive, without a handle",
        role: |stage| {
            stage.go_there();
            stage.begin();
            stage.send_once(20);
            stage.send_once(5_000);
            for _ in 0..2 {
                let message = stage.insist(|| simpleipc::receive(QUEUE, NOW));
                let message = message.expect("what was sent");
                stage.note_given(&message);
                stage.finish(message);
            }
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: send, two lines",
        role: |stage| sends_from_the_start(stage, 96),
        ..LIVELY
    },
    Scene {
        name: "queue: send, medium, with a new data file",
        role: |stage| sends_from_the_start(stage, 5_000),
        ..LIVELY
    },
    Scene {
        name: "queue: send, medium, where another one was",
        services: &[drain],
        role: |stage| {
            let mut sender = stage.sender();
            stage.send(&mut sender, 5_000);
            stage.ask();
            stage.begin();
            sends(stage, sender, 5_000)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: send, large",
        role: |stage| sends_from_the_start(stage, 20_000),
        ..LIVELY
    },
    Scene {
        name: "queue: send, a loan, and give one back",
        role: |stage| {
            let mut sender = stage.sender();
            stage.begin();
            let loan = stage
                .insist(|| sender.loan(LoanKind::Bytes(5_000), NOW))
                .expect("a loan");
            stage.send_loan(&mut sender, 5_000);
            drop(loan);
            Box::new(sender)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: send, where a message was taken",
        services: &[drain],
        role: |stage| {
            let mut sender = stage.sender();
            for _ in 0..DEPTH {
                stage.send(&mut sender, 20);
            }
            stage.ask();
            stage.begin();
            sends(stage, sender, 20)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: send, in vain",
        role: |stage| {
            let mut sender = stage.sender();
            for _ in 0..DEPTH {
                stage.send(&mut sender, 20);
            }
            stage.begin();
            // The survivors take nothing.
            stage.insist_on_failure(Status::Full, || sender.put(&1i64.into(), 0, MOMENT));
            Box::new(sender)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: repair, as sender without room",
        world: |_| lively(&[5_000, 20]),
        services: &[|world, page| world.bury(page, dies_with_a_message)],
        role: |stage| {
            let mut sender = stage.sender();
            for _ in 0..DEPTH {
                stage.send(&mut sender, 20);
            }
            stage.ask();
            stage.begin();
            // The survivors take nothing.
            stage.insist_on_failure(Status::Full, || sender.put(&1i64.into(), 0, NOW));
            Box::new(sender)
        },
    },
    Scene {
        name: "queue: receive, one line",
        world: |_| lively(&[20, 20]),
        role: receives,
        ..LIVELY
    },
    Scene {
        name: "queue: receive, medium",
        world: |_| lively(&[5_000, 20]),
        role: receives,
        ..LIVELY
    },
    Scene {
        name: "queue: receive, large",
        world: |_| lively(&[20_000, 20_000]),
        role: receives,
        ..LIVELY
    },
    Scene {
        name: "queue: receive, while one is in hand",
        world: |_| lively(&[5_000, 5_000, 20]),
        role: |stage| {
            let mut receiver = stage.receiver();
            let first = stage.receive(&mut receiver).expect("a message");
            stage.begin();
            let second = stage.receive(&mut receiver).expect("another");
            stage.finish(first);
            Box::new((receiver, second))
        },
        ..LIVELY
    },
    Scene {
        name: "queue: receive, put back for want of files",
        services: &[|world, _| world.queue()?.send(5_000)],
        role: |stage| {
            let mut receiver = stage.receiver();
            stage.ask();
            stage.refuse("open");
            stage.begin();
            stage.insist_on_failure(Status::System, || receiver.receive_timeout(NOW));
            let message = stage.receive(&mut receiver).expect("a message");
            assert!(!message.is_redelivered());
            stage.finish(message);
            Box::new(receiver)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: hold a message while others are sent",
        world: |_| lively(&[5_000]),
        services: &[send_medium],
        role: holds,
    },
    Scene {
        name: "queue: hold what was taken over while others are sent",
        world: |page| after_a_death(page, &[5_000]),
        services: &[send_medium],
        role: holds,
    },
    Scene {
        name: "queue: receive each of several",
        world: |_| lively(&[20, 5_000, 20]),
        role: |stage| {
            let mut receiver = stage.receiver();
            stage.begin();
            let mut count = 0;
            while count < 3 {
                let note = |message: &Message| stage.note_given(message);
                let more = stage.insist(|| receiver.receive_each(NOW, 3, note));
                count += more.expect("messages");
            }
            assert_eq!(count, 3);
            Box::new(receiver)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: take over, as newcomer",
        world: |page| after_a_death(page, &[20, 20]),
        role: |stage| {
            stage.begin();
            inherits(stage)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: take over, as newcomer, medium",
        world: |page| after_a_death(page, &[5_000, 20]),
        role: |stage| {
            stage.begin();
            inherits(stage)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: take over, as newcomer where nobody lives",
        world: |page| {
            let mut world = after_a_death(page, &[5_000, 20])?;
            world.queue()?.leave();
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            inherits(stage)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: take over, as veteran",
        world: |_| lively(&[5_000, 20]),
        services: &[|world, page| world.bury(page, dies_with_a_message)],
        role: |stage| {
            let mut receiver = stage.receiver();
            stage.ask();
            stage.begin();
            while let Some(message) = stage.receive(&mut receiver) {
                stage.finish(message);
            }
            Box::new(receiver)
        },
    },
    Scene {
        name: "queue: leave, receiver with an inheritance",
        world: |page| after_a_death(page, &[5_000, 20]),
        role: |stage| {
            let receiver = stage.receiver();
            stage.begin();
            drop(receiver);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: interrupt a wait",
        role: |stage| {
            let mut receiver = stage.receiver();
            stage.begin();
            receiver.interrupter().interrupt();
            stage.insist_on_failure(Status::Interrupted, || receiver.receive_timeout(None));
            Box::new(receiver)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: wait in vain",
        role: |stage| {
            let mut receiver = stage.receiver();
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || receiver.receive_timeout(MOMENT));
            Box::new(receiver)
        },
        ..LIVELY
    },
    Scene {
        name: "queue: audit",
        world: |page| after_a_death(page, &[5_000, 20]),
        role: |stage| {
            stage.begin();
            let directory = stage.options.directory.as_deref();
            let reports = stage.insist(|| simpleipc::audit_all(directory));
            let reports = reports.expect("an audit");
            assert_eq!(reports.len(), 1);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "queue: clean, where only messages are",
        world: left_alone,
        role: |stage| cleans(stage, 0),
        ..DESERTED
    },
    Scene {
        name: "queue: clean, after the dead",
        world: |page| {
            let world = deserted();
            world.bury(page, |stage| Box::new((stage.sender(), stage.receiver())))?;
            Ok(world)
        },
        role: |stage| cleans(stage, 1),
        ..DESERTED
    },
];

/// A queue that nobody uses yet.
fn deserted() -> World {
    World::Queue(Box::new(Queue::deserted(0)))
}

/// A sender, a receiver that has not looked yet, and messages.
fn lively(sizes: &[usize]) -> Result<World, String> {
    let mut queue = Queue::deserted(0);
    queue.join()?;
    sizes.iter().try_for_each(|bytes| queue.send(*bytes))?;
    Ok(World::Queue(Box::new(queue)))
}

/// Messages, and nobody.
fn left_alone(_: &Page) -> Result<World, String> {
    let mut world = lively(&[20, 5_000])?;
    world.queue()?.leave();
    Ok(world)
}

/// As [`lively`], and a receiver has died with the first message in hand.
fn after_a_death(page: &Page, sizes: &[usize]) -> Result<World, String> {
    let world = lively(sizes)?;
    world.bury(page, dies_with_a_message)?;
    Ok(world)
}

fn dies_with_a_message(stage: &Stage) -> Held {
    let mut receiver = stage.receiver();
    let message = stage.receive(&mut receiver).expect("a message");
    Box::new((receiver, message))
}

fn drain(world: &mut World, page: &Page) -> Result<(), String> {
    world.queue()?.drain(page.parts())
}

fn send_medium(world: &mut World, _: &Page) -> Result<(), String> {
    (0..DEPTH / 2).try_for_each(|_| world.queue()?.send(5_000))
}

/// Has a message in hand while the survivors send, and is done with it, which looks at it again.
fn holds(stage: &Stage) -> Held {
    let mut receiver = stage.receiver();
    stage.begin();
    let message = stage.receive(&mut receiver).expect("a message");
    stage.ask();
    stage.finish(message);
    Box::new(receiver)
}

fn sends(stage: &Stage, mut sender: simpleipc::Sender, bytes: usize) -> Held {
    stage.send(&mut sender, bytes);
    Box::new(sender)
}

fn sends_from_the_start(stage: &Stage, bytes: usize) -> Held {
    let sender = stage.sender();
    stage.begin();
    sends(stage, sender, bytes)
}

/// Receives a message, is done with it, and receives the next one.
fn receives(stage: &Stage) -> Held {
    let mut receiver = stage.receiver();
    stage.begin();
    let message = stage.receive(&mut receiver).expect("a message");
    stage.finish(message);
    let message = stage.receive(&mut receiver);
    Box::new((receiver, message))
}

/// Joins, takes the message of the dead one, is done with it, and receives the next one.
fn inherits(stage: &Stage) -> Held {
    let mut receiver = stage.receiver();
    let message = stage.receive(&mut receiver).expect("the dead one's");
    assert!(message.is_redelivered());
    stage.finish(message);
    let message = stage.receive(&mut receiver);
    Box::new((receiver, message))
}

/// Removes as many channels as expected.
fn cleans(stage: &Stage, expected: u64) -> Held {
    stage.begin();
    let directory = stage.options.directory.as_deref();
    let removed = stage.insist(|| simpleipc::clean(directory, Duration::from_secs(3600)));
    assert_eq!(removed.expect("cleaning"), expected);
    Box::new(())
}
