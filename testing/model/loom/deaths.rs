//! Repairs while others go on.
//!
//! Somebody dies before each of its stores, and the first one who repairs after it before each of
//! its own; that happens in turn, without loom. Then, under loom, the next one repairs while
//! survivors use what is being repaired. The kernel's lock, which keeps two from repairing the
//! same endpoint, needs no model: there is one repairer at a time.

use super::world::{Contents, World, mark, publish_chunk, spawn};
use crate::layout::chunk::{LOANED, PUBLISHED};
use crate::layout::endpoint::{STATE_ACTIVE, STATE_FREE};
use crate::ring::reader::Reader;
use crate::ring::repair::{Remains, repair};
use crate::ring::slot::Found;
use crate::ring::writer::Writer;
use crate::sync::Ordering;
use crate::sync::model::die_after;

/// More stores than any life here makes.
const STORES_MAX: u64 = 200;

/// Calls `run` with 0, 1, 2, ... until it says that nobody died.
fn each_store(mut run: impl FnMut(u64) -> bool) {
    let lived = (0..STORES_MAX).find(|stores| run(*stores));
    assert!(lived.is_some(), "a life without end");
}

/// Nothing is on loan to the dead, or published without a message, or referred to by the dead.
fn audit(world: &World, dead: &[u32]) {
    for (segment, chunk, word) in world.pool().chunks() {
        let holders = segment.holders(chunk)[0];
        for e in dead {
            let loaned = word.state == LOANED && u32::from(word.owner) == *e;
            assert!(!loaned, "chunk {chunk} is on loan to the dead {e}");
            assert_eq!(holders >> e & 1, 0, "the dead {e} refers to chunk {chunk}");
        }
        if word.state == PUBLISHED {
            let lane = world.control.lane(u32::from(word.owner));
            let known = lane.slot(word.sequence).holds(word.sequence);
            assert!(
                known,
                "chunk {chunk} belongs to a message that is not there"
            );
        }
    }
    for e in dead {
        let state = world.control.endpoint(*e).state().load(Ordering::Relaxed);
        assert_eq!(state, STATE_FREE, "the block of the dead {e} is not free");
    }
}

/// A lane of a publisher that died: endpoint 0 in lane 0, with two chunks.
mod publisher {
    use super::*;

    /// Publishes two messages in chunks, and may not get to the end.
    fn live(world: &World) {
        let (pool, segment, mut writer) = (world.pool(), world.segment(), world.writer());
        for _ in 0..2 {
            let claimed = segment.loan(0, 0).expect("two chunks are free");
            publish_chunk(&mut writer, &pool, &segment, claimed, true);
        }
    }

    /// Takes up the lane as endpoint 2, as `try_lease_lane` does, and publishes.
    fn succeed(world: &World, contents: &Contents) -> Option<Writer> {
        let (control, pool, segment) = (&world.control, world.pool(), world.segment());
        let lane = control.lane(0);
        let free = lane
            .owner()
            .compare_exchange(0, 3, Ordering::Acquire, Ordering::Relaxed);
        free.ok()?;
        let mut writer = Writer::adopt(control, &pool, 0);
        if let Some(claimed) = segment.loan(2, 0) {
            contents.write(claimed.0, mark(writer.next()));
            publish_chunk(&mut writer, &pool, &segment, claimed, true);
        }
        Some(writer)
    }

    /// Every message in the lane has its chunk, with its contents.
    fn assert_complete(world: &World, contents: &Contents, end: u64) {
        for sequence in 0..end {
            let Found::Message(line) = world.control.lane(0).slot(sequence).read_line(sequence)
            else {
                panic!("message {sequence} is gone");
            };
            let message = super::super::world::reference(&line);
            let word = world.segment().state(message.chunk);
            assert_eq!((word.state, word.sequence), (PUBLISHED, sequence));
            assert_eq!(contents.read(message.chunk), mark(sequence));
        }
    }

