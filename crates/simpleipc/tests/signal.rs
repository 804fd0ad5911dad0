//! Signals, seen from outside.

mod place;

use place::TestPlace;
use simpleipc::{Notifier, Options, Receiver, Sender, Status, Waiter, Watcher, wait_any};
use std::time::Duration;

const SOON: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);

// snippet-begin
/// One program waits until its settings have changed; another says that they have.
fn reload(options: &Options) -> simpleipc::Result<()> {
    let mut waiter = Waiter::open("settings", options)?;

    Notifier::open("settings", options)?.notify()?;

    let times = waiter.wait(Some(Duration::from_secs(5)))?;
    assert_eq!(times, 1);
    Ok(())
}
// snippet-end

#[test]
fn the_page_of_signals_is_right() {
    let place = TestPlace::new();
    reload(&place.options()).expect("as the page says");
}

#[test]
fn what_happens_after_the_opening_is_counted_and_not_missed() {
    let place = TestPlace::new();
    let mut notifier = Notifier::open("s", &place.options()).expect("open");
    notifier.notify().expect("nobody waits");
    let mut waiter = Waiter::open("s", &place.options()).expect("open");
    assert_eq!(
        waiter.wait(NOW).expect_err("nothing").status(),
        Status::Timeout
    );
    for count in [1, 2, 3, 1000] {
        for _ in 0..count {
            notifier.notify().expect("notify");
        }
        assert_eq!(waiter.wait(NOW).expect("wait"), count);
        assert_eq!(
            waiter.wait(NOW).expect_err("nothing").status(),
            Status::Timeout
        );
    }
}

#[test]
fn all_who_wait_are_woken() {
    let place = TestPlace::new();
    let mut waiters: Vec<_> = (0..4)
        .map(|_| Waiter::open("s", &place.options()).expect("open"))
        .collect();
    let waiting: Vec<_> = waiters
        .drain(..)
        .map(|mut waiter| std::thread::spawn(move || waiter.wait(SOON)))
        .collect();
    std::thread::sleep(Duration::from_millis(20));
    let mut notifier = Notifier::open("s", &place.options()).expect("open");
    notifier.notify().expect("notify");
    for thread in waiting {
        assert_eq!(thread.join().expect("join").expect("wait"), 1);
    }
}

#[test]
fn a_signal_can_be_waited_for_beside_a_queue_and_a_state() {
    let place = TestPlace::new();
    let mut waiter = Waiter::open("signal", &place.options()).expect("open");
    let mut receiver = Receiver::open("queue", &place.options()).expect("open");
    let mut watcher = Watcher::open("state", &place.options()).expect("open");
    let options = place.options();
    let notifying = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        Notifier::open("signal", &options).and_then(|mut notifier| notifier.notify())
    });
    let mut sources: [&mut dyn simpleipc::Source; 3] = [&mut receiver, &mut watcher, &mut waiter];
    assert_eq!(wait_any(&mut sources, 0, SOON).expect("wait"), 2);
    assert_eq!(waiter.wait(NOW).expect("wait"), 1);
    notifying.join().expect("join").expect("notify");
}

#[test]
fn faults_and_what_nobody_can_handle_are_no_notifications() {
    let place = TestPlace::new();
    for signal in [0, 9, 11, 19, 1000] {
        let waiter = Waiter::open("s", &place.options()).expect("open");
        let error = waiter.deliver(signal).err().expect("refused");
        assert_eq!(error.status(), Status::BadArgument);
    }
}

#[test]
fn nothing_is_left_and_other_verbs_are_refused() {
    let place = TestPlace::new();
    let mut notifier = Notifier::open("s", &place.options()).expect("open");
    notifier.notify().expect("notify");
    let error = Sender::open("s", &place.options()).err().expect("refused");
    assert_eq!(error.status(), Status::WrongPattern);
    assert!(error.to_string().contains("notify and wait"), "{error}");
    drop(notifier);
    assert_eq!(
        std::fs::read_dir(place.path()).expect("directory").count(),
        0
    );
}
