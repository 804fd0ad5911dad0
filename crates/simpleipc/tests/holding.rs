//! Messages and queues that outlive the handles they came from.

mod place;

use place::TestPlace;
use simpleipc::{LoanKind, Options, Publisher, Sender, Status, Subscriber, Value, clean};
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
const LARGE: usize = 4 << 20;

fn put_large(publisher: &mut Publisher, byte: u8) -> simpleipc::Result<()> {
    let data = vec![byte; LARGE];
    publisher.put(&Value::Bytes((&data[..]).into()), 0, NOW)
}

#[test]
fn a_held_message_stays_whole_when_the_reader_meets_an_old_reference_to_its_chunk() {
    let place = TestPlace::new();
    let two_chunks = Options {
        pool_bytes_max: 9 << 20,
        ..place.options()
    };
    let mut first = Publisher::open("t", &two_chunks).expect("open");
    let mut second = Publisher::open("t", &place.options()).expect("open");
    let mut subscriber = Subscriber::open("t", &place.options()).expect("open");
    first.publish(0i64).expect("publish");
    subscriber.receive_timeout(NOW).expect("take"); // the next look begins at the second lane
    put_large(&mut first, 1).expect("room");
    put_large(&mut first, 1).expect("room");
    // Memory is short: the chunk of the oldest message, not taken yet, goes to the other publisher.
    drop(first.loan(LoanKind::Bytes(LARGE), NOW).expect("a loan"));
    put_large(&mut second, 2).expect("room");
    let held = subscriber.receive_timeout(NOW).expect("take");
    let Ok(Value::Bytes(view)) = held.value() else {
        panic!("expected bytes");
    };
    assert_eq!(view[0], 2);
    let next = subscriber.receive_timeout(NOW).expect("take");
    assert_eq!(next.missed(), 1, "the message that lost its chunk");
    // Both chunks are in use, so this must not find one.
    let outcome = put_large(&mut second, 3);
    assert_eq!(
        outcome.map_err(|error| error.status()),
        Err(Status::NoSpace)
    );
    // The other publisher's, which everybody has done with now, is to be had.
    drop(next);
    put_large(&mut second, 3).expect("room");
    assert!(view.iter().all(|byte| *byte == 2), "torn");
}

/// A publisher may be 16 messages ahead of the subscriber.
fn lossless_pair(place: &TestPlace) -> (Subscriber, Publisher) {
    let lossless = Options {
        lossless: true,
        depth: 16,
        ..place.options()
    };
    let subscriber = Subscriber::open("t", &lossless).expect("open");
    let publisher = Publisher::open("t", &place.options()).expect("open");
    (subscriber, publisher)
}

#[test]
fn a_closed_lossless_subscriber_holds_nobody_up_while_its_message_lives_on() {
    let place = TestPlace::new();
    let (mut subscriber, mut publisher) = lossless_pair(&place);
    publisher.publish(&[7u8; 1000][..]).expect("publish");
    let message = subscriber.receive_timeout(NOW).expect("take");
    drop(subscriber);
    for number in 0..100 {
        let outcome = publisher.put(&Value::Int(number), 0, NOW);
        outcome.expect("nobody to wait for");
    }
    assert_eq!(
        message.value().expect("still there"),
        Value::from(&[7u8; 1000][..])
    );
}

#[test]
fn a_lossless_subscriber_that_always_has_a_message_in_hand_holds_nobody_up() {
    let place = TestPlace::new();
    let (mut subscriber, mut publisher) = lossless_pair(&place);
    let mut before: Option<(simpleipc::Message, [u8; 1000])> = None;
    for number in 0..100 {
        let data = [number; 1000];
        let outcome = publisher.put(&Value::from(&data[..]), 0, NOW);
        outcome.expect("all but one are taken");
        let message = subscriber.receive_timeout(NOW).expect("take");
        if let Some((old, data)) = before.replace((message, data)) {
            assert_eq!(old.value().expect("whole"), Value::from(&data[..]));
        }
    }
}

#[test]
fn cleaning_by_age_keeps_messages_that_do_not_say_their_age() {
    let place = TestPlace::new();
    let unstamped = Options {
        unstamped: true,
        ..place.options()
    };
    let mut sender = Sender::open("q", &unstamped).expect("open");
    sender.send(1i64).expect("send");
    drop(sender);
    let day = Duration::from_secs(86_400);
    assert_eq!(clean(Some(place.path()), day).expect("clean"), 0);
    assert_eq!(clean(Some(place.path()), Duration::ZERO).expect("clean"), 1);
}
