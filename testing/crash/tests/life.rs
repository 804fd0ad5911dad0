//! Stopping, forking, sleeping and ending: what processes do short of crashing.

use crash::actor::TOPIC;
use crash::ledger;
use crash::place::Place;
use crash::process::Process;
use crash::refusal::refused;
use simpleipc::{Options, Publisher, Receiver, Sender, Status, Subscriber, Value};
use std::fs;
use std::path::Path;
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
const STUCK: Option<Duration> = Some(Duration::from_secs(5));

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_crash"))
}

#[test]
fn a_stopped_process_is_not_dead() {
    let place = Place::new();
    let mut publisher = Publisher::open(
        TOPIC,
        &Options {
            depth: 16,
            ..place.options()
        },
    )
    .expect("open");
    let mut actor = Process::start(program(), place.path(), &["lossless"]);
    actor.wait_until_ready();
    actor.signal(libc::SIGSTOP);
    // Stopping takes effect a little later than the signal is sent: publish until it shows.
    let message = ledger::write(
        ledger::Entry {
            sender: 1,
            number: 1,
        },
        20,
    );
    let error = loop {
        let wait = Some(Duration::from_millis(300));
        if let Err(error) = publisher.put(&Value::from(&message[..]), 0, wait) {
            break error;
        }
    };
    refused::<()>(Err(error), Status::Full, &["'topic'", "stopped"]);
    let report = simpleipc::audit(TOPIC, Some(place.path()))
        .expect("audit")
        .expect("exists");
    assert!(report.peers.iter().all(|peer| peer.alive), "{report:?}");
    actor.signal(libc::SIGCONT);
    for _ in 0..100 {
        publisher
            .put(&Value::from(&message[..]), 0, STUCK)
            .expect("it takes messages again");
    }
    let said = actor.kill();
    assert!(
        said.iter().all(|line| !line.starts_with("torn")),
        "{said:?}"
    );
}

#[test]
fn last_member_killed_leaves_nothing_after_next_use() {
    let place = Place::new();
    let mut actor = Process::start(program(), place.path(), &["publisher", "bytes=5000"]);
    actor.wait_until_ready();
    actor.kill();
    assert!(
        !place.files().is_empty(),
        "nobody is left to remove the files"
    );
    drop(Subscriber::open(TOPIC, &place.options()).expect("open"));
    assert_eq!(place.files(), Vec::<String>::new());
    let mut actor = Process::start(program(), place.path(), &["publisher", "bytes=5000"]);
    actor.wait_until_ready();
    actor.kill();
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

#[test]
fn cleaning_keeps_young_messages_and_channels_in_use() {
    let place = Place::new();
    Sender::open("young", &place.options())
        .expect("open")
        .send(1i64)
        .expect("send");
    let used = Publisher::open("used", &place.options()).expect("open");
    let day = Duration::from_secs(86_400);
    assert_eq!(simpleipc::clean(Some(place.path()), day).expect("clean"), 0);
    let report = simpleipc::audit("young", Some(place.path()))
        .expect("audit")
        .expect("exists");
    assert_eq!(report.waiting, 1);
    assert!(report.newest_age_ns.is_some_and(|age| age > 0));
    assert_eq!(
        simpleipc::clean(Some(place.path()), Duration::ZERO).expect("clean"),
        1
    );
    drop(used);
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_forked_child_is_told_and_the_one_call_functions_work_in_it() {
    let place = Place::new();
    let mut actor = Process::start(program(), place.path(), &["forker"]);
    let said: Vec<String> = std::iter::from_fn(|| actor.line()).collect();
    assert_eq!(actor.end(), None);
    assert_eq!(
        said,
        [
            "child handle Forked",
            "child sent",
            "parent sent",
            "parent handle ok"
        ]
    );
    let mut receiver = Receiver::open("forked", &place.options()).expect("open");
    let mut got: Vec<_> = std::iter::from_fn(|| receiver.receive_timeout(NOW).ok())
        .map(|message| format!("{:?}", message.value().expect("value")))
        .collect();
    got.sort();
    assert_eq!(got, ["Str(\"from the child\")", "Str(\"from the parent\")"]);
    drop(receiver);
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_waiting_receiver_uses_no_processor_time() {
    let place = Place::new();
    let mut actor = Process::start(program(), place.path(), &["receiver"]);
    actor.wait_until_ready();
    let ticks = |actor: &Process| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", actor.id())).expect("stat");
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .expect("fields")
            .split(' ')
            .collect();
        fields[12].parse::<u64>().expect("user") + fields[13].parse::<u64>().expect("system")
    };
    let before = ticks(&actor);
    std::thread::sleep(Duration::from_secs(2));
    // A hundred ticks are a second: two seconds of polling would be two hundred.
    assert!(ticks(&actor) - before <= 4, "a sleeping receiver works");
}

#[test]
fn an_orderly_exit_without_closing_leaves_nothing() {
    let place = Place::new();
    let mut actor = Process::start(program(), place.path(), &["exiter"]);
    actor.wait_until_ready();
    assert_eq!(actor.end(), None);
    assert_eq!(place.files(), Vec::<String>::new());
}
