//! One round of a storm: a cast that comes, goes, is killed, stopped and frozen, and then a calm
//! in which everything must arrive and nothing may be left.
//!
//! What happens follows from the seed alone, action by action; when it happens does not.

use super::dice::Dice;
use super::freezer::Freezer;
use super::judge::Ledger;
use super::languages::Programs;
use super::page::{HANDLES_MAX, order, state, word};
use super::part::{Part, QUEUES, Role, Setting, TOPICS};
use super::player::{Condition, End, Player};
use crate::place::Place;
use simpleipc::{Options, Publisher, Receiver};
use std::time::{Duration, Instant};

/// Nobody may be held up longer than this who is not stopped: with 50 processes on 2 processors,
/// of which one may be looking at 64 MiB. A failure, not a measurement.
pub const STUCK: Duration = Duration::from_secs(10);
/// Between two looks at the pages.
const LOOK: Duration = Duration::from_millis(5);
/// Longest pause between two actions.
const PAUSE_US: u64 = 35_000;
/// Most that are stopped, or frozen, at once.
const STOPPED_MAX: usize = 5;
/// Signals of one shower.
const SHOWER: u64 = 200;

/// What was done in a round.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deeds {
    pub started: u64,
    pub killed: u64,
    pub stopped: u64,
    pub frozen: u64,
    pub left: u64,
    pub messages: u64,
    pub deliveries: u64,
    pub marked: u64,
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
    dice: Dice,
    setting: Setting,
    programs: &'a Programs,
    freezer: Option<&'a Freezer>,
    channels: Place,
    pages: Place,
    cast: Vec<Player>,
    ledger: Ledger,
    deeds: Deeds,
    next_id: u64,
    target: usize,
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
        Self {
            dice,
            setting,
            programs,
            freezer,
            channels,
            pages: Place::new(),
            cast: Vec::new(),
            ledger: Ledger::default(),
            deeds: Deeds::default(),
            next_id: 1,
            target: 0,
        }
    }

    /// Storm and calm; the faults, if there are any.
    pub fn run(mut self, actions: u64) -> Result<(Deeds, Setting), Vec<String>> {
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
        [
            self.deeds.messages,
            self.deeds.deliveries,
            self.deeds.marked,
        ] = self.ledger.totals();
        Ok((self.deeds, self.setting.clone()))
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

    fn start_as(&mut self, part: Part) {
        self.next_id += 1;
        let (channels, pages) = (self.channels.path(), self.pages.path());
        match Player::start(part, self.programs, channels, pages, &self.setting) {
            Ok(player) => {
                self.cast.push(player);
                self.deeds.started += 1;
            }
            Err(why) => self
                .ledger
                .fault(format!("an actor could not be started: {why}")),
        }
    }

    fn kill(&mut self, at: usize) {
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

    fn thaw(&mut self) {
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
    fn pass(&mut self, time: Duration) {
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
                .fault(format!("a message in hand has changed: {part:?}"));
        }
        if let End::Failed(status) = end {
            let code = page.read(word::FAILED);
            self.ledger
                .fault(format!("ended with {status}, status {code}: {part:?}"));
        }
        player
    }

    /// No more deaths: whoever lives must be able to go on, everything must arrive, and nothing
    /// may be left.
    fn calm(&mut self) -> Result<(), Vec<String>> {
        self.thaw();
        let stopped = self.cast.iter_mut();
        stopped
            .filter(|player| player.condition == Condition::Stopped)
            .for_each(Player::resume);
        // Who cannot have the memory for what is there may hold up those who wait for it.
        while let Some(at) = (0..self.cast.len()).find(|at| {
            let player = &self.cast[*at];
            player.part.memory_max.is_some() && !player.is_buried
        }) {
            self.kill(at);
        }
        for name in QUEUES {
            let mut part = Part::of(Role::Receive, self.next_id, &mut self.dice, &self.setting);
            (part.channel, part.memory_max) = (name, None);
            self.start_as(part);
        }
        self.expect_progress()?;
        let producers = |player: &&mut Player| player.part.role.is_producer();
        self.cast
            .iter_mut()
            .filter(producers)
            .for_each(|player| player.order(order::HUSH));
        self.wait_for("producers do not hush", |round| {
            round.those(|player| {
                let state = player.page.read(word::STATE);
                player.part.role.is_producer() && state == state::PLAYING
            })
        })?;
        self.wait_for("did not arrive", |round| round.ledger.missing())?;
        self.wait_for("waits", |round| round.waiting())?;
        self.check_leaks()?;
        self.cast.retain(|player| !player.is_buried);
        self.cast.iter_mut().for_each(Player::tell_to_end);
        self.wait_for("does not end", |round| round.those(|_| true))?;
        self.ledger.close();
        self.check_leavings()
    }

    /// Everybody who sends must get at least one message more through.
    fn expect_progress(&mut self) -> Result<(), Vec<String>> {
        let done = |player: &Player| -> u64 {
            let handles = 0..player.part.handles as usize;
            handles.map(|handle| player.page.done(handle)).sum()
        };
        let before: Vec<(u64, u64)> = self
            .cast
            .iter()
            .filter(|one| one.part.role.is_producer() && one.is_playing())
            .filter(|one| one.condition == Condition::Running && one.part.memory_max.is_none())
            .map(|one| (one.part.id, done(one)))
            .collect();
        self.wait_for("cannot send", |round| {
            round.those(|player| {
                let then = before.iter().find(|(id, _)| *id == player.part.id);
                then.is_some_and(|(_, then)| done(player) <= *then)
            })
        })
    }

    /// The parts of those who live and for whom `is_meant` holds.
    fn those(&self, is_meant: impl Fn(&Player) -> bool) -> Vec<String> {
        let living = self.cast.iter().filter(|player| !player.is_buried);
        let meant = living.filter(|player| is_meant(player));
        meant.map(|player| format!("{:?}", player.part)).collect()
    }

    /// Watches until there are none any more.
    fn wait_for(
        &mut self,
        what: &str,
        still: impl Fn(&Self) -> Vec<String>,
    ) -> Result<(), Vec<String>> {
        let until = Instant::now() + STUCK;
        loop {
            self.pass(2 * LOOK);
            let left = still(self);
            if left.is_empty() {
                return Ok(());
            }
            if !self.ledger.is_sound() {
                return Err(Vec::new());
            }
            if Instant::now() > until {
                let few = left.iter().take(6);
                return Err(few
                    .map(|one| format!("after {STUCK:?} {what}: {one}"))
                    .collect());
            }
        }
    }

    /// Messages that queues still hold, although all of them have been received.
    fn waiting(&self) -> Vec<String> {
        let reports = simpleipc::audit_all(Some(self.channels.path()));
        let reports = reports.expect("the directory is ours");
        let full = reports.iter().filter(|report| report.waiting > 0);
        full.map(|report| format!("{} holds {}", report.name, report.waiting))
            .collect()
    }

    /// Opens and closes every channel, which repairs whatever is still to be repaired.
    fn visit(&self) -> Result<(), Vec<String>> {
        let options = Options {
            depth: self.setting.depth,
            pool_bytes_max: self.setting.pool_bytes_max,
            ..self.channels.options()
        };
        let text = |error: simpleipc::Error| vec![format!("a visitor: {error}")];
        for name in TOPICS {
            match Publisher::open(name, &options) {
                Ok(publisher) => drop(publisher),
                // It has looked at everybody before it was told so.
                Err(error) if error.status() == simpleipc::Status::TooManyProducers => {}
                Err(error) => return Err(text(error)),
            }
        }
        for name in QUEUES {
            let mut receiver = Receiver::open(name, &options).map_err(text)?;
            if let Ok(message) = receiver.receive_timeout(Some(Duration::ZERO)) {
                let stamp = message.capture_time_ns();
                let (sender, number) = (stamp >> 32, stamp & i64::from(u32::MAX));
                return Err(vec![format!(
                    "{sender}/{number} of {name} comes at the end"
                )]);
            }
        }
        Ok(())
    }

    fn check_leaks(&self) -> Result<(), Vec<String>> {
        self.visit()?;
        match self.channels.leaks() {
            leaks if leaks.is_empty() => Ok(()),
            leaks => Err(leaks.iter().map(|leak| format!("leaked: {leak}")).collect()),
        }
    }

    /// Everybody has gone, the last of them in an orderly way: no file may be there.
    fn check_leavings(&self) -> Result<(), Vec<String>> {
        self.visit()?;
        match self.channels.files() {
            files if files.is_empty() => Ok(()),
            files => Err(files
                .iter()
                .map(|file| format!("left behind: {file}"))
                .collect()),
        }
    }
}
