//! Locks and semaphores, seen from outside: what those who share one are promised.

mod place;

use place::TestPlace;
use simpleipc::{Error, Lock, Options, Pattern, Publisher, Semaphore, Status, audit};
use std::mem::forget;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(20));
const NOW: Option<Duration> = Some(Duration::ZERO);
const MOMENT: Option<Duration> = Some(Duration::from_millis(5));

#[track_caller]
fn refused<T>(outcome: Result<T, Error>, status: Status, words: &[&str]) {
    let error = outcome.err().expect("was let through");
    assert_eq!(error.status(), status, "{error}");
    for word in words {
        assert!(error.message().contains(word), "{error}: no {word:?}");
    }
}

// snippet-begin: docs/lock.md
/// Only one program at a time moves the robot.
fn move_robot(options: &Options) -> simpleipc::Result<()> {
    let mut lock = Lock::open("robot", options)?;
    let held = lock.lock(Some(Duration::from_secs(5)))?;
    if let Some(pid) = held.abandoned() {
        println!("process {pid} died while it moved the robot: see where it is first");
    }
    // Move it. The lock is unlocked when `held` goes, or when this process dies.
    Ok(())
}
// snippet-end

#[test]
fn the_program_of_the_page_about_locks_runs() {
    let place = TestPlace::new();
    for _ in 0..2 {
        move_robot(&place.options()).expect("nobody else moves it");
    }
}

#[test]
fn one_at_a_time_has_a_lock_and_sees_what_the_one_before_has_done() {
    const TURNS: u64 = 3_000;
    let place = TestPlace::new();
    let count = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut lock = Lock::open("l", &place.options()).expect("open");
                for _ in 0..TURNS {
                    let held = lock.lock(SOON).expect("lock");
                    assert_eq!(held.abandoned(), None);
                    // Two steps, so that a second one inside would lose some.
                    let seen = count.load(Relaxed);
                    std::hint::spin_loop();
                    count.store(seen + 1, Relaxed);
                }
            });
        }
    });
    assert_eq!(count.load(Relaxed), 4 * TURNS);
}

#[test]
fn as_many_as_there_are_permits_have_a_semaphore_and_no_more() {
    let place = TestPlace::new();
    let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut semaphore = Semaphore::open("s", 3, &place.options()).expect("open");
                for _ in 0..500 {
                    let permit = semaphore.acquire(SOON).expect("acquire");
                    let now = inside.fetch_add(1, Relaxed) + 1;
                    most.fetch_max(now, Relaxed);
                    thread::yield_now();
                    inside.fetch_sub(1, Relaxed);
                    drop(permit);
                }
            });
        }
    });
    assert!(most.load(Relaxed) <= 3, "{most:?} were inside");
    let mut all: Vec<Semaphore> = (0..4)
        .map(|_| Semaphore::open("s", 3, &place.options()).expect("open"))
        .collect();
    let permits: Vec<bool> = all
        .iter_mut()
        .map(|one| one.try_acquire().expect("try").map(forget).is_some())
        .collect();
    assert_eq!(permits, [true, true, true, false]);
}

#[test]
fn a_lock_that_is_held_is_refused_in_time_with_the_name_of_its_owner() {
    let place = TestPlace::new();
    let mut first = Lock::open("l", &place.options()).expect("open");
    let mut second = Lock::open("l", &place.options()).expect("open");
    let held = first.lock(NOW).expect("it is free");
    assert!(second.try_lock().expect("try").is_none());
    refused(second.lock(NOW), Status::Timeout, &["not free"]);
    let me = format!("process {}", std::process::id());
    let words = ["the lock 'l'", "held by", &me];
    refused(second.lock(MOMENT), Status::Timeout, &words);
    drop(held);
    assert!(second.try_lock().expect("try").is_some());
    // Nobody's turn is left over from the wait that has ended.
    assert!(first.try_lock().expect("try").is_some());
}

#[test]
fn a_handle_that_holds_a_lock_cannot_wait_for_itself() {
    let place = TestPlace::new();
    let mut lock = Lock::open("l", &place.options()).expect("open");
    refused(lock.unlock(), Status::BadArgument, &["'l'", "not held"]);
    forget(lock.lock(SOON).expect("lock"));
    let words = ["the lock 'l'", "already", "unlock it"];
    refused(lock.lock(None), Status::BadArgument, &words);
    refused(lock.try_lock(), Status::BadArgument, &words);
    lock.unlock().expect("what was forgotten");
    assert!(lock.try_lock().expect("try").is_some());
}

