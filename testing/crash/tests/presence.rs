//! Peers that are killed and stopped, and those who watch them, who are killed, too.

use crash::peers::{PEERS, ROLES};
use crash::place::Place;
use crash::process::Process;
use simpleipc::{
    Notifier, Peer, PeerEvent, PeerWatcher, Publisher, Receiver, Sender, Status, peers,
};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(20));
const NOTHING: Vec<String> = Vec::new();

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_crash"))
}

fn start(place: &Place, words: &[&str]) -> Process {
    let mut process = Process::start(program(), place.path(), words);
    process.wait_until_ready();
    process
}

fn watcher(place: &Place) -> PeerWatcher {
    PeerWatcher::open(PEERS, &place.options()).expect("open")
}

#[track_caller]
fn came(watcher: &mut PeerWatcher) -> Peer {
    match watcher.event(SOON) {
        Ok(PeerEvent::Up(peer)) => peer,
        other => panic!("nobody came: {other:?}"),
    }
}

#[track_caller]
fn went(watcher: &mut PeerWatcher) -> Peer {
    match watcher.event(SOON) {
        Ok(PeerEvent::Down(peer)) => peer,
        other => panic!("nobody went: {other:?}"),
    }
}

#[test]
fn a_peer_of_any_role_that_is_killed_is_told_of() {
    for role in ROLES {
        let place = Place::new();
        let mut watcher = watcher(&place);
        let process = start(&place, &["peer", &format!("as={role}")]);
        let peer = came(&mut watcher);
        assert_eq!((peer.pid, peer.verb()), (process.id(), role));
        assert_eq!((&*peer.program, &*peer.language), ("actor", "a language"));
        assert_eq!(peers(PEERS, &place.options()), Ok(vec![peer.clone()]));
        process.kill();
        assert_eq!(went(&mut watcher), peer, "{role}");
        // The next one comes to what the dead one has left.
        let process = start(&place, &["peer", &format!("as={role}")]);
        let next = came(&mut watcher);
        assert_eq!((next.pid, next.verb()), (process.id(), role));
        process.kill();
        assert_eq!(went(&mut watcher), next, "{role}");
        assert_eq!(peers(PEERS, &place.options()), Ok(vec![]));
        assert_eq!(place.left_after_cleaning(), NOTHING);
    }
}

#[test]
fn a_peer_that_is_killed_among_others_is_told_of_alone() {
    let place = Place::new();
    let mut sender = Sender::open(PEERS, &place.options()).expect("open");
    let mut watcher = watcher(&place);
    assert_eq!(came(&mut watcher).verb(), "send");
    let (first, second) = (
        start(&place, &["peer", "as=receive"]),
        start(&place, &["peer", "as=receive"]),
    );
    let mut here = [came(&mut watcher), came(&mut watcher)];
    here.sort_by_key(|peer| peer.pid != first.id());
    first.kill();
    assert_eq!(went(&mut watcher), here[0]);
    second.kill();
    assert_eq!(went(&mut watcher), here[1]);
    // Those who are left repair; nobody comes or goes by that.
    sender.send(1).expect("send");
    let mut receiver = Receiver::open(PEERS, &place.options()).expect("open");
    assert_eq!(came(&mut watcher).verb(), "receive");
    receiver.receive_timeout(SOON).expect("receive");
    drop((sender, receiver));
    let mut verbs = [went(&mut watcher).verb(), went(&mut watcher).verb()];
    verbs.sort_unstable();
    assert_eq!(verbs, ["receive", "send"]);
    assert_eq!(place.files(), NOTHING);
}

#[test]
fn a_stopped_peer_is_there_until_it_is_killed() {
    let place = Place::new();
    let mut watcher = watcher(&place);
    let process = start(&place, &["peer", "as=serve"]);
    let peer = came(&mut watcher);
    process.signal(libc::SIGSTOP);
    // Longer than any time between two looks.
    let long = Some(Duration::from_millis(1500));
    let error = watcher.event(long).expect_err("it lives");
    assert_eq!(error.status(), Status::Timeout);
    assert_eq!(peers(PEERS, &place.options()), Ok(vec![peer.clone()]));
    process.signal(libc::SIGKILL);
    assert_eq!(went(&mut watcher), peer);
    process.kill();
    assert_eq!(place.left_after_cleaning(), NOTHING);
}

