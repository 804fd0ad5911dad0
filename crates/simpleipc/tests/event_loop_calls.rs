//! Calls and servers in event loops: descriptors, futures, and waiting on several at once.

mod place;
mod runtime;

use place::TestPlace;
use runtime::{AT_ONCE, NOW, SOON, block_on, is_readable};
use simpleipc::{
    CallError, Client, Failure, Manner, Notifier, Request, Sender, Server, Setter, Source, Status,
    Value, Waiter, Watcher, wait_any,
};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const PATIENCE: Option<Duration> = Some(SOON);

/// Answers with what was given.
fn echo(request: &Request) {
    let args = request.args().expect("args");
    request.reply(args).expect("reply");
}

fn pair(place: &TestPlace) -> (Client, Server) {
    let server = Server::open("echo", &place.options()).expect("a server");
    let client = Client::open("echo", &place.options()).expect("a client");
    (client, server)
}

fn begin(client: &mut Client, number: i64) -> u64 {
    let manner = Manner::default();
    client
        .begin("echo", &Value::Int(number), manner, NOW)
        .expect("begin")
}

fn timed_out<T>(outcome: Result<T, CallError>) -> bool {
    outcome.is_err_and(|error| error.status() == Status::Timeout)
}

#[test]
fn a_clients_descriptor_is_readable_while_one_of_its_calls_has_a_reply() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    assert!(
        !is_readable(client.fd().expect("fd"), AT_ONCE),
        "nothing is in flight"
    );
    for round in 0..50 {
        let calls = [1, 2, 3].map(|number| begin(&mut client, round * number));
        for _ in calls {
            echo(&server.receive(PATIENCE).expect("a request"));
        }
        assert!(is_readable(client.fd().expect("fd"), SOON));
        // The replies of the others are taken with the first, and wait in the client.
        for (at, number) in [(2, 3), (0, 1), (1, 2)] {
            assert!(is_readable(client.fd().expect("fd"), AT_ONCE));
            let reply = client.take(calls[at], PATIENCE).expect("a reply");
            assert_eq!(reply.value().expect("value"), Value::Int(round * number));
        }
        assert!(
            !is_readable(client.fd().expect("fd"), AT_ONCE),
            "nothing is in flight"
        );
    }
}

#[test]
fn a_look_in_vain_clears_a_clients_descriptor_only_if_nothing_else_has_arrived() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    client.fd().expect("fd");
    let (slow, quick) = (begin(&mut client, 1), begin(&mut client, 2));
    let waiting = server.receive(PATIENCE).expect("the first");
    echo(&server.receive(PATIENCE).expect("the second"));
    // Takes the reply of the other one from the channel.
    assert!(timed_out(client.take(slow, Some(Duration::from_millis(5)))));
    assert!(timed_out(client.take(slow, NOW)));
    assert!(is_readable(client.fd().expect("fd"), AT_ONCE));
    client.take(quick, NOW).expect("it is there");
    assert!(timed_out(client.take(slow, NOW)));
    echo(&waiting);
    assert!(is_readable(client.fd().expect("fd"), SOON));
    client.take(slow, NOW).expect("it is there");
}

#[test]
fn while_a_call_is_in_flight_it_is_often_time_to_look_after_it() {
    let place = TestPlace::new();
    let (mut client, _server) = pair(&place);
    let call = begin(&mut client, 1);
    let began = std::time::Instant::now();
    for _ in 0..25 {
        assert!(is_readable(client.fd().expect("fd"), SOON));
        assert!(timed_out(client.take(call, NOW)));
    }
    // 30 ms each. The slices of who waits for nothing in particular would make it 23 s.
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn late_replies_of_cancelled_calls_do_not_keep_an_idle_client_busy() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    let call = begin(&mut client, 1);
    client.fd().expect("fd");
    let request = server.receive(PATIENCE).expect("a request");
    let _ = server.receive(NOW); // tells the client who has it
    client.cancel(call);
    let _ = request.reply(1);
    assert!(!is_readable(
        client.fd().expect("fd"),
        Duration::from_millis(200)
    ));
    let call = begin(&mut client, 2);
    echo(&server.receive(PATIENCE).expect("a request"));
    assert!(is_readable(client.fd().expect("fd"), SOON));
    client.take(call, PATIENCE).expect("a reply");
}

