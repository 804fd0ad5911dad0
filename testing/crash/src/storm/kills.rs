//! Kill loops: each role is killed at random instants, a thousand times, while others go on.

use super::dice::Dice;
use crate::actor::{QUEUE, TOPIC};
use crate::ledger::{self, Entry};
use crate::place::Place;
use crate::process::Process;
use simpleipc::{Options, Publisher, Receiver, Sender, Subscriber, Value};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Nobody may be held up longer than this by a death; a failure, not a measurement.
const STUCK: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);
/// The survivors' own mark in the ledger.
const SURVIVOR: u64 = u64::MAX;

/// Runs every loop once; how many went well and how many did not.
pub fn run(kills: u32, seed: u64) -> (u32, u32) {
    let mut dice = Dice::new(seed);
    let (mut passed, mut failed) = (0, 0);
    let mut count = |outcome: Result<String, String>, role: &str| match outcome {
        Ok(summary) => {
            passed += 1;
            println!("ok killed {role}: {summary}");
        }
        Err(why) => {
            failed += 1;
            println!("FAILED killed {role}: {why}");
        }
    };
    for role in ["publisher", "loaner", "subscriber", "lossless", "opener"] {
        count(topic_loop(role, kills, &mut dice), role);
    }
    for role in ["sender", "receiver"] {
        count(queue_loop(role, kills, &mut dice), role);
    }
    count(last_member_loop(kills, &mut dice), "last member");
    (passed, failed)
}

/// The times the survivors needed to go on after a death.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn summary(mut self) -> String {
        self.0.sort_unstable();
        let at = |part: usize| self.0[(self.0.len() - 1) * part / 100].as_secs_f64() * 1e3;
        format!(
            "{} kills; going on took p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms",
            self.0.len(),
            at(50),
            at(99),
            at(100)
        )
    }
}

fn program() -> std::path::PathBuf {
    std::env::current_exe().expect("own path")
}

/// Starts an actor, lets it play for a random while, and kills it. Returns what it said.
fn live_and_die(place: &Place, words: &[&str], dice: &mut Dice) -> Vec<String> {
    let mut actor = Process::start(&program(), place.path(), words);
    // One in four dies while it is still coming in.
    if dice.roll(4) != 0 {
        actor.wait_until_ready();
    }
    std::thread::sleep(Duration::from_micros(dice.roll(3000)));
    actor.kill()
}

/// Makes sure that nothing is left: neither while the survivors live nor after.
fn check_leavings(place: &Place, survivors: impl FnOnce()) -> Result<(), String> {
    // Joining repairs whatever is still to be repaired.
    drop(Publisher::open(TOPIC, &place.options()).map_err(|error| error.to_string())?);
    drop(Receiver::open(QUEUE, &place.options()).map_err(|error| error.to_string())?);
    let leaks = place.leaks();
    if !leaks.is_empty() {
        return Err(format!("leaks: {leaks:?}"));
    }
    survivors();
    let left = place.left_after_cleaning();
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("left behind: {left:?}"))
    }
}

fn topic_loop(role: &str, kills: u32, dice: &mut Dice) -> Result<String, String> {
    let place = Place::new();
    let text = |error: simpleipc::Error| error.to_string();
    let lossless = Options {
        lossless: true,
        depth: 32,
        ..place.options()
    };
    let mut subscriber = Subscriber::open(TOPIC, &lossless).map_err(text)?;
    let mut publisher = Publisher::open(TOPIC, &place.options()).map_err(text)?;
    let mut times = Times::default();
    let (mut number, mut expected) = (0, 0);
    let mut last_of_others = HashMap::new();
    for kill in 0..kills {
        let id = format!("id={kill}");
        // A survivor that takes keeps lossless producers running while the actor plays.
        let mut actor = Process::start(&program(), place.path(), &[role, &id, "depth=32"]);
        let lives = Instant::now() + Duration::from_micros(1500 + dice.roll(4000));
        while Instant::now() < lives {
            publish_own(&mut publisher, &mut number)?;
            drain(&mut subscriber, &mut expected, &mut last_of_others)?;
            std::thread::sleep(Duration::from_micros(100));
        }
        actor.signal(libc::SIGKILL);
        actor.end();
        let died = Instant::now();
        // More than a lane holds: whoever waited for the dead must have stopped waiting.
        for _ in 0..40 {
            publish_own(&mut publisher, &mut number)?;
            drain(&mut subscriber, &mut expected, &mut last_of_others)?;
        }
        if expected != number {
            return Err(format!(
                "after kill {kill}: {expected} of {number} messages came through"
            ));
        }
        times.0.push(died.elapsed());
    }
    check_leavings(&place, || drop((subscriber, publisher)))?;
    last_of_others.remove(&SURVIVOR);
    let theirs: u64 = last_of_others.values().sum();
    Ok(format!(
        "{}; {theirs} messages of the dead",
        times.summary()
    ))
}

fn publish_own(publisher: &mut Publisher, number: &mut u64) -> Result<(), String> {
    let bytes = [20, 100, 2000][*number as usize % 3];
    let message = ledger::write(
        Entry {
            sender: SURVIVOR,
            number: *number,
        },
        bytes,
    );
    publisher
        .put(&Value::from(&message[..]), 0, STUCK)
        .map_err(|error| error.to_string())?;
    *number += 1;
    Ok(())
}

