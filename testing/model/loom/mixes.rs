//! Larger mixes than loom can go through, in random orders, by shuttle. It knows one order of all
//! stores, as if every access were the strongest: so it finds what goes wrong between steps, and
//! loom what goes wrong within one.

use super::queues;
use super::world::{World, publish};
use crate::layout::lane::PAYLOAD_WORDS;
use crate::ring::control::Control;
use crate::ring::queue::Taker;
use crate::ring::reader::Reader;
use crate::ring::writer::Writer;
use crate::sync::Ordering;
use crate::sync::model::{self, Engine};

/// Random orders of each mix.
const RUNS: usize = 3000;
/// Messages of each producer: many laps.
const MESSAGES: u64 = 25;

const _: () = assert!(PAYLOAD_WORDS >= 2, "a message says its number twice");

/// Two lanes, with an owner each.
fn begin(world: &World) -> Control {
    model::begin(Engine::Shuttle);
    let control = world.control.clone();
    for lane in 0..2 {
        control.set_lane_reserved(lane);
        control
            .lane(lane)
            .owner()
            .store(lane + 1, Ordering::Relaxed);
    }
    control
}

/// A producer that waits for room.
fn produce(world: &World, lane: u32) {
    let (control, pool) = (world.control.clone(), world.pool());
    let mut writer = Writer::adopt(&control, &pool, lane);
    while writer.next() < MESSAGES {
        match writer.has_room(&control) {
            true => drop(publish(&mut writer, &pool)),
            false => shuttle::thread::yield_now(),
        }
    }
}

/// Takes all messages of both lanes, each in its order.
fn subscribe(mut reader: Reader, control: &Control) {
    let mut next = [0; 2];
    while next != [MESSAGES; 2] {
        let Some(seen) = reader.poll(control) else {
            reader.store_cursors(control);
            shuttle::thread::yield_now();
            continue;
        };
        super::world::assert_whole(seen.sequence, &seen.line);
        assert_eq!(seen.sequence, next[seen.lane as usize], "out of order");
        next[seen.lane as usize] += 1;
        reader.advance(control, seen, false);
    }
    assert_eq!(
        reader.take_missed(),
        0,
        "a lossless subscriber missed something"
    );
}

#[test]
fn two_publishers_and_two_lossless_subscribers_lose_nothing() {
    let mix = || {
        let world: &'static World = Box::leak(Box::new(World::topic(1)));
        let control = begin(world);
        let readers = [2, 3].map(|e| Reader::join(&control, e, true, false, 0));
        let mut threads = Vec::new();
        for reader in readers {
            let control = control.clone();
            threads.push(shuttle::thread::spawn(move || subscribe(reader, &control)));
        }
        for lane in 0..2 {
            threads.push(shuttle::thread::spawn(move || produce(world, lane)));
        }
        for thread in threads {
            thread.join().expect("it ends");
        }
        model::end();
    };
    shuttle::check_random(mix, RUNS);
}

#[test]
fn two_senders_and_two_receivers_share_each_message_once() {
    let mix = || {
        let world: &'static World = Box::leak(Box::new(World::queue(1)));
        let control = begin(world);
        let receive = move |me: u32| {
            let (control, pool) = (world.control.clone(), world.pool());
            let mut taker = Taker::new(me);
            let mut taken = Vec::new();
            let mut idle = 0;
            // As long as others may still send.
            while idle < 200 {
                match queues::take(&mut taker, me, &control, &pool) {
                    Some(claimed) => {
                        queues::end_lease(&control, me);
                        taken.push((claimed.lane, claimed.sequence));
                        idle = 0;
                    }
                    None => {
                        idle += 1;
                        shuttle::thread::yield_now();
                    }
                }
            }
            taken
        };
        let senders = [0, 1].map(|lane| shuttle::thread::spawn(move || produce(world, lane)));
        let receivers = [2, 3].map(|me| shuttle::thread::spawn(move || receive(me)));
        let mut taken: Vec<(u32, u64)> = Vec::new();
        for receiver in receivers {
            taken.extend(receiver.join().expect("it ends"));
        }
        for sender in senders {
            sender.join().expect("it ends");
        }
        // What came after the receivers had given up is left, and nothing else.
        taken.extend(receive(2));
        taken.sort_unstable();
        let all = (0..2).flat_map(|lane| (0..MESSAGES).map(move |number| (lane, number)));
        assert!(taken.into_iter().eq(all), "lost, or twice");
        drop(control);
        model::end();
    };
    shuttle::check_random(mix, RUNS);
}
