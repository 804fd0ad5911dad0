//! One round of a storm: a cast that comes, goes, is killed, stopped and frozen, and then a calm
//! (`calm.rs`) in which everything must arrive and nothing may be left.
//!
//! What happens follows from the seed alone, action by action; when it happens does not.

use super::dice::Dice;
use super::freezer::Freezer;
use super::judge::states::Setter;
use super::judge::{Ledger, Totals};
use super::languages::Programs;
use super::page::{HANDLES_MAX, word};
use super::part::{Part, Places, Role, Setting};
use super::player::{self, Condition, End, Player};
use super::witness::Witness;
use crate::place::Place;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Nobody may be held up longer than this who is not stopped: with 50 processes on 2 processors,
/// of which one may be looking at 64 MiB. A failure, not a measurement.
pub const STUCK: Duration = Duration::from_secs(10);
/// Between two looks at the pages.
pub(super) const LOOK: Duration = Duration::from_millis(5);
/// Longest pause between two actions.
const PAUSE_US: u64 = 35_000;
/// Most that are stopped, or frozen, at once.
const STOPPED_MAX: usize = 5;
/// Signals of one shower.
const SHOWER: u64 = 200;
/// The witness, beside the pages.
const WITNESS: &str = "witness";

/// What was done in a round.
#[derive(Clone, Debug, Default)]
pub struct Deeds {
    pub started: u64,
    pub killed: u64,
    pub stopped: u64,
    pub frozen: u64,
    pub left: u64,
    /// Of those killed, by role.
    pub deaths: BTreeMap<&'static str, u64>,
    pub longest: Duration,
}

#[derive(Clone, Copy)]
enum Action {
    Start,
    Kill,
    /// Start one, and kill it while it comes in.
    Abort,
    Stop,
    Resume,
    Freeze,
    Thaw,
    Shower,
    Leave,
}

pub struct Round<'a> {
    pub(super) dice: Dice,
    pub(super) setting: Setting,
    programs: &'a Programs,
    freezer: Option<&'a Freezer>,
    pub(super) channels: Place,
    pages: Place,
    witness: Witness,
    pub(super) cast: Vec<Player>,
    pub(super) ledger: Ledger,
    deeds: Deeds,
    pub(super) next_id: u64,
    target: usize,
    /// The pages of hosts that have ended, and when: their plugins must end, too.
    orphaned: Vec<(PathBuf, Instant)>,
}

impl<'a> Round<'a> {
    pub fn new(
        seed: u64,
        machine: &Setting,
        programs: &'a Programs,
        freezer: Option<&'a Freezer>,
    ) -> Self {
        let mut dice = Dice::new(seed);
        let setting = Setting::choose(&mut dice, machine);
        let channels = match setting.users {
            0 => Place::new(),
            _ => Place::of_group(setting.group),
        };
        let pages = Place::new();
        let witness = Witness::create(&pages.path().join(WITNESS)).expect("a file");
        Self {
            dice,
            setting,
            programs,
            freezer,
            channels,
            pages,
            witness,
            cast: Vec::new(),
            ledger: Ledger::default(),
            deeds: Deeds::default(),
            next_id: 1,
            target: 0,
            orphaned: Vec::new(),
        }
    }

    /// Storm and calm; the faults, if there are any.
    pub fn run(mut self, actions: u64) -> Result<(Deeds, Totals, Setting), Vec<String>> {
        for action in 0..actions {
            if action % 60 == 0 {
                let max = self.setting.actors_max as u64;
                // Now and then as many as there may be.
                self.target = (4 + self.dice.roll(max + max / 3)).min(max) as usize;
            }
            self.act();
            let pause = Duration::from_micros(self.dice.roll(PAUSE_US));
            self.pass(pause);
            if !self.ledger.is_sound() {
                return Err(self.ledger.faults());
            }
        }
        match self.calm() {
            Ok(()) if self.ledger.is_sound() => {}
            Ok(()) => return Err(self.ledger.faults()),
            Err(mut why) => {
                why.extend(self.ledger.faults());
                return Err(why);
            }
        }
        Ok((self.deeds, self.ledger.totals(), self.setting))
    }

