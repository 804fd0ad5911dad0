//! What two programs of different builds must be able to do with each other while both live.

use crate::program::{Actor, Place};
use crate::{Case, OLD, Pair};
use simpleipc::{Options, PeerEvent, PeerWatcher};
use std::time::Duration;

/// Inside of a slot, at its edge, and in chunks of several sizes.
const SIZES: [u64; 9] = [8, 48, 49, 104, 105, 5_000, 16_384, 200_000, 3_000_000];
/// Kinds of values the actor has a sample of.
const SAMPLES: u64 = 10;

pub fn cases() -> Vec<Case> {
    let mut tap = Case::new("a tap sees all, and nobody sees it", tap);
    tap.later = true;
    vec![
        tap,
        Case::new("messages of all sizes go both ways", all_sizes),
        Case::new("values of all kinds go both ways", all_kinds),
        Case::new("a lossless stream arrives whole, in order", streams),
        Case::new(
            "a stream through a queue arrives whole, in order",
            queue_streams,
        ),
        Case::new("who sleeps is woken", wakes),
        Case::new("waiting on several channels ends in time", waits),
        Case::new("history and latest", histories),
        Case::new("messages in hand stay whole when memory is short", memory),
        Case::new("both count the same", audits),
        Case::new(
            "who watches is told of both, also when one is killed",
            presence,
        ),
        Case::new(
            "the last one out removes what the other has made",
            last_one_out,
        ),
        Case::new("a deep queue is shared", deep_queue),
    ]
}

fn both(pair: &Pair, place: &Place) -> (Actor, Actor) {
    (pair.first.start(place), pair.second.start(place))
}

/// Opens topics and queues, one in each direction.
fn connect(one: &mut Actor, two: &mut Actor) {
    one.must(&["open publisher topic-there", "open sender queue-there"]);
    two.must(&["open subscriber topic-there", "open receiver queue-there"]);
    one.must(&["open subscriber topic-back", "open receiver queue-back"]);
    two.must(&["open publisher topic-back", "open sender queue-back"]);
}

fn all_sizes(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    connect(&mut one, &mut two);
    for bytes in SIZES {
        for pattern in ["topic", "queue"] {
            one.must(&[&format!("put {pattern}-there {bytes} 1 {bytes}")]);
            two.answers(
                &format!("take {pattern}-there"),
                &format!("{bytes} {bytes}"),
            );
            two.must(&[&format!("put {pattern}-back {bytes} 1 {bytes}")]);
            one.answers(&format!("take {pattern}-back"), &format!("{bytes} {bytes}"));
        }
    }
}

fn all_kinds(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    connect(&mut one, &mut two);
    one.must(&["open subscriber topic-there"]);
    for index in 0..SAMPLES {
        one.must(&[&format!("value topic-there {index}")]);
        let own = one.ask("read topic-there");
        two.answers("read topic-there", &own);
        two.must(&[&format!("value queue-back {index}")]);
        one.answers("read queue-back", &own);
    }
}

fn streams(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    one.must(&[
        "open publisher there depth=64",
        "open subscriber back lossless depth=64",
    ]);
    two.must(&["open subscriber there lossless", "open publisher back"]);
    // Small ones, ones from the publisher's stock, and ones that need a chunk each.
    for (bytes, count) in [(20, 3000), (300, 2000), (5_000, 2000), (60_000, 300)] {
        one.tell(&format!("put there 0 {count} {bytes}"));
        two.answers(&format!("run there 0 {count}"), "ok");
        assert_eq!(one.hear(), "ok");
        two.tell(&format!("put back 0 {count} {bytes}"));
        one.answers(&format!("run back 0 {count}"), "ok");
        assert_eq!(two.hear(), "ok");
    }
}

fn queue_streams(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    one.must(&["open sender there depth=64", "open receiver back depth=64"]);
    two.must(&["open receiver there", "open sender back"]);
    for (bytes, count) in [(20, 3000), (300, 2000), (60_000, 300)] {
        one.tell(&format!("put there 0 {count} {bytes}"));
        two.answers(&format!("run there 0 {count}"), "ok");
        assert_eq!(one.hear(), "ok");
        two.tell(&format!("put back 0 {count} {bytes}"));
        one.answers(&format!("run back 0 {count}"), "ok");
        assert_eq!(two.hear(), "ok");
    }
}

/// Who is not woken finds the message at the end of its slice, after 50 ms at first.
fn wakes(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    connect(&mut one, &mut two);
    for pattern in ["topic", "queue"] {
        wakes_up(&mut one, &mut two, &format!("{pattern}-there"));
        wakes_up(&mut two, &mut one, &format!("{pattern}-back"));
    }
}

fn wakes_up(from: &mut Actor, to: &mut Actor, channel: &str) {
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            to.tell(&format!("take {channel}"));
            std::thread::sleep(Duration::from_millis(3));
            let began = std::time::Instant::now();
            from.must(&[&format!("put {channel} 1 1 20")]);
            assert_eq!(to.hear(), "1 20");
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let slow = times[times.len() / 2];
    assert!(
        slow < Duration::from_millis(20),
        "{channel}: nobody was woken: {times:?}"
    );
}

fn waits(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    connect(&mut one, &mut two);
    for channel in ["topic-back", "queue-back"] {
        let order = "wait 200 topic-back queue-back";
        one.refused(order, &["Timeout: "]);
        one.tell("wait 5000 topic-back queue-back");
        std::thread::sleep(Duration::from_millis(3));
        two.must(&[&format!("put {channel} 1 1 20")]);
        assert_eq!(one.hear(), channel);
        one.answers(&format!("take {channel}"), "1 20");
    }
}

