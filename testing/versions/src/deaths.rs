//! The first program dies, at each named point of its library or in mid-stream, and the second
//! one, of another build, repairs and goes on; in the third kind the first dies while it repairs
//! after one of the second kind. The rows are those of spec/recovery.md.

use crate::program::{Actor, Place, Program};
use crate::{Case, Pair};
use std::time::Duration;

/// Numbers of the survivor's messages begin here; those of the dead at 0.
const SURVIVOR: u64 = 1000;

/// A publisher or a subscriber dies: the point, its visit, what is done before, and what then.
const TOPICS: &[(&str, u64, &[&str], &[&str])] = &[
    ("open-locked", 1, &[], PUBLISH_SMALL),
    ("claim-locked", 1, &[], PUBLISH_SMALL),
    ("claim-locked", 1, &[], SUBSCRIBE),
    ("claim-joining", 1, &[], PUBLISH_SMALL),
    ("claim-joining", 1, &[], SUBSCRIBE),
    ("lane-reserved", 1, &[], PUBLISH_SMALL),
    ("lane-owned", 1, &[], PUBLISH_SMALL),
    ("joining", 1, &[], SUBSCRIBE),
    ("joined", 1, &[], SUBSCRIBE),
    ("slot-busy", 3, &[], PUBLISH_SMALL),
    ("slot-busy", 3, &[], PUBLISH_LARGE),
    ("slot-filled", 3, &[], PUBLISH_SMALL),
    ("slot-filled", 3, &[], PUBLISH_LARGE),
    ("published", 3, &[], PUBLISH_SMALL),
    ("published", 3, &[], PUBLISH_LARGE),
    ("chunk-loaned", 3, &[], PUBLISH_LARGE),
    ("chunk-published", 3, &[], PUBLISH_LARGE),
    ("segment-unnamed", 1, &[], PUBLISH_LARGE),
    ("segment-named", 1, &[], PUBLISH_LARGE),
    ("segment-entered", 1, &[], PUBLISH_LARGE),
    ("chunk-held", 2, &["open subscriber topic"], HOLD),
    (
        "chunk-restocked",
        1,
        &["open publisher topic", "put topic 0 8 5000"],
        GO_ON,
    ),
    ("chunk-kept", 2, &["open subscriber topic lossless"], HOLD),
];

const PUBLISH_SMALL: &[&str] = &[
    "open publisher topic",
    "put topic 0 1 20",
    "put topic 1 1 100",
    "put topic 2 1 20",
];
const PUBLISH_LARGE: &[&str] = &[
    "open publisher topic",
    "put topic 0 1 200000",
    "put topic 1 1 200000",
    "put topic 2 1 200000",
];
const GO_ON: &[&str] = &["put topic 8 1 5000"];
const SUBSCRIBE: &[&str] = &["open subscriber topic lossless"];
const HOLD: &[&str] = &["hold topic", "hold topic", "hold topic"];

/// Points that version 0.1.0 does not have.
const LATER: [&str; 2] = ["chunk-restocked", "chunk-kept"];

const SENDER_POINTS: [&str; 5] = [
    "slot-busy",
    "slot-filled",
    "published",
    "chunk-loaned",
    "chunk-published",
];
const RECEIVER_POINTS: [&str; 4] = ["queue-taken", "queue-copied", "queue-leased", "queue-done"];
const FILE_POINTS: [&str; 5] = [
    "create-unnamed",
    "create-named",
    "open-locked",
    "last-unlocked",
    "remove-segments",
];
const SHRINK_POINTS: [&str; 2] = ["shrink-claimed", "shrink-left"];

