//! Owners and waiters of locks that are killed, stopped, forked, or end without unlocking.

use crash::actor::LOCK;
use crash::holders::{last_words, turns};
use crash::place::Place;
use crash::process::Process;
use crash::refusal::refused;
use simpleipc::bytes::header;
use simpleipc::{Lock, Semaphore, Status, clean};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::mem::forget;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A failure, not a measurement: nobody may be held up this long by a death.
const STUCK: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);
const NOTHING: Vec<String> = Vec::new();

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_crash"))
}

fn start(place: &Place, words: &[&str]) -> Process {
    Process::start(program(), place.path(), words)
}

fn open(place: &Place) -> Lock {
    Lock::open(LOCK, &place.options()).expect("open")
}

/// An actor that has the lock.
fn holder(place: &Place) -> Process {
    let mut holder = start(place, &["lock-holder"]);
    while !holder.line().expect("it lives").starts_with("inside") {}
    holder
}

/// Whom the next owner is told of. It unlocks.
fn told(lock: &mut Lock) -> Option<u32> {
    lock.lock(STUCK).expect("not held up").abandoned()
}

/// Endpoint `e` stands in line.
fn wait_for_line(place: &Place, e: u32) {
    let file = File::open(place.path().join(format!("{LOCK}.sipc"))).expect("a lock");
    let began = Instant::now();
    let mut word = [0; 8];
    while u64::from_ne_bytes(word) >> e & 1 == 0 {
        assert!(began.elapsed() < STUCK.expect("some time"), "not in line");
        std::thread::yield_now();
        let read = file.read_exact_at(&mut word, header::OFF_ACTIVE as u64);
        read.expect("a word");
    }
}

#[test]
fn the_next_owner_is_told_once_that_the_last_one_was_killed() {
    let place = Place::new();
    let mut survivor = open(&place);
    let holder = holder(&place);
    assert!(survivor.try_lock().expect("try").is_none());
    let pid = holder.id();
    // Those who wait already notice, too.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| told(&mut survivor));
        wait_for_line(&place, 0);
        holder.kill();
        waiting.join().expect("it ends")
    });
    assert_eq!(waiting, Some(pid));
    assert_eq!(told(&mut survivor), None);
    drop(survivor);
    assert_eq!(place.files(), NOTHING);
}

#[test]
fn who_only_tries_has_the_lock_of_a_killed_owner() {
    let place = Place::new();
    let mut survivor = open(&place);
    let holder = holder(&place);
    let pid = holder.id();
    holder.kill();
    let permit = survivor.try_lock().expect("try").expect("it is free");
    assert_eq!(permit.abandoned(), Some(pid));
}

#[test]
fn the_death_of_an_owner_is_remembered_while_nobody_has_the_lock_open() {
    let place = Place::new();
    for _ in 0..2 {
        let holder = holder(&place);
        let pid = holder.id();
        holder.kill();
        // Who only looks in has not been told.
        drop(open(&place));
        assert_eq!(clean(Some(place.path()), Duration::from_secs(1)), Ok(0));
        assert_eq!(told(&mut open(&place)), Some(pid));
        assert_eq!(place.files(), NOTHING);
    }
    holder(&place).kill();
    assert_eq!(place.left_after_cleaning(), NOTHING);
}

#[test]
fn who_dies_before_it_could_know_of_a_death_is_what_the_next_one_is_told_of() {
    let place = Place::new();
    let mut survivor = open(&place);
    holder(&place).kill();
    let mut second = start(&place, &["lock-holder", "die=permit-taken"]);
    let pid = second.id();
    assert_eq!(second.end(), Some(libc::SIGKILL));
    assert_eq!(told(&mut survivor), Some(pid));
    assert_eq!(told(&mut survivor), None);
}

#[test]
fn a_lock_that_a_process_has_not_unlocked_at_its_end_is_abandoned() {
    let place = Place::new();
    let mut exiter = start(&place, &["lock-exiter"]);
    let pid = exiter.id();
    assert_eq!(exiter.end(), None);
    assert_eq!(told(&mut open(&place)), Some(pid));
    assert_eq!(place.files(), NOTHING);
}

#[test]
fn a_stopped_owner_keeps_the_lock() {
    let place = Place::new();
    let mut survivor = open(&place);
    let holder = holder(&place);
    holder.signal(libc::SIGSTOP);
    let words = ["the lock", "held by process", &holder.id().to_string()];
    let waited = survivor.lock(Some(Duration::from_millis(100))).map(drop);
    refused(waited, Status::Timeout, &words);
    holder.kill();
    assert!(told(&mut survivor).is_some());
}

