//! What a process does on a service when it dies.

use super::page::Page;
use super::scenes::{Held, Scene, World};
use super::service::Service;
use super::stage::{NOW, Stage};
use simpleipc::{Failure, Status};
use std::time::Duration;

/// Long enough to look around more than once.
const A_WHILE: Option<Duration> = Some(Duration::from_millis(70));

/// Among a client and a server.
const LIVELY: Scene = Scene {
    name: "",
    world: |_| lively(&[]),
    services: &[],
    role: |_| Box::new(()),
};

/// Where nobody is, and nothing.
const DESERTED: Scene = Scene {
    world: |_| Ok(deserted()),
    ..LIVELY
};

/// A new operation on services needs a scene here.
pub const SCENES: &[Scene] = &[
    Scene {
        name: "service: create it, as client",
        role: |stage| {
            stage.begin();
            Box::new(stage.client())
        },
        ..DESERTED
    },
    Scene {
        name: "service: create it, as server",
        role: |stage| {
            stage.begin();
            Box::new(stage.server())
        },
        ..DESERTED
    },
    Scene {
        name: "service: join, client, after one that has died",
        world: |page| {
            let world = lively(&[])?;
            world.bury(page, |stage| calls(stage, 5_000))?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            Box::new(stage.client())
        },
        ..LIVELY
    },
    Scene {
        name: "service: call, one line",
        role: |stage| calls(stage, 20),
        ..LIVELY
    },
    Scene {
        name: "service: call, in a chunk",
        role: |stage| calls(stage, 5_000),
        ..LIVELY
    },
    Scene {
        name: "service: call, one way",
        role: |stage| {
            let mut client = stage.client();
            stage.begin();
            stage.insist(|| client.send("work", "x")).expect("sent");
            Box::new(client)
        },
        ..LIVELY
    },
    Scene {
        name: "service: call, and take it back",
        role: |stage| {
            let mut client = stage.client();
            let call = stage.call(&mut client, 5_000);
            stage.begin();
            drop(call);
            Box::new(client)
        },
        ..LIVELY
    },
    Scene {
        name: "service: call, and cancel what a server has",
        services: &[|world, _| world.service()?.hold()],
        role: |stage| {
            let mut client = stage.client();
            let mut call = stage.call(&mut client, 20);
            stage.ask();
            stage.begin();
            call.cancel();
            Box::new((client, call))
        },
        ..LIVELY
    },
    Scene {
        name: "service: wait for a result",
        services: &[|world, _| world.service()?.answer(5_000)],
        role: |stage| {
            let mut client = stage.client();
            let mut call = stage.call(&mut client, 20);
            stage.ask();
            stage.begin();
            let reply = stage.insist(|| call.result(NOW).map_err(Into::into));
            Box::new((reply.expect("a result"), client, call))
        },
        ..LIVELY
    },
    Scene {
        name: "service: wait in vain",
        services: &[|world, _| world.service()?.hold()],
        role: |stage| {
            let mut client = stage.client();
            let mut call = stage.call(&mut client, 20);
            stage.ask();
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || call.result(A_WHILE).map_err(Into::into));
            Box::new((client, call))
        },
        ..LIVELY
    },
    Scene {
        name: "service: wait for a server that has died",
        role: |stage| {
            let mut client = stage.client();
            let mut call = stage.call(&mut client, 20);
            let mut again = stage
                .insist(|| client.start_idempotent("work", ()))
                .expect("started");
            stage.begin();
            stage.insist_on_failure(Status::Timeout, || call.result(A_WHILE).map_err(Into::into));
            let reply = again.result(NOW).map_err(|error| error.status());
            assert_eq!(reply.err(), Some(Status::Timeout));
            Box::new((client, call, again))
        },
        ..DESERTED
    },
    Scene {
        name: "service: leave, client with calls",
        services: &[|world, _| world.service()?.hold()],
        role: |stage| {
            let mut client = stage.client();
            let calls = [stage.call(&mut client, 20), stage.call(&mut client, 5_000)];
            stage.ask();
            stage.begin();
            drop((client, calls));
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "service: receive, and answer",
        world: |_| lively_client(&[20]),
        role: |stage| serves(stage, 20),
        ..LIVELY
    },
    Scene {
        name: "service: receive and answer, in chunks",
        world: |_| lively_client(&[5_000]),
        role: |stage| serves(stage, 5_000),
        ..LIVELY
    },
    Scene {
        name: "service: receive several before answering",
        world: |_| lively_client(&[20, 5_000]),
        role: |stage| {
            let mut server = stage.server();
            stage.begin();
            let first = stage.request(&mut server).expect("a request");
            let second = stage.request(&mut server).expect("a request");
            assert!(stage.request(&mut server).is_none());
            stage.answer(second, 20);
            stage.answer(first, 20);
            Box::new(server)
        },
        ..LIVELY
    },
    Scene {
        name: "service: answer with a stream, and fail",
        world: |_| lively_client(&[20]),
        role: |stage| {
            let mut server = stage.server();
            let request = stage.request(&mut server).expect("a request");
            stage.begin();
            stage.insist(|| request.push(1)).expect("pushed");
            stage
                .insist(|| request.fail(&Failure::new(1, "no")))
                .expect("failed");
            Box::new(server)
        },
        ..LIVELY
    },
    Scene {
        name: "service: drop a request unanswered",
        world: |_| lively_client(&[20]),
        role: |stage| {
            let mut server = stage.server();
            let request = stage.request(&mut server).expect("a request");
            stage.begin();
            drop(request);
            Box::new(server)
        },
        ..LIVELY
    },
    Scene {
        name: "service: receive what was cancelled",
        world: |_| lively_client(&[20]),
        services: &[|world, _| world.service()?.cancel()],
        role: |stage| {
            let mut server = stage.server();
            let request = stage.request(&mut server).expect("a request");
            stage.ask();
            stage.begin();
            assert!(request.is_cancelled());
            stage.answer(request, 20);
            assert!(stage.request(&mut server).is_none());
            Box::new(server)
        },
    },
    Scene {
        name: "service: take over from a server that has died",
        world: with_orphan,
        role: |stage| {
            stage.begin();
            let mut server = stage.server();
            assert!(stage.request(&mut server).is_none(), "it may not run twice");
            Box::new(server)
        },
        ..LIVELY
    },
    Scene {
        name: "service: answer a client that has died",
        world: |page| {
            let mut service = Service::deserted();
            service.join_client()?;
            let world = World::Service(Box::new(service));
            world.bury(page, |stage| calls(stage, 5_000))?;
            Ok(world)
        },
        role: |stage| {
            let mut server = stage.server();
            stage.begin();
            assert!(stage.request(&mut server).is_none(), "nobody waits for it");
            Box::new(server)
        },
        ..LIVELY
    },
    Scene {
        name: "service: leave, server with requests",
        world: |_| lively_client(&[20, 5_000]),
        role: |stage| {
            let mut server = stage.server();
            let first = stage.request(&mut server).expect("a request");
            let second = stage.request(&mut server).expect("a request");
            stage.begin();
            drop(server);
            stage.answer(second, 20);
            drop(first);
            Box::new(())
        },
        ..LIVELY
    },
    Scene {
        name: "service: clean, after the dead",
        world: |page| {
            let world = deserted();
            world.bury(page, |stage| calls(stage, 5_000))?;
            Ok(world)
        },
        role: |stage| {
            stage.begin();
            let directory = stage.options.directory.clone();
            stage
                .insist(|| simpleipc::clean(directory.as_deref(), Duration::ZERO))
                .expect("cleaned");
            Box::new(())
        },
        ..DESERTED
    },
];