/// Who died where before, and the point at which its repairer dies.
const REPAIRS: &[(&str, &str, u64, &str)] = &[
    ("repair-members", "subscriber", 1, "joined"),
    ("repair-members", "receiver", 1, "queue-done"),
    ("repair-lanes", "publisher", 3, "slot-busy"),
    ("repair-lanes", "receiver", 1, "queue-leased"),
    ("repair-takes", "receiver", 1, "queue-taken"),
    ("repair-takes", "receiver", 1, "queue-leased"),
    ("repair-loan", "publisher", 2, "chunk-loaned"),
    ("repair-references", "publisher", 2, "chunk-published"),
    ("takeover-copied", "receiver", 1, "queue-done"),
    ("takeover-cleared", "receiver", 1, "queue-done"),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &(point, visit, before, acts) in TOPICS {
        let last = acts.last().expect("not empty");
        let mut case = Case::new(format!("dies at {point}: {last}"), move |pair| {
            topic(pair, point, visit, before, acts);
        });
        case.later = LATER.contains(&point);
        cases.push(case);
    }
    for point in SENDER_POINTS {
        for bytes in [20, 5000] {
            if bytes > 100 || !point.starts_with("chunk") {
                let name = format!("dies at {point}: a sender of {bytes} bytes");
                cases.push(Case::new(name, move |pair| sender(pair, point, bytes)));
            }
        }
    }
    for point in RECEIVER_POINTS {
        for bytes in [20, 5000] {
            let name = format!("dies at {point}: a receiver of {bytes} bytes");
            cases.push(Case::new(name, move |pair| receiver(pair, point, bytes)));
        }
    }
    for point in FILE_POINTS {
        cases.push(Case::new(format!("dies at {point}"), move |pair| {
            files(pair, point)
        }));
    }
    for point in SHRINK_POINTS {
        cases.push(Case::new(format!("dies at {point}"), move |pair| {
            shrink(pair, point)
        }));
    }
    for &(point, corpse, visit, corpse_point) in REPAIRS {
        let name = format!("dies at {point}, repairing what {corpse_point} left");
        cases.push(Case::new(name, move |pair| {
            repairer(pair, point, corpse, visit, corpse_point);
        }));
    }
    cases.push(Case::new(
        "a publisher is killed in mid-stream",
        kill_publisher,
    ));
    cases.push(Case::new(
        "a lossless subscriber is killed in mid-stream",
        kill_subscriber,
    ));
    cases.push(Case::new(
        "a receiver is killed in mid-stream",
        kill_receiver,
    ));
    cases
}

/// Has a new process of this program die; its answers.
fn dies(program: &Program, place: &Place, point: &str, visit: u64, acts: &[&str]) -> Vec<String> {
    let mut actor = program.start(place);
    actor.must(&[&format!("die {point} {visit}")]);
    actor.dies(acts)
}

/// The numbers that wait on a channel; each message must be whole, and none missed before it.
#[track_caller]
fn drain(actor: &mut Actor, channel: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        let answer = actor.ask(&format!("look {channel}"));
        if answer.starts_with("Timeout: ") {
            return numbers;
        }
        let (number, bytes) = answer.split_once(' ').unwrap_or((&answer, ""));
        assert!(bytes.bytes().all(|byte| byte.is_ascii_digit()), "{answer}");
        numbers.push(number.parse().unwrap_or_else(|_| panic!("{answer}")));
    }
}

/// Both builds find that everything belongs to somebody who lives.
#[track_caller]
fn sound(pair: &Pair, place: &Place, survivor: &mut Actor, channel: &str, peers: u32) {
    let due = format!("{peers} peers, 0 dead, 0 waiting");
    survivor.answers(&format!("audit {channel}"), &due);
    pair.first
        .start(place)
        .answers(&format!("audit {channel}"), &due);
    survivor.must(&["close"]);
    assert_eq!(place.files(), Vec::<String>::new(), "nothing is left");
}

fn topic(pair: &Pair, point: &str, visit: u64, before: &[&str], acts: &[&str]) {
    let place = Place::new();
    let mut survivor = pair.second.start(&place);
    survivor.must(&[
        "open publisher topic depth=16",
        "open subscriber topic lossless",
    ]);
    survivor.must(&[&format!("put topic {SURVIVOR} 2 5000")]);
    let mut dead = pair.first.start(&place);
    dead.must(before);
    let mut numbers = drain(&mut survivor, "topic");
    survivor.must(&[&format!("put topic {} 4 5000", SURVIVOR + 2)]);
    dead.must(&[&format!("die {point} {visit}")]);
    let answers = dead.dies(acts);
    numbers.extend(drain(&mut survivor, "topic"));
    let (mut own, theirs): (Vec<u64>, Vec<u64>) = numbers.iter().partition(|n| **n >= SURVIVOR);
    let published = |order: &&&str| order.starts_with("put ");
    let said = acts[..answers.len()].iter().filter(published).count();
    let said = said
        + if before.iter().any(|order| order.starts_with("put ")) {
            8
        } else {
            0
        };
    let due: Vec<u64> = (0..theirs.len() as u64).collect();
    assert_eq!(theirs, due, "in order");
    assert!(
        theirs.len() == said || theirs.len() == said + 1,
        "{theirs:?} of {said}"
    );
    // Three times what a lane holds, so that nobody can still be waiting for the dead.
    for number in SURVIVOR + 6..SURVIVOR + 54 {
        let bytes = if number % 2 == 0 { 20 } else { 3000 };
        survivor.must(&[&format!("put topic {number} 1 {bytes}")]);
        own.extend(drain(&mut survivor, "topic"));
    }
    assert_eq!(own, (SURVIVOR..SURVIVOR + 54).collect::<Vec<_>>());
    // Who joins repairs what is still to be repaired, and has the lane of the dead one next.
    survivor.must(&[
        "open publisher topic",
        &format!("put topic {SURVIVOR} 1 300"),
    ]);
    assert_eq!(drain(&mut survivor, "topic"), [SURVIVOR]);
    sound(pair, &place, &mut survivor, "topic", 2);
}

