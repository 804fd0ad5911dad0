//! Every state of the queue's recovery protocol, with deaths between any two steps.
//!
//! A small copy of what `ring/queue.rs` and `ring/repair.rs` do, one shared store a step:
//! receivers take messages, die, repair each other and take over, and the repairer may die over
//! it. All states that this can lead to are visited; in each, no message is in two living hands,
//! or was given out more often than deaths explain; and where nobody can go on, every message is
//! done, and no block is left. `cargo run --release -p states` says how many states there were.
//! Then it leaves out one rule of the protocol at a time, and must find a fault.

use std::collections::{HashSet, VecDeque};
use std::process::ExitCode;

const MESSAGES: usize = 2;
const RECEIVERS: usize = 3;

/// The take word of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Take {
    Ready,
    /// By this receiver.
    Taken(usize),
    Done,
}

/// Where a receiver is, each the state after one store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Step {
    Idle,
    /// The take word is its own; no lease yet.
    Claimed(usize),
    /// The lease is valid.
    Leased(usize),
    /// The take word says done: the message is in the program's hand.
    InHand(usize),
    /// Repairs another one, and looks at this message next.
    Repairs(usize, usize),
    /// Has copied the lease of another one, with the message, and will end that one's.
    Inherits(usize, usize),
    /// Has ended it, and will free the block.
    Frees(usize, usize),
}

/// A receiver's block, apart from where its owner is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Block {
    Active,
    /// Repaired but for a lease, which waits for somebody to take over.
    Left,
    Free,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    takes: [Take; MESSAGES],
    steps: [Step; RECEIVERS],
    alive: [bool; RECEIVERS],
    blocks: [Block; RECEIVERS],
    /// The message of a valid lease, and how many deaths it has been through.
    leases: [Option<(usize, u8)>; RECEIVERS],
    /// Who holds the kernel's lock on a dead one's block.
    locks: [Option<usize>; RECEIVERS],
    /// How often each message came into a hand, and how many died with it there.
    given: [u8; MESSAGES],
    died: [u8; MESSAGES],
}

/// A rule that can be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    All,
    /// 1: a message is done only after its lease is valid.
    LeaseBeforeDone,
    /// 2: a repair puts back what was marked and not leased.
    PutBack,
    /// 3: a repair knows a lease that somebody has copied already.
    KnowCopies,
    /// 4: who takes over has its own lease before it ends the older one.
    CopyBeforeEnd,
}

const RULES: [Rule; 5] = [
    Rule::All,
    Rule::LeaseBeforeDone,
    Rule::PutBack,
    Rule::KnowCopies,
    Rule::CopyBeforeEnd,
];

impl World {
    fn new() -> Self {
        Self {
            takes: [Take::Ready; MESSAGES],
            steps: [Step::Idle; RECEIVERS],
            alive: [true; RECEIVERS],
            blocks: [Block::Active; RECEIVERS],
            leases: [None; RECEIVERS],
            locks: [None; RECEIVERS],
            given: [0; MESSAGES],
            died: [0; MESSAGES],
        }
    }

    /// What may happen next, deaths apart.
    fn next(&self, broken: Rule) -> Vec<World> {
        let mut worlds = Vec::new();
        for me in (0..RECEIVERS).filter(|me| self.alive[*me]) {
            self.go_on(me, broken, &mut worlds);
        }
        worlds
    }

    fn go_on(&self, me: usize, broken: Rule, worlds: &mut Vec<World>) {
        let mut add = |change: &dyn Fn(&mut World)| {
            let mut world = self.clone();
            change(&mut world);
            worlds.push(world);
        };
        match self.steps[me] {
            Step::Idle => {
                for message in (0..MESSAGES).filter(|m| self.takes[*m] == Take::Ready) {
                    add(&|world| {
                        world.takes[message] = Take::Taken(me);
                        world.steps[me] = Step::Claimed(message);
                    });
                }
                for dead in (0..RECEIVERS).filter(|dead| self.can_lock(*dead)) {
                    match (self.blocks[dead], self.leases[dead]) {
                        (Block::Active, _) => add(&|world| {
                            world.locks[dead] = Some(me);
                            world.steps[me] = Step::Repairs(dead, 0);
                        }),
                        (Block::Left, Some(_))
                            if self.is_copied(dead) && broken != Rule::KnowCopies =>
                        {
                            // It is repaired once more, and is no message any more.
                            add(&|world| {
                                world.leases[dead] = None;
                                world.blocks[dead] = Block::Free;
                            });
                        }
                        (Block::Left, Some((message, deaths))) => add(&|world| {
                            world.locks[dead] = Some(me);
                            match broken {
                                Rule::CopyBeforeEnd => world.leases[dead] = None,
                                _ => world.leases[me] = Some((message, deaths + 1)),
                            }
                            world.steps[me] = Step::Inherits(dead, message);
                        }),
                        (Block::Left, None) => add(&|world| world.blocks[dead] = Block::Free),
                        (Block::Free, _) => {}
                    }
                }
            }
            Step::Claimed(message) => add(&|world| {
                match broken {
                    Rule::LeaseBeforeDone => world.takes[message] = Take::Done,
                    _ => world.leases[me] = Some((message, 0)),
                }
                world.steps[me] = Step::Leased(message);
            }),
            Step::Leased(message) => add(&|world| {
                world.leases[me] = Some((message, 0));
                world.takes[message] = Take::Done;
                world.given[message] += 1;
                world.steps[me] = Step::InHand(message);
            }),
            Step::InHand(_) => add(&|world| {
                world.leases[me] = None;
                world.steps[me] = Step::Idle;
            }),
            Step::Repairs(dead, message) if message < MESSAGES => add(&|world| {
                if world.takes[message] == Take::Taken(dead) {
                    let is_leased = world.leases[dead].is_some_and(|(m, _)| m == message);
                    world.takes[message] = match (is_leased, broken) {
                        (true, _) => Take::Done,
                        (false, Rule::PutBack) => Take::Taken(dead),
                        (false, _) => Take::Ready,
                    };
                }
                world.steps[me] = Step::Repairs(dead, message + 1);
            }),
            Step::Repairs(dead, _) => add(&|world| {
                world.blocks[dead] = match world.leases[dead] {
                    Some(_) if !world.is_copied(dead) || broken == Rule::KnowCopies => Block::Left,
                    _ => {
                        world.leases[dead] = None;
                        Block::Free
                    }
                };
                world.locks[dead] = None;
                world.steps[me] = Step::Idle;
            }),
            Step::Inherits(dead, message) => add(&|world| {
                match broken {
                    Rule::CopyBeforeEnd => world.leases[me] = Some((message, 1)),
                    _ => world.end_older(me, dead),
                }
                world.steps[me] = Step::Frees(dead, message);
            }),
            Step::Frees(dead, message) => add(&|world| {
                world.blocks[dead] = Block::Free;
                world.locks[dead] = None;
                world.given[message] += 1;
                world.steps[me] = Step::InHand(message);
            }),
        }
    }

