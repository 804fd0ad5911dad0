//! Topics: whoever joins counts, nobody who counts is lapped, and what is lost is counted.

use super::world::{DEPTH, World, assert_whole, publish, publish_brief, publish_chunk, spawn};
use crate::layout::chunk::PUBLISHED;
use crate::ring::control::Control;
use crate::ring::pool::Pool;
use crate::ring::reader::Reader;
use crate::ring::writer::Writer;
use crate::sync::Ordering;

/// Takes the next message, if there is one, and checks it.
fn take(reader: &mut Reader, control: &Control) -> Option<u64> {
    let seen = reader.poll(control)?;
    if seen.line.head.len > 0 {
        assert_whole(seen.sequence, &seen.line);
    }
    assert_eq!(seen.line.head.tag, seen.sequence as u8);
    reader.advance(control, seen, false);
    Some(seen.sequence)
}

/// Takes all that is there and tells the publishers, as a subscriber does before it sleeps.
fn take_all(reader: &mut Reader, control: &Control) -> Vec<u64> {
    let taken = std::iter::from_fn(|| take(reader, control)).collect();
    reader.store_cursors(control);
    taken
}

/// Publishes for as long as there is room, at most two laps.
fn publish_all(writer: &mut Writer, control: &Control, pool: &Pool) {
    for _ in 0..2 * DEPTH {
        if writer.has_room(control) {
            publish_brief(writer, pool);
        }
    }
}

/// A publisher that looks at the members once, then fills a lap without another look.
fn join_while(
    before: u64,
    act: impl Fn(&mut Writer, &Control, &Pool) + Copy + Send + Sync + 'static,
) {
    let world = World::topic(1);
    let (mut writer, pool) = (world.writer(), world.pool());
    for _ in 0..before {
        publish_brief(&mut writer, &pool);
    }
    world.explore(move |world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let joining = control.clone();
        let joiner = spawn(move || Reader::join(&joining, 1, true, false, 0));
        act(&mut writer, &control, &pool);
        let mut reader = joiner.join().expect("the joiner");
        publish_all(&mut writer, &control, &pool);
        let taken = take_all(&mut reader, &control);
        assert_eq!(reader.take_missed(), 0, "a lossless subscriber was lapped");
        let end = writer.next();
        assert!(taken.iter().copied().eq(end - taken.len() as u64..end));
        assert!(writer.has_room(&control), "all has been taken");
    });
}

#[test]
fn who_joins_while_the_publisher_looks_is_waited_for() {
    join_while(u64::from(DEPTH) - 1, |writer, control, pool| {
        publish_brief(writer, pool);
        writer.has_room(control);
    });
}

#[test]
fn who_joins_before_and_after_a_look_is_waited_for() {
    join_while(u64::from(DEPTH), |writer, control, pool| {
        for _ in 0..2 {
            if writer.has_room(control) {
                publish_brief(writer, pool);
            }
        }
    });
}

#[test]
fn who_joins_while_a_lane_comes_up_and_goes_round_is_waited_for() {
    World::topic(1).explore(|world| {
        let (control, pool) = (world.control.clone(), world.pool());
        let joining = control.clone();
        let joiner = spawn(move || Reader::join(&joining, 1, true, false, 0));
        // As `lease_lane`, `Producer::open` and `activate` do it.
        control.set_lane_reserved(1);
        let won =
            control
                .lane(1)
                .owner()
                .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
        assert!(won.is_ok());
        let mut writer = Writer::adopt(&control, &pool, 1);
        control.bump_epoch();
        for _ in 0..=DEPTH {
            if writer.has_room(&control) {
                publish_brief(&mut writer, &pool);
            }
        }
        let mut reader = joiner.join().expect("the joiner");
        publish_all(&mut writer, &control, &pool);
        let taken = take_all(&mut reader, &control);
        assert_eq!(reader.take_missed(), 0, "a lossless subscriber was lapped");
        assert_eq!(taken.last().map(|last| last + 1), Some(writer.next()));
    });
}

#[test]
fn who_joins_while_memory_is_short_finds_the_chunks_of_what_it_sees() {
    let world = World::topic(2);
    world.explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let segment = world.segment();
        let claimed = segment.loan(0, 0).expect("the chunks are free");
        let joining = control.clone();
        let joiner = spawn(move || Reader::join(&joining, 1, true, false, 0));
        publish_chunk(&mut writer, &pool, &segment, claimed, true);
        writer.retire_oldest(&control, &pool);
        writer.retire_passed(&control, &pool);
        let mut reader = joiner.join().expect("the joiner");
        if let Some(seen) = reader.poll(&control) {
            assert!(reader.is_kept(seen));
            assert_eq!(segment.state(0).state, PUBLISHED, "it is kept in vain");
        }
    });
}

#[test]
fn nobody_is_lapped_whom_the_publisher_waits_for() {
    World::topic(1).explore(|world| {
        let (control, pool) = (world.control.clone(), world.pool());
        let mut reader = Reader::join(&control, 1, true, false, 0);
        let mut writer = world.writer();
        publish_all(&mut writer, &control, &pool);
        assert_eq!(writer.next(), u64::from(DEPTH));
        let taking = control.clone();
        let taker = spawn(move || {
            let taken = [(); 3].map(|()| take(&mut reader, &taking));
            assert_eq!(taken, [Some(0), Some(1), Some(2)]);
            reader.store_cursors(&taking);
            reader
        });
        for _ in 0..3 {
            if writer.has_room(&control) {
                publish(&mut writer, &pool);
            }
        }
        let mut reader = taker.join().expect("the subscriber");
        let taken = take_all(&mut reader, &control);
        assert_eq!(reader.take_missed(), 0, "a lossless subscriber was lapped");
        assert!(taken.iter().copied().eq(3..writer.next()));
    });
}

#[test]
fn what_a_slow_subscriber_loses_is_counted() {
    World::topic(1).explore(|world| {
        let (control, pool) = (world.control.clone(), world.pool());
        let mut reader = Reader::join(&control, 1, false, false, 0);
        let mut writer = world.writer();
        for _ in 0..DEPTH {
            publish(&mut writer, &pool);
        }
        let taking = control.clone();
        let taker = spawn(move || {
            let taken = take(&mut reader, &taking);
            (reader, taken)
        });
        for _ in 0..2 {
            assert!(writer.has_room(&control), "it waits for nobody");
            publish(&mut writer, &pool);
        }
        let (mut reader, first) = taker.join().expect("the subscriber");
        let rest = take_all(&mut reader, &control);
        let taken: Vec<u64> = first.into_iter().chain(rest).collect();
        assert!(taken.is_sorted_by(|a, b| a < b));
        assert_eq!(taken.len() as u64 + reader.take_missed(), writer.next());
    });
}
