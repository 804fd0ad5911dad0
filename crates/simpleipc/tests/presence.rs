//! Presence: who is on a channel, and who comes and goes, seen from outside.

mod place;

use place::TestPlace;
use simpleipc::{
    Lock, Notifier, Options, PeerEvent, PeerWatcher, Publisher, Receiver, Sender, Server, Setter,
    Status, Subscriber, Waiter, Watcher, identify, peers, wait_any,
};
use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

// snippet-begin
/// One program wants to know when a service goes down, and when it is there again.
fn hears_of_the_service(options: &Options) -> simpleipc::Result<()> {
    let mut watcher = PeerWatcher::open("spelling", options)?; // before anybody serves

    let server = Server::open("spelling", options)?;
    let came = watcher.event(None)?;
    assert!(came.is_up() && came.peer().verb() == "serve");
    println!("{} ({})", came.peer().program, came.peer().pid);

    drop(server); // or its process is killed
    let went = watcher.event(None)?;
    assert!(!went.is_up() && went.peer().id == came.peer().id);
    Ok(())
}
// snippet-end

#[test]
fn the_page_of_presence_is_right() {
    let place = TestPlace::new();
    hears_of_the_service(&place.options()).expect("as the page says");
}

/// The next event, as what it is and of which role.
fn next(watcher: &mut PeerWatcher) -> (bool, &'static str) {
    let event = watcher.event(SOON).expect("an event");
    (event.is_up(), event.peer().verb())
}

fn nothing(watcher: &mut PeerWatcher) {
    let error = watcher.event(NOW).expect_err("nothing");
    assert_eq!(error.status(), Status::Timeout);
}

/// What a process says of itself is one for all of it.
static NAMED: Mutex<()> = Mutex::new(());

#[test]
fn peers_are_listed_with_who_they_are_and_since_when() {
    let _named = NAMED.lock();
    let place = TestPlace::new();
    let options = place.options();
    assert_eq!(peers("t", &options).expect("no channel"), []);
    let before = simpleipc::now_ns();
    let publisher = Publisher::open("t", &options).expect("open");
    identify("viewer.py", "python");
    let mut subscriber = Subscriber::open("t", &options).expect("open");
    identify(&"\u{e4}".repeat(40), "a language with a long name");
    let second = Publisher::open("t", &options).expect("open");
    identify("", "rust");
    let after = simpleipc::now_ns();
    let listed = peers("t", &options).expect("peers");
    let facts: Vec<_> = listed
        .iter()
        .map(|peer| (peer.program.as_str(), peer.language.as_str(), peer.verb()))
        .collect();
    let executable = std::env::current_exe().expect("a path");
    let executable = executable.file_name().expect("a name").to_string_lossy();
    // 64 bytes at most.
    let executable = &executable[..executable.len().min(64)];
    let long = "\u{e4}".repeat(32);
    assert_eq!(
        facts,
        [
            (executable, "rust", "publish"),
            ("viewer.py", "python", "subscribe"),
            (long.as_str(), "a language with ", "publish"),
        ]
    );
    for peer in &listed {
        assert_eq!(peer.pid, std::process::id());
        assert!((before..=after).contains(&peer.since_ns), "{peer:?}");
    }
    // Who sent a message is who has its number.
    let mut publisher = publisher;
    publisher.publish(1).expect("publish");
    let message = subscriber.receive_timeout(SOON).expect("receive");
    assert_eq!(message.sender(), listed[0].id);
    drop((publisher, subscriber, second));
    assert_eq!(peers("t", &options).expect("no channel"), []);
}

#[test]
fn every_role_is_told_of_when_it_comes_and_when_it_goes() {
    let place = TestPlace::new();
    let options = place.options();
    let check = |name: &str, verb: &'static str, open: &dyn Fn(&str) -> Box<dyn Send>| {
        let mut watcher = PeerWatcher::open(name, &options).expect("open");
        nothing(&mut watcher);
        let handle = open(name);
        assert_eq!(next(&mut watcher), (true, verb));
        // Who comes later is told of who is there.
        let mut late = PeerWatcher::open(name, &options).expect("open");
        assert_eq!(next(&mut late), (true, verb));
        drop(handle);
        assert_eq!(next(&mut watcher), (false, verb));
        assert_eq!(next(&mut late), (false, verb));
        nothing(&mut watcher);
    };
    macro_rules! roles {
        ($($Handle:ident $name:literal $verb:literal)*) => {$(
            check($name, $verb, &|name| Box::new($Handle::open(name, &options).expect("open")));
        )*};
    }
    roles! {
        Publisher "topic" "publish"
        Subscriber "topic" "subscribe"
        Sender "queue" "send"
        Receiver "queue" "receive"
        Setter "state" "set"
        Watcher "state" "watch"
        Notifier "signal" "notify"
        Waiter "signal" "wait"
        Lock "lock" "lock"
        Server "service" "serve"
    }
    check("called", "call", &|name| {
        Box::new(simpleipc::Client::open(name, &options).expect("open"))
    });
}