    fn act(&mut self) {
        let count = self.cast.len() - self.count(Condition::Leaving);
        if count < self.target / 2 {
            return self.start();
        }
        let freezing = if self.freezer.is_some() { 3 } else { 0 };
        let action = self.dice.weigh(&[
            (
                30,
                if count < self.target {
                    Action::Start
                } else {
                    Action::Kill
                },
            ),
            (26, Action::Kill),
            (8, Action::Abort),
            (9, Action::Stop),
            (11, Action::Resume),
            (freezing, Action::Freeze),
            (2 * freezing, Action::Thaw),
            (6, Action::Shower),
            (8, Action::Leave),
        ]);
        match action {
            Action::Start => self.start(),
            Action::Abort => {
                self.start();
                std::thread::sleep(Duration::from_micros(self.dice.roll(8000)));
                if let Some(at) = self.cast.len().checked_sub(1) {
                    self.kill(at);
                }
            }
            Action::Kill => {
                if let Some(at) = self.any(|condition| condition != Condition::Frozen) {
                    self.kill(at);
                }
            }
            Action::Stop => {
                let stopped = self.count(Condition::Stopped);
                if stopped < STOPPED_MAX
                    && let Some(at) = self.any(|condition| condition == Condition::Running)
                {
                    self.cast[at].stop();
                    self.deeds.stopped += 1;
                }
            }
            Action::Resume => {
                if let Some(at) = self.any(|condition| condition == Condition::Stopped) {
                    self.cast[at].resume();
                }
            }
            Action::Freeze => self.freeze(),
            Action::Thaw => self.thaw(),
            Action::Shower => {
                if let Some(at) = self.any(|condition| condition == Condition::Running) {
                    let player = &self.cast[at];
                    (0..SHOWER)
                        .filter(|_| player.is_playing())
                        .for_each(|_| player.signal(libc::SIGUSR1));
                }
            }
            Action::Leave => {
                if let Some(at) = self.any(|condition| condition == Condition::Running) {
                    self.cast[at].tell_to_end();
                    self.deeds.left += 1;
                }
            }
        }
    }