#[test]
fn one_wait_for_a_queue_a_state_a_signal_a_server_and_replies() {
    let place = TestPlace::new();
    let options = place.options();
    let (mut client, mut server) = pair(&place);
    let mut receiver = simpleipc::Receiver::open("queue", &options).expect("open");
    let mut watcher = Watcher::open("state", &options).expect("open");
    let mut waiter = Waiter::open("signal", &options).expect("open");
    let mut sender = Sender::open("queue", &options).expect("open");
    let mut setter = Setter::open("state", &options).expect("open");
    let mut notifier = Notifier::open("signal", &options).expect("open");
    let mut other = Client::open("echo", &options).expect("a client");
    let call = begin(&mut client, 7);
    let request = server.receive(PATIENCE).expect("a request");
    let timeout = {
        let sources: &mut [&mut dyn Source] =
            &mut [&mut receiver, &mut watcher, &mut waiter, &mut client];
        wait_any(sources, 0, Some(Duration::from_millis(10)))
    };
    assert_eq!(timeout.expect_err("nothing").status(), Status::Timeout);
    // Each in turn, while the others have nothing; both before the wait and during it.
    for (expected, during) in [0, 1, 2, 3, 4]
        .into_iter()
        .flat_map(|k| [(k, false), (k, true)])
    {
        let mut act = || match expected {
            0 => sender.send(1),
            1 => setter.set(1),
            2 => notifier.notify(),
            3 if !during => request.push(1),
            3 => request.reply(2),
            _ => other.send("echo", 3),
        };
        if !during {
            act().expect("sent");
        }
        let found = std::thread::scope(|threads| {
            if during {
                threads.spawn(|| {
                    std::thread::sleep(Duration::from_millis(20));
                    act().expect("sent");
                });
            }
            let sources: &mut [&mut dyn Source] = &mut [
                &mut receiver,
                &mut watcher,
                &mut waiter,
                &mut client,
                &mut server,
            ];
            wait_any(sources, expected, PATIENCE)
        });
        assert_eq!(found.expect("ready"), expected);
        match expected {
            0 => drop(receiver.receive_timeout(NOW).expect("it is there")),
            1 => drop(watcher.receive_timeout(NOW).expect("it is there")),
            2 => assert_eq!(waiter.wait(NOW), Ok(1)),
            3 => drop(client.take(call, NOW).expect("it is there")),
            _ => drop(server.receive(NOW).expect("it is there")),
        }
    }
    // A state stays.
    std::fs::remove_file(place.path().join("state.sipc")).expect("removed");
}

#[test]
fn calls_are_futures_and_several_may_be_in_flight() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    let end = server.interrupter();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            // Answers each two calls in the other order.
            block_on(async {
                while let Ok(first) = server.receive_async().await {
                    if first.method() == "single" {
                        echo(&first);
                        continue;
                    }
                    let second = server.receive_async().await.expect("a request");
                    echo(&second);
                    std::thread::sleep(Duration::from_micros(100));
                    echo(&first);
                }
            });
        });
        block_on(async {
            for i in 0..200 {
                let one = client.call_async("single", i).await.expect("a reply");
                assert_eq!(one.value().expect("value"), Value::Int(i));
                let a = client.start("echo", i).expect("started");
                let b = client.start("echo", i + 1).expect("started");
                // Nobody polls the second, whose reply comes first, until the first is there.
                let (a, b) = (a.await.expect("a reply"), b.await.expect("a reply"));
                assert_eq!(a.value().expect("value"), Value::Int(i));
                assert_eq!(b.value().expect("value"), Value::Int(i + 1));
            }
        });
        end.interrupt();
    });
}

