//! Topics: publishing, with and without room.

use super::page::Page;
use super::scenes::{Scene, World};
use super::topic::{DEPTH, Topic};
use super::topic_scenes::{LIVELY, MOMENT, drain, lively, publishes, waits_in_vain};
use simpleipc::Status;

/// A pool that holds data files of two sizes, and not of three.
const SMALL_POOL: u64 = 200_000;

/// A new way to publish needs a scene here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "topic: publish, one line",
        role: |stage| publishes(stage, 0, 20),
        ..LIVELY
    },
    Scene {
        name: "topic: publish, without a handle",
        role: |stage| {
            stage.go_there();
            stage.begin();
            stage.publish_once(20);
            stage.publish_once(5_000);
            Box::new(())
        },
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
            let loan = stage.loan(&mut publisher, 5_000);
            let other = stage.loan(&mut publisher, 5_000);
            drop(loan);
            Box::new((publisher, other))
        },
        ..LIVELY
    },
    Scene {
        name: "topic: give a loan back, after leaving",
        role: |stage| {
            let mut publisher = stage.publisher();
            let loan = stage.loan(&mut publisher, 5_000);
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
        name: "topic: publish, in a pool full of another's messages",
        world: |_| {
            let mut topic = Topic::deserted(SMALL_POOL);
            topic.join_publisher()?;
            topic.join_lossy()?;
            for _ in 0..DEPTH {
                topic.publish(20_000)?;
            }
            Ok(World::Topic(Box::new(topic)))
        },
        role: |stage| {
            stage.begin();
            let mut publisher = stage.publisher();
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
        role: |stage| {
            stage.begin();
            let mut publisher = stage.publisher();
            stage.publish(&mut publisher, 20);
            Box::new(publisher)
        },
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
        name: "topic: publish, in vain",
        role: |stage| {
            let mut publisher = stage.publisher();
            for _ in 0..DEPTH {
                stage.publish(&mut publisher, 20);
            }
            stage.begin();
            // The survivors take nothing.
            stage.insist_on_failure(Status::Full, || publisher.put(&1i64.into(), 0, MOMENT));
            Box::new(publisher)
        },
        ..LIVELY
    },
];

/// A publisher, and a subscriber that may miss messages and takes none for now.
fn among_the_slow(_: &Page) -> Result<World, String> {
    let mut topic = Topic::deserted(0);
    topic.join_publisher()?;
    topic.join_lossy()?;
    Ok(World::Topic(Box::new(topic)))
}