#[test]
fn a_lock_is_unlocked_in_another_thread_or_with_its_handle() {
    let place = TestPlace::new();
    let mut first = Lock::open("l", &place.options()).expect("open");
    let mut second = Lock::open("l", &place.options()).expect("open");
    let held = first.lock(SOON).expect("lock");
    thread::scope(|scope| scope.spawn(move || drop(held)).join()).expect("dropped");
    forget(second.try_lock().expect("try").expect("it is free"));
    drop(second);
    let held = first.try_lock().expect("try").expect("it is free");
    assert_eq!(held.abandoned(), None, "nobody has died");
}

#[test]
fn the_first_one_decides_how_many_permits_there_are() {
    let place = TestPlace::new();
    let options = place.options();
    for permits in [0, 65] {
        let words = ["'s'", "1 to 64", &permits.to_string()];
        let opened = Semaphore::open("s", permits, &options);
        refused(opened, Status::BadArgument, &words);
    }
    let three = Semaphore::open("s", 3, &options).expect("open");
    let words = ["'s' has 3 permits, not 4", "open it with 3"];
    refused(
        Semaphore::open("s", 4, &options),
        Status::BadArgument,
        &words,
    );
    refused(Lock::open("s", &options), Status::BadArgument, &["not 1"]);
    drop(three);
    drop(Lock::open("s", &options).expect("the next first one"));
    let most = Semaphore::open("s", 64, &options).expect("open");
    let report = audit("s", Some(place.path())).expect("audit");
    let report = report.expect("it exists");
    assert_eq!(report.pattern, Some(Pattern::Lock));
    assert_eq!(report.depth, 64);
    drop(most);
}

#[test]
fn a_lock_is_no_other_channel_and_takes_no_options_of_others() {
    let place = TestPlace::new();
    let lock = Lock::open("l", &place.options()).expect("open");
    let words = ["'l' is a lock", "lock and unlock"];
    let opened = Publisher::open("l", &place.options());
    refused(opened, Status::WrongPattern, &words);
    let deep = Options {
        depth: 16,
        ..place.options()
    };
    let opened = Lock::open("l", &deep);
    refused(opened, Status::BadArgument, &["a lock", "depth"]);
    drop(lock);
    let topic = Publisher::open("l", &place.options()).expect("open");
    let opened = Lock::open("l", &place.options());
    refused(opened, Status::WrongPattern, &["is a topic"]);
    drop(topic);
}

#[test]
fn a_wait_for_a_lock_can_be_interrupted_and_no_other_one_is() {
    let place = TestPlace::new();
    let mut first = Lock::open("l", &place.options()).expect("open");
    let mut second = Lock::open("l", &place.options()).expect("open");
    let interrupter = second.interrupter();
    let held = first.lock(SOON).expect("lock");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| second.lock(SOON).map(drop));
        // The wait in progress, or the one that is about to begin.
        interrupter.interrupt();
        let outcome = waiting.join().expect("it ends");
        refused(outcome, Status::Interrupted, &["'l'"]);
    });
    drop(held);
    assert!(second.lock(SOON).is_ok());
}

#[test]
fn everybody_who_wants_a_lock_all_the_time_has_it_again_and_again() {
    const TURNS: u64 = 20;
    let place = TestPlace::new();
    let counts: [AtomicU64; 4] = Default::default();
    let began = Instant::now();
    thread::scope(|scope| {
        for mine in &counts {
            let (counts, place) = (&counts, &place);
            scope.spawn(move || {
                let mut lock = Lock::open("l", &place.options()).expect("open");
                // Unlocks only to lock again, until the last one has had its turns.
                while counts.iter().any(|count| count.load(Relaxed) < TURNS) {
                    let held = lock.lock(SOON).expect("nobody starves");
                    mine.fetch_add(1, Relaxed);
                    let until = Instant::now() + Duration::from_micros(200);
                    while Instant::now() < until {
                        std::hint::spin_loop();
                    }
                    drop(held);
                }
            });
        }
    });
    assert!(began.elapsed() < SOON.expect("some time"), "{counts:?}");
}