fn sender(pair: &Pair, point: &str, bytes: u64) {
    let place = Place::new();
    let puts: Vec<String> = (0..5)
        .map(|number| format!("put jobs {number} 1 {bytes}"))
        .collect();
    let mut acts = vec!["open sender jobs"];
    acts.extend(puts.iter().map(String::as_str));
    let answers = dies(&pair.first, &place, point, 3, &acts);
    let mut survivor = pair.second.start(&place);
    survivor.must(&["open receiver jobs"]);
    let numbers = drain(&mut survivor, "jobs");
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let said = answers.len() - 1;
    assert!(
        numbers.len() == said || numbers.len() == said + 1,
        "{numbers:?} of {said}"
    );
    // Its lane is used again.
    survivor.must(&[
        "open sender jobs",
        &format!("put jobs 0 50 {bytes}"),
        "run jobs 0 50",
    ]);
    survivor.must(&["open receiver jobs"]);
    sound(pair, &place, &mut survivor, "jobs", 2);
}

fn receiver(pair: &Pair, point: &str, bytes: u64) {
    let place = Place::new();
    let mut survivor = pair.second.start(&place);
    survivor.must(&["open sender jobs", &format!("put jobs 0 5 {bytes}")]);
    let acts = ["open receiver jobs", "take jobs", "take jobs"];
    let answers = dies(&pair.first, &place, point, 2, &acts);
    assert_eq!(answers, ["ok".to_string(), format!("0 {bytes}")]);
    survivor.must(&["open receiver jobs"]);
    let mut taken: Vec<String> = (0..4).map(|_| survivor.ask("take jobs")).collect();
    taken.sort_unstable();
    let due = |number| format!("{number} {bytes}");
    let again = format!("1 {bytes} again");
    assert_eq!(
        taken,
        [again, due(2), due(3), due(4)],
        "one is marked, none lost or doubled"
    );
    survivor.refused("look jobs", &["Timeout: "]);
    survivor.must(&["open receiver jobs"]);
    sound(pair, &place, &mut survivor, "jobs", 2);
}

fn files(pair: &Pair, point: &str) {
    let place = Place::new();
    let acts = ["open publisher topic", "put topic 0 5 5000", "close"];
    match point {
        // Of a file that another one has left.
        "open-locked" => {
            dies(&pair.second, &place, "published", 1, &acts);
            dies(&pair.first, &place, point, 1, &acts);
        }
        _ => drop(dies(&pair.first, &place, point, 1, &acts)),
    }
    let mut survivor = pair.second.start(&place);
    survivor.must(&["open subscriber topic lossless", "open publisher topic"]);
    survivor.must(&["put topic 0 50 3000", "run topic 0 50"]);
    sound(pair, &place, &mut survivor, "topic", 2);
}

/// So much of one size that the next size makes the pool give memory back.
fn shrink(pair: &Pair, point: &str) {
    let place = Place::new();
    let mut survivor = pair.second.start(&place);
    survivor.must(&["open subscriber topic"]);
    let acts = [
        "open publisher topic",
        "put topic 0 1 73400320",
        "put topic 1 1 9437184",
    ];
    dies(&pair.first, &place, point, 1, &acts);
    // What the dead one has published is over, or in the way of what follows.
    survivor.must(&["open subscriber topic", "open publisher topic"]);
    survivor.must(&["put topic 2 1 100000"]);
    assert_eq!(drain(&mut survivor, "topic"), [2]);
    sound(pair, &place, &mut survivor, "topic", 2);
}

