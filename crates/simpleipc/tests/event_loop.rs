//! Descriptors and futures: nothing is missed by who waits with them.

mod place;
mod runtime;

use place::TestPlace;
use runtime::{AT_ONCE, NOW, SOON, block_on, is_readable};
use simpleipc::{Options, Publisher, Receiver, Sender, Status, Subscriber, Value, Watcher};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

#[test]
fn a_descriptor_is_readable_until_everything_is_taken() {
    let place = TestPlace::new();
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    let mut sender = Sender::open("q", &place.options()).expect("open");
    sender.send(0).expect("send");
    assert!(
        is_readable(receiver.fd().expect("fd"), AT_ONCE),
        "it was there before"
    );
    for round in 0..100 {
        for i in 0..3 {
            sender.send(round + i).expect("send");
        }
        assert!(is_readable(receiver.fd().expect("fd"), SOON));
        while receiver.receive_timeout(NOW).is_ok() {
            assert!(is_readable(receiver.fd().expect("fd"), AT_ONCE));
        }
        // On a slow machine it may be time to look around.
        while is_readable(receiver.fd().expect("fd"), AT_ONCE) {
            assert!(receiver.receive_timeout(NOW).is_err(), "round {round}");
        }
    }
}

#[test]
fn who_takes_only_what_the_descriptor_tells_of_gets_everything() {
    let place = TestPlace::new();
    let lossless = Options {
        lossless: true,
        ..place.options()
    };
    let mut subscriber = Subscriber::open("t", &lossless).expect("open");
    let options = place.options();
    const MESSAGES: i64 = 50_000;
    let publishing = std::thread::spawn(move || {
        let mut publisher = Publisher::open("t", &options).expect("open");
        for i in 0..MESSAGES {
            publisher
                .put(&Value::Int(i), 0, Some(SOON))
                .expect("publish");
            // Bursts, and pauses in which the other falls asleep.
            if i % 977 == 0 {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    });
    let mut next = 0;
    while next < MESSAGES {
        assert!(
            is_readable(subscriber.fd().expect("fd"), SOON),
            "stuck at {next}"
        );
        while let Ok(message) = subscriber.receive_timeout(NOW) {
            assert_eq!(message.value().expect("value"), Value::Int(next));
            next += 1;
        }
    }
    publishing.join().expect("join");
}

#[test]
fn a_tap_has_no_descriptor() {
    let place = TestPlace::new();
    let tap = Options {
        tap: true,
        ..place.options()
    };
    let mut subscriber = Subscriber::open("t", &tap).expect("open");
    let error = subscriber.fd().expect_err("refused");
    assert_eq!(error.status(), Status::BadArgument);
}

#[test]
fn futures_need_no_runtime() {
    let place = TestPlace::new();
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    let options = place.options();
    let sending = std::thread::spawn(move || {
        let mut sender = Sender::open("q", &options).expect("open");
        for i in 0..2000 {
            sender.send(i).expect("send");
            if i % 100 == 0 {
                std::thread::sleep(Duration::from_micros(300));
            }
        }
    });
    block_on(async {
        for i in 0..2000 {
            let message = receiver.receive_async().await.expect("receive");
            assert_eq!(message.value().expect("value"), Value::Int(i));
        }
    });
    sending.join().expect("join");
}

#[test]
fn one_task_waits_for_several_channels() {
    let place = TestPlace::new();
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let mut sender = Sender::open("q", &place.options()).expect("open");
    sender.send("queue").expect("send");
    // Whichever comes first; the other has taken nothing.
    let first = block_on(async {
        let (mut a, mut b) = (
            pin!(receiver.receive_async()),
            pin!(watcher.receive_async()),
        );
        std::future::poll_fn(|context| {
            if let Poll::Ready(message) = a.as_mut().poll(context) {
                return Poll::Ready(message);
            }
            b.as_mut().poll(context)
        })
        .await
    });
    let first = first.expect("a message");
    assert_eq!(first.value().expect("value"), Value::from("queue"));
}
