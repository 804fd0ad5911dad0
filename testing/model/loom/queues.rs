//! Queues: every message to exactly one receiver, and its memory to nobody else meanwhile.

use super::world::{Contents, DEPTH, World, mark, publish, publish_chunk, spawn};
use crate::layout::endpoint::LEASE_NONE;
use crate::ring::control::Control;
use crate::ring::pool::Pool;
use crate::ring::queue::{Claimed, Taker, load_copy, unclaim};
use crate::ring::repair::{Remains, repair};
use crate::ring::writer::Writer;
use crate::sync::Ordering;

/// The message is whole.
fn assert_whole(claimed: &Claimed) {
    let mark = mark(claimed.sequence);
    assert_eq!(claimed.copy.words[..2], [mark; 2], "a torn message");
}

/// Takes a message and is done with it; as `Consumer::look_at_queue` and `end_lease` do.
pub fn take(taker: &mut Taker, me: u32, control: &Control, pool: &Pool) -> Option<Claimed> {
    take_with(taker, me, control, pool, |_| ())
}

/// The same, with a look at the slot while it is ours.
fn take_with(
    taker: &mut Taker,
    me: u32,
    control: &Control,
    pool: &Pool,
    look: impl FnOnce(&Claimed),
) -> Option<Claimed> {
    let claimed = taker.claim(control)?;
    assert_whole(&claimed);
    look(&claimed);
    taker.lease(control, pool, &claimed);
    let leased = load_copy(control, me).expect("a lease");
    assert_eq!(leased.sequence, claimed.sequence);
    assert_whole(&leased);
    end_lease(control, me);
    Some(claimed)
}

pub fn end_lease(control: &Control, me: u32) {
    let block = control.endpoint(me);
    block.lease().store(LEASE_NONE, Ordering::Relaxed);
}

/// Takes all that is there, if a look at the news says that there may be something.
fn take_all(taker: &mut Taker, me: u32, control: &Control, pool: &Pool) -> Vec<(u64, u8)> {
    let mut all = Vec::new();
    while taker.has_news(control)
        && let Some(claimed) = take(taker, me, control, pool)
    {
        all.push((claimed.sequence, claimed.attempts));
    }
    all
}

/// Where the slot of a message is among all slots.
fn at(sequence: u64) -> u32 {
    (sequence % u64::from(DEPTH)) as u32
}

/// The slots of a queue that is full of messages.
fn full(world: &World) -> Contents {
    let slots = world.slots();
    for sequence in 0..u64::from(DEPTH) {
        slots.write(at(sequence), mark(sequence));
    }
    slots
}

/// Who has claimed a message reads its slot. That the ring would notice a torn copy is not enough:
/// whoever uses the slot next comes after this look, or loom says so.
fn look_at(slots: &Contents, claimed: &Claimed) {
    let sequence = claimed.sequence;
    assert_eq!(slots.read(at(sequence)), mark(sequence), "another message");
}

/// Publishes, if there is room, in a slot that nobody looks at any more.
fn publish_into(slots: &Contents, writer: &mut Writer, control: &Control, pool: &Pool) {
    if writer.has_room(control) {
        slots.write(at(writer.next()), mark(writer.next()));
        publish(writer, pool);
    }
}

/// A queue of so many messages.
fn queue_of(messages: u32) -> World {
    let world = World::queue(1);
    let (mut writer, pool) = (world.writer(), world.pool());
    for _ in 0..messages {
        publish(&mut writer, &pool);
    }
    world
}

#[test]
fn two_receivers_share_the_messages() {
    queue_of(3).explore(|world| {
        let receivers = [1, 2].map(|me| {
            let (control, pool) = (world.control.clone(), world.pool());
            spawn(move || {
                let mut taker = Taker::new(me);
                let taken = [(); 2].map(|()| take(&mut taker, me, &control, &pool));
                taken.map(|claimed| claimed.map(|claimed| claimed.sequence))
            })
        });
        let taken = receivers.map(|receiver| receiver.join().expect("a receiver"));
        let rest = take_all(&mut Taker::new(3), 3, &world.control, &world.pool());
        let rest = rest.into_iter().map(|(sequence, _)| sequence);
        let mut all: Vec<u64> = taken.into_iter().flatten().flatten().chain(rest).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
    });
}

#[test]
fn a_slot_is_used_again_only_when_its_message_has_been_copied() {
    queue_of(DEPTH).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let (theirs, mapped) = (control.clone(), world.pool());
        let slots = full(world);
        let seen = slots.clone();
        let receiver = spawn(move || {
            let mut taker = Taker::new(1);
            for sequence in 0..2 {
                let look = |claimed: &Claimed| look_at(&seen, claimed);
                let claimed = take_with(&mut taker, 1, &theirs, &mapped, look);
                assert_eq!(claimed.expect("a message").sequence, sequence);
            }
            taker
        });
        for _ in 0..3 {
            publish_into(&slots, &mut writer, &control, &pool);
        }
        let mut taker = receiver.join().expect("the receiver");
        let rest = take_all(&mut taker, 1, &control, &pool);
        let rest = rest.into_iter().map(|(sequence, _)| sequence);
        assert!(rest.eq(2..writer.next()));
    });
}

