//! A scene: who is there, what one process does until it dies, and who recovers.

use super::fate::Fate;
use super::lock::Lock;
use super::page::Page;
use super::queue::Queue;
use super::service::Service;
use super::signal::Signal;
use super::stage::{NOW, Stage, play};
use super::state::State;
use super::topic::Topic;
use super::{lock_scenes, queue_scenes, service_scenes, signal_scenes, state_scenes, topic_scenes};
use simpleipc::{Options, Status};
use std::any::Any;

pub type Checked = Result<(), String>;
/// What a process still has when it is done: it dies without closing it.
pub type Held = Box<dyn Any>;

/// Where a scene plays.
pub enum World {
    Topic(Box<Topic>),
    Queue(Box<Queue>),
    State(Box<State>),
    Signal(Box<Signal>),
    Lock(Box<Lock>),
    Service(Box<Service>),
}

/// One operation of one role, among others.
pub struct Scene {
    pub name: &'static str,
    /// Builds the world before anybody dies.
    pub world: fn(&Page) -> Result<World, String>,
    /// What the survivors do, in turn, when the one that will die asks for it.
    pub services: &'static [fn(&mut World, &Page) -> Checked],
    /// What the one that will die does.
    pub role: fn(&Stage) -> Held,
}

/// Every scene of the explorer.
pub fn all() -> impl Iterator<Item = &'static Scene> {
    let scenes = topic_scenes::all().chain(queue_scenes::SCENES);
    scenes
        .chain(state_scenes::SCENES)
        .chain(signal_scenes::SCENES)
        .chain(lock_scenes::SCENES)
        .chain(service_scenes::SCENES)
}

impl World {
    pub fn options(&self) -> Options {
        match self {
            World::Topic(topic) => topic.options.clone(),
            World::Queue(queue) => queue.options.clone(),
            World::State(state) => state.options.clone(),
            World::Signal(signal) => signal.options.clone(),
            World::Lock(lock) => lock.options.clone(),
            World::Service(service) => service.options.clone(),
        }
    }

    pub fn topic(&mut self) -> Result<&mut Topic, String> {
        match self {
            World::Topic(topic) => Ok(topic),
            _ => Err("not a topic".to_owned()),
        }
    }

    pub fn queue(&mut self) -> Result<&mut Queue, String> {
        match self {
            World::Queue(queue) => Ok(queue),
            _ => Err("not a queue".to_owned()),
        }
    }

    pub fn state(&mut self) -> Result<&mut State, String> {
        match self {
            World::State(state) => Ok(state),
            _ => Err("not a state".to_owned()),
        }
    }

    pub fn signal(&mut self) -> Result<&mut Signal, String> {
        match self {
            World::Signal(signal) => Ok(signal),
            _ => Err("not a signal".to_owned()),
        }
    }

    pub fn lock(&mut self) -> Result<&mut Lock, String> {
        match self {
            World::Lock(lock) => Ok(lock),
            _ => Err("not a lock".to_owned()),
        }
    }

    pub fn service(&mut self) -> Result<&mut Service, String> {
        match self {
            World::Service(service) => Ok(service),
            _ => Err("not a service".to_owned()),
        }
    }

    /// Somebody plays a role and is dead before the scene begins.
    pub fn bury(&self, page: &Page, role: fn(&Stage) -> Held) -> Checked {
        let nothing = &mut std::iter::empty();
        play(page, 2, Fate::Lives, &self.options(), role, nothing).map(|_| ())
    }
}

/// Who recovers first, and may die over it: opens a handle, which repairs, and goes on.
pub fn recover(world: &World, stage: &Stage) -> Held {
    stage.begin();
    match world {
        World::Topic(_) => {
            let mut publisher = stage.publisher();
            // A lane that the dead one has filled may have no room before the survivors look.
            let full = stage.try_publish(&mut publisher, 5_000, NOW).err();
            assert!(full.is_none_or(|error| error.status() == Status::Full));
            Box::new(publisher)
        }
        World::Queue(_) => {
            let mut sender = stage.sender();
            let full = stage.try_send(&mut sender, 5_000, NOW).err();
            assert!(full.is_none_or(|error| error.status() == Status::Full));
            let mut receiver = stage.receiver();
            while let Some(message) = stage.receive(&mut receiver) {
                stage.finish(message);
            }
            Box::new((sender, receiver))
        }
        World::State(_) => {
            let mut setter = stage.setter();
            stage.set(&mut setter, 5_000);
            let mut watcher = stage.watcher();
            stage.get(&mut watcher);
            Box::new((setter, watcher))
        }
        World::Signal(_) => {
            let mut notifier = stage.notifier();
            stage.notify(|| notifier.notify());
            let mut waiter = stage.waiter();
            stage.notify(|| notifier.notify());
            let count = stage.insist(|| waiter.wait(NOW));
            assert_eq!(count, Ok(1));
            Box::new((notifier, waiter))
        }
        World::Service(_) => {
            let mut server = stage.server();
            while let Some(request) = stage.request(&mut server) {
                stage.answer(request, 5_000);
            }
            let mut client = stage.client();
            Box::new((stage.call(&mut client, 20), client, server))
        }
        World::Lock(lock) => {
            let handle = stage.locker(lock.permits);
            match stage.try_enter(handle, lock.patience()) {
                Ok(inside) => Box::new(inside.leave(stage)),
                Err(handle) => handle,
            }
        }
    }
}
