//! Members that break the protocol: what they write into the files of a channel is an error for
//! the others and no more. testing/fuzz looks for what else there is; what it has found stays here.

mod place;

use place::TestPlace;
use simpleipc::bytes::{endpoint, header, lane, segment};
use simpleipc::{
    Client, Error, LoanKind, Options, PeerWatcher, Publisher, Receiver, Sender, Server, Setter,
    Status, Subscriber, Value, crash,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

const NOW: Option<Duration> = Some(Duration::ZERO);
const STUCK: Option<Duration> = Some(Duration::from_secs(10));

/// The files of channel `x` with this ending.
fn files(place: &TestPlace, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.path()).expect("a directory").flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == ending))
        .collect()
}

fn open(path: &Path) -> File {
    let mut options = File::options();
    let opened = options.read(true).write(true).open(path);
    opened.expect("a file of a live channel")
}

#[track_caller]
fn refused<T>(outcome: Result<T, Error>, status: Status, words: &[&str]) {
    let error = outcome.err().expect("was let through");
    assert_eq!(error.status(), status, "{error}");
    for word in words {
        assert!(error.message().contains(word), "{error}: no {word:?}");
    }
}

#[test]
fn who_takes_many_messages_is_told_of_a_lost_one_and_how_many_were_seen() {
    let place = TestPlace::new();
    let mut publisher = Publisher::open("x", &place.options()).expect("open");
    let lossless = Options {
        lossless: true,
        ..place.options()
    };
    let mut subscriber = Subscriber::open("x", &lossless).expect("open");
    publisher.publish(1i64).expect("publish");
    publisher.publish(&[7u8; 300][..]).expect("publish");
    publisher.publish(2i64).expect("publish");
    for path in files(&place, "data") {
        fs::remove_file(path).expect("somebody removes it");
    }
    let mut take = || {
        let mut seen = Vec::new();
        let count = subscriber.receive_each(NOW, 10, |message| {
            seen.push(message.value().expect("value").into_owned());
        });
        (count, seen)
    };
    assert_eq!(take(), (Ok(1), vec![Value::Int(1)]));
    let (lost, seen) = take();
    refused(lost, Status::Corrupt, &["'x'", "lost"]);
    assert!(seen.is_empty());
    assert_eq!(take(), (Ok(1), vec![Value::Int(2)]));
}

#[test]
fn a_data_file_that_claims_more_chunks_than_there_can_be_is_refused_and_not_searched() {
    let place = TestPlace::new();
    let mut sender = Sender::open("x", &place.options()).expect("open");
    sender.send(&[7u8; 300][..]).expect("send");
    let path = files(&place, "data").pop().expect("a data file");
    let file = open(&path);
    // Most of it is a hole: the claim is true, and to look at every chunk would fill the memory.
    file.write_all_at(&64u64.to_ne_bytes(), 32).expect("write");
    let chunks = segment::CHUNKS_MAX + 1;
    file.write_all_at(&chunks.to_ne_bytes(), 40).expect("write");
    file.set_len(1 << 30).expect("a hole");
    let name = path.display().to_string();
    let words = ["'x'", &name, "damaged", "remove the file"];
    refused(
        Receiver::open("x", &place.options()),
        Status::Corrupt,
        &words,
    );
    drop(sender);
    // Nor is a channel with such a file there for ever.
    let removed = simpleipc::clean(Some(place.path()), Duration::ZERO);
    assert_eq!(removed, Ok(1));
}

#[test]
fn a_damaged_data_file_that_is_removed_costs_its_messages_and_no_others() {
    let place = TestPlace::new();
    let mut sender = Sender::open("x", &place.options()).expect("open");
    sender.send(&[7u8; 300][..]).expect("send");
    sender.send(5i64).expect("send");
    drop(sender);
    let path = files(&place, "data").pop().expect("a data file");
    open(&path).write_all_at(b"nonsense", 0).expect("write");
    let opened = Receiver::open("x", &place.options());
    refused(opened, Status::Corrupt, &["remove the file"]);
    fs::remove_file(path).expect("as the sentence says");
    let mut receiver = Receiver::open("x", &place.options()).expect("open");
    refused(
        receiver.receive_timeout(NOW),
        Status::Corrupt,
        &["'x'", "lost"],
    );
    let message = receiver.receive_timeout(NOW).expect("the other one");
    assert_eq!(message.value(), Ok(Value::Int(5)));
}

