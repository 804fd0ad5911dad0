//! Taps: subscribers who take no part, and of whom nobody knows.

mod place;

use place::TestPlace;
use simpleipc::{Options, Publisher, Receiver, Sender, Status, Subscriber, Value, wait_any};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn tap(place: &TestPlace) -> Options {
    Options {
        tap: true,
        ..place.options()
    }
}

fn uint(message: &simpleipc::Message) -> u64 {
    match message.value() {
        Ok(Value::Uint(number)) => number,
        other => panic!("expected a number, got {other:?}"),
    }
}

#[test]
fn a_tap_sees_what_subscribers_see() {
    let place = TestPlace::new();
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    publisher.publish(1u64).expect("publish");
    let mut tap = Subscriber::open("t", &tap(&place)).expect("open");
    let mut subscriber = Subscriber::open("t", &place.options()).expect("open");
    let large = vec![7u8; 100_000];
    let values = [
        Value::Uint(2),
        Value::Str("x".repeat(90).into()),
        Value::Str("y".repeat(9000).into()),
        Value::Bytes((&large[..]).into()),
        Value::List(vec![Value::Null, Value::Int(3)]),
    ];
    for value in &values {
        publisher.put(value, 5, NOW).expect("publish");
        let ordinary = subscriber.receive_timeout(SOON).expect("take");
        let seen = tap.receive_timeout(SOON).expect("take");
        assert_eq!(seen.value().expect("value"), *value);
        assert_eq!(
            (seen.sequence(), seen.sender(), seen.publish_time_ns()),
            (
                ordinary.sequence(),
                ordinary.sender(),
                ordinary.publish_time_ns()
            )
        );
        assert_eq!((seen.capture_time_ns(), seen.missed()), (5, 0));
    }
    let error = tap.receive_timeout(NOW).expect_err("empty");
    assert_eq!(error.status(), Status::Timeout);
    let wait = Some(Duration::from_millis(20));
    let error = tap.receive_timeout(wait).expect_err("empty");
    assert_eq!(error.status(), Status::Timeout);
    let mut count = 0;
    publisher.publish(3u64).expect("publish");
    publisher.publish(4u64).expect("publish");
    let each = tap.receive_each(SOON, 9, |message| count += uint(message));
    assert_eq!((each.expect("two"), count), (2, 7));
}

#[test]
fn nobody_sees_a_tap_and_it_changes_nothing() {
    let place = TestPlace::new();
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    let mut subscriber = Subscriber::open("t", &place.options()).expect("open");
    publisher.publish(&[1u8; 5000][..]).expect("publish");
    publisher.publish(2u64).expect("publish");
    drop(subscriber.receive_timeout(SOON).expect("take"));
    drop(subscriber.receive_timeout(SOON).expect("take"));
    let files = || -> Vec<(std::ffi::OsString, Vec<u8>)> {
        let entries = fs::read_dir(place.path()).expect("list").flatten();
        let mut files: Vec<_> = entries
            .map(|entry| (entry.file_name(), fs::read(entry.path()).expect("read")))
            .collect();
        files.sort();
        files
    };
    let before = files();
    assert_eq!(before.len(), 2, "a control file and a data file");
    let history = Options {
        history: 2,
        ..tap(&place)
    };
    let mut tap = Subscriber::open("t", &history).expect("open");
    let first = tap.receive_timeout(SOON).expect("history");
    assert_eq!(
        first.value().expect("value"),
        Value::Bytes((&[1u8; 5000][..]).into())
    );
    assert_eq!(uint(&tap.receive_timeout(SOON).expect("history")), 2);
    tap.receive_timeout(Some(Duration::from_millis(20)))
        .expect_err("it slept");
    tap.interrupter().interrupt();
    tap.receive_timeout(SOON).expect_err("interrupted");
    drop(tap);
    assert!(before == files(), "a tap has changed the channel");
    // It neither keeps the channel in being nor loses what it has copied.
    let mut tap = Subscriber::open("t", &history).expect("open");
    let kept = tap.receive_timeout(SOON).expect("history");
    drop((publisher, subscriber));
    assert!(fs::read_dir(place.path()).expect("list").next().is_none());
    assert_eq!(
        kept.value().expect("value"),
        Value::Bytes((&[1u8; 5000][..]).into())
    );
}

#[test]
fn a_tap_in_the_way_of_a_fast_publisher_gets_whole_messages_and_counts_the_others() {
    let place = TestPlace::new();
    let small = Options {
        depth: 16,
        ..place.options()
    };
    let mut publisher = Publisher::open("t", &small).expect("open");
    let mut tap = Subscriber::open("t", &tap(&place)).expect("open");
    const SENT: u64 = 20_000;
    let done = AtomicBool::new(false);
    let (mut received, mut missed) = (0, 0);
    let mut take = |message: &simpleipc::Message| {
        let Ok(Value::Bytes(bytes)) = message.value() else {
            panic!("not bytes")
        };
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "torn");
        assert_eq!(bytes[0], message.sequence() as u8);
        received += 1;
        missed += message.missed();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..SENT {
                // One that fits into a slot of two lines, and two sizes of chunks.
                let bytes = [100, 3000, 40_000][number as usize % 3];
                let message = vec![number as u8; bytes];
                publisher
                    .publish(&message[..])
                    .expect("never waits for a tap");
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            if let Ok(message) = tap.receive_timeout(NOW) {
                take(&message);
            }
        }
    });
    // Two that it can still get, to learn what it has missed.
    while let Ok(message) = tap.receive_timeout(NOW) {
        take(&message);
    }
    publisher.publish(&[SENT as u8; 10][..]).expect("publish");
    take(&tap.receive_timeout(SOON).expect("take"));
    assert_eq!(received + missed, SENT + 1, "{received} received");
    assert!(received > 1);
}

