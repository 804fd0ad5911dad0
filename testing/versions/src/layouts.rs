//! What must be refused, and what must not, when the other side's layout is a later one.
//!
//! The second program meets a channel of the first whose header says that it is of a later
//! library: so the sentences that users of an old library get are tested as they were released.

use crate::program::Place;
use crate::{Case, Pair};
use std::fs;

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("another major number is refused, naming both", other_major),
        Case::new(
            "an unknown feature that must be known is refused",
            other_feature,
        ),
        Case::new("what an older library may ignore is accepted", additions),
    ]
}

/// The header of a sound channel of the first program.
fn header(pair: &Pair, place: &Place) -> Vec<u8> {
    let mut one = pair.first.start(place);
    one.must(&["open sender jobs", "put jobs 1 1 20"]);
    one.kill();
    fs::read(place.path().join("jobs.sipc")).expect("it was made")
}

/// Writes the header back, with bytes at `at` changed, and the checksum to match.
fn change(place: &Place, header: &[u8], changes: &[(usize, &[u8])]) {
    let mut file = header.to_vec();
    for (at, bytes) in changes {
        file[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    let summed = file[..120].iter().chain(&file[256..512]);
    let sum = summed.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    file[120..128].copy_from_slice(&sum.to_ne_bytes());
    fs::write(place.path().join("jobs.sipc"), file).expect("write");
}

/// Every way to open the channel is refused, and the file stays as it is.
fn all_refused(pair: &Pair, place: &Place, words: &[&str]) {
    let path = place.path().join("jobs.sipc");
    let before = fs::read(&path).expect("read");
    let mut two = pair.second.start(place);
    let name = path.display().to_string();
    let words: Vec<&str> = words.iter().copied().chain(["Version: ", &name]).collect();
    for role in ["sender", "receiver", "publisher", "subscriber"] {
        two.refused(&format!("open {role} jobs"), &words);
    }
    two.refused("audit jobs", &words);
    two.answers("clean", "0");
    assert_eq!(
        fs::read(&path).expect("read"),
        before,
        "never changed, never removed"
    );
}

fn other_major(pair: &Pair) {
    let place = Place::new();
    let header = header(pair, &place);
    change(
        &place,
        &header,
        &[(8, &2u16.to_ne_bytes()), (10, &3u16.to_ne_bytes())],
    );
    all_refused(
        pair,
        &place,
        &["layout 2.3", "knows layout 1", "end all programs"],
    );
}

fn other_feature(pair: &Pair) {
    let place = Place::new();
    let header = header(pair, &place);
    change(&place, &header, &[(16, &0x0300_0000u32.to_ne_bytes())]);
    all_refused(
        pair,
        &place,
        &["features (0x3000000)", "update this program"],
    );
}

fn additions(pair: &Pair) {
    let place = Place::new();
    let header = header(pair, &place);
    let minor = 7u16.to_ne_bytes();
    // A compatible feature, fields of the identity, and fields behind it that are zero today.
    let changes: [(usize, &[u8]); 4] = [
        (10, &minor),
        (20, &[0xff; 4]),
        (96, &[0xaa; 24]),
        (128, &[0xbb; 128]),
    ];
    change(&place, &header, &changes);
    let mut two = pair.second.start(&place);
    two.must(&["open receiver jobs"]);
    two.answers("take jobs", "1 20");
    let mut one = pair.first.start(&place);
    one.must(&["open sender jobs", "put jobs 2 1 5000"]);
    two.answers("take jobs", "2 5000");
}
