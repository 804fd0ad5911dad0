//! Bad names, sizes, options and directories: each is answered by a status and one sentence
//! that names the culprit and the remedy, and nobody else is hurt.

use crash::actor::QUEUE;
use crash::place::Place;
use crash::refusal::refused;
use simpleipc::{
    LoanKind, Options, Publisher, Receiver, Sender, Status, Subscriber, Value, limits,
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
