//! Topics: creating, joining, leaving, looking at them from outside, and removing them.

use super::scenes::{Held, Scene, World};
use super::stage::{Stage, TOPIC};
use super::topic::Topic;
use super::topic_scenes::{
    DESERTED, LIVELY, MOMENT, deserted, drain, lively, publish_medium, publishes, with_history,
};
use simpleipc::{PeerWatcher, Status};
use std::time::Duration;

/// A new way to come or go needs a scene here.
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
        role: |stage| {
            stage.begin();
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 5_000);
            Box::new(publisher)
        },
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
        name: "topic: audit",
        services: &[publish_medium],
        role: |stage| {
            stage.ask();
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
        name: "topic: look who is there",
        role: |stage| {
            stage.begin();
            let peers = stage.insist(|| simpleipc::peers(TOPIC, &stage.options));
            assert_eq!(peers.expect("peers").len(), 2);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "topic: watch who comes and goes",
        role: |stage| {
            stage.begin();
            let watcher = stage.insist(|| PeerWatcher::open(TOPIC, &stage.options));
            let mut watcher = watcher.expect("a watcher");
            for _ in 0..2 {
                let event = stage.insist(|| watcher.event(MOMENT));
                assert!(event.expect("who is there").is_up());
            }
            stage.insist_on_failure(Status::Timeout, || watcher.event(MOMENT));
            Box::new(watcher)
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
        role: |stage| cleans(stage, 1),
        ..DESERTED
    },
    Scene {
        name: "topic: clean, while it is in use",
        role: |stage| cleans(stage, 0),
        ..LIVELY
    },
];

/// Removes as many channels as expected.
fn cleans(stage: &Stage, expected: u64) -> Held {
    stage.begin();
    let directory = stage.options.directory.as_deref();
    let removed = stage.insist(|| simpleipc::clean(directory, Duration::from_secs(3600)));
    assert_eq!(removed.expect("cleaning"), expected);
    Box::new(())
}