#[test]
fn a_waiter_that_is_stopped_or_killed_holds_nobody_up() {
    for signal in [libc::SIGSTOP, libc::SIGKILL] {
        let place = Place::new();
        let mut survivor = open(&place);
        let mut other = open(&place);
        let permit = survivor.lock(NOW).expect("it is free");
        let mut waiter = start(&place, &["lock-holder"]);
        waiter.wait_until_ready();
        wait_for_line(&place, 2);
        waiter.signal(signal);
        if signal == libc::SIGKILL {
            waiter.end();
        } else {
            wait_until_stopped(waiter.id());
        }
        drop(permit);
        assert_eq!(told(&mut other), None);
        // By then it has lost its place, for others too.
        assert!(survivor.try_lock().expect("try").is_some());
        if signal == libc::SIGSTOP {
            waiter.signal(libc::SIGCONT);
            assert_eq!(waiter.line(), Some("inside 0".to_owned()));
            waiter.kill();
            assert!(told(&mut other).is_some());
        }
        drop((survivor, other));
        assert_eq!(place.left_after_cleaning(), NOTHING);
    }
}

fn wait_until_stopped(pid: u32) {
    let began = Instant::now();
    loop {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
        // After the name, which is in parentheses: the state.
        if stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('T'))
        {
            return;
        }
        assert!(began.elapsed() < STUCK.expect("some time"));
    }
}

#[test]
fn a_forked_child_does_not_unlock_what_its_parent_holds() {
    let place = Place::new();
    let mut forker = start(&place, &["lock-forker"]);
    forker.wait_until_ready();
    assert_eq!(forker.end(), None);
    assert_eq!(place.files(), NOTHING);
}

/// Has processes have a lock in turn and kills some of them; what they have said, and the process
/// number of each by its id. In between somebody who lives has every permit, so that every death
/// is told before the next.
fn kill_lockers(place: &Place, permits: u32, many: usize, kills: usize) -> (Vec<String>, Vec<u32>) {
    let mut started = Vec::new();
    let mut start_one = || {
        let (id, permits) = (
            format!("id={}", started.len()),
            format!("permits={permits}"),
        );
        let mut locker = start(place, &["locker", &id, &permits]);
        started.push(locker.id());
        locker.wait_until_ready();
        locker
    };
    let mut said = Vec::new();
    let open = |_| Semaphore::open(LOCK, permits, &place.options()).expect("open");
    let mut survivors: Vec<Semaphore> = (0..permits).map(open).collect();
    let mut lockers: Vec<Process> = (0..many).map(|_| start_one()).collect();
    for number in 0..kills {
        said.extend(have_all(&mut survivors));
        std::thread::sleep(Duration::from_micros(number as u64 * 97 % 3000));
        let victim = std::mem::replace(&mut lockers[number % many], start_one());
        said.extend(victim.kill());
    }
    for locker in lockers {
        said.extend(have_all(&mut survivors));
        said.extend(locker.kill());
    }
    said.extend(have_all(&mut survivors));
    let is_crowded = said.iter().any(|line| line.starts_with("crowded"));
    assert!(!is_crowded, "{said:?}");
    (said, started)
}

/// Has all permits, whoever else wants them; what was told then.
fn have_all(survivors: &mut [Semaphore]) -> Vec<String> {
    let mut said = Vec::new();
    for survivor in &mut *survivors {
        let permit = survivor.acquire(STUCK).expect("not held up");
        said.extend(permit.abandoned().map(|pid| format!("told {pid}")));
        forget(permit);
    }
    for survivor in survivors {
        survivor.release().expect("it is ours");
    }
    said
}

/// Every death inside is told, and each once, and none that was not.
fn check_told(place: &Place, said: &[String], started: &[u32]) {
    let told: Vec<u32> = said
        .iter()
        .filter_map(|line| line.strip_prefix("told "))
        .map(|pid| pid.parse().expect("a number"))
        .collect();
    let once: BTreeSet<u32> = told.iter().copied().collect();
    assert_eq!(once.len(), told.len(), "told twice: {told:?}");
    let is_known = once.iter().all(|pid| started.contains(pid));
    assert!(is_known, "{told:?} {started:?}");
    for (id, pid) in (0..).zip(started) {
        let (was_inside, _) = last_words(place.path(), id);
        assert!(!was_inside || once.contains(pid), "{pid} was inside");
    }
}

#[test]
fn no_turn_is_lost_and_no_death_is_not_told_while_owners_are_killed() {
    let place = Place::new();
    let (said, started) = kill_lockers(&place, 1, 4, 60);
    check_told(&place, &said, &started);
    let each = (0..)
        .zip(&started)
        .map(|(id, _)| last_words(place.path(), id).1);
    let (counted, had) = (turns(place.path()), each.sum::<u64>());
    // Whoever is killed may have counted a turn and not said so.
    let most = had + started.len() as u64;
    assert!((had..=most).contains(&counted), "{counted} of {had}");
    fs::remove_dir_all(place.path().join("turns")).expect("ours");
    assert_eq!(place.files(), NOTHING);
}

#[test]
fn a_semaphore_of_three_never_has_a_fourth_inside_while_eight_want_it_and_some_are_killed() {
    let place = Place::new();
    let (said, started) = kill_lockers(&place, 3, 8, 56);
    check_told(&place, &said, &started);
    fs::remove_dir_all(place.path().join("turns")).expect("ours");
    assert_eq!(place.files(), NOTHING);
}