    fn run(world: World) {
        world.explore(|world| {
            let contents = world.contents();
            let lane = world.control.lane(0);
            for (_, chunk, word) in world.pool().chunks() {
                contents.write(chunk, mark(word.sequence));
            }
            let (repaired, pool) = (world.control.clone(), world.pool());
            let repairer = spawn(move || repair(&repaired, &pool, 0));
            let writer = succeed(world, &contents);
            let remains = repairer.join().expect("the repairer");
            assert_eq!(remains, Remains::Nothing);
            let writer = writer
                .or_else(|| succeed(world, &contents))
                .expect("a free lane");
            audit(world, &[0]);
            assert_eq!(lane.find_tail(), writer.next());
            assert_complete(world, &contents, writer.next());
        });
    }

    #[test]
    fn the_lane_of_a_dead_publisher_is_taken_up_while_it_is_repaired() {
        each_store(|stores| {
            let mut lived = false;
            each_store(|more| {
                let world = World::topic(2);
                let owner = world.control.lane(0);
                owner.owner().store(1, Ordering::Relaxed);
                world
                    .control
                    .endpoint(0)
                    .state()
                    .store(STATE_ACTIVE, Ordering::Relaxed);
                lived = die_after(stores, || live(&world)).is_some();
                let repaired = die_after(more, || repair(&world.control, &world.pool(), 0));
                if repaired.is_none() {
                    run(world);
                }
                repaired.is_some()
            });
            lived
        });
    }
}

/// A subscriber that died with a chunk in hand, or over taking or dropping it.
mod subscriber {
    use super::*;

    fn live(world: &World, is_lossless: bool) {
        let mut reader = Reader::join(&world.control, 1, is_lossless, false, 1);
        let seen = reader.poll(&world.control).expect("history");
        let message = super::super::world::reference(&seen.line);
        let segment = world.segment();
        if segment.hold(message.chunk, message.generation, 1, 0, seen.sequence) {
            reader.advance(&world.control, seen, true);
            segment.release(message.chunk, 1);
        }
    }

    fn run(world: World) {
        world.explore(|world| {
            let (control, pool) = (world.control.clone(), world.pool());
            let (repaired, theirs) = (control.clone(), world.pool());
            let repairer = spawn(move || repair(&repaired, &theirs, 1));
            let mut writer = world.writer();
            writer.has_room(&control);
            writer.retire_passed(&control, &pool);
            let early = world.segment().loan(0, 0);
            repairer.join().expect("the repairer");
            let waiting = [control.active(), control.gating()];
            assert!(
                waiting
                    .iter()
                    .all(|members| members.iter().next().is_none())
            );
            writer.retire_passed(&control, &pool);
            let late = early.or_else(|| world.segment().loan(0, 0));
            assert!(late.is_some(), "the chunk is kept for the dead");
            audit(world, &[1]);
        });
    }

    #[test]
    fn a_publisher_goes_on_while_a_dead_subscriber_is_repaired() {
        for is_lossless in [false, true] {
            each_store(|stores| {
                let mut lived = false;
                each_store(|more| {
                    let world = World::topic(1);
                    let claimed = world.segment().loan(0, 0).expect("the chunk is free");
                    let (pool, segment) = (world.pool(), world.segment());
                    publish_chunk(&mut world.writer(), &pool, &segment, claimed, true);
                    world
                        .control
                        .endpoint(1)
                        .state()
                        .store(STATE_ACTIVE, Ordering::Relaxed);
                    // Joining stores 64 cursors first, one like the other.
                    let stores = if stores == 0 { 0 } else { stores + 63 };
                    lived = die_after(stores, || live(&world, is_lossless)).is_some();
                    let repaired = die_after(more, || repair(&world.control, &world.pool(), 1));
                    if repaired.is_none() {
                        run(world);
                    }
                    repaired.is_some()
                });
                lived
            });
        }
    }
}
