//! Locks: one at a time, who sees what the one before has done, and who is told of a death.
//!
//! What happens around it is in carrier/locker.rs (`acquire`, `release`, `sleep`), repeated here
//! without the line's patience, which needs a clock.

use super::world::{World, spawn};
use crate::layout::Pattern;
use crate::ring::bell::Bell;
use crate::ring::control::Control;
use crate::ring::permits::{Found, Taken, abandon, give_back, look, stand_in_line, take};
use crate::sync::{Ordering, fence};

/// What the lock protects: loom lets a load return an old value unless it is ordered.
fn work(control: &Control) -> u64 {
    let block = control.endpoint(3);
    let word = block.missed();
    let next = word.load(Ordering::Relaxed) + 1;
    word.store(next, Ordering::Relaxed);
    next
}

fn world() -> World {
    World::new(Pattern::Lock, 1, 1)
}

/// Whom the next owner is told of. By now the lock is free.
fn told(control: &Control) -> Option<u32> {
    let taken = take(control, 0, 0).expect("it is free");
    give_back(control, taken);
    taken.abandoned()
}

/// Tries so many times; how often it was in, and whom it was told of.
fn try_turns(control: &Control, me: u32, times: u32) -> (u64, Vec<u32>) {
    let (mut turns, mut told) = (0, Vec::new());
    for _ in 0..times {
        if let Some(taken) = take(control, me, 0) {
            told.extend(taken.abandoned());
            work(control);
            assert!(give_back(control, taken));
            turns += 1;
        }
    }
    (turns, told)
}

#[test]
fn each_owner_sees_what_the_one_before_has_done() {
    world().explore(|world| {
        let others = [1, 2].map(|me| {
            let control = world.control.clone();
            spawn(move || try_turns(&control, me, 2).0)
        });
        let turns = try_turns(&world.control, 0, 1).0;
        let all = others.map(|other| other.join().expect("another"));
        let all = all.iter().sum::<u64>() + turns;
        assert_eq!(work(&world.control), all + 1, "a turn is lost");
    });
}

/// Endpoint 2 has died in its turn.
#[test]
fn one_owner_is_told_of_a_death_and_sees_what_the_dead_one_has_done() {
    let world = world();
    take(&world.control, 2, 0).expect("it is free");
    world.control.endpoint(2).pid().store(77, Ordering::Relaxed);
    world.explore(|world| {
        let control = world.control.clone();
        work(&control);
        let others = [0, 1].map(|me| {
            let control = world.control.clone();
            spawn(move || try_turns(&control, me, 2))
        });
        abandon(&control, 2);
        // Killed over it, and another one begins again.
        abandon(&control, 2);
        let mut all = Vec::new();
        let mut turns = 0;
        for other in others {
            let (had, told) = other.join().expect("another");
            turns += had;
            all.extend(told);
        }
        all.extend(told(&control));
        assert_eq!(all, [77], "one, and only one, is told");
        assert_eq!(work(&control), turns + 2, "a turn is lost");
    });
}

#[test]
fn not_all_sleep_while_the_lock_is_free() {
    let world = world();
    let taken = take(&world.control, 0, 0).expect("it is free");
    world.explore(move |world| {
        let control = world.control.clone();
        let sleepers = [1, 2].map(|me| {
            let control = world.control.clone();
            spawn(move || sleep(&control, me))
        });
        give_back(&control, taken);
        ring(control.bell());
        let slept: Vec<_> = sleepers
            .into_iter()
            .map(|sleeper| sleeper.join().expect("a sleeper"))
            .collect();
        let now = control.bell().0.load(Ordering::Relaxed);
        let is_asleep = |slept: &Result<Taken, u32>| *slept == Err(now);
        // Who is behind another in the line may sleep as long as that one comes.
        let is_free = take(&control, 0, 0).is_some();
        assert!(
            !is_free || !slept.iter().all(is_asleep),
            "asleep for ever: {slept:?}"
        );
    });
}

/// `Locker::sleep` as far as the sleep: the permit, or the value that it sleeps on.
fn sleep(control: &Control, me: u32) -> Result<Taken, u32> {
    stand_in_line(control, me, u64::from(me));
    let expected = control.bell().announce();
    fence(Ordering::SeqCst);
    match look(control, me, Some(u64::from(me)), 0) {
        Found::Taken(taken) => Ok(taken),
        // Whom it is for takes it, or gives its place up and rings.
        Found::For(first, _) => {
            assert!(first < me, "passed by one who came later");
            Err(expected)
        }
        Found::Held => Err(expected),
    }
}

/// `Attachment::ring`.
fn ring(bell: Bell<'_>) {
    fence(Ordering::SeqCst);
    if bell.has_sleepers() {
        bell.take_sleepers();
    }
}
