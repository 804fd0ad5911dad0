//! What a process does on a state when it dies.

use super::page::Page;
use super::scenes::{Held, Scene, World};
use super::stage::Stage;
use super::state::State;

/// Among a setter and a watcher.
const LIVELY: Scene = Scene {
    name: "",
    world: lively,
    services: &[],
    role: |_| Box::new(()),
};

/// Where nobody is, and nothing.
const DESERTED: Scene = Scene {
    world: |_| Ok(deserted()),
    ..LIVELY
};

/// A new way to set or to get needs a scene here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "state: create it, as setter",
        role: |stage| {
            stage.begin();
            Box::new(stage.setter())
        },
        ..DESERTED
    },
    Scene {
        name: "state: create it, as watcher",
        role: |stage| {
            stage.begin();
            Box::new(stage.watcher())
        },
        ..DESERTED
    },
    Scene {
        name: "state: create it, set, and go",
        role: |stage| {
            stage.begin();
            let mut setter = stage.setter();
            stage.set(&mut setter, 5_000);
            drop(setter);
            Box::new(())
        },
        ..DESERTED
    },
    Scene {
        name: "state: set, one line",
        role: |stage| sets(stage, 0, 20),
        ..LIVELY
    },
    Scene {
        name: "state: set, two lines",
        role: |stage| sets(stage, 1, 100),
        ..LIVELY
    },
    Scene {
        name: "state: set, in a chunk",
        role: |stage| sets(stage, 1, 5_000),
        ..LIVELY
    },
    Scene {
        name: "state: set, small over large",
        role: |stage| {
            let mut setter = stage.setter();
            stage.set(&mut setter, 20_000);
            stage.begin();
            stage.set(&mut setter, 20);
            stage.set(&mut setter, 20_000);
            Box::new(setter)
        },
        ..LIVELY
    },
    Scene {
        name: "state: set, more than a lane holds",
        role: |stage| sets(stage, 20, 5_000),
        ..LIVELY
    },
    Scene {
        name: "state: set, where another has set since",
        services: &[|world, page| world.state()?.set_after(page.parts(), 5_000)],
        role: |stage| {
            let mut setter = stage.setter();
            stage.set(&mut setter, 5_000);
            stage.ask();
            stage.begin();
            stage.set(&mut setter, 5_000);
            Box::new(setter)
        },
        ..LIVELY
    },
    Scene {
        name: "state: compare and set, in vain",
        role: |stage| {
            let mut setter = stage.setter();
            stage.begin();
            let is_set = stage.insist(|| setter.set_if(Some(77), 1));
            assert_eq!(is_set, Ok(false));
            Box::new(setter)
        },
        ..LIVELY
    },
    Scene {
        name: "state: set, without a handle",
        role: |stage| {
            stage.go_there();
            stage.begin();
            stage.set_once(5_000);
            stage.get_once();
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "state: get",
        role: |stage| {
            stage.begin();
            let mut watcher = stage.watcher();
            stage.get(&mut watcher);
            stage.get(&mut watcher);
            Box::new(watcher)
        },
        ..LIVELY
    },
    Scene {
        name: "state: hold a value while others are set",
        services: &[
            |world, _| world.state()?.set(5_000),
            |world, _| world.state()?.set(20_000),
        ],
        role: |stage| {
            let mut watcher = stage.watcher();
            stage.ask();
            stage.begin();
            let held = stage.get(&mut watcher);
            stage.ask();
            drop(held);
            stage.get(&mut watcher);
            Box::new(watcher)
        },
        ..LIVELY
    },
    Scene {
        name: "state: hold a value twice while others are set",
        services: &[
            |world, _| world.state()?.set(5_000),
            |world, _| world.state()?.set(20_000),
        ],
        role: |stage| {
            let mut watcher = stage.watcher();
            stage.ask();
            stage.begin();
            let (one, other) = (stage.get(&mut watcher), stage.get(&mut watcher));
            drop(one);
            stage.ask();
            drop(other);
            Box::new(watcher)
        },
        ..LIVELY
    },
    Scene {
        name: "state: leave, setter",
        role: |stage| {
            let mut setter = stage.setter();
            stage.set(&mut setter, 5_000);
            stage.begin();
            drop(setter);
            Box::new(())
        },
        ..LIVELY
    },
];

fn deserted() -> World {
    World::State(Box::new(State::deserted()))
}

fn lively(_: &Page) -> Result<World, String> {
    let mut state = State::deserted();
    state.join()?;
    Ok(World::State(Box::new(state)))
}

/// Sets `before` values that do not count and one that does.
fn sets(stage: &Stage, before: usize, bytes: usize) -> Held {
    let mut setter = stage.setter();
    for _ in 0..before {
        stage.set(&mut setter, bytes);
    }
    stage.begin();
    stage.set(&mut setter, bytes);
    Box::new(setter)
}
