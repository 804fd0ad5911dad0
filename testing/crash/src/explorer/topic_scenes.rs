//! What a process does on a topic when it dies: the scenes' common part.

use super::page::Page;
use super::scenes::{Held, Scene, World};
use super::stage::{Stage, TOPIC};
use super::topic::Topic;
use super::{topic_life, topic_put, topic_take};
use simpleipc::{Options, Status, Subscriber};
use std::time::Duration;

/// Long enough to fall asleep, and no longer.
pub const MOMENT: Option<Duration> = Some(Duration::from_millis(1));

/// Among a publisher and a lossless subscriber.
pub const LIVELY: Scene = Scene {
    name: "",
    world: lively,
    services: &[],
    role: |_| Box::new(()),
};

/// Where nobody is, and nothing.
pub const DESERTED: Scene = Scene {
    world: |_| Ok(deserted()),
    ..LIVELY
};

pub fn all() -> impl Iterator<Item = &'static Scene> {
    let scenes = topic_life::SCENES.iter().chain(topic_put::SCENES);
    scenes.chain(topic_take::SCENES)
}

/// A topic that nobody uses yet.
pub fn deserted() -> World {
    World::Topic(Box::new(Topic::deserted(0)))
}

/// A publisher and a lossless subscriber, who have exchanged something.
pub fn lively(_: &Page) -> Result<World, String> {
    let mut topic = Topic::deserted(0);
    topic.join()?;
    topic.publish(20)?;
    topic.publish(96)?;
    topic.drain()?;
    Ok(World::Topic(Box::new(topic)))
}

pub fn drain(world: &mut World, _: &Page) -> Result<(), String> {
    world.topic()?.drain()
}

pub fn publish_medium(world: &mut World, _: &Page) -> Result<(), String> {
    world.topic()?.publish(5_000)
}

/// Publishes `before` messages that do not count and one that does.
pub fn publishes(stage: &Stage, before: usize, bytes: usize) -> Held {
    let mut publisher = stage.publisher();
    for _ in 0..before {
        stage.publish(&mut publisher, bytes);
    }
    stage.begin();
    stage.publish(&mut publisher, bytes);
    Box::new(publisher)
}

pub fn waits_in_vain(stage: &Stage) -> Held {
    let mut subscriber = stage.lossless();
    stage.begin();
    stage.insist_on_failure(Status::Timeout, || subscriber.receive_timeout(MOMENT));
    Box::new(subscriber)
}

pub fn with_history(stage: &Stage) -> Subscriber {
    let history = Options {
        history: 4,
        ..stage.options.clone()
    };
    stage
        .insist(|| Subscriber::open(TOPIC, &history))
        .expect("it joins")
}
