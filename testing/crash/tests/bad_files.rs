//! Channel files that are damaged, foreign, old or gone: refused or started anew, and never
//! changed or removed by mistake.

use crash::place::Place;
use crash::refusal::refused;
use simpleipc::{Publisher, Receiver, Sender, Status, Subscriber};
use std::fs;
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
const STUCK: Option<Duration> = Some(Duration::from_secs(5));

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
    featured[16..20].copy_from_slice(&0x8000_0000u32.to_ne_bytes());
    with_file(
        &place,
        &featured,
        Status::Version,
        &["features", "0x80000000"],
    );
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
