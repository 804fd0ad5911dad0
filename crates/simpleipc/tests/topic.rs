//! Topics, seen from outside: what a publisher and its subscribers are promised.

mod place;

use place::TestPlace;
use simpleipc::{Dtype, Options, Publisher, Status, Subscriber, Value};
use std::time::Duration;

const SOON: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn int(message: &simpleipc::Message) -> i64 {
    match message.value() {
        Ok(Value::Int(i)) => i,
        other => panic!("expected an int, got {other:?}"),
    }
}

// snippet-begin
/// A camera fills frames inside the channel; every viewer looks at them where they are.
fn frames(options: &Options) -> simpleipc::Result<()> {
    let newest_only = Options {
        latest: true,
        ..options.clone()
    };
    let mut viewer = Subscriber::open("camera", &newest_only)?;

    let soon = Some(Duration::from_secs(5));
    let mut camera = Publisher::open("camera", options)?;
    let mut frame = camera.loan_tensor(Dtype::U8, &[720, 1280, 3], "rgb8", soon)?;
    frame.fill(7); // draw
    camera.put_loan(&mut frame, simpleipc::now_ns(), soon)?;

    let message = viewer.receive()?;
    let Value::Tensor(seen) = message.value()? else {
        panic!("that was no frame");
    };
    assert_eq!((seen.shape[1], seen.data[0]), (1280, 7));
    assert_eq!(message.missed(), 0);
    Ok(())
}
// snippet-end

#[test]
fn the_page_of_topics_is_right() {
    let place = TestPlace::new();
    frames(&place.options()).expect("as the page says");
}

#[test]
fn every_subscriber_gets_every_message_in_order_with_its_facts() {
    let place = TestPlace::new();
    let mut first = Subscriber::open("t", &place.options()).expect("open");
    let mut second = Subscriber::open("t", &place.options()).expect("open");
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    for i in 0..100 {
        publisher.publish(i as i64).expect("publish");
    }
    for subscriber in [&mut first, &mut second] {
        let mut previous = None;
        for i in 0..100 {
            let message = subscriber.receive_timeout(SOON).expect("take");
            assert_eq!(int(&message), i);
            assert_eq!(message.missed(), 0);
            assert!(message.publish_time_ns() > 0);
            assert!(message.receive_time_ns() >= message.publish_time_ns());
            if let Some((sender, sequence)) = previous {
                assert_eq!(
                    (message.sender(), message.sequence()),
                    (sender, sequence + 1)
                );
            }
            previous = Some((message.sender(), message.sequence()));
        }
        let error = subscriber.receive_timeout(NOW).expect_err("empty");
        assert_eq!(error.status(), Status::Timeout);
    }
}

#[test]
fn a_slow_subscriber_learns_exactly_how_many_it_missed() {
    let place = TestPlace::new();
    let mut subscriber = Subscriber::open("t", &place.options()).expect("open");
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    const SENT: u64 = 10_000;
    for i in 0..SENT {
        publisher
            .put(&Value::Uint(i), 0, NOW)
            .expect("never blocks");
    }
    let (mut received, mut missed, mut expected) = (0, 0, 0);
    while let Ok(message) = subscriber.receive_timeout(NOW) {
        missed += message.missed();
        expected += message.missed();
        assert_eq!(message.value().expect("value"), Value::Uint(expected));
        expected += 1;
        received += 1;
    }
    assert!(received > 0 && missed > 0);
    assert_eq!(received + missed, SENT);
}

#[test]
fn a_lossless_subscriber_loses_history_only() {
    let place = TestPlace::new();
    const DEPTH: u32 = 16;
    let shallow = Options {
        depth: DEPTH,
        ..place.options()
    };
    let mut publisher = Publisher::open("t", &shallow).expect("open");
    for i in 0..100 {
        publisher.publish(i).expect("publish");
    }
    let lossless = Options {
        lossless: true,
        history: DEPTH,
        ..shallow
    };
    let mut subscriber = Subscriber::open("t", &lossless).expect("open");
    // Nobody takes: all of the history goes, and not one of these.
    for i in 100..100 + i64::from(DEPTH) {
        publisher
            .put(&Value::Int(i), 0, NOW)
            .expect("there is room");
    }
    assert!(publisher.put(&Value::Int(0), 0, NOW).is_err(), "no more");
    for i in 100..100 + i64::from(DEPTH) {
        let message = subscriber.receive_timeout(NOW).expect("take");
        assert_eq!((int(&message), message.missed()), (i, 0));
    }
}

#[test]
fn a_lossless_subscriber_makes_the_publisher_wait_and_loses_nothing() {
    let place = TestPlace::new();
    let lossless = Options {
        lossless: true,
        ..place.options()
    };
    let mut subscriber = Subscriber::open("t", &lossless).expect("open");
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    for i in 0..256 {
        publisher.put(&Value::Int(i), 0, NOW).expect("room");
    }
    let full = publisher.put(&Value::Int(256), 0, Some(Duration::from_millis(30)));
    assert_eq!(full.expect_err("full").status(), Status::Full);
    let sending = std::thread::spawn(move || {
        for i in 256..20_000 {
            publisher
                .put(&Value::Int(i), 0, SOON)
                .expect("room in time");
        }
    });
    for i in 0..20_000 {
        let message = subscriber.receive_timeout(SOON).expect("take");
        assert_eq!((int(&message), message.missed()), (i, 0));
    }
    sending.join().expect("sender");
}