    /// Somebody has a later copy of this one's lease.
    fn is_copied(&self, dead: usize) -> bool {
        self.leases[dead].is_some_and(|(message, deaths)| {
            let others = (0..RECEIVERS).filter(|other| *other != dead);
            others
                .filter_map(|other| self.leases[other])
                .any(|(m, d)| m == message && d > deaths)
        })
    }

    /// Whoever has copied a lease ends the original, and all older ones of the message.
    fn end_older(&mut self, me: usize, dead: usize) {
        let (message, deaths) = self.leases[me].expect("just copied");
        for other in (0..RECEIVERS).filter(|other| *other != me) {
            let is_older = |(m, d)| m == message && (d < deaths || other == dead);
            if self.leases[other].is_some_and(is_older) {
                self.leases[other] = None;
            }
        }
    }

    fn can_lock(&self, dead: usize) -> bool {
        !self.alive[dead] && self.blocks[dead] != Block::Free && self.locks[dead].is_none()
    }

    /// Everybody who lives may die, but for the last.
    fn deaths(&self) -> Vec<World> {
        let living = (0..RECEIVERS).filter(|me| self.alive[*me]);
        if living.clone().count() < 2 {
            return Vec::new();
        }
        let die = |me: usize| {
            let mut world = self.clone();
            world.alive[me] = false;
            if let Step::InHand(message) = self.steps[me] {
                world.died[message] += 1;
            }
            world.steps[me] = Step::Idle;
            for lock in &mut world.locks {
                if *lock == Some(me) {
                    *lock = None;
                }
            }
            world
        };
        living.map(die).collect()
    }

    /// Why this state must not be.
    fn fault(&self, is_end: bool) -> Option<String> {
        for message in 0..MESSAGES {
            let in_hand = |me: &usize| self.alive[*me] && self.steps[*me] == Step::InHand(message);
            if (0..RECEIVERS).filter(in_hand).count() > 1 {
                return Some(format!("message {message} is in two hands"));
            }
            if self.given[message] > 1 + self.died[message] {
                return Some(format!("message {message} was given out too often"));
            }
            // Somebody had it in hand and did not die with it.
            let is_seen = self.given[message] > self.died[message];
            let is_done = self.takes[message] == Take::Done && is_seen;
            if is_end && !is_done {
                return Some(format!("message {message} is lost"));
            }
        }
        let left = (0..RECEIVERS).find(|e| !self.alive[*e] && self.blocks[*e] != Block::Free);
        left.filter(|_| is_end)
            .map(|e| format!("the block of {e} stays"))
    }
}

/// Goes through all states; how many there were, and the first fault.
fn explore(broken: Rule) -> (usize, Option<String>) {
    let mut seen = HashSet::from([World::new()]);
    let mut queue = VecDeque::from([World::new()]);
    while let Some(world) = queue.pop_front() {
        let next = world.next(broken);
        if let Some(fault) = world.fault(next.is_empty()) {
            return (seen.len(), Some(format!("{fault}: {world:?}")));
        }
        for world in next.into_iter().chain(world.deaths()) {
            if seen.insert(world.clone()) {
                queue.push_back(world);
            }
        }
    }
    (seen.len(), None)
}

fn main() -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    for (number, rule) in RULES.into_iter().enumerate() {
        let (states, fault) = explore(rule);
        let is_right = fault.is_none() == (rule == Rule::All);
        let what = match number {
            0 => "the protocol".to_owned(),
            number => format!("without rule {number}"),
        };
        let found = fault.as_deref().unwrap_or("no fault");
        let mark = if is_right { "ok" } else { "FAILED" };
        println!("{mark} {what}: {states} states, {found}");
        passed += u32::from(is_right);
        failed += u32::from(!is_right);
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