    /// One of the cast in such a condition. Which one follows from the actions so far, not from
    /// who has ended meanwhile: those that leave are no choice.
    fn any(&mut self, fits: impl Fn(Condition) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.cast.len())
            .filter(|at| {
                let condition = self.cast[*at].condition;
                condition != Condition::Leaving && fits(condition)
            })
            .collect();
        (!fitting.is_empty()).then(|| *self.dice.pick(&fitting))
    }

    fn count(&self, condition: Condition) -> usize {
        let such = self.cast.iter().filter(|one| one.condition == condition);
        such.count()
    }

    fn start(&mut self) {
        let part = Part::choose(self.next_id, &mut self.dice, &self.setting);
        self.start_as(part);
    }

    pub(super) fn start_as(&mut self, part: Part) {
        self.next_id += 1;
        let places = Places {
            channels: self.channels.path(),
            pages: self.pages.path(),
            witness: &self.pages.path().join(WITNESS),
        };
        match Player::start(part, self.programs, &places, &self.setting) {
            Ok(player) => {
                self.cast.push(player);
                self.deeds.started += 1;
            }
            Err(why) => self
                .ledger
                .fault(format!("an actor could not be started: {why}")),
        }
    }

    pub(super) fn kill(&mut self, at: usize) {
        // The order of the others stays: those that leave by themselves do not change it either.
        let mut player = self.cast.remove(at);
        if !player.is_buried {
            let end = player.kill();
            self.deeds.killed += 1;
            self.bury(player, end);
        }
    }

    fn freeze(&mut self) {
        let Some(freezer) = self.freezer else { return };
        let mut chosen = Vec::new();
        for _ in 0..self.dice.roll(STOPPED_MAX as u64) + 1 {
            if let Some(at) = self.any(|condition| condition == Condition::Running) {
                self.cast[at].condition = Condition::Frozen;
                chosen.push(self.cast[at].process());
            }
        }
        self.deeds.frozen += chosen.len() as u64;
        if let Err(why) = freezer.freeze(&chosen) {
            self.ledger.fault(format!("cannot freeze: {why}"));
        }
    }

    pub(super) fn thaw(&mut self) {
        let Some(freezer) = self.freezer else { return };
        if let Err(why) = freezer.thaw() {
            self.ledger.fault(format!("cannot thaw: {why}"));
        }
        let frozen = self.cast.iter_mut();
        frozen
            .filter(|player| player.condition == Condition::Frozen)
            .for_each(Player::resume);
    }

    /// Time goes by, under watch.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = Instant::now() + time;
        loop {
            self.look();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// Looks at everybody: what is in the pages, who has ended, who is stuck.
    fn look(&mut self) {
        self.read_pages();
        let mut at = 0;
        while at < self.cast.len() {
            let player = &mut self.cast[at];
            if player.is_buried {
                at += 1;
                continue;
            }
            if player.part.is_nervous && player.is_playing() {
                player.signal(libc::SIGUSR1);
            }
            let stuck = player.stuck_for();
            if stuck > STUCK {
                let (part, condition) = (&player.part, player.condition);
                self.ledger
                    .fault(format!("stuck for {stuck:?}, {condition:?}: {part:?}"));
            }
            self.deeds.longest = self.deeds.longest.max(stuck);
            match player.has_ended() {
                Some(end) => {
                    let player = self.cast.remove(at);
                    let mut player = self.bury(player, end);
                    // Who was not told to end stays for the schedule, which does not know of it.
                    if player.condition != Condition::Leaving {
                        player.is_buried = true;
                        self.cast.insert(at, player);
                        at += 1;
                    }
                }
                None => at += 1,
            }
        }
        self.look_for_orphans();
    }

    /// The plugins of a host that has ended must not live on.
    fn look_for_orphans(&mut self) {
        let late = |(page, since): &(PathBuf, Instant)| {
            let living = player::who_was_told(page);
            (!living.is_empty() && since.elapsed() > STUCK)
                .then(|| format!("a plugin lives without its host, {page:?}: {living:?}"))
        };
        let late: Vec<String> = self.orphaned.iter().filter_map(late).collect();
        late.into_iter().for_each(|what| self.ledger.fault(what));
        self.orphaned
            .retain(|(page, _)| !player::who_was_told(page).is_empty());
    }

    /// Hosts whose plugins have not ended yet.
    pub(super) fn orphans(&self) -> Vec<String> {
        let pages = self.orphaned.iter();
        pages.map(|(page, _)| format!("{page:?}")).collect()
    }

    /// Brings the ledger up to date. In this order: who is there, what has been sent, what has
    /// been received, and what has been sent by then.
    fn read_pages(&mut self) {
        let mut known = Vec::new();
        for (at, player) in self.cast.iter_mut().enumerate() {
            if !player.is_known && player.is_playing() {
                player.is_known = true;
                known.push(at);
            }
        }
        self.read_senders();
        for at in known {
            self.ledger.join(&self.cast[at].part);
        }
        let logs: Vec<_> = self
            .cast
            .iter()
            .filter(|player| player.is_known)
            .map(|player| (player.part.id, player.page.take_entries()))
            .collect();
        let waiters = self.cast.iter().filter(|one| one.part.role == Role::Wait);
        for waiter in waiters.filter(|one| one.is_known) {
            self.ledger
                .noted(waiter.part.id, waiter.page.read(word::NOTED));
        }
        self.read_senders();
        for (id, entries) in logs {
            for entry in entries {
                self.ledger.received(id, entry);
            }
        }
    }

    fn read_senders(&mut self) {
        let producers = self.cast.iter().filter(|one| one.part.role.is_producer());
        for player in producers {
            for handle in 0..player.part.handles as usize {
                let sender = player.part.id * HANDLES_MAX as u64 + handle as u64;
                // In this order: what is done has begun.
                let done = player.page.done(handle);
                let begun = player.page.begun(handle).max(done);
                self.ledger.sent(sender, player.part.channel, begun, done);
                if player.part.role == Role::Set {
                    let setter = Setter {
                        channel: player.part.channel,
                        begun,
                        done,
                        began_ns: player.page.read(word::SET_BEGAN_NS),
                        ended_ns: player.page.read(word::SET_ENDED_NS),
                    };
                    self.ledger.states.set(sender, setter);
                }
            }
        }
    }

    /// Enters what an actor that has ended has done, and how it ended.
    fn bury(&mut self, player: Player, end: End) -> Player {
        self.cast.push(player);
        self.read_pages();
        let player = self.cast.pop().expect("just put there");
        let (part, page) = (&player.part, &player.page);
        let was_killed = end == End::Killed;
        match player.is_known {
            true => {
                let (releasing, released) = (page.read(word::RELEASING), page.read(word::RELEASED));
                self.ledger.left(part.id, was_killed, releasing, released);
            }
            false if was_killed => self.ledger.died_unseen(part),
            false => {}
        }
        if page.read(word::CHANGED) > 0 {
            self.ledger
                .fault(format!("what it had in hand has changed: {part:?}"));
        }
        let intruder = page.read(word::INTRUDER);
        if intruder > 0 {
            self.ledger
                .fault(format!("had what {intruder} has, too: {part:?}"));
        }
        self.witness.bury(part.id);
        match part.role {
            Role::Own => self.ledger.told(part.channel, page.read(word::TOLD)),
            Role::Serve => self.ledger.server_gone(part, player.process(), was_killed),
            Role::Host => {
                let (done, told) = (page.done(0), page.read(word::CRASHES));
                // It looks for events after each call.
                if told < done.saturating_sub(2) / part.plugin_lives() {
                    self.ledger
                        .fault(format!("told of {told} crashes in {done} calls: {part:?}"));
                }
                let page = player.path().to_owned();
                self.orphaned.push((page, Instant::now()));
            }
            _ => {}
        }
        if was_killed {
            let role: &'static str = part.role.name();
            *self.deeds.deaths.entry(role).or_default() += 1;
        }
        if let End::Failed(status) = end {
            let code = page.read(word::FAILED);
            self.ledger
                .fault(format!("ended with {status}, status {code}: {part:?}"));
        }
        player
    }
}
