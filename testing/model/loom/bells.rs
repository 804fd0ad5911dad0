//! The bell: nobody sleeps on what has been said.
//!
//! What producers and sleepers do around it is in carrier/attachment.rs (`ring`, `announce`,
//! `shake`) and carrier/consumer/mod.rs (`sleep_until`), repeated here. The process-wide barrier
//! of the sleeper, which spares producers their fence, is a fence in all of them here. To be
//! asleep for ever is to sleep on a value that the word still has when all is over.

use super::world::{DEPTH, World, publish, spawn};
use crate::ring::bell::Bell;
use crate::ring::control::Control;
use crate::ring::queue::{Taker, unclaim};
use crate::ring::reader::Reader;
use crate::sync::{Ordering, fence};
use loom::thread::JoinHandle;

/// `Attachment::ring`; true if everybody on the bell is woken.
fn ring(bell: Bell<'_>) -> bool {
    fence(Ordering::SeqCst);
    bell.has_sleepers() && bell.take_sleepers()
}

/// `Attachment::announce`.
fn announce(bell: Bell<'_>) -> u32 {
    let expected = bell.announce();
    fence(Ordering::SeqCst);
    expected
}

/// A sleeper that found nothing went to sleep on this value. By now something has been said.
fn assert_woken(bell: Bell<'_>, slept_on: Option<u32>) {
    let now = bell.0.load(Ordering::Relaxed);
    assert_ne!(slept_on, Some(now), "asleep for ever");
}

fn sleeper(control: Control, endpoint: u32) -> JoinHandle<Option<u32>> {
    let mut reader = Reader::join(&control, endpoint, false, false, 0);
    spawn(move || {
        let expected = announce(control.bell());
        reader.poll(&control).is_none().then_some(expected)
    })
}

#[test]
fn a_subscriber_does_not_sleep_on_a_message() {
    World::topic(1).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let sleeper = sleeper(control.clone(), 1);
        publish(&mut writer, &pool);
        ring(control.bell());
        let slept_on = sleeper.join().expect("the sleeper");
        assert_woken(control.bell(), slept_on);
    });
}

#[test]
fn two_subscribers_and_two_publishers_do_not_lose_a_wake_up() {
    World::topic(1).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let sleepers = [1, 2].map(|endpoint| sleeper(control.clone(), endpoint));
        let other = control.clone();
        let other = spawn(move || ring(other.bell()));
        publish(&mut writer, &pool);
        ring(control.bell());
        other.join().expect("the other publisher");
        for sleeper in sleepers {
            let slept_on = sleeper.join().expect("the sleeper");
            assert_woken(control.bell(), slept_on);
        }
    });
}

#[test]
fn a_publisher_does_not_sleep_on_room() {
    World::topic(1).explore(|world| {
        let (control, pool, mut writer) = (world.control.clone(), world.pool(), world.writer());
        let mut reader = Reader::join(&control, 1, true, false, 0);
        for _ in 0..DEPTH {
            publish(&mut writer, &pool);
        }
        let waiting = control.clone();
        let publisher = spawn(move || {
            let expected = announce(waiting.space_bell());
            (!writer.has_room(&waiting)).then_some(expected)
        });
        let seen = reader.poll(&control).expect("the ring is full");
        reader.advance(&control, seen, true);
        ring(control.space_bell());
        let slept_on = publisher.join().expect("the publisher");
        assert_woken(control.space_bell(), slept_on);
    });
}

#[test]
fn a_receiver_does_not_sleep_on_what_was_put_back() {
    let world = World::queue(1);
    publish(&mut world.writer(), &world.pool());
    world.explore(|world| {
        let control = world.control.clone();
        let mut sleeping = Taker::new(1);
        let claimed = Taker::new(2).claim(&control).expect("a message");
        assert!(sleeping.claim(&control).is_none());
        let theirs = control.clone();
        let sleeper = spawn(move || {
            let expected = announce(theirs.bell());
            (!sleeping.has_news(&theirs)).then_some(expected)
        });
        // As after a repair: the state first, then `Attachment::shake`.
        unclaim(&control, &claimed);
        control.bell().shake();
        let slept_on = sleeper.join().expect("the sleeper");
        assert_woken(control.bell(), slept_on);
    });
}
