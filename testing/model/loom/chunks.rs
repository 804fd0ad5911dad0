//! Chunks: nobody fills one that somebody looks at, and nobody looks at what another one filled.
//!
//! Endpoint 0 is the publisher of the first lane; the channel has one chunk, so that all want it.

use super::world::{CHUNK_BYTES, Contents, World, mark, publish_chunk, reference, spawn};
use crate::layout::chunk::{FREE, LOANED, Reference};
use crate::ring::control::Control;
use crate::ring::pool::Pool;
use crate::ring::reader::Reader;
use crate::ring::slot::Found;
use crate::ring::writer::Writer;

/// A topic whose message 0 is in the only chunk.
fn topic_with_message() -> (World, Reference) {
    let world = World::topic(1);
    let claimed = world.segment().loan(0, 0).expect("the chunk is free");
    let (pool, segment) = (world.pool(), world.segment());
    let message = publish_chunk(&mut world.writer(), &pool, &segment, claimed, true);
    (world, message)
}

/// Fills the chunk of an earlier message for the next one; as `Producer::put_medium` does.
fn put_medium(writer: &mut Writer, control: &Control, pool: &Pool, contents: &Contents) -> bool {
    let Some(found) = writer.take_stock(control, pool, CHUNK_BYTES, 0) else {
        return false;
    };
    contents.write(found.chunk, mark(writer.next()));
    let segment = *pool.find(found).expect("a chunk in stock is mapped");
    publish_chunk(
        writer,
        pool,
        &segment,
        (found.chunk, found.generation),
        true,
    );
    true
}

/// Holds the chunk of message 0 as endpoint 1 and looks at it.
fn hold_and_look(world: &World, contents: &Contents) {
    let (lane, segment) = (world.control.lane(0), world.segment());
    let Found::Message(line) = lane.slot(0).read_line(0) else {
        return;
    };
    let message = reference(&line);
    if segment.hold(message.chunk, message.generation, 1, 0, 0) {
        assert_eq!(contents.read(message.chunk), mark(0), "another's data");
        segment.release(message.chunk, 1);
    }
}

#[test]
fn a_chunk_that_is_held_is_lent_to_nobody() {
    let (world, message) = topic_with_message();
    world.explore(move |world| {
        let (contents, theirs) = pair(world);
        contents.write(0, mark(0));
        let (segment, reading) = (world.segment(), world.clone());
        let reader = spawn(move || hold_and_look(&reading, &theirs));
        segment.retire(message.chunk, message.generation, 0, 0);
        for _ in 0..2 {
            if let Some((chunk, generation)) = segment.loan(0, 0) {
                contents.write(chunk, mark(1));
                segment.publish(chunk, generation, 0, 1);
                break;
            }
        }
        reader.join().expect("the reader");
        assert_eq!(segment.holders(0), [0; 4], "a reference is left");
        assert_ne!(segment.state(0).state, LOANED, "a loan is left");
    });
}

#[test]
fn a_chunk_goes_from_producer_to_producer_with_all_that_was_done_to_it() {
    World::topic(1).explore(|world| {
        let (contents, theirs) = pair(world);
        let segment = world.segment();
        let (chunk, generation) = segment.loan(0, 0).expect("the chunk is free");
        let other = spawn(move || {
            if let Some((chunk, generation)) = segment.loan(1, 0) {
                theirs.write(chunk, 2);
                segment.unloan(chunk, generation);
            }
        });
        contents.write(chunk, 1);
        segment.unloan(chunk, generation);
        if let Some((chunk, generation)) = segment.loan(0, 0) {
            contents.write(chunk, 3);
            segment.unloan(chunk, generation);
        }
        other.join().expect("the other");
        assert_eq!(segment.state(0).state, FREE);
    });
}