#[test]
fn a_tap_may_be_there_first_and_goes_on_with_the_next_channel() {
    let place = TestPlace::new();
    let mut tap = Subscriber::open("t", &tap(&place)).expect("open");
    assert!(fs::read_dir(place.path()).expect("list").next().is_none());
    assert_eq!(
        tap.receive_timeout(NOW).expect_err("nothing").status(),
        Status::Timeout
    );
    for round in 0..3 {
        let mut publisher = Publisher::open("t", &place.options()).expect("open");
        publisher.publish(10 * round).expect("publish");
        publisher.publish(10 * round + 1).expect("publish");
        for number in [0, 1] {
            let message = tap.receive_timeout(SOON).expect("from the first one on");
            assert_eq!((uint(&message), message.missed()), (10 * round + number, 0));
        }
        if round == 1 {
            // What it has not read yet when the channel goes is read first.
            publisher.publish(100u64).expect("publish");
        }
        drop(publisher);
        if round == 1 {
            let mut next = Publisher::open("t", &place.options()).expect("open");
            next.publish(200u64).expect("publish");
            assert_eq!(uint(&tap.receive_timeout(SOON).expect("take")), 100);
            assert_eq!(uint(&tap.receive_timeout(SOON).expect("take")), 200);
        }
    }
    let sender = Sender::open("t", &place.options()).expect("open");
    let error = tap.receive_timeout(SOON).expect_err("it is a queue now");
    assert_eq!(error.status(), Status::WrongPattern);
    drop(sender);
}

#[test]
fn a_tap_may_skip_to_the_latest_message() {
    let place = TestPlace::new();
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    let latest = Options {
        latest: true,
        ..tap(&place)
    };
    let mut tap = Subscriber::open("t", &latest).expect("open");
    for number in 0..1000u64 {
        publisher.publish(number).expect("publish");
    }
    let message = tap.receive_timeout(SOON).expect("take");
    assert_eq!((uint(&message), message.missed()), (999, 999));
}

#[test]
fn a_tap_waits_alone_and_with_others_and_can_be_interrupted() {
    let place = TestPlace::new();
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    let mut sender = Sender::open("q", &place.options()).expect("open");
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    let mut tap = Subscriber::open("t", &tap(&place)).expect("open");
    let interrupter = tap.interrupter();
    meanwhile(
        || publisher.publish(1u64).expect("publish"),
        || assert_eq!(uint(&tap.receive().expect("take")), 1),
    );
    meanwhile(
        || publisher.publish(2u64).expect("publish"),
        || assert_eq!(wait_any(&mut [&mut receiver, &mut tap], 0, SOON), Ok(1)),
    );
    assert_eq!(uint(&tap.receive_timeout(NOW).expect("ready")), 2);
    meanwhile(
        || sender.send(3u64).expect("send"),
        || assert_eq!(wait_any(&mut [&mut receiver, &mut tap], 0, SOON), Ok(0)),
    );
    assert_eq!(uint(&receiver.receive_timeout(NOW).expect("ready")), 3);
    let began = Instant::now();
    meanwhile(
        || interrupter.interrupt(),
        || {
            let error = tap.receive_timeout(SOON).expect_err("interrupted");
            assert_eq!(error.status(), Status::Interrupted);
        },
    );
    meanwhile(
        || interrupter.interrupt(),
        || {
            let error = wait_any(&mut [&mut receiver, &mut tap], 0, SOON);
            assert_eq!(
                error.expect_err("interrupted").status(),
                Status::Interrupted
            );
        },
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// Does `work` when `wait` has begun to sleep.
fn meanwhile(work: impl FnOnce() + Send, wait: impl FnOnce()) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(80));
            work();
        });
        wait();
    });
}

#[test]
fn only_a_lossy_subscriber_can_be_a_tap() {
    let place = TestPlace::new();
    let options = tap(&place);
    let refused = |outcome: simpleipc::Result<()>, words: &str| {
        let error = outcome.expect_err(words);
        assert_eq!(error.status(), Status::BadArgument);
        assert!(error.message().contains(words), "{error}");
    };
    refused(
        Publisher::open("t", &options).map(drop),
        "a publisher of 't'",
    );
    refused(Sender::open("t", &options).map(drop), "a sender of 't'");
    refused(Receiver::open("t", &options).map(drop), "a receiver of 't'");
    let lossless = Options {
        lossless: true,
        ..options.clone()
    };
    refused(
        Subscriber::open("t", &lossless).map(drop),
        "cannot be lossless",
    );
    let nowhere = Options {
        directory: Some(place.path().join("nowhere")),
        ..options
    };
    let error = Subscriber::open("t", &nowhere).map(drop).expect_err("typo");
    assert_eq!(error.status(), Status::NoDirectory);
}