#[test]
fn a_setter_waits_for_another_one_no_longer_than_it_is_told_to_with_a_loan_as_without() {
    let place = TestPlace::new();
    let mut setter = Setter::open("x", &place.options()).expect("open");
    let other = Setter::open("x", &place.options()).expect("open");
    let file = open(&files(&place, "sipc").pop().expect("a control file"));
    let mut page = vec![0; header::HEADER_BYTES as usize];
    file.read_exact_at(&mut page, 0).expect("read");
    let bytes = file.metadata().expect("its length").len();
    let geometry = header::Geometry::from_page(&page, bytes).expect("a sound header");
    let owner_at = geometry.lane_offset(0) + lane::OFF_OWNER as u64;
    let set_owner = |owner: u32| {
        let written = file.write_all_at(&owner.to_ne_bytes(), owner_at);
        written.expect("write");
    };
    // As if the other one, which is endpoint 1, had been stopped in the middle of it.
    set_owner(2);
    let short = Some(Duration::from_millis(50));
    let mut loan = setter.loan(LoanKind::Bytes(5000), short).expect("a loan");
    refused(setter.put_loan(&mut loan, 0, short), Status::Full, &["'x'"]);
    refused(setter.put(&Value::Int(1), 0, short), Status::Full, &["'x'"]);
    set_owner(0);
    setter
        .put_loan(&mut loan, 0, short)
        .expect("it has gone on");
    drop((loan, setter, other));
    let removed = simpleipc::clean(Some(place.path()), Duration::ZERO);
    assert_eq!(removed, Ok(1));
}

