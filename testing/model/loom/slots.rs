//! One slot: a copy is a message, whole, or nothing.

use super::world::{DEPTH, World, assert_whole, mark, publish, spawn};
use crate::layout::lane::Head;
use crate::ring::slot::{Found, LineCopy, SlotCopy};
use crate::ring::writer::Writer;

/// The first line of a whole copy.
fn line(copy: &SlotCopy) -> LineCopy {
    LineCopy {
        head: copy.head,
        words: std::array::from_fn(|at| copy.words[at]),
    }
}

#[test]
fn a_copy_that_a_later_message_overtakes_is_no_message() {
    let world = World::topic(1);
    let lane = world.control.lane(0);
    let depth = u64::from(DEPTH);
    let head = |sequence: u64| Head {
        len: 16,
        tag: sequence as u8,
        flags: 0,
        sender: 1,
    };
    let put = move |sequence: u64| {
        let words = [mark(sequence).to_ne_bytes(); 2];
        lane.slot(sequence)
            .publish(sequence, head(sequence), words.as_flattened(), &[]);
    };
    put(1);
    world.explore(move |_| {
        let writer = spawn(move || put(1 + depth));
        let reader = spawn(move || {
            if let Found::Message(copy) = lane.slot(1).read(1) {
                assert_whole(1, &line(&copy));
            }
            if let Found::Message(line) = lane.slot(1).read_line(1 + depth) {
                assert_whole(1 + depth, &line);
            }
        });
        writer.join().expect("the writer");
        reader.join().expect("the reader");
        let now = lane.slot(1).read(1 + depth);
        assert!(matches!(now, Found::Message(_)), "{now:?}");
    });
}

#[test]
fn a_message_that_is_seen_brings_what_was_written_before_it() {
    let world = World::topic(1);
    world.explore(|world| {
        let (contents, pool) = (world.contents(), world.pool());
        let lane = world.control.lane(0);
        let mut writer = Writer::adopt(&world.control, &pool, 0);
        let theirs = contents.clone();
        let reader = spawn(move || {
            if let Found::Message(line) = lane.slot(0).read_line(0) {
                assert_whole(0, &line);
                assert_eq!(contents.read(0), 9);
            }
            if lane.tail_hint() > 0 {
                assert!(lane.slot(0).holds(0), "the hint is ahead of the messages");
            }
        });
        theirs.write(0, 9);
        publish(&mut writer, &pool);
        reader.join().expect("the reader");
    });
}
