//! Wake-ups, by the event service of iceoryx2. A blocking receive uses it as the documentation
//! pairs it with publish and subscribe: a notification after each send, and a listener that is
//! asked to wait when there was nothing to receive.

use anyhow::{Error, Result};
use harness::Spec;
use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::event;
use std::fmt::Debug;
use std::time::Duration;

/// A notification that comes between an empty receive and the sleep is kept by the listener, so
/// none gets lost. The limit is for what sends none, such as an output that has died.
const SLEEP_MAX: Duration = Duration::from_millis(500);

/// Who rings for whom in a channel.
pub struct Way(&'static str);

/// Outputs ring for inputs: there is a message.
pub const MESSAGES: Way = Way("messages");
/// Inputs ring for outputs: connected.
pub const GREETINGS: Way = Way("greetings");

/// Rings with the index of the end that it belongs to.
pub struct Bell(Notifier<ipc::Service>);

impl Bell {
    pub fn open(spec: &Spec, node: &Node<ipc::Service>, way: Way) -> Result<Self> {
        let notifier = service(spec, node, way)?
            .notifier_builder()
            .default_event_id(EventId::new(spec.index as usize))
            .create();
        Ok(Self(notifier.map_err(fault("the notifier"))?))
    }

    pub fn ring(&self) -> Result<()> {
        self.0.notify().map_err(fault("a notification"))?;
        Ok(())
    }
}

/// Sleeps until a bell rings.
pub struct Sleeper(Listener<ipc::Service>);

impl Sleeper {
    pub fn open(spec: &Spec, node: &Node<ipc::Service>, way: Way) -> Result<Self> {
        let listener = service(spec, node, way)?.listener_builder().create();
        Ok(Self(listener.map_err(fault("the listener"))?))
    }

    /// Tells `who` the index of each end that has rung.
    pub fn sleep(&self, mut who: impl FnMut(usize)) -> Result<()> {
        self.0
            .timed_wait(|activation| who(activation.id.as_value()), SLEEP_MAX)
            .map_err(fault("a wait"))?;
        Ok(())
    }
}

fn service(
    spec: &Spec,
    node: &Node<ipc::Service>,
    way: Way,
) -> Result<event::PortFactory<ipc::Service>> {
    let name = format!("{}/{}", spec.channel, way.0);
    let ends = (spec.inputs + spec.outputs) as usize;
    node.service_builder(&name.as_str().try_into().map_err(fault("the name"))?)
        .event()
        .max_listeners(ends)
        .max_notifiers(ends)
        .max_nodes(ends)
        .event_id_max_value(ends)
        .open_or_create()
        .map_err(fault("the event service"))
}

/// Makes an error of one of iceoryx2, whose own say little without what was tried.
pub fn fault<E: Debug>(what: &str) -> impl FnOnce(E) -> Error {
    move |error| Error::msg(format!("iceoryx2 refuses {what}: {error:?}"))
}
