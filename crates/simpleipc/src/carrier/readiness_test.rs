//! With a slice of an hour: what a missed wake-up leaves asleep stays asleep, and fails the test.

use super::Readiness;
use crate::carrier::{Consumer, Deadline, Opening, Place, Producer, Role, Stamps};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3600);
const SOON_MS: i32 = 20_000;

/// A queue with both its ends, in a directory of its own.
struct Queue {
    directory: PathBuf,
    consumer: Option<Consumer>,
    producer: Option<Producer>,
}

impl Queue {
    fn new() -> Self {
        let (process, thread) = (std::process::id(), std::thread::current().id());
        let name = format!("/dev/shm/sipc-readiness-{process}-{thread:?}");
        let directory = PathBuf::from(name);
        std::fs::create_dir(&directory).expect("a fresh directory");
        let place = || Place::new("q", Some(&directory)).expect("a name");
        let opening = Opening::default();
        Self {
            consumer: Some(Consumer::open(place(), Role::Receive, &opening).expect("open")),
            producer: Some(Producer::open(place(), Role::Send, &opening).expect("open")),
            directory: directory.clone(),
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        (self.consumer, self.producer) = (None, None);
        let is_empty = std::fs::remove_dir(&self.directory).is_ok();
        let _ = std::fs::remove_dir_all(&self.directory);
        assert!(is_empty || std::thread::panicking(), "something is left");
    }
}

/// Looks in vain: who has never looked cannot know that there is no news.
fn look(consumer: &mut Consumer) {
    assert!(consumer.take(Deadline::Now).is_err());
}

fn send(producer: &mut Producer) {
    let deadline = Deadline::after(Some(Duration::from_secs(20)));
    producer
        .put(0, &[], Stamps::default(), deadline)
        .expect("sent");
}

fn is_readable(readiness: &Readiness, patience_ms: i32) -> bool {
    let mut poll = libc::pollfd {
        fd: readiness.fd().as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one struct, which lives during the call.
    unsafe { libc::poll(&mut poll, 1, patience_ms) == 1 }
}

/// Whether the thread sleeps on the bell: it can be seen only from outside.
fn is_asleep(readiness: &Readiness) -> bool {
    let orders = readiness.shared.orders();
    orders.next.is_none() && orders.current.is_some()
}

#[test]
fn a_message_at_any_instant_makes_it_readable() {
    let mut queue = Queue::new();
    let (consumer, producer) = (queue.consumer.as_mut(), queue.producer.as_mut());
    let (consumer, producer) = (consumer.expect("open"), producer.expect("open"));
    look(consumer);
    let readiness = Readiness::new(consumer.attachment()).expect("made");
    for round in 0..200 {
        for instant in 0..4 {
            let before = format!("round {round}, instant {instant}");
            match instant {
                // Between the look in vain and the announcement.
                0 => {
                    send(producer);
                    readiness.arm(HOUR, || consumer.has_news());
                }
                // After the second look, before the thread sleeps.
                1 => readiness.arm(HOUR, || {
                    let has_news = consumer.has_news();
                    send(producer);
                    has_news
                }),
                // As soon as it can.
                2 => {
                    readiness.arm(HOUR, || consumer.has_news());
                    send(producer);
                }
                // While it sleeps, and has been looked at in vain again.
                _ => {
                    loop {
                        readiness.arm(HOUR, || consumer.has_news());
                        if is_asleep(&readiness) && !is_readable(&readiness, 0) {
                            break; // and was not about to tell of an earlier message
                        }
                        std::thread::yield_now();
                    }
                    readiness.arm(HOUR, || unreachable!("somebody waits already"));
                    send(producer);
                }
            }
            assert!(is_readable(&readiness, SOON_MS), "{before}");
            consumer.take(Deadline::Now).expect("it is there");
            // What was told stays told until a look in vain.
            assert!(is_readable(&readiness, 0), "{before}");
            look(consumer);
            // Armed anew by who finds it readable: with the thread at rest, or waiting.
            if round % 2 == 0 {
                readiness.arm(HOUR, || consumer.has_news());
                readiness.set();
            }
        }
    }
}

#[test]
fn a_storm_needs_no_looking_around() {
    const MESSAGES: u32 = 20_000;
    let mut queue = Queue::new();
    let mut producer = queue.producer.take().expect("open");
    let consumer = queue.consumer.as_mut().expect("open");
    look(consumer);
    let readiness = Readiness::new(consumer.attachment()).expect("made");
    let sending = std::thread::spawn(move || {
        let mut dice = 7u32;
        for _ in 0..MESSAGES {
            send(&mut producer);
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if dice >> 28 == 0 {
                std::thread::sleep(Duration::from_nanos(u64::from(dice >> 12 & 0x1_ffff)));
            }
        }
        producer
    });
    let mut taken = 0;
    while taken < MESSAGES {
        while consumer.take(Deadline::Now).is_ok() {
            taken += 1;
        }
        readiness.arm(HOUR, || consumer.has_news());
        let is_done = taken == MESSAGES;
        assert!(is_done || is_readable(&readiness, SOON_MS), "after {taken}");
    }
    queue.producer = Some(sending.join().expect("sent"));
}

#[test]
fn a_shorter_slice_ends_a_longer_one() {
    let mut queue = Queue::new();
    let consumer = queue.consumer.as_mut().expect("open");
    look(consumer);
    let readiness = Readiness::new(consumer.attachment()).expect("made");
    readiness.arm(HOUR, || consumer.has_news());
    while !is_asleep(&readiness) {
        std::thread::yield_now();
    }
    readiness.arm(Duration::from_millis(5), || consumer.has_news());
    assert!(is_readable(&readiness, SOON_MS));
    assert_eq!(readiness.ended(), Some(crate::os::Waited::TimedOut));
    assert_eq!(readiness.ended(), None, "told once");
}

#[test]
fn who_rests_is_not_told_of_what_comes_until_armed_again() {
    let mut queue = Queue::new();
    let (consumer, producer) = (queue.consumer.as_mut(), queue.producer.as_mut());
    let (consumer, producer) = (consumer.expect("open"), producer.expect("open"));
    look(consumer);
    let readiness = Readiness::new(consumer.attachment()).expect("made");
    for _ in 0..50 {
        readiness.arm(HOUR, || consumer.has_news());
        readiness.rest();
        send(producer);
        assert!(!is_readable(&readiness, 1));
        readiness.arm(HOUR, || consumer.has_news());
        assert!(is_readable(&readiness, SOON_MS));
        consumer.take(Deadline::Now).expect("it is there");
        look(consumer);
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(Mutex<u32>);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        *self.0.lock().expect("no panic") += 1;
    }
}

fn woken(counts: &[Arc<Count>; 3]) -> [u32; 3] {
    counts
        .each_ref()
        .map(|count| *count.0.lock().expect("no panic"))
}

#[test]
fn each_future_of_a_handle_is_woken_once_and_not_when_it_has_gone() {
    let mut queue = Queue::new();
    let (consumer, producer) = (queue.consumer.as_mut(), queue.producer.as_mut());
    let (consumer, producer) = (consumer.expect("open"), producer.expect("open"));
    look(consumer);
    let readiness = Readiness::new(consumer.attachment()).expect("made");
    let counts = [(); 3].map(|()| Arc::new(Count::default()));
    let wakings = [0, 1, 2].map(|number| readiness.waking(number));
    for (waking, count) in wakings.iter().zip(&counts) {
        // Asked again by the same task, and by another before.
        waking.set(Waker::noop());
        waking.set(&Waker::from(Arc::clone(count)));
        waking.set(&Waker::from(Arc::clone(count)));
    }
    let [first, second, third] = wakings;
    drop(second);
    readiness.arm(HOUR, || consumer.has_news());
    assert_eq!(woken(&counts), [0, 0, 0]);
    send(producer);
    // The thread that wakes them lets go of each a little later.
    let until = Instant::now() + Duration::from_secs(20);
    while woken(&counts) != [1, 0, 1] || counts.each_ref().map(Arc::strong_count) != [1, 1, 1] {
        assert!(Instant::now() < until, "{:?}", woken(&counts));
        std::thread::yield_now();
    }
    assert!(is_readable(&readiness, SOON_MS));
    drop((first, third));
    consumer.take(Deadline::Now).expect("it is there");
}