#[test]
fn a_reply_that_nobody_awaits_does_not_keep_the_task_of_another_call_busy() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    let mut slow = client.start("slow", ()).expect("started");
    let quick = client.start("quick", 2).expect("started");
    let _first = server.receive(PATIENCE).expect("a request");
    echo(&server.receive(PATIENCE).expect("a request"));
    let mut polls = 0;
    let end = std::time::Instant::now() + Duration::from_millis(500);
    block_on(std::future::poll_fn(|context| {
        polls += 1;
        assert!(pin!(&mut slow).poll(context).is_pending());
        match std::time::Instant::now() < end {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }));
    assert!((2..200).contains(&polls), "{polls}: about 17, every 30 ms");
    let reply = block_on(quick).expect("a reply");
    assert_eq!(reply.value().expect("value"), Value::Int(2));
}

#[test]
fn a_future_ends_with_the_failure_the_stream_or_the_cancellation_of_its_call() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    block_on(async {
        let failed = client.start("no", ()).expect("started");
        let request = server.receive_async().await.expect("a request");
        request.fail(&Failure::new(7, "no")).expect("answered");
        let error = failed.await.expect_err("failed");
        assert_eq!(error.failure().map(|failure| failure.code), Some(7));

        let mut stream = client.start("three", ()).expect("started");
        let request = server.receive_async().await.expect("a request");
        for i in 0..3 {
            request.push(i).expect("pushed");
        }
        request.reply("end").expect("answered");
        for i in 0..3 {
            let reply = stream.next_async().await.expect("a reply").expect("more");
            assert_eq!(reply.value().expect("value"), Value::Int(i));
        }
        assert!(stream.next_async().await.expect("no error").is_none());
        let end = stream.await.expect("the end");
        assert_eq!(end.value().expect("value"), Value::from("end"));

        // Dropped while it waits: the server sees that nobody does.
        let mut dropped = client.start("never", ()).expect("started");
        let request = server.receive_async().await.expect("a request");
        assert!(!request.is_cancelled());
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(&mut dropped).poll(&mut context).is_pending());
        drop(dropped);
        assert!(request.is_cancelled());
    });
}

#[test]
fn a_future_is_interrupted_as_other_waits_are() {
    let place = TestPlace::new();
    let (mut client, mut server) = pair(&place);
    let ends = [client.interrupter(), server.interrupter()];
    let call = client.start("echo", 1).expect("started");
    let mut call = pin!(call);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            ends[0].interrupt();
        });
        let error = block_on(call.as_mut()).expect_err("interrupted");
        assert_eq!(error.status(), Status::Interrupted);
    });
    echo(&server.receive(PATIENCE).expect("a request"));
    block_on(call).expect("the call went on");
    ends[1].interrupt();
    let error = block_on(server.receive_async()).err().expect("interrupted");
    assert_eq!(error.status(), Status::Interrupted);
}

#[test]
fn a_future_that_was_dropped_has_taken_nothing_and_is_not_woken() {
    let place = TestPlace::new();
    let (_client, mut server) = pair(&place);
    let woken = std::sync::Arc::new(());
    struct Count(#[allow(dead_code)] std::sync::Arc<()>); // held, and dropped
    impl std::task::Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {}
    }
    let waker = Waker::from(std::sync::Arc::new(Count(woken.clone())));
    {
        let mut context = Context::from_waker(&waker);
        let mut receiving = pin!(server.receive_async());
        assert!(matches!(
            receiving.as_mut().poll(&mut context),
            Poll::Pending
        ));
    }
    drop(waker);
    assert_eq!(
        std::sync::Arc::strong_count(&woken),
        1,
        "the waker has gone"
    );
    let mut client = Client::open("echo", &place.options()).expect("a client");
    client.send("echo", 5).expect("sent");
    let request = block_on(server.receive_async()).expect("a request");
    assert_eq!(request.args().expect("args"), Value::Int(5));
}