fn deserted() -> World {
    World::Service(Box::new(Service::deserted()))
}

/// With a client and a server, and calls of the former, which nobody has taken.
fn lively(calls: &[usize]) -> Result<World, String> {
    let mut service = Service::deserted();
    service.join()?;
    for bytes in calls {
        service.call(*bytes)?;
    }
    Ok(World::Service(Box::new(service)))
}

/// With a client and its calls; the server is the one that dies.
fn lively_client(calls: &[usize]) -> Result<World, String> {
    let mut service = Service::deserted();
    service.join_client()?;
    for bytes in calls {
        service.call(*bytes)?;
    }
    Ok(World::Service(Box::new(service)))
}

/// With a client whose call a dead server had in hand.
fn with_orphan(page: &Page) -> Result<World, String> {
    let world = lively_client(&[5_000])?;
    world.bury(page, |stage| {
        let mut server = stage.server();
        let request = stage.request(&mut server).expect("a request");
        Box::new((server, request))
    })?;
    Ok(world)
}

/// Calls once, and does not wait.
fn calls(stage: &Stage, bytes: usize) -> Held {
    let mut client = stage.client();
    stage.begin();
    Box::new((stage.call(&mut client, bytes), client))
}

/// Takes a request and answers it.
fn serves(stage: &Stage, bytes: usize) -> Held {
    let mut server = stage.server();
    stage.begin();
    let request = stage.request(&mut server).expect("a request");
    stage.answer(request, bytes);
    Box::new(server)
}
