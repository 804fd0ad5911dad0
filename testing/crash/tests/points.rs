//! A process dies at each named point of the library, and the others notice nothing.
//!
//! Each test is one row of spec/recovery.md. It starts survivors, has an actor die exactly at the
//! point, and then checks that the survivors go on, that everything promised arrives, that an
//! audit finds nothing that belongs to nobody, and that no file is left at the end.

use crash::actor::{QUEUE, TOPIC};
use crash::ledger::{self, Entry};
use crash::place::Place;
use crash::process::Process;
use simpleipc::{Options, Publisher, Receiver, Sender, Subscriber, Value};
use std::path::Path;
use std::time::Duration;

/// A failure, not a measurement: nobody may be held up this long by a death.
const STUCK: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);
const SURVIVOR: u64 = u64::MAX;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_crash"))
}

/// Runs an actor that must die at `point`; returns what it said.
fn dies_at(place: &Place, words: &[&str], point: &str) -> Vec<String> {
    let die = format!("die={point}");
    let words: Vec<&str> = words.iter().copied().chain([die.as_str()]).collect();
    let mut actor = Process::start(program(), place.path(), &words);
    let said: Vec<String> = std::iter::from_fn(|| actor.line()).collect();
    assert_eq!(
        actor.end(),
        Some(libc::SIGKILL),
        "never came to {point}; said {said:?}"
    );
    said
}

/// Joining repairs what is still to be repaired; after that everything belongs to somebody.
fn nothing_leaks(place: &Place) {
    drop(Publisher::open(TOPIC, &place.options()).expect("a publisher joins"));
    drop(Receiver::open(QUEUE, &place.options()).expect("a receiver joins"));
    assert_eq!(place.leaks(), Vec::<String>::new());
}

