//! What a process does with a lock when it dies.

use super::lock::Lock;
use super::scenes::{Held, Scene, World};
use super::stage::Stage;
use std::time::Duration;

/// Long enough to stand in line, and no longer.
const MOMENT: Duration = Duration::from_millis(3);

/// Among somebody who has had it.
const LIVELY: Scene = Scene {
    name: "",
    world: |_| lively(1),
    services: &[],
    role: |_| Box::new(()),
};

/// Where nobody is, and nothing.
const DESERTED: Scene = Scene {
    world: |_| Ok(deserted()),
    ..LIVELY
};

/// A new way to lock or to wait needs a scene here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "lock: create it",
        role: |stage| {
            stage.begin();
            Box::new(stage.locker(1))
        },
        ..DESERTED
    },
    Scene {
        name: "lock: create it, lock, unlock, and go",
        role: |stage| {
            stage.begin();
            let inside = stage.enter(stage.locker(1));
            drop(inside.leave(stage));
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "lock: join",
        role: |stage| {
            stage.begin();
            Box::new(stage.locker(1))
        },
        ..LIVELY
    },
    Scene {
        name: "lock: lock",
        role: |stage| {
            let handle = stage.locker(1);
            stage.begin();
            Box::new(stage.enter(handle))
        },
        ..LIVELY
    },
    Scene {
        name: "lock: unlock",
        role: |stage| {
            let inside = stage.enter(stage.locker(1));
            stage.begin();
            Box::new(inside.leave(stage))
        },
        ..LIVELY
    },
    Scene {
        name: "lock: lock and unlock, twice",
        role: |stage| {
            let handle = stage.locker(1);
            stage.begin();
            let handle = stage.enter(handle).leave(stage);
            Box::new(stage.enter(handle).leave(stage))
        },
        ..LIVELY
    },
    Scene {
        name: "lock: wait in vain",
        world: |_| kept(),
        role: |stage| {
            let handle = stage.locker(1);
            stage.begin();
            let refused = stage.try_enter(handle, MOMENT);
            refused.err().expect("another has it")
        },
        ..LIVELY
    },
    Scene {
        name: "lock: wait in line, and have it",
        world: |_| kept(),
        services: &[|world, _| world.lock()?.let_go_when_awaited()],
        role: |stage| {
            let handle = stage.locker(1);
            stage.ask_and_go_on();
            stage.begin();
            Box::new(stage.enter(handle))
        },
    },
    Scene {
        name: "lock: pass one who is stopped in the line",
        world: |_| {
            let mut lock = Lock::deserted(1);
            lock.join()?;
            lock.stand_still()?;
            Ok(World::Lock(Box::new(lock)))
        },
        role: |stage| {
            let handle = stage.locker(1);
            stage.begin();
            Box::new(stage.enter(handle))
        },
        ..LIVELY
    },
    Scene {
        name: "lock: have it after its owner has died",
        role: |stage| {
            let handle = stage.locker(1);
            stage.ask();
            stage.begin();
            Box::new(stage.enter(handle))
        },
        services: &[|world, page| world.bury(page, dies_inside)],
        ..LIVELY
    },
    Scene {
        name: "lock: open it after its owner has died",
        world: |page| {
            let world = lively(1)?;
            world.bury(page, dies_inside)?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.enter(stage.locker(1)))
        },
        ..LIVELY
    },
    Scene {
        name: "lock: open it where only the death of its owner is",
        world: |page| {
            let world = deserted();
            world.bury(page, dies_inside)?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            drop(stage.locker(1));
            Box::new(stage.enter(stage.locker(1)).leave(stage))
        },
        ..DESERTED
    },
    Scene {
        name: "lock: create it anew after the dead",
        world: |page| {
            let world = deserted();
            world.bury(page, |stage| Box::new(stage.locker(1)))?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.locker(1))
        },
        ..DESERTED
    },
    Scene {
        name: "lock: leave",
        role: |stage| {
            let handle = stage.locker(1);
            stage.begin();
            drop(handle);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "lock: leave, while it is locked",
        role: |stage| {
            let inside = stage.enter(stage.locker(1));
            stage.begin();
            drop(inside);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "semaphore: acquire and release",
        world: |_| lively(2),
        role: |stage| {
            let handle = stage.locker(2);
            stage.begin();
            let handle = stage.enter(handle).leave(stage);
            Box::new(stage.enter(handle))
        },
        ..LIVELY
    },
    Scene {
        name: "semaphore: acquire after an owner has died",
        world: |page| {
            let world = lively(2)?;
            world.bury(page, |stage| Box::new(stage.enter(stage.locker(2))))?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.enter(stage.locker(2)))
        },
        ..LIVELY
    },
];

fn deserted() -> World {
    World::Lock(Box::new(Lock::deserted(1)))
}

fn lively(permits: u32) -> Result<World, String> {
    let mut lock = Lock::deserted(permits);
    lock.join()?;
    Ok(World::Lock(Box::new(lock)))
}

/// The survivor has it.
fn kept() -> Result<World, String> {
    let mut lock = Lock::deserted(1);
    lock.join()?;
    lock.keep()?;
    Ok(World::Lock(Box::new(lock)))
}

fn dies_inside(stage: &Stage) -> Held {
    Box::new(stage.enter(stage.locker(1)))
}