fn repairer(pair: &Pair, point: &str, corpse: &str, visit: u64, corpse_point: &str) {
    let place = Place::new();
    let mut survivor = pair.second.start(&place);
    survivor.must(&[
        "open sender jobs",
        "put jobs 0 3 5000",
        "open subscriber topic lossless",
    ]);
    let acts: &[&str] = match corpse {
        "subscriber" => &["open subscriber topic lossless"],
        "publisher" => &[
            "open publisher topic",
            "put topic 0 1 5000",
            "put topic 1 1 5000",
            "put topic 2 1 5000",
        ],
        _ => &["open receiver jobs", "take jobs"],
    };
    dies(&pair.second, &place, corpse_point, visit, acts);
    let acts: &[&str] = match corpse {
        "receiver" => &["open receiver jobs", "take jobs"],
        _ => &["open publisher topic", "put topic 9 1 5000"],
    };
    dies(&pair.first, &place, point, 1, acts);
    survivor.must(&["open receiver jobs"]);
    let mut numbers: Vec<String> = (0..3).map(|_| survivor.ask("take jobs")).collect();
    numbers.sort_unstable();
    let numbers: Vec<&str> = numbers.iter().map(|answer| &answer[..1]).collect();
    assert_eq!(numbers, ["0", "1", "2"]);
    survivor.refused("look jobs", &["Timeout: "]);
    survivor.must(&["open publisher topic"]);
    drain(&mut survivor, "topic");
    survivor.must(&["put topic 0 200 20", "run topic 0 200"]);
    // What is left of the queue's dead is repaired by whoever opens it next.
    survivor.must(&["open receiver jobs"]);
    for channel in ["jobs", "topic"] {
        survivor.answers(&format!("audit {channel}"), "2 peers, 0 dead, 0 waiting");
    }
    sound(pair, &place, &mut survivor, "topic", 2);
}

fn kill_publisher(pair: &Pair) {
    for bytes in [20, 3000] {
        let place = Place::new();
        let (mut dead, mut survivor) = (pair.first.start(&place), pair.second.start(&place));
        survivor.must(&["open subscriber topic lossless depth=64"]);
        dead.must(&["open publisher topic"]);
        dead.tell(&format!("put topic 0 1000000 {bytes}"));
        survivor.answers("run topic 0 2000", "ok");
        dead.kill();
        let numbers = drain(&mut survivor, "topic");
        assert_eq!(
            numbers,
            (2000..2000 + numbers.len() as u64).collect::<Vec<_>>()
        );
        survivor.must(&[
            "open publisher topic",
            "put topic 0 50 3000",
            "run topic 0 50",
        ]);
        sound(pair, &place, &mut survivor, "topic", 2);
    }
}

/// The survivor would be without room for ever.
fn kill_subscriber(pair: &Pair) {
    for bytes in [20, 3000] {
        let place = Place::new();
        let (mut dead, mut survivor) = (pair.first.start(&place), pair.second.start(&place));
        survivor.must(&["open publisher topic depth=64"]);
        dead.must(&["open subscriber topic lossless"]);
        dead.tell("run topic 0 1000000");
        survivor.must(&[&format!("put topic 0 1000 {bytes}")]);
        survivor.tell(&format!("put topic 1000 10000 {bytes}"));
        std::thread::sleep(Duration::from_millis(2));
        dead.kill();
        assert_eq!(survivor.hear(), "ok");
        survivor.must(&["open publisher topic"]);
        sound(pair, &place, &mut survivor, "topic", 1);
    }
}

fn kill_receiver(pair: &Pair) {
    let place = Place::new();
    let (mut dead, mut survivor) = (pair.first.start(&place), pair.second.start(&place));
    survivor.must(&["open sender jobs"]);
    dead.must(&["open receiver jobs"]);
    dead.tell("run jobs 0 1000000");
    survivor.must(&["put jobs 0 700 300"]);
    dead.kill();
    survivor.must(&["put jobs 700 300 300", "open receiver jobs"]);
    let mut taken: Vec<String> = Vec::new();
    while !taken.iter().any(|answer| answer.starts_with("999 ")) {
        taken.push(survivor.ask("take jobs"));
    }
    let again = taken
        .iter()
        .filter(|answer| answer.ends_with(" again"))
        .count();
    assert!(again <= 1, "{taken:?}");
    let number = |answer: &String| answer.split(' ').next().and_then(|n| n.parse().ok());
    let mut numbers: Vec<u64> = taken.iter().filter_map(number).collect();
    numbers.sort_unstable();
    let first = 1000 - numbers.len() as u64;
    assert_eq!(
        numbers,
        (first..1000).collect::<Vec<_>>(),
        "none lost, none doubled"
    );
    survivor.must(&["open receiver jobs"]);
    sound(pair, &place, &mut survivor, "jobs", 2);
}