/// A publisher or a subscriber dies while a publisher and a lossless subscriber go on.
fn topic_survives(words: &[&str], point: &str) {
    let place = Place::new();
    let lossless = Options {
        lossless: true,
        depth: 16,
        ..place.options()
    };
    let mut subscriber = Subscriber::open(TOPIC, &lossless).expect("open");
    let mut publisher = Publisher::open(TOPIC, &place.options()).expect("open");
    let before = Entry {
        sender: SURVIVOR,
        number: 0,
    };
    publisher
        .publish(&ledger::write(before, 300)[..])
        .expect("publish");
    publisher
        .publish(&ledger::write(before, 20)[..])
        .expect("publish");
    dies_at(&place, words, point);
    let mut own = 0;
    // Three times what a lane holds, so that nobody can still be waiting for the dead.
    for number in 0..48 {
        let bytes = if number % 2 == 0 { 20 } else { 3000 };
        let message = ledger::write(
            Entry {
                sender: SURVIVOR,
                number,
            },
            bytes,
        );
        publisher
            .put(&Value::from(&message[..]), 0, STUCK)
            .expect("not held up");
        while let Ok(message) = subscriber.receive_timeout(NOW) {
            let entry = ledger::read(&message).expect("whole");
            assert_eq!(message.missed(), 0);
            own += u64::from(entry.sender == SURVIVOR);
        }
    }
    assert_eq!(own, 50);
    nothing_leaks(&place);
    drop((publisher, subscriber));
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

/// A publisher dies; what it has published is taken by a subscriber, gaplessly, and its lane is
/// used again by the next publisher.
fn publisher_dies(bytes: &str, point: &str) {
    let die = format!("{point}:3");
    topic_survives(&["publisher", "id=1", bytes], &die);
    let place = Place::new();
    let lossless = Options {
        lossless: true,
        ..place.options()
    };
    let mut subscriber = Subscriber::open(TOPIC, &lossless).expect("open");
    dies_at(&place, &["publisher", "id=1", bytes], &die);
    let mut numbers = Vec::new();
    let mut next = Publisher::open(TOPIC, &place.options()).expect("the lane is free again");
    next.publish(
        &ledger::write(
            Entry {
                sender: 2,
                number: 0,
            },
            500,
        )[..],
    )
    .expect("publish");
    while let Ok(message) = subscriber.receive_timeout(NOW) {
        numbers.push(ledger::read(&message).expect("whole"));
    }
    assert_eq!(
        numbers.pop(),
        Some(Entry {
            sender: 2,
            number: 0
        })
    );
    let due: Vec<Entry> = (0..numbers.len() as u64)
        .map(|number| Entry { sender: 1, number })
        .collect();
    assert_eq!(numbers, due);
    assert!(
        (2..=3).contains(&numbers.len()),
        "died in the third message: {numbers:?}"
    );
}

/// A receiver dies at `point`; every message still arrives, exactly once.
fn receiver_dies(point: &str) {
    for bytes in [20, 5000] {
        let place = Place::new();
        let mut sender = Sender::open(QUEUE, &place.options()).expect("open");
        for number in 0..5 {
            let message = ledger::write(
                Entry {
                    sender: SURVIVOR,
                    number,
                },
                bytes,
            );
            sender.send(&message[..]).expect("send");
        }
        let said = dies_at(&place, &["receiver"], &format!("{point}:2"));
        let mut numbers: Vec<u64> = said
            .iter()
            .filter_map(|line| line.strip_prefix("got "))
            .map(|line| {
                line.split(' ')
                    .next_back()
                    .expect("number")
                    .parse()
                    .expect("number")
            })
            .collect();
        assert_eq!(numbers, [0]);
        let mut survivor = Receiver::open(QUEUE, &place.options()).expect("open");
        let mut redelivered = Vec::new();
        for _ in 0..4 {
            let message = survivor.receive_timeout(STUCK).expect("none is lost");
            let entry = ledger::read(&message).expect("whole");
            if message.is_redelivered() {
                redelivered.push(entry.number);
            }
            numbers.push(entry.number);
        }
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        assert_eq!(redelivered, [1], "the one it died with is marked");
        assert!(survivor.receive_timeout(NOW).is_err());
        nothing_leaks(&place);
        drop((sender, survivor));
        assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
    }
}

/// A sender dies at `point`; what it said it had sent arrives, and at most one message more.
fn sender_dies(bytes: &str, point: &str) {
    let place = Place::new();
    let said = dies_at(&place, &["sender", "id=1", bytes], &format!("{point}:3"));
    let sent = said.iter().filter(|line| line.starts_with("sent ")).count() as u64;
    let mut receiver = Receiver::open(QUEUE, &place.options()).expect("open");
    let mut next = 0;
    while let Ok(message) = receiver.receive_timeout(NOW) {
        assert_eq!(
            ledger::read(&message),
            Ok(Entry {
                sender: 1,
                number: next
            })
        );
        assert!(!message.is_redelivered());
        next += 1;
    }
    assert!(next == sent || next == sent + 1, "{next} arrived of {sent}");
    nothing_leaks(&place);
    drop(receiver);
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

/// A repairer dies while it cleans up after a dead one; the next repairer finishes the work.
fn repairer_dies(corpse: &[&str], corpse_point: &str, repairer: &[&str], point: &str) {
    let place = Place::new();
    let mut sender = Sender::open(QUEUE, &place.options()).expect("open");
    let lossless = Options {
        lossless: true,
        ..place.options()
    };
    let mut subscriber = Subscriber::open(TOPIC, &lossless).expect("open");
    for number in 0..3 {
        let message = ledger::write(
            Entry {
                sender: SURVIVOR,
                number,
            },
            5000,
        );
        sender.send(&message[..]).expect("send");
    }
    dies_at(&place, corpse, corpse_point);
    dies_at(&place, repairer, point);
    let mut numbers = Vec::new();
    let mut receiver = Receiver::open(QUEUE, &place.options()).expect("open");
    while let Ok(message) = receiver.receive_timeout(Some(Duration::from_millis(300))) {
        numbers.push(ledger::read(&message).expect("whole").number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2]);
    let mut publisher = Publisher::open(TOPIC, &place.options()).expect("open");
    for number in 0..600 {
        publisher
            .put(&Value::Uint(number), 0, STUCK)
            .expect("not held up");
        while subscriber.receive_timeout(NOW).is_ok() {}
    }
    nothing_leaks(&place);
    drop((sender, receiver, publisher, subscriber));
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

#[test]
fn crash_at_slot_busy() {
    publisher_dies("bytes=20", "slot-busy");
    publisher_dies("bytes=5000", "slot-busy");
    sender_dies("bytes=20", "slot-busy");
    sender_dies("bytes=5000", "slot-busy");
}

#[test]
fn crash_at_slot_filled() {
    publisher_dies("bytes=100", "slot-filled");
    publisher_dies("bytes=5000", "slot-filled");
    sender_dies("bytes=100", "slot-filled");
    sender_dies("bytes=5000", "slot-filled");
}

#[test]
fn crash_at_published() {
    publisher_dies("bytes=20", "published");
    publisher_dies("bytes=5000", "published");
    sender_dies("bytes=20", "published");
    sender_dies("bytes=5000", "published");
}

#[test]
fn crash_at_chunk_loaned() {
    publisher_dies("bytes=5000", "chunk-loaned");
    sender_dies("bytes=5000", "chunk-loaned");
}

#[test]
fn crash_at_chunk_published() {
    publisher_dies("bytes=5000", "chunk-published");
    sender_dies("bytes=5000", "chunk-published");
}

#[test]
fn crash_at_chunk_held() {
    dies_beside(
        &["subscriber"],
        "chunk-held:20",
        &["publisher", "bytes=5000"],
    );
}

#[test]
fn crash_at_chunk_kept() {
    dies_beside(&["lossless"], "chunk-kept:20", &["publisher", "bytes=5000"]);
}

#[test]
fn crash_at_chunk_restocked() {
    let publisher = ["publisher", "bytes=5000"];
    dies_beside(&publisher, "chunk-restocked:20", &["lossless"]);
    dies_beside(&publisher, "chunk-restocked:20", &["subscriber"]);
}

/// An actor that needs another one at its side dies; the other goes on until then.
fn dies_beside(actor: &[&str], point: &str, other: &[&str]) {
    let place = Place::new();
    let other = Process::start(program(), place.path(), other);
    dies_at(&place, actor, point);
    other.kill();
    nothing_leaks(&place);
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

#[test]
fn crash_at_joining() {
    topic_survives(&["subscriber"], "joining");
    topic_survives(&["lossless"], "joining");
}

#[test]
fn crash_at_joined() {
    topic_survives(&["subscriber"], "joined");
    topic_survives(&["lossless"], "joined");
}

#[test]
fn crash_at_claim_locked() {
    topic_survives(&["publisher"], "claim-locked");
    topic_survives(&["lossless"], "claim-locked");
}

#[test]
fn crash_at_claim_joining() {
    topic_survives(&["publisher"], "claim-joining");
    topic_survives(&["lossless"], "claim-joining");
}

#[test]
fn crash_at_lane_reserved() {
    topic_survives(&["publisher"], "lane-reserved");
}

#[test]
fn crash_at_lane_owned() {
    topic_survives(&["publisher"], "lane-owned");
}

#[test]
fn crash_at_segment_unnamed() {
    topic_survives(&["publisher", "bytes=200000"], "segment-unnamed");
}

#[test]
fn crash_at_segment_named() {
    topic_survives(&["publisher", "bytes=200000"], "segment-named");
}

#[test]
fn crash_at_segment_entered() {
    topic_survives(&["publisher", "bytes=200000"], "segment-entered");
}

#[test]
fn crash_at_shrink_claimed() {
    let place = Place::new();
    dies_at(&place, &["sizes"], "shrink-claimed");
    nothing_leaks(&place);
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

#[test]
fn crash_at_shrink_left() {
    let place = Place::new();
    // Somebody stays, so that the channel is repaired rather than started anew.
    let subscriber = Subscriber::open(TOPIC, &place.options()).expect("open");
    dies_at(&place, &["sizes"], "shrink-left");
    nothing_leaks(&place);
    drop(subscriber);
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

#[test]
fn crash_at_open_locked() {
    topic_survives(&["publisher"], "open-locked");
    let place = Place::new();
    dies_at(&place, &["publisher", "count=1"], "published");
    dies_at(&place, &["publisher"], "open-locked");
    topic_works_again(&place);
}

#[test]
fn crash_at_create_unnamed() {
    let place = Place::new();
    dies_at(&place, &["publisher"], "create-unnamed");
    assert_eq!(place.files(), Vec::<String>::new());
    topic_works_again(&place);
}

#[test]
fn crash_at_create_named() {
    let place = Place::new();
    dies_at(&place, &["publisher"], "create-named");
    topic_works_again(&place);
}

#[test]
fn crash_at_last_unlocked() {
    let place = Place::new();
    dies_at(&place, &["publisher", "count=3"], "last-unlocked");
    topic_works_again(&place);
}

#[test]
fn crash_at_remove_segments() {
    let place = Place::new();
    dies_at(&place, &["publisher", "count=5"], "remove-segments");
    topic_works_again(&place);
}

fn topic_works_again(place: &Place) {
    let mut subscriber = Subscriber::open(TOPIC, &place.options()).expect("open");
    let mut publisher = Publisher::open(TOPIC, &place.options()).expect("open");
    for number in 0..300 {
        let message = ledger::write(Entry { sender: 9, number }, 3000);
        publisher.publish(&message[..]).expect("publish");
        let taken = subscriber.receive_timeout(STUCK).expect("take");
        assert_eq!(ledger::read(&taken), Ok(Entry { sender: 9, number }));
    }
    assert_eq!(place.leaks(), Vec::<String>::new());
    drop((publisher, subscriber));
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

#[test]
fn crash_at_queue_taken() {
    receiver_dies("queue-taken");
}

#[test]
fn crash_at_queue_copied() {
    receiver_dies("queue-copied");
}

#[test]
fn crash_at_queue_leased() {
    receiver_dies("queue-leased");
}

#[test]
fn crash_at_queue_done() {
    receiver_dies("queue-done");
}

#[test]
fn crash_at_takeover_copied() {
    repairer_dies(
        &["receiver"],
        "queue-done:1",
        &["receiver"],
        "takeover-copied",
    );
}

#[test]
fn crash_at_takeover_cleared() {
    repairer_dies(
        &["receiver"],
        "queue-done:1",
        &["receiver"],
        "takeover-cleared",
    );
}

#[test]
fn crash_at_repair_members() {
    repairer_dies(&["lossless"], "joined", &["publisher"], "repair-members");
    repairer_dies(
        &["receiver"],
        "queue-done:1",
        &["receiver"],
        "repair-members",
    );
}

#[test]
fn crash_at_repair_lanes() {
    repairer_dies(
        &["publisher"],
        "slot-busy:5",
        &["publisher"],
        "repair-lanes",
    );
    repairer_dies(
        &["receiver"],
        "queue-leased:1",
        &["receiver"],
        "repair-lanes",
    );
}

#[test]
fn crash_at_repair_takes() {
    repairer_dies(
        &["receiver"],
        "queue-taken:1",
        &["receiver"],
        "repair-takes",
    );
    repairer_dies(
        &["receiver"],
        "queue-leased:1",
        &["receiver"],
        "repair-takes",
    );
}

#[test]
fn crash_at_repair_loan() {
    let corpse = ["publisher", "bytes=5000"];
    repairer_dies(&corpse, "chunk-loaned:2", &["publisher"], "repair-loan");
}

#[test]
fn crash_at_repair_references() {
    let corpse = ["publisher", "bytes=5000"];
    repairer_dies(
        &corpse,
        "chunk-published:2",
        &["publisher"],
        "repair-references",
    );
}

#[test]
fn a_message_that_is_taken_over_keeps_its_data() {
    let place = Place::new();
    let mut sender = Sender::open(QUEUE, &place.options()).expect("open");
    let large = |number| {
        ledger::write(
            Entry {
                sender: SURVIVOR,
                number,
            },
            100_000,
        )
    };
    sender.send(&large(0)[..]).expect("send");
    dies_at(&place, &["receiver"], "queue-done:1");
    let mut survivor = Receiver::open(QUEUE, &place.options()).expect("open and take over");
    // Whatever memory is free is used now.
    for number in 1..30 {
        sender.send(&large(number)[..]).expect("send");
    }
    for number in 0..30 {
        let message = survivor.receive_timeout(NOW).expect("take");
        let entry = ledger::read(&message);
        assert_eq!(
            entry,
            Ok(Entry {
                sender: SURVIVOR,
                number
            })
        );
        assert_eq!(message.is_redelivered(), number == 0);
    }
}

#[test]
fn a_chunk_whose_message_never_appeared_is_freed_by_the_repairer() {
    let place = Place::new();
    let survivor = Subscriber::open(TOPIC, &place.options()).expect("open");
    dies_at(&place, &["publisher", "bytes=5000"], "chunk-published:3");
    // A subscriber repairs, and no publisher comes to adopt the lane.
    drop(Subscriber::open(TOPIC, &place.options()).expect("open"));
    assert_eq!(place.leaks(), Vec::<String>::new());
    drop(survivor);
}

#[test]
fn data_files_whose_channel_was_removed_by_hand_are_swept_by_the_next() {
    let place = Place::new();
    let mut actor = Process::start(program(), place.path(), &["publisher", "bytes=5000"]);
    actor.wait_until_ready();
    while place.files().len() < 2 {
        std::thread::yield_now();
    }
    actor.kill();
    std::fs::remove_file(place.path().join("topic.sipc")).expect("remove");
    let publisher = Publisher::open(TOPIC, &place.options()).expect("open");
    assert_eq!(place.files(), ["topic.sipc"]);
    drop(publisher);
}