#[test]
fn who_dies_before_it_is_there_was_never_there() {
    for point in ["claim-locked", "claim-joining", "lane-owned"] {
        let place = Place::new();
        let mut watcher = watcher(&place);
        let died = format!("die={point}");
        let mut process = Process::start(program(), place.path(), &["peer", "as=publish", &died]);
        assert_eq!(process.end(), Some(libc::SIGKILL), "{point}");
        let publisher = Publisher::open(PEERS, &place.options()).expect("open");
        assert_eq!(came(&mut watcher).pid, std::process::id(), "{point}");
        drop(publisher);
        assert_eq!(went(&mut watcher).pid, std::process::id(), "{point}");
        assert_eq!(place.files(), NOTHING);
    }
}

#[test]
fn a_watcher_that_is_killed_while_it_is_told_hurts_nobody() {
    let place = Place::new();
    for round in 0..40 {
        let mut told = start(&place, &["peer-watcher"]);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let publisher = Publisher::open(PEERS, &place.options());
                    std::thread::sleep(Duration::from_micros(200));
                    drop(publisher.expect("nobody is in the way"));
                }
            });
            // A little later each time.
            let lives = (0..=round % 8).all(|_| told.line().is_some());
            told.kill();
            is_over.store(true, Ordering::Relaxed);
            assert!(lives, "it ended by itself");
            opening.join().expect("it ends");
        });
        assert_eq!(place.files(), NOTHING, "round {round}");
    }
}

#[test]
fn a_restarting_service_is_told_of_each_time() {
    let place = Place::new();
    let mut watcher = watcher(&place);
    for _ in 0..15 {
        let server = start(&place, &["peer", "as=serve"]);
        let pid = server.id();
        assert_eq!(came(&mut watcher).pid, pid);
        let killed = Instant::now();
        server.kill();
        assert_eq!(went(&mut watcher).pid, pid);
        // It may be late on a machine that has other things to do, but not stuck.
        assert!(killed.elapsed() < SOON.expect("some time"));
    }
    assert_eq!(place.left_after_cleaning(), NOTHING);
}

#[test]
fn a_descriptor_is_readable_until_all_is_taken() {
    let place = Place::new();
    let options = place.options();
    let publishers: Vec<_> = (0..3)
        .map(|_| Publisher::open(PEERS, &options).expect("open"))
        .collect();
    let mut watcher = PeerWatcher::open(PEERS, &options).expect("open");
    assert!(is_readable(&mut watcher, Duration::ZERO), "who is there");
    for left in (0..3).rev() {
        assert_eq!(came(&mut watcher).verb(), "publish");
        assert!(left == 0 || is_readable(&mut watcher, Duration::ZERO));
    }
    // Then it is not, but for when it is time to look around.
    let began = Instant::now();
    nothing(&mut watcher);
    while is_readable(&mut watcher, Duration::ZERO) {
        assert!(began.elapsed() < SOON.expect("some time"));
        nothing(&mut watcher);
    }
    // Some hundred that come and go, none of them waited for but by the descriptor.
    let going = std::thread::spawn(move || {
        drop(publishers);
        for round in 0..300 {
            let publisher = Publisher::open(PEERS, &options).expect("open");
            if round % 7 == 0 {
                std::thread::sleep(Duration::from_millis(3));
            }
            drop(publisher);
        }
        Notifier::open("end", &options).expect("open")
    });
    let (mut up, mut down) = (3, 0);
    let mut is_over = false;
    while !is_over || up != down {
        is_over = going.is_finished();
        assert!(
            is_readable(&mut watcher, SOON.expect("some time")),
            "{up} came, {down} went"
        );
        while let Ok(event) = watcher.event(Some(Duration::ZERO)) {
            match event {
                PeerEvent::Up(_) => up += 1,
                PeerEvent::Down(_) => down += 1,
            }
            assert!(
                up == down || up == down + 1 || down < 3,
                "{up} came, {down} went"
            );
        }
    }
    drop(going.join().expect("join"));
    assert!(up > 3, "none of them seen");
}

fn is_readable(watcher: &mut PeerWatcher, within: Duration) -> bool {
    let mut poll = libc::pollfd {
        fd: watcher.fd().expect("fd").as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry that lives during the call.
    unsafe { libc::poll(&mut poll, 1, within.as_millis() as i32) > 0 }
}

fn nothing(watcher: &mut PeerWatcher) {
    let error = watcher.event(Some(Duration::ZERO)).expect_err("nothing");
    assert_eq!(error.status(), Status::Timeout);
}