#[test]
fn what_a_message_is_in_hand_for_is_not_restocked() {
    for history in [0, 1] {
        let world = World::topic(1);
        if history == 1 {
            let claimed = world.segment().loan(0, 0).expect("the chunk is free");
            let (pool, segment) = (world.pool(), world.segment());
            publish_chunk(&mut world.writer(), &pool, &segment, claimed, true);
        }
        world.explore(move |world| {
            let (contents, theirs) = pair(world);
            let (control, pool) = (world.control.clone(), world.pool());
            let mut reader = Reader::join(&control, 1, false, false, history);
            let mut writer = world.writer();
            contents.write(0, mark(0));
            if history == 0 {
                let segment = world.segment();
                let claimed = segment.loan(0, 0).expect("the chunk is free");
                publish_chunk(&mut writer, &pool, &segment, claimed, true);
            }
            let (reading, held) = (control.clone(), world.segment());
            let reading = spawn(move || {
                let Some(seen) = reader.poll(&reading) else {
                    return;
                };
                let message = reference(&seen.line);
                if !held.hold(message.chunk, message.generation, 1, 0, seen.sequence) {
                    return reader.lose(&reading, seen);
                }
                // `Consumer::advance`: the cursor passes what has a reference.
                reader.advance(&reading, seen, true);
                assert_eq!(theirs.read(message.chunk), mark(seen.sequence));
                held.release(message.chunk, 1);
            });
            for _ in 0..2 {
                put_medium(&mut writer, &control, &pool, &contents);
            }
            reading.join().expect("the reader");
            assert_eq!(world.segment().holders(0), [0; 4], "a reference is left");
        });
    }
}

/// Joins as lossless endpoint 1, and then has message 0 published in the chunk.
fn lossless(world: &World, contents: &Contents) -> (Reader, Writer) {
    let reader = Reader::join(&world.control, 1, true, false, 0);
    let mut writer = world.writer();
    let (pool, segment) = (world.pool(), world.segment());
    let claimed = segment.loan(0, 0).expect("the chunk is free");
    contents.write(claimed.0, mark(0));
    publish_chunk(&mut writer, &pool, &segment, claimed, true);
    (reader, writer)
}

#[test]
fn what_a_cursor_keeps_is_not_restocked() {
    World::topic(1).explore(|world| {
        let (contents, theirs) = pair(world);
        let (control, pool) = (world.control.clone(), world.pool());
        let (mut reader, mut writer) = lossless(world, &contents);
        let reading = control.clone();
        let reading = spawn(move || {
            let seen = reader.poll(&reading).expect("it has been published");
            assert!(reader.is_kept(seen));
            // `Consumer::take_kept`, and then the message is dropped and the cursor moves.
            reader.advance_kept(seen);
            assert_eq!(theirs.read(0), mark(0));
            reader.store_cursors(&reading);
        });
        for _ in 0..2 {
            put_medium(&mut writer, &control, &pool, &contents);
        }
        reading.join().expect("the reader");
    });
}

#[test]
fn what_a_cursor_has_kept_goes_on_to_another_publisher_in_order() {
    World::topic(1).explore(|world| {
        let (contents, theirs) = pair(world);
        let (control, pool) = (world.control.clone(), world.pool());
        let (mut reader, mut writer) = lossless(world, &contents);
        let reading = control.clone();
        let reading = spawn(move || {
            let seen = reader.poll(&reading).expect("it has been published");
            assert_eq!(theirs.read(0), mark(0));
            reader.advance(&reading, seen, true);
        });
        let segment = world.segment();
        let other = spawn(move || {
            if let Some((chunk, generation)) = segment.loan(2, 0) {
                contents.write(chunk, 5);
                segment.unloan(chunk, generation);
            }
        });
        writer.retire_passed(&control, &pool);
        reading.join().expect("the reader");
        other.join().expect("the other publisher");
    });
}

#[test]
fn memory_in_need_comes_from_messages_that_nobody_waits_for() {
    World::topic(1).explore(|world| {
        let (contents, theirs) = pair(world);
        let (control, pool) = (world.control.clone(), world.pool());
        let (mut reader, _) = lossless(world, &contents);
        control
            .lane(0)
            .owner()
            .store(0, crate::sync::Ordering::Relaxed); // its publisher has left
        let reading = control.clone();
        let reading = spawn(move || {
            let seen = reader.poll(&reading).expect("it has been published");
            assert_eq!(theirs.read(0), mark(0));
            reader.advance(&reading, seen, true);
        });
        pool.retire_unneeded(&control);
        if let Some((chunk, generation)) = world.segment().loan(2, 0) {
            contents.write(chunk, 5);
            world.segment().unloan(chunk, generation);
        }
        reading.join().expect("the reader");
    });
}

/// The contents of the chunks, for two threads.
fn pair(world: &World) -> (Contents, Contents) {
    let contents = world.contents();
    (contents.clone(), contents)
}