#[test]
fn a_watcher_changes_nothing_and_keeps_nothing() {
    let place = TestPlace::new();
    let publisher = Publisher::open("t", &place.options()).expect("open");
    let files = || -> Vec<_> {
        let entries = fs::read_dir(place.path()).expect("list").flatten();
        entries
            .map(|entry| (entry.file_name(), fs::read(entry.path()).expect("read")))
            .collect()
    };
    let before = files();
    assert_eq!(before.len(), 1);
    let mut watcher = PeerWatcher::open("t", &place.options()).expect("open");
    assert_eq!(next(&mut watcher), (true, "publish"));
    let wait = Some(Duration::from_millis(50));
    watcher.event(wait).expect_err("nothing more");
    peers("t", &place.options()).expect("peers");
    assert!(before == files(), "a watcher has changed the channel");
    let report = simpleipc::audit("t", Some(place.path())).expect("audit");
    assert_eq!(report.expect("there").peers.len(), 1);
    drop(publisher);
    assert!(fs::read_dir(place.path()).expect("list").next().is_none());
    assert_eq!(next(&mut watcher), (false, "publish"));
}

#[test]
fn the_next_channel_of_the_name_is_another_one() {
    let place = TestPlace::new();
    let options = place.options();
    let mut watcher = PeerWatcher::open("t", &options).expect("open");
    for _ in 0..20 {
        // Between two looks all of it may have happened: the same endpoint, the same process.
        let sender = Sender::open("t", &options).expect("open");
        assert_eq!(next(&mut watcher), (true, "send"));
        drop(sender);
        let publisher = Publisher::open("t", &options).expect("open");
        assert_eq!(next(&mut watcher), (false, "send"));
        assert_eq!(next(&mut watcher), (true, "publish"));
        // Removed by somebody: whoever has it open is nowhere.
        fs::remove_file(place.path().join("t.sipc")).expect("remove");
        let second = Publisher::open("t", &options).expect("open");
        assert_eq!(next(&mut watcher), (false, "publish"));
        assert_eq!(next(&mut watcher), (true, "publish"));
        drop((publisher, second));
        assert_eq!(next(&mut watcher), (false, "publish"));
    }
    nothing(&mut watcher);
}

#[test]
fn another_owner_of_the_same_endpoint_is_another_peer() {
    let place = TestPlace::new();
    let options = place.options();
    let _keeper = Receiver::open("q", &options).expect("open");
    let sender = Sender::open("q", &options).expect("open");
    let mut watcher = PeerWatcher::open("q", &options).expect("open");
    assert_eq!(next(&mut watcher), (true, "receive"));
    assert_eq!(next(&mut watcher), (true, "send"));
    let mut last = sender;
    for _ in 0..50 {
        drop(last);
        last = Sender::open("q", &options).expect("open");
        let went = watcher.event(SOON).expect("an event");
        let came = watcher.event(SOON).expect("an event");
        let (PeerEvent::Down(went), PeerEvent::Up(came)) = (&went, &came) else {
            panic!("{went:?}, then {came:?}");
        };
        assert_eq!(went.id & 0xff, came.id & 0xff, "the same endpoint");
        assert_ne!(went.id, came.id);
    }
    nothing(&mut watcher);
}

