//! Bad names, sizes, files, directories and habits: each is answered by a status and one sentence
//! that names the culprit and the remedy, and nobody else is hurt.

use crash::actor::{QUEUE, TOPIC};
use crash::ledger;
use crash::place::Place;
use crash::process::Process;
use simpleipc::{
    Error, LoanKind, Options, Publisher, Receiver, Sender, Status, Subscriber, Value, limits,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
const STUCK: Option<Duration> = Some(Duration::from_secs(5));

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_crash"))
}

/// The status, and a sentence that says each of `words`.
#[track_caller]
fn refused<T>(outcome: Result<T, Error>, status: Status, words: &[&str]) {
    let Err(error) = outcome else {
        panic!("was let through, not {status:?}")
    };
    assert_eq!(error.status(), status, "{error}");
    let sentence = error.to_string();
    for word in words {
        assert!(
            sentence.contains(word),
            "{sentence:?} does not say {word:?}"
        );
    }
}

#[test]
fn odd_names_are_refused_and_create_nothing() {
    let place = Place::new();
    let long = "x".repeat(limits::NAME_BYTES_MAX + 1);
    for name in [
        "", "../x", "/x", "a/b", ".hidden", "..", "a\0b", "tab\t", &long,
    ] {
        refused(
            Sender::open(name, &place.options()),
            Status::BadName,
            &["channel name"],
        );
        refused(
            Publisher::open(name, &place.options()),
            Status::BadName,
            &["channel name"],
        );
        refused(
            simpleipc::send(name, 1i64),
            Status::BadName,
            &["channel name"],
        );
        refused(
            simpleipc::audit(name, Some(place.path())),
            Status::BadName,
            &["channel name"],
        );
    }
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_verb_of_another_pattern_is_refused_and_both_are_named() {
    let place = Place::new();
    let sender = Sender::open("x", &place.options()).expect("open");
    let words = ["'x'", "queue", "send and receive", "topic"];
    refused(
        Publisher::open("x", &place.options()),
        Status::WrongPattern,
        &words,
    );
    refused(
        Subscriber::open("x", &place.options()),
        Status::WrongPattern,
        &words,
    );
    drop(sender);
    let publisher = Publisher::open("x", &place.options()).expect("the name is free again");
    let words = ["'x'", "topic", "publish and subscribe", "queue"];
    refused(
        Receiver::open("x", &place.options()),
        Status::WrongPattern,
        &words,
    );
    drop(publisher);
    // A queue with messages keeps its pattern after everybody has gone.
    Sender::open("x", &place.options())
        .expect("open")
        .send(1i64)
        .expect("send");
    refused(
        Publisher::open("x", &place.options()),
        Status::WrongPattern,
        &["'x'"],
    );
}

#[test]
fn options_out_of_range_are_refused() {
    let place = Place::new();
    for depth in [1, 15, 17, 100, 131_072, u32::MAX] {
        let options = Options {
            depth,
            ..place.options()
        };
        refused(
            Sender::open("x", &options),
            Status::BadArgument,
            &["depth", "power of two"],
        );
    }
    let options = Options {
        lossless: true,
        latest: true,
        ..place.options()
    };
    refused(
        Subscriber::open("x", &options),
        Status::BadArgument,
        &["'x'", "choose one"],
    );
    let options = Options {
        history: 257,
        ..place.options()
    };
    refused(
        Subscriber::open("x", &options),
        Status::BadArgument,
        &["history", "depth"],
    );
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn sizes_beyond_the_limit_are_refused_and_smaller_ones_still_pass() {
    let place = Place::new();
    let small = Options {
        pool_bytes_max: 1 << 20,
        ..place.options()
    };
    let mut publisher = Publisher::open("x", &small).expect("open");
    let mut subscriber = Subscriber::open("x", &place.options()).expect("open");
    let large = vec![0u8; (1 << 20) + 1];
    refused(
        publisher.publish(&large[..]),
        Status::TooLarge,
        &["'x'", "1048577", "1048576"],
    );
    let huge = publisher.loan(LoanKind::Bytes(17 << 30), NOW).map(|_| ());
    refused(huge, Status::TooLarge, &["'x'"]);
    publisher
        .publish(&large[..1000])
        .expect("smaller ones pass");
    assert!(subscriber.receive_timeout(NOW).is_ok());
}

#[test]
fn a_gibibyte_travels_in_one_message() {
    let place = Place::new();
    let mut publisher = Publisher::open("x", &place.options()).expect("open");
    let mut subscriber = Subscriber::open("x", &place.options()).expect("open");
    const BYTES: usize = 1 << 30;
    let mut loan = publisher
        .loan(LoanKind::Bytes(BYTES), STUCK)
        .expect("a gibibyte");
    assert_eq!(loan.len(), BYTES);
    for at in (0..BYTES).step_by(4096) {
        loan[at] = (at >> 12) as u8;
    }
    publisher.put_loan(&mut loan, 0, NOW).expect("publish");
    drop(loan);
    publisher.publish(1i64).expect("a small one behind it");
    let message = subscriber.receive_timeout(NOW).expect("take");
    let Ok(Value::Bytes(bytes)) = message.value() else {
        panic!("not bytes")
    };
    assert_eq!(bytes.len(), BYTES);
    assert!(
        (0..BYTES)
            .step_by(4096)
            .all(|at| bytes[at] == (at >> 12) as u8)
    );
    let small = subscriber.receive_timeout(NOW).expect("take");
    assert_eq!(small.value().expect("value"), Value::Int(1));
}

#[test]
fn the_limits_of_producers_and_handles_are_said_clearly_and_leave_room_again() {
    let place = Place::new();
    let mut all = Vec::new();
    for _ in 0..limits::PRODUCERS_MAX {
        all.push(Publisher::open("x", &place.options()).expect("a producer"));
    }
    refused(
        Publisher::open("x", &place.options()),
        Status::TooManyProducers,
        &["'x'", "64"],
    );
    let mut readers = Vec::new();
    for _ in limits::PRODUCERS_MAX..limits::PEERS_MAX {
        readers.push(Subscriber::open("x", &place.options()).expect("a handle"));
    }
    refused(
        Subscriber::open("x", &place.options()),
        Status::TooManyPeers,
        &["'x'", "256"],
    );
    for (number, publisher) in all.iter_mut().enumerate() {
        publisher.publish(number as i64).expect("publish");
    }
    for reader in &mut readers {
        let mut sum = 0;
        while let Ok(message) = reader.receive_timeout(NOW) {
            let Ok(Value::Int(number)) = message.value() else {
                panic!("not an int")
            };
            sum += number;
        }
        assert_eq!(sum, (0..64).sum::<i64>());
    }
    all.pop();
    readers.pop();
    all.push(Publisher::open("x", &place.options()).expect("room again"));
    readers.push(Subscriber::open("x", &place.options()).expect("room again"));
    drop((all, readers));
    assert_eq!(place.files(), Vec::<String>::new());
}

/// A tmpfs of 1 MiB, as in a container with little shared memory.
struct SmallMemory(PathBuf);

impl SmallMemory {
    fn mount() -> Self {
        let path = format!("/tmp/sipc-small-{}", std::process::id());
        fs::create_dir_all(&path).expect("a mount point");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs", &path])
            .status()
            .expect("mount runs");
        assert!(
            done.success(),
            "this test needs the right to mount a tmpfs: run it as root"
        );
        Self(path.into())
    }
}

impl Drop for SmallMemory {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn full_shared_memory_is_an_error_and_never_a_signal() {
    let small = SmallMemory::mount();
    let options = Options {
        directory: Some(small.0.clone()),
        ..Options::default()
    };
    let directory = small.0.display().to_string();
    let mut publisher = Publisher::open("x", &options).expect("a channel fits");
    let mut subscriber = Subscriber::open(
        "x",
        &Options {
            lossless: true,
            ..options.clone()
        },
    )
    .expect("open");
    let large = vec![7u8; 2 << 20];
    refused(
        publisher.publish(&large[..]),
        Status::NoSpace,
        &["'x'", &directory, "SIPC_DIR"],
    );
    // Messages that fit go on, also while the subscriber holds up memory, until it is full.
    let frame = vec![7u8; 200_000];
    let mut sent = 0;
    let error = loop {
        match publisher.put(&Value::from(&frame[..]), 0, Some(Duration::from_millis(20))) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    assert!(sent >= 1, "{error}");
    refused::<()>(Err(error), Status::Full, &["'x'", "shared memory"]);
    for _ in 0..20 {
        drop(subscriber.receive_timeout(NOW).expect("take"));
        publisher
            .put(&Value::from(&frame[..]), 0, NOW)
            .expect("room again");
    }
    // Now something else fills the rest, to the last page.
    let filler = small.0.join("filler");
    let _ = fs::write(&filler, vec![1u8; 1 << 20]);
    let error = Sender::open("y", &options)
        .map(|_| ())
        .expect_err("no room for a channel");
    refused::<()>(Err(error), Status::NoSpace, &["shared memory"]);
    while subscriber.receive_timeout(NOW).is_ok() {}
    publisher
        .publish(5i64)
        .expect("what is reserved stays usable");
    let message = subscriber.receive_timeout(NOW).expect("take");
    assert_eq!(message.value().expect("value"), Value::Int(5));
    drop((message, publisher, subscriber));
    fs::remove_file(filler).expect("remove");
    let left: Vec<_> = fs::read_dir(&small.0).expect("list").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_directory_that_is_missing_or_no_directory_is_named() {
    let place = Place::new();
    let missing = place.path().join("missing");
    let options = Options {
        directory: Some(missing.clone()),
        ..Options::default()
    };
    let name = missing.display().to_string();
    refused(
        Sender::open("x", &options),
        Status::NoDirectory,
        &[&name, "create it"],
    );
    let file = place.path().join("file");
    fs::write(&file, "").expect("write");
    let options = Options {
        directory: Some(file.clone()),
        ..Options::default()
    };
    refused(
        Sender::open("x", &options),
        Status::NoDirectory,
        &[&file.display().to_string()],
    );
}

#[test]
fn another_user_is_refused_and_told_where() {
    let place = Place::new();
    let _sender = Sender::open(QUEUE, &place.options()).expect("open");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).expect("chmod");
    // Where the other user can execute it.
    let copy = PathBuf::from(format!("/tmp/sipc-actor-{}", std::process::id()));
    fs::copy(program(), &copy).expect("copy");
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("chmod");
    let output = std::os::unix::process::CommandExt::uid(
        Command::new(&copy).args(["actor", "sender", "count=1"]),
        65534,
    )
    .arg(format!("dir={}", place.path().display()))
    .output();
    let _ = fs::remove_file(&copy);
    let output = output.expect("this test needs the right to change the user: run it as root");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("ermission") && said.contains("SIPC_DIR"),
        "{said}"
    );
}

/// A control file as a live channel has it, its channel gone.
fn image(place: &Place) -> Vec<u8> {
    let sender = Sender::open("x", &place.options()).expect("open");
    let bytes = fs::read(place.path().join("x.sipc")).expect("read");
    drop(sender);
    bytes
}

/// Opens channel `x` in all roles with `bytes` as its control file.
fn with_file(place: &Place, bytes: &[u8], status: Status, words: &[&str]) {
    let path = place.path().join("x.sipc");
    fs::write(&path, bytes).expect("write");
    let name = path.display().to_string();
    let words: Vec<&str> = words.iter().copied().chain([name.as_str()]).collect();
    refused(Sender::open("x", &place.options()), status, &words);
    refused(Receiver::open("x", &place.options()), status, &words);
    refused(Publisher::open("x", &place.options()), status, &words);
    refused(Subscriber::open("x", &place.options()), status, &words);
    let reports = simpleipc::audit_all(Some(place.path())).expect("audit");
    assert!(reports[0].leaks[0].contains(&name), "{reports:?}");
    assert_eq!(
        fs::read(&path).expect("still there"),
        bytes,
        "never changed, never removed"
    );
    fs::remove_file(&path).expect("remove");
}

#[test]
fn damaged_channel_files_are_refused() {
    let place = Place::new();
    let sound = image(&place);
    with_file(&place, b"", Status::Corrupt, &["remove the file"]);
    with_file(&place, &sound[..1000], Status::Corrupt, &["1000 bytes"]);
    with_file(&place, &sound[..4096], Status::Corrupt, &["4096 bytes"]);
    with_file(
        &place,
        &sound[..sound.len() - 1],
        Status::Corrupt,
        &["bytes long"],
    );
    with_file(
        &place,
        &vec![0; sound.len()],
        Status::Corrupt,
        &["does not begin"],
    );
    let mut state = 1u64;
    let random: Vec<u8> = sound
        .iter()
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as u8
        })
        .collect();
    with_file(&place, &random, Status::Corrupt, &["remove the file"]);
    for at in (0..128).chain(256..260) {
        let mut flipped = sound.clone();
        flipped[at] ^= 0x10;
        fs::write(place.path().join("x.sipc"), &flipped).expect("write");
        let error = Sender::open("x", &place.options())
            .map(|_| ())
            .expect_err("damaged");
        assert!(
            matches!(error.status(), Status::Corrupt | Status::Version),
            "{at}: {error}"
        );
    }
    fs::remove_file(place.path().join("x.sipc")).expect("remove");
}

#[test]
fn channel_files_of_another_layout_or_byte_order_are_refused() {
    let place = Place::new();
    let sound = image(&place);
    let mut newer = sound.clone();
    newer[8..10].copy_from_slice(&9u16.to_ne_bytes());
    with_file(
        &place,
        &newer,
        Status::Version,
        &["layout 9.", "knows layout 1"],
    );
    let mut other = sound.clone();
    other[12..16].reverse();
    with_file(&place, &other, Status::Version, &["byte order"]);
    let mut featured = sound.clone();
    featured[16..20].copy_from_slice(&4u32.to_ne_bytes());
    with_file(&place, &featured, Status::Version, &["features", "0x4"]);
}

#[test]
fn a_channel_file_that_is_no_plain_file_is_refused() {
    let place = Place::new();
    let path = place.path().join("x.sipc");
    fs::create_dir(&path).expect("mkdir");
    refused(
        Sender::open("x", &place.options()),
        Status::Corrupt,
        &["not a plain file"],
    );
    fs::remove_dir(&path).expect("rmdir");
    std::os::unix::fs::symlink("/etc/passwd", &path).expect("symlink");
    refused(
        Sender::open("x", &place.options()),
        Status::Corrupt,
        &["not a plain file"],
    );
}

/// The checksum of a header page: FNV-1a over bytes 0..120 and 256..512.
fn sum(page: &[u8]) -> [u8; 8] {
    let bytes = page[..120].iter().chain(&page[256..512]);
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    sum.to_ne_bytes()
}

#[test]
fn a_channel_of_an_earlier_boot_is_started_anew() {
    let place = Place::new();
    let mut sender = Sender::open("x", &place.options()).expect("open");
    sender.send(1i64).expect("send");
    drop(sender);
    let path = place.path().join("x.sipc");
    let mut bytes = fs::read(&path).expect("a queue with a message stays");
    bytes[48] ^= 1;
    let checksum = sum(&bytes);
    bytes[120..128].copy_from_slice(&checksum);
    fs::write(&path, &bytes).expect("write");
    let mut receiver = Receiver::open("x", &place.options()).expect("a fresh channel");
    assert_eq!(
        receiver.receive_timeout(NOW).expect_err("empty").status(),
        Status::Timeout
    );
    drop(receiver);
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_removed_file_is_noticed() {
    let place = Place::new();
    let mut receiver = Receiver::open("x", &place.options()).expect("open");
    fs::remove_file(place.path().join("x.sipc")).expect("somebody tidies up");
    refused(
        receiver.receive_timeout(STUCK),
        Status::Unlinked,
        &["'x'", "open it again"],
    );
    drop(receiver);
    Sender::open("x", &place.options())
        .expect("a new channel")
        .send(1i64)
        .expect("send");
    let mut receiver = Receiver::open("x", &place.options()).expect("open");
    assert!(receiver.receive_timeout(NOW).is_ok());
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