#[test]
fn late_joiners_get_the_history_they_ask_for() {
    let place = TestPlace::new();
    let keeping = Options {
        history: 5,
        ..place.options()
    };
    let mut publisher = Publisher::open("t", &keeping).expect("open");
    for i in 0..20 {
        publisher
            .publish(Value::Bytes(vec![i as u8; 4000].into()))
            .expect("publish");
    }
    let mut subscriber = Subscriber::open(
        "t",
        &Options {
            history: 3,
            ..place.options()
        },
    )
    .expect("open");
    for i in 17..20u8 {
        let message = subscriber.receive_timeout(NOW).expect("history");
        assert_eq!(
            message.value().expect("value"),
            Value::Bytes(vec![i; 4000].into())
        );
        assert_eq!(message.missed(), 0);
    }
    assert!(subscriber.receive_timeout(NOW).is_err());
}

#[test]
fn the_latest_reader_skips_to_the_newest() {
    let place = TestPlace::new();
    let mut subscriber = Subscriber::open(
        "t",
        &Options {
            latest: true,
            ..place.options()
        },
    )
    .expect("open");
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    for i in 0..50 {
        publisher.publish(i as i64).expect("publish");
    }
    let message = subscriber.receive_timeout(NOW).expect("take");
    assert_eq!((int(&message), message.missed()), (49, 49));
}

#[test]
fn messages_of_every_size_travel_on_one_channel() {
    let place = TestPlace::new();
    let mut subscriber = Subscriber::open("t", &place.options()).expect("open");
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    for len in [
        0,
        1,
        7,
        8,
        96,
        97,
        104,
        105,
        4096,
        70_000,
        1 << 20,
        40 << 20,
        3,
    ] {
        let sent: Vec<u8> = (0..len).map(|i| (i * 7 + len) as u8).collect();
        publisher.publish(&sent[..]).expect("publish");
        let message = subscriber.receive_timeout(NOW).expect("take");
        assert_eq!(
            message.value().expect("value"),
            Value::Bytes(sent.into()),
            "{len} bytes"
        );
    }
}

#[test]
fn a_held_message_keeps_its_memory_while_others_come_and_go() {
    let place = TestPlace::new();
    let mut subscriber = Subscriber::open("t", &place.options()).expect("open");
    let mut publisher = Publisher::open("t", &place.options()).expect("open");
    publisher.publish(&vec![1u8; 300_000][..]).expect("publish");
    let held = subscriber.receive_timeout(NOW).expect("take");
    for i in 0..1000 {
        publisher
            .publish(&vec![i as u8; 300_000][..])
            .expect("publish");
        drop(subscriber.receive_timeout(NOW).expect("take"));
    }
    drop(subscriber);
    assert_eq!(
        held.value().expect("value"),
        Value::Bytes(vec![1u8; 300_000].into())
    );
    let report = simpleipc::audit("t", Some(place.path()))
        .expect("audit")
        .expect("exists");
    assert!(report.pool_bytes < 8 << 20, "{report:?}");
    assert_eq!(report.leaks, Vec::<String>::new());
}

#[test]
fn memory_of_a_publisher_that_has_left_is_to_be_had_once_everybody_has_read_it() {
    let place = TestPlace::new();
    let small = Options {
        pool_bytes_max: 3 << 20,
        ..place.options()
    };
    let lossless = Options {
        lossless: true,
        ..small.clone()
    };
    let mut subscriber = Subscriber::open("t", &lossless).expect("open");
    let mut leaving = Publisher::open("t", &place.options()).expect("open");
    let mut staying = Publisher::open("t", &place.options()).expect("open");
    let large = vec![1u8; 1_200_000];
    leaving.publish(&large[..]).expect("room");
    leaving.publish(&large[..]).expect("room");
    drop(leaving);
    let full = staying.put(&Value::from(&large[..]), 0, NOW);
    assert!(full.is_err(), "the subscriber still needs it");
    for _ in 0..2 {
        drop(subscriber.receive_timeout(NOW).expect("take"));
    }
    let room = staying.put(&Value::from(&large[..]), 0, NOW);
    room.expect("the memory is free again");
    assert_eq!(subscriber.receive_timeout(NOW).expect("take").missed(), 0);
}

#[test]
fn the_history_of_one_publisher_does_not_keep_another_from_publishing() {
    let place = TestPlace::new();
    let small = Options {
        pool_bytes_max: 3 << 20,
        depth: 64,
        history: 64,
        ..place.options()
    };
    let mut subscriber = Subscriber::open("t", &small).expect("open");
    let mut first = Publisher::open("t", &place.options()).expect("open");
    for number in 0..60 {
        first.publish(&vec![number; 40_000][..]).expect("room");
    }
    let mut second = Publisher::open("t", &place.options()).expect("open");
    let large = Value::from(&[7u8; 1_200_000][..]);
    let room = second.put(&large, 0, Some(Duration::from_secs(20)));
    room.expect("what is remembered gives way");
    let mut came = false;
    while let Ok(message) = subscriber.receive_timeout(NOW) {
        came |= message.value().expect("value") == large;
    }
    assert!(came, "who has not asked for lossless misses others");
}