/// Takes everything there is: nothing torn, nothing missed, every sender's numbers in order.
fn drain(
    subscriber: &mut Subscriber,
    expected: &mut u64,
    others: &mut HashMap<u64, u64>,
) -> Result<(), String> {
    while let Ok(message) = subscriber.receive_timeout(NOW) {
        let entry = ledger::read(&message)?;
        if message.missed() != 0 {
            return Err(format!("a lossless subscriber missed {}", message.missed()));
        }
        let next = others.entry(entry.sender).or_insert(0);
        if entry.number != *next {
            return Err(format!("{entry:?} where number {next} was due"));
        }
        *next += 1;
        if entry.sender == SURVIVOR {
            *expected += 1;
        }
    }
    Ok(())
}

fn queue_loop(role: &str, kills: u32, dice: &mut Dice) -> Result<String, String> {
    let place = Place::new();
    let text = |error: simpleipc::Error| error.to_string();
    let mut sender = Sender::open(QUEUE, &place.options()).map_err(text)?;
    let mut receiver = Receiver::open(QUEUE, &place.options()).map_err(text)?;
    let mut times = Times::default();
    let mut seen: HashMap<(u64, u64), u32> = HashMap::new();
    let mut number = 0;
    for kill in 0..kills {
        let own = 10;
        for _ in 0..own {
            let bytes = [20, 100, 2000, 30_000][number as usize % 4];
            let message = ledger::write(
                Entry {
                    sender: SURVIVOR,
                    number,
                },
                bytes,
            );
            sender
                .put(&Value::from(&message[..]), 0, STUCK)
                .map_err(text)?;
            number += 1;
        }
        let id = format!("id={kill}");
        let said = live_and_die(&place, &[role, &id], dice);
        let died = Instant::now();
        let mut due: HashMap<(u64, u64), bool> = HashMap::new();
        for line in said {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["got", sender, number] => {
                    let key = (parse(sender)?, parse(number)?);
                    *seen.entry(key).or_insert(0) += 1;
                }
                ["sent", number] => {
                    due.insert((u64::from(kill), parse(number)?), false);
                }
                ["ready"] => {}
                _ => return Err(line),
            }
        }
        for first in number - own..number {
            due.insert((SURVIVOR, first), false);
        }
        take_all(&mut receiver, &mut seen, &mut due, died, &mut times)?;
    }
    // What the last of the dead had in hand, and had said so, is still to come again.
    while let Ok(message) = receiver.receive_timeout(Some(Duration::from_millis(300))) {
        let entry = ledger::read(&message)?;
        let again = seen.insert((entry.sender, entry.number), 2);
        if again.is_none() || !message.is_redelivered() {
            return Err(format!("{entry:?} came unexpectedly"));
        }
    }
    let doubled = seen.iter().filter(|(_, times)| **times > 1).count();
    check_leavings(&place, || drop((sender, receiver)))?;
    Ok(format!(
        "{}; {doubled} marked redeliveries",
        times.summary()
    ))
}

fn parse(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("no number: {text}"))
}

/// Takes until everything that is due has been seen, by the dead or by us.
fn take_all(
    receiver: &mut Receiver,
    seen: &mut HashMap<(u64, u64), u32>,
    due: &mut HashMap<(u64, u64), bool>,
    died: Instant,
    times: &mut Times,
) -> Result<(), String> {
    loop {
        let missing = due.keys().filter(|key| !seen.contains_key(key)).count();
        let patience = if missing == 0 { NOW } else { STUCK };
        let message = match receiver.receive_timeout(patience) {
            Ok(message) => message,
            Err(_) if missing == 0 => {
                times.0.push(died.elapsed());
                return Ok(());
            }
            Err(error) => return Err(format!("{missing} messages are lost: {error}")),
        };
        let entry = ledger::read(&message)?;
        let times_seen = seen.entry((entry.sender, entry.number)).or_insert(0);
        *times_seen += 1;
        if *times_seen > 1 && !message.is_redelivered() {
            return Err(format!("{entry:?} came twice and is not marked"));
        }
    }
}

fn last_member_loop(kills: u32, dice: &mut Dice) -> Result<String, String> {
    let place = Place::new();
    let mut times = Times::default();
    for kill in 0..kills {
        let role = ["publisher", "lossless", "opener", "receiver", "loaner"][kill as usize % 5];
        live_and_die(&place, &[role, "id=1"], dice);
        let died = Instant::now();
        // The next user finds a channel that works, whatever the last one has left.
        let mut subscriber =
            Subscriber::open(TOPIC, &place.options()).map_err(|error| error.to_string())?;
        let mut publisher =
            Publisher::open(TOPIC, &place.options()).map_err(|error| error.to_string())?;
        publisher.publish(1i64).map_err(|error| error.to_string())?;
        subscriber
            .receive_timeout(STUCK)
            .map_err(|error| error.to_string())?;
        times.0.push(died.elapsed());
        drop((publisher, subscriber));
        if kill % 50 == 49 {
            let left = place.left_after_cleaning();
            if !left.is_empty() {
                return Err(format!("left behind: {left:?}"));
            }
        }
    }
    Ok(times.summary())
}