fn histories(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    one.must(&["open publisher news history=100", "put news 0 100 3000"]);
    two.must(&["open subscriber news history=40"]);
    two.answers("run news 60 40", "ok");
    two.must(&["open subscriber news latest"]);
    one.must(&["put news 0 100 20"]);
    // Version 0.1.0 skips to where the publisher last said it was, which later ones say at most
    // 32 messages late. It gets older messages first then; none twice, and all are counted.
    let mut due = 0;
    loop {
        let answer = two.ask("look news");
        let numbers: Vec<u64> = answer
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let [number, _bytes, rest @ ..] = &numbers[..] else {
            assert!(answer.starts_with("Timeout: "), "{answer}");
            break;
        };
        let missed = rest.first().copied().unwrap_or(0);
        assert_eq!(*number, due + missed, "{answer}");
        let least = if pair.second.name == crate::OLD {
            100 - 33
        } else {
            99
        };
        assert!(*number >= least, "{answer}");
        due = number + 1;
    }
    assert_eq!(due, 100);
}

/// Both publish in turn until memory is used up, while both keep messages in hand.
fn memory(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    one.must(&[
        "open publisher news pool=2000000",
        "open subscriber news lossless",
    ]);
    two.must(&["open publisher news", "open subscriber news"]);
    for round in 0..40 {
        let order = format!("put news {round} 1 100000");
        one.must(&[&order]);
        two.must(&[&order]);
        for actor in [&mut one, &mut two] {
            for _ in 0..2 {
                match round % 10 {
                    0 => actor.answers("hold news", &format!("{round} 100000")),
                    _ => actor.answers("take news", &format!("{round} 100000")),
                }
            }
        }
        if round == 30 {
            one.answers("held", "8 of 8 whole");
            two.answers("held", "8 of 8 whole");
            one.must(&["drop"]);
            two.must(&["drop"]);
        }
    }
}

fn audits(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    one.must(&["open sender jobs", "put jobs 0 7 20", "put jobs 7 1 5000"]);
    two.must(&["open receiver jobs"]);
    two.answers("take jobs", "0 20");
    for actor in [&mut one, &mut two] {
        actor.answers("audit jobs", "2 peers, 0 dead, 7 waiting");
    }
    two.must(&["close"]);
    one.kill();
    // Nobody is left; what was sent stays, and the next one finds it.
    two.answers("audit jobs", "1 peers, 1 dead, 7 waiting");
    two.must(&["open receiver jobs"]);
    two.answers("run jobs 1 7", "ok");
    two.must(&["close"]);
    assert_eq!(place.files(), Vec::<String>::new());
}

/// The watcher is of this build: an older library has none.
fn presence(pair: &Pair) {
    let place = Place::new();
    let options = Options {
        directory: Some(place.path().to_path_buf()),
        ..Options::default()
    };
    let mut watcher = PeerWatcher::open("news", &options).expect("a watcher");
    let (mut one, mut two) = both(pair, &place);
    let mut next = || {
        watcher
            .event(Some(Duration::from_secs(20)))
            .expect("an event")
    };
    one.must(&["open publisher news"]);
    let first = next();
    two.must(&["open subscriber news"]);
    let second = next();
    for (event, actor, program) in [(&first, &one, &pair.first), (&second, &two, &pair.second)] {
        let peer = event.peer();
        // The first release does not say who it is. Its program is what the system calls it.
        let language = if program.name == OLD { "" } else { "rust" };
        let facts = (event.is_up(), peer.pid, &*peer.program, &*peer.language);
        assert_eq!(facts, (true, actor.id(), "actor", language));
    }
    assert_eq!(
        (first.peer().verb(), second.peer().verb()),
        ("publish", "subscribe")
    );
    one.kill();
    assert_eq!(next(), PeerEvent::Down(first.peer().clone()));
    two.must(&["close"]);
    assert_eq!(next(), PeerEvent::Down(second.peer().clone()));
    assert_eq!(place.files(), Vec::<String>::new());
}

fn last_one_out(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    connect(&mut one, &mut two);
    one.must(&["put topic-there 0 1 5000", "put queue-there 0 1 5000"]);
    two.answers("take topic-there", "0 5000");
    two.answers("take queue-there", "0 5000");
    one.must(&["close"]);
    assert!(!place.files().is_empty());
    two.must(&["close"]);
    assert_eq!(place.files(), Vec::<String>::new());
    // Killed, they leave files; whoever cleans up removes them.
    connect(&mut one, &mut two);
    one.kill();
    two.kill();
    pair.second.start(&place).answers("clean", "4");
    assert_eq!(place.files(), Vec::<String>::new());
}

/// A control file of half a gigabyte of addresses.
fn deep_queue(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    one.must(&["open sender jobs depth=65536", "put jobs 0 3000 20"]);
    two.must(&["open receiver jobs"]);
    two.answers("run jobs 0 3000", "ok");
}

fn tap(pair: &Pair) {
    let place = Place::new();
    let (mut one, mut two) = both(pair, &place);
    two.must(&["open publisher news"]);
    one.must(&["open subscriber news tap"]);
    for bytes in SIZES {
        two.must(&[&format!("put news {bytes} 1 {bytes}")]);
        one.answers("take news", &format!("{bytes} {bytes}"));
    }
    two.answers("audit news", "1 peers, 0 dead, 0 waiting");
    two.must(&["close"]);
    assert_eq!(place.files(), Vec::<String>::new(), "the tap is no member");
    one.refused("look news", &["Timeout: "]);
}