#[test]
fn a_slot_is_used_again_only_when_who_had_put_its_message_back_has_done_with_it() {
    queue_of(DEPTH).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let slots = full(world);
        let (theirs, seen) = (control.clone(), slots.clone());
        let other = spawn(move || {
            let claimed = Taker::new(2).claim(&theirs).expect("a message");
            look_at(&seen, &claimed);
            unclaim(&theirs, &claimed);
        });
        let (theirs, mapped, seen) = (control.clone(), world.pool(), slots.clone());
        let receiver = spawn(move || {
            let look = |claimed: &Claimed| look_at(&seen, claimed);
            take_with(&mut Taker::new(1), 1, &theirs, &mapped, look).expect("a message");
        });
        publish_into(&slots, &mut writer, &control, &pool);
        other.join().expect("who puts back");
        receiver.join().expect("the receiver");
    });
}

#[test]
fn a_receiver_that_comes_late_finds_what_is_there() {
    queue_of(DEPTH).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let mut first = Taker::new(1);
        for _ in 0..DEPTH {
            take(&mut first, 1, &control, &pool).expect("a message");
        }
        let (theirs, mapped) = (control.clone(), world.pool());
        let receiver = spawn(move || {
            let mut taker = Taker::new(2);
            let taken = [(); 2].map(|()| take(&mut taker, 2, &theirs, &mapped));
            (
                taker,
                taken.map(|claimed| claimed.map(|claimed| claimed.sequence)),
            )
        });
        for _ in 0..2 {
            assert!(writer.has_room(&control));
            publish(&mut writer, &pool);
        }
        let (mut taker, taken) = receiver.join().expect("the receiver");
        let rest = take_all(&mut taker, 2, &control, &pool);
        let rest = rest.into_iter().map(|(sequence, _)| sequence);
        let all = taken.into_iter().flatten().chain(rest);
        assert!(all.eq(u64::from(DEPTH)..writer.next()));
    });
}

#[test]
fn the_chunk_of_a_message_in_hand_is_lent_to_nobody() {
    World::queue(1).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let (segment, contents) = (world.segment(), world.contents());
        let claimed = segment.loan(0, 0).expect("the chunk is free");
        contents.write(claimed.0, mark(0));
        publish_chunk(&mut writer, &pool, &segment, claimed, false);
        let (theirs, mapped, looked) = (control.clone(), world.pool(), contents.clone());
        let receiver = spawn(move || {
            let mut taker = Taker::new(1);
            let claimed = taker.claim(&theirs).expect("a message");
            taker.lease(&theirs, &mapped, &claimed);
            let chunk = claimed.reference().expect("it is in a chunk").chunk;
            assert_eq!(looked.read(chunk), mark(0), "another's data");
            // `Message`: the claim ends first, and the memory is let go of second.
            end_lease(&theirs, 1);
            segment.release(chunk, 1);
        });
        for _ in 0..2 {
            if let Some(claimed) = segment.loan(0, 0) {
                contents.write(claimed.0, mark(1));
                publish_chunk(&mut writer, &pool, &segment, claimed, false);
                break;
            }
        }
        receiver.join().expect("the receiver");
        assert_eq!(segment.holders(0), [0; 4], "a reference is left");
    });
}

#[test]
fn what_a_dead_receiver_had_marked_comes_again_once() {
    let world = queue_of(2);
    let claimed = Taker::new(2).claim(&world.control).expect("a message");
    assert_eq!(claimed.sequence, 0);
    world.explore(|world| {
        let (control, pool) = (world.control.clone(), world.pool());
        let receivers = [1, 3].map(|me| {
            let (control, pool) = (world.control.clone(), world.pool());
            spawn(move || {
                let mut taker = Taker::new(me);
                let taken = take(&mut taker, me, &control, &pool);
                (
                    taker,
                    taken.map(|claimed| (claimed.sequence, claimed.attempts)),
                )
            })
        });
        assert_eq!(repair(&control, &pool, 2), Remains::Nothing);
        let mut all = Vec::new();
        for (me, receiver) in [1, 3].into_iter().zip(receivers) {
            let (mut taker, taken) = receiver.join().expect("a receiver");
            all.extend(taken);
            all.extend(take_all(&mut taker, me, &control, &pool));
        }
        all.sort_unstable();
        assert_eq!(all, [(0, 1), (1, 0)]);
    });
}

#[test]
fn what_a_receiver_puts_back_is_there_for_all() {
    queue_of(2).explore(|world| {
        let (control, pool) = (world.control.clone(), world.pool());
        let theirs = control.clone();
        let other = spawn(move || {
            let mut taker = Taker::new(2);
            let claimed = taker.claim(&theirs);
            claimed.inspect(|claimed| unclaim(&theirs, claimed));
        });
        let mut taker = Taker::new(1);
        let mut all = take_all(&mut taker, 1, &control, &pool);
        other.join().expect("the other");
        all.extend(take_all(&mut taker, 1, &control, &pool));
        all.sort_unstable();
        assert_eq!(all, [(0, 0), (1, 0)]);
    });
}