/// Somebody who is quicker than this thread: what it does to the control file before a step.
type Spoiler = (File, fn(&File, &'static str));

thread_local! {
    static SPOILER: RefCell<Option<Spoiler>> = const { RefCell::new(None) };
}

/// From now on `spoil` comes before each step of this thread, until [`spare`].
fn spoil(control: File, spoil: fn(&File, &'static str)) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| crash::set_step_hook(before_step));
    SPOILER.set(Some((control, spoil)));
}

fn spare() {
    SPOILER.set(None);
}

fn before_step(step: &'static str, _: &'static Location<'static>) -> Option<i32> {
    SPOILER.with_borrow(|spoiler| {
        if let Some((control, spoil)) = spoiler {
            spoil(control, step);
        }
    });
    None
}

/// Takes all endpoints, whenever this thread is about to unlock one that it has repaired.
fn take_all_endpoints(control: &File, step: &'static str) {
    if step != "unlock" {
        return;
    }
    for e in 0..256 {
        let at = header::OFF_ENDPOINTS + e * endpoint::BLOCK_BYTES;
        let state = endpoint::STATE_ACTIVE.to_ne_bytes();
        control.write_all_at(&state, at).expect("write");
    }
}

#[test]
fn opening_ends_also_while_somebody_takes_every_endpoint_away() {
    let place = TestPlace::new();
    let member = Publisher::open("x", &place.options()).expect("open");
    let control = open(&files(&place, "sipc")[0]);
    let every_block = vec![0; 256 * endpoint::BLOCK_BYTES as usize];
    let (blocks, reserved) = (header::OFF_ENDPOINTS, header::OFF_ENDPOINTS_RESERVED as u64);
    control.write_all_at(&every_block, blocks).expect("write");
    let count = 256u32.to_ne_bytes();
    control.write_all_at(&count, reserved).expect("write");
    take_all_endpoints(&control, "unlock");
    spoil(control, take_all_endpoints);
    let opened = Subscriber::open("x", &place.options());
    spare();
    refused(opened, Status::TooManyPeers, &["'x'", "256"]);
    drop(member);
    fs::remove_file(&files(&place, "sipc")[0]).expect("nobody has left it in order");
}

thread_local! {
    static FILES_MADE: Cell<u32> = const { Cell::new(0) };
}

/// Empties the table of data files before each store.
fn forget_data_files(control: &File, step: &'static str) {
    if step == crash::STORE {
        let at = header::OFF_SEGMENTS as u64;
        control.write_all_at(&[0; 512], at).expect("write");
    } else if step == "link" {
        FILES_MADE.set(FILES_MADE.get() + 1);
        assert!(FILES_MADE.get() < 500, "it makes data files for ever");
    }
}

#[test]
fn sending_ends_also_while_somebody_takes_every_data_file_away() {
    let place = TestPlace::new();
    let mut sender = Sender::open("x", &place.options()).expect("open");
    spoil(open(&files(&place, "sipc")[0]), forget_data_files);
    let now = sender.put(&Value::from(&[7u8; 300][..]), 0, NOW);
    let soon = Some(Duration::from_millis(100));
    let later = sender.put(&Value::from(&[7u8; 300][..]), 0, soon);
    spare();
    refused(now, Status::Full, &["'x'", "300 bytes more"]);
    refused(later, Status::Full, &["'x'", "300 bytes more"]);
    sender
        .send(&[7u8; 300][..])
        .expect("nobody is in the way any more");
    let mut receiver = Receiver::open("x", &place.options()).expect("open");
    assert!(receiver.receive_timeout(NOW).is_ok());
}

thread_local! {
    static SWEPT: RefCell<PathBuf> = RefCell::default();
}

/// Sweeps the directory, before each step of this thread.
fn sweep(_: &File, _: &'static str) {
    let directory = SWEPT.with_borrow(PathBuf::clone);
    // A thread of its own, whose steps are nobody's business.
    let sweeping = std::thread::spawn(move || simpleipc::clean(Some(&directory), Duration::ZERO));
    assert_eq!(sweeping.join().expect("no panic"), Ok(0), "it was in use");
}

#[test]
fn who_sweeps_leaves_a_client_alone_that_is_about_to_come_in() {
    let place = TestPlace::new();
    let mut server = Server::open("x", &place.options()).expect("open");
    SWEPT.set(place.path().to_owned());
    spoil(open(&files(&place, "sipc")[0]), sweep);
    let client = Client::open("x", &place.options());
    spare();
    let mut client = client.expect("open");
    let mut call = client.start("echo", 7i64).expect("start");
    let request = server.receive(STUCK).expect("a call");
    request.reply(8i64).expect("reply");
    let reply = call.result(STUCK).expect("its channel is there");
    assert_eq!(reply.value(), Ok(Value::Int(8)));
}

#[test]
fn whatever_stands_in_the_blocks_of_peers_who_watches_them_goes_on() {
    let place = TestPlace::new();
    let publisher = Publisher::open("x", &place.options()).expect("open");
    let subscriber = Subscriber::open("x", &place.options()).expect("open");
    let control = open(&files(&place, "sipc")[0]);
    let blocks = header::OFF_ENDPOINTS;
    let mut before = vec![0; 4 * endpoint::BLOCK_BYTES as usize];
    control.read_exact_at(&mut before, blocks).expect("read");
    let mut watcher = PeerWatcher::open("x", &place.options()).expect("open");
    let mut here = BTreeSet::new();
    let mut random = 1u64;
    let mut dice = |below: u64| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
        (random >> 33) % below
    };
    for _ in 0..3000 {
        // Only the two who are there have their byte locked; all four may be said to be there.
        let (block, at) = (dice(4), dice(128));
        let byte = [[0, 1, 2, 255][dice(4) as usize]];
        let offset = blocks + block * endpoint::BLOCK_BYTES + at;
        control.write_all_at(&byte, offset).expect("write");
        let count = (dice(1 << 32) as u32).to_ne_bytes();
        let reserved = header::OFF_ENDPOINTS_RESERVED as u64;
        control.write_all_at(&count, reserved).expect("write");
        for peer in simpleipc::peers("x", &place.options()).expect("peers") {
            assert!(peer.id & 0xff < 2, "{peer:?}");
            let text = format!("{}{}{}", peer.program, peer.language, peer.verb());
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
        while let Ok(event) = watcher.event(NOW) {
            let id = event.peer().id;
            let is_new = if event.is_up() {
                here.insert(id)
            } else {
                here.remove(&id)
            };
            assert!(is_new, "told twice: {event:?}");
            assert!(here.len() <= 2);
        }
    }
    control.write_all_at(&before, blocks).expect("write");
    drop((publisher, subscriber));
    while !here.is_empty() {
        let event = watcher.event(STUCK).expect("they have gone");
        if !event.is_up() {
            here.remove(&event.peer().id);
        }
    }
}

/// A process that looks at a channel until it is killed. See docs/security.md, "A member".
struct Victim {
    child: Child,
    ready: PathBuf,
}

const VICTIM_PLACE: &str = "SIPC_TEST_VICTIM";

impl Victim {
    fn start(place: &TestPlace) -> Self {
        let ready = place.path().join("ready");
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .args(["--ignored", "--exact", "victim"])
            .env(VICTIM_PLACE, place.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("it runs once more");
        let began = Instant::now();
        while !ready.exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "no victim");
            std::thread::yield_now();
        }
        Self { child, ready }
    }

    fn end(mut self) -> ExitStatus {
        fs::remove_file(&self.ready).expect("it was ready");
        self.child.wait().expect("it ends")
    }
}

#[test]
#[ignore = "the tests below start it, in a process of its own"]
fn victim() {
    let Some(directory) = std::env::var_os(VICTIM_PLACE) else {
        return;
    };
    let options = Options {
        directory: Some(directory.clone().into()),
        history: 1,
        ..Options::default()
    };
    let mut subscriber = Subscriber::open("x", &options).expect("open");
    let message = subscriber.receive_timeout(STUCK).expect("a large one");
    fs::write(Path::new(&directory).join("ready"), "").expect("write");
    loop {
        let Ok(Value::Bytes(bytes)) = message.value() else {
            panic!("not bytes");
        };
        assert!(bytes.iter().all(|byte| *byte == 7), "it has changed");
        let _ = subscriber.receive_timeout(Some(Duration::from_millis(1)));
    }
}

/// Cuts the files with this ending off while a process that only looks at messages has them open.
fn cut_off(ending: &str) {
    const SIGBUS: i32 = 7;
    let (place, beside) = (TestPlace::new(), TestPlace::new());
    let mut publisher = Publisher::open("x", &place.options()).expect("open");
    let mut sender = Sender::open("y", &beside.options()).expect("open");
    let mut receiver = Receiver::open("y", &beside.options()).expect("open");
    publisher.publish(&[7u8; 5000][..]).expect("publish");
    let victim = Victim::start(&place);
    let cut: Vec<(File, u64)> = files(&place, ending)
        .iter()
        .map(|path| open(path))
        .map(|file| {
            let bytes = file.metadata().expect("an open file").len();
            (file, bytes)
        })
        .collect();
    for (file, _) in &cut {
        file.set_len(0).expect("who can write can cut");
    }
    assert_eq!(victim.end().signal(), Some(SIGBUS));
    sender.send(1i64).expect("another channel is as it was");
    assert!(receiver.receive_timeout(NOW).is_ok());
    refused_if_cut(&place, ending);
    // This process has them mapped, too.
    for (file, bytes) in cut {
        file.set_len(bytes).expect("a hole");
    }
    drop(publisher);
    for path in [files(&place, "sipc"), files(&place, "data")].concat() {
        fs::remove_file(path).expect("remove");
    }
}

/// Who comes later is told, and not killed.
fn refused_if_cut(place: &TestPlace, ending: &str) {
    let words = match ending {
        "sipc" => "remove the file",
        _ => "damaged",
    };
    let opened = Subscriber::open("x", &place.options());
    refused(opened, Status::Corrupt, &["x", words]);
    let looked = simpleipc::audit("x", Some(place.path()));
    refused(looked, Status::Corrupt, &["x", words]);
}

#[test]
fn cutting_a_control_file_off_kills_its_members_and_nobody_else() {
    cut_off("sipc");
}

#[test]
fn cutting_a_data_file_off_kills_who_looks_at_its_messages_and_nobody_else() {
    cut_off("data");
}