#[test]
fn a_watcher_waits_beside_others_and_can_be_interrupted() {
    let place = TestPlace::new();
    let options = place.options();
    let mut watcher = PeerWatcher::open("t", &options).expect("open");
    let mut receiver = Receiver::open("q", &options).expect("open");
    let mut sender = Sender::open("q", &options).expect("open");
    let interrupter = watcher.interrupter();
    let mut publishers = Vec::new();
    for _ in 0..20 {
        meanwhile(
            || publishers.push(Publisher::open("t", &options).expect("open")),
            || assert_eq!(wait_any(&mut [&mut receiver, &mut watcher], 0, SOON), Ok(1)),
        );
        assert!(watcher.event(NOW).expect("ready").is_up());
        meanwhile(
            || sender.send(3).expect("send"),
            || assert_eq!(wait_any(&mut [&mut receiver, &mut watcher], 0, SOON), Ok(0)),
        );
        receiver.receive_timeout(NOW).expect("ready");
        meanwhile(
            || interrupter.interrupt(),
            || {
                let error = wait_any(&mut [&mut receiver, &mut watcher], 0, SOON);
                let error = error.expect_err("interrupted");
                assert_eq!(error.status(), Status::Interrupted);
            },
        );
        meanwhile(
            || interrupter.interrupt(),
            || {
                let error = watcher.event(None).expect_err("interrupted");
                assert_eq!(error.status(), Status::Interrupted);
            },
        );
    }
    // One that comes too early is for the next wait.
    interrupter.interrupt();
    let error = watcher.event(SOON).expect_err("interrupted");
    assert_eq!(error.status(), Status::Interrupted);
    let began = Instant::now();
    let short = Some(Duration::from_millis(30));
    let error = watcher.event(short).expect_err("nothing");
    assert_eq!(error.status(), Status::Timeout);
    assert!(began.elapsed() >= Duration::from_millis(30));
    let sources: &mut [&mut dyn simpleipc::Source] = &mut [&mut watcher];
    let error = wait_any(sources, 0, short).expect_err("nothing");
    assert_eq!(error.status(), Status::Timeout);
}

/// Does `work` when `wait` has begun, or is about to.
fn meanwhile(work: impl FnOnce() + Send, wait: impl FnOnce()) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(5));
            work();
        });
        wait();
    });
}

#[test]
fn a_future_ends_when_somebody_comes() {
    use std::future::Future;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let place = TestPlace::new();
    let options = place.options();
    let mut watcher = PeerWatcher::open("t", &options).expect("open");
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut block_on = |watcher: &mut PeerWatcher| {
        let mut future = std::pin::pin!(watcher.event_async());
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(event) => return event.expect("an event"),
                Poll::Pending => std::thread::park_timeout(SOON.expect("some time")),
            }
        }
    };
    for _ in 0..20 {
        std::thread::scope(|scope| {
            let coming = scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(5));
                Publisher::open("t", &options).expect("open")
            });
            assert!(block_on(&mut watcher).is_up());
            drop(coming.join().expect("join"));
        });
        assert!(!block_on(&mut watcher).is_up());
    }
}

#[test]
fn what_is_no_channel_is_an_error_and_what_it_does_not_say_is_unknown() {
    let place = TestPlace::new();
    let options = place.options();
    let nowhere = Options {
        directory: Some(place.path().join("nowhere")),
        ..Options::default()
    };
    for error in [
        PeerWatcher::open("t", &nowhere)
            .map(drop)
            .expect_err("typo"),
        peers("t", &nowhere).map(drop).expect_err("typo"),
    ] {
        assert_eq!(error.status(), Status::NoDirectory);
    }
    let path = place.path().join("t.sipc");
    fs::write(&path, [7; 5000]).expect("write");
    let error = peers("t", &options).expect_err("no channel");
    assert_eq!(error.status(), Status::Corrupt);
    let opened = PeerWatcher::open("t", &options);
    assert_eq!(
        opened.map(drop).expect_err("no channel").status(),
        Status::Corrupt
    );
    fs::remove_file(&path).expect("remove");
    let mut watcher = PeerWatcher::open("t", &options).expect("open");
    let server = Server::open("t", &options).expect("open");
    assert_eq!(next(&mut watcher), (true, "serve"));
    drop(server);
    fs::write(&path, [7; 5000]).expect("write");
    assert_eq!(next(&mut watcher), (false, "serve"));
    let error = watcher.event(SOON).expect_err("no channel");
    assert_eq!(error.status(), Status::Corrupt);
    fs::remove_file(&path).expect("remove");
    let server = Server::open("t", &options).expect("open");
    let event = loop {
        match watcher.event(SOON) {
            Ok(event) => break event,
            Err(error) => assert_eq!(error.status(), Status::Corrupt),
        }
    };
    assert!(event.is_up());
    drop(server);
}
