//! The calm after a storm: nobody is killed any more. Whoever lives must be able to go on,
//! everything must arrive, and nothing may be left.

use super::actor;
use super::page::{Entry, order, state, word};
use super::part::{
    HOST, LOCK, Part, QUEUES, Role, SEMAPHORE, SERVICE, SIGNAL, STATES, TOPICS, permits,
};
use super::player::{Condition, Player};
use super::round::{LOOK, Round, STUCK};
use simpleipc::{Notifier, Options, Publisher, Receiver, Semaphore, Server, Status, Watcher};
use std::time::{Duration, Instant};

impl Round<'_> {
    pub(super) fn calm(&mut self) -> Result<(), Vec<String>> {
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
        let receivers = QUEUES.map(|name| (Role::Receive, name));
        for (role, name) in receivers.into_iter().chain([(Role::Serve, SERVICE)]) {
            let mut part = Part::of(role, self.next_id, &mut self.dice, &self.setting);
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
        let last = self.last_values()?;
        self.wait_for("has not seen the last value", |round| {
            round.those(|player| {
                let of = |(name, _): &&(&str, Option<Entry>)| *name == player.part.channel;
                let last = last.iter().find(of).and_then(|(_, last)| last.as_ref());
                let seen = round.ledger.last_seen(player.part.id);
                player.part.role == Role::Watch && last.is_some() && seen.as_ref() != last
            })
        })?;
        self.check_leaks()?;
        self.cast.retain(|player| !player.is_buried);
        self.cast.iter_mut().for_each(Player::tell_to_end);
        self.wait_for("does not end", |round| round.those(|_| true))?;
        self.wait_for("has plugins that live on", |round| round.orphans())?;
        self.ledger.close();
        if self.last_values()? != last {
            return Err(vec![
                "a value has changed although nobody has set it".to_owned(),
            ]);
        }
        self.check_leavings()
    }

    /// The values of the states, which must be those that were set last.
    fn last_values(&mut self) -> Result<Vec<(&'static str, Option<Entry>)>, Vec<String>> {
        let mut last = Vec::new();
        for name in STATES {
            let text = |error: simpleipc::Error| vec![format!("a visitor of {name}: {error}")];
            let mut watcher = Watcher::open(name, &self.options(name)).map_err(text)?;
            let value = match watcher.get_timeout(Some(Duration::ZERO)) {
                Ok(value) => Some(Entry {
                    stamp: value.capture_time_ns() as u64,
                    is_torn: !actor::is_whole(&value),
                    is_redelivered: false,
                    missed: value.sequence(),
                }),
                Err(error) if error.status() == Status::Timeout => None,
                Err(error) => return Err(text(error)),
            };
            self.ledger
                .states
                .check_last(name, value)
                .map_err(|why| vec![why])?;
            last.push((name, value));
        }
        Ok(last)
    }

    /// As the actors open a channel.
    fn options(&self, name: &str) -> Options {
        let has_depth = TOPICS.contains(&name) || QUEUES.contains(&name);
        Options {
            depth: if has_depth { self.setting.depth } else { 0 },
            pool_bytes_max: self.setting.pool_bytes_max,
            ..self.channels.options()
        }
    }

    /// Everybody who begins something must come to the end of something once more.
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
                let few = few.map(|one| format!("after {STUCK:?} {what}: {one}"));
                return Err(few.chain(self.scene()).collect());
            }
        }
    }

    /// What there is to see when something has gone wrong: the setting, and every channel.
    fn scene(&self) -> Vec<String> {
        let reports = simpleipc::audit_all(Some(self.channels.path()));
        let reports = reports.map_or_else(
            |error| vec![error.to_string()],
            |reports| reports.iter().map(|one| format!("{one:?}")).collect(),
        );
        [format!("{:?}", self.setting)]
            .into_iter()
            .chain(reports)
            .collect()
    }

    /// Messages that queues still hold, although all of them have been received.
    fn waiting(&self) -> Vec<String> {
        let reports = simpleipc::audit_all(Some(self.channels.path()));
        let reports = reports.expect("the directory is ours");
        let full = reports.iter().filter(|report| {
            let is_queue = report.name.starts_with("queue") || report.name == SERVICE;
            is_queue && report.waiting > 0
        });
        full.map(|report| format!("{} holds {}", report.name, report.waiting))
            .collect()
    }

    /// Opens and closes every channel, which repairs whatever is still to be repaired.
    fn visit(&self) -> Result<(), Vec<String>> {
        let text = |error: simpleipc::Error| vec![format!("a visitor: {error}")];
        for name in TOPICS {
            match Publisher::open(name, &self.options(name)) {
                Ok(publisher) => drop(publisher),
                // It has looked at everybody before it was told so.
                Err(error) if error.status() == Status::TooManyProducers => {}
                Err(error) => return Err(text(error)),
            }
        }
        for name in QUEUES {
            let mut receiver = Receiver::open(name, &self.options(name)).map_err(text)?;
            if let Ok(message) = receiver.receive_timeout(Some(Duration::ZERO)) {
                let stamp = message.capture_time_ns();
                let (sender, number) = (stamp >> 32, stamp & i64::from(u32::MAX));
                return Err(vec![format!(
                    "{sender}/{number} of {name} comes at the end"
                )]);
            }
        }
        drop(Notifier::open(SIGNAL, &self.options(SIGNAL)).map_err(text)?);
        let mut server = Server::open(SERVICE, &self.options(SERVICE)).map_err(text)?;
        if let Ok(request) = server.receive(Some(Duration::ZERO)) {
            return Err(vec![format!(
                "a call of {} comes at the end",
                request.method()
            )]);
        }
        [LOCK, SEMAPHORE]
            .iter()
            .try_for_each(|name| self.visit_lock(name))
    }

    /// Has all permits at once, and with that is told of whatever death is still to be told of.
    fn visit_lock(&self, name: &str) -> Result<(), Vec<String>> {
        let text = |error: simpleipc::Error| vec![format!("a visitor of {name}: {error}")];
        let count = permits(name);
        let open = |_| Semaphore::open(name, count, &self.options(name)).map_err(text);
        let mut handles = (0..count).map(open).collect::<Result<Vec<_>, _>>()?;
        let permits = handles.iter_mut().map(|handle| handle.acquire(Some(STUCK)));
        permits
            .map(|one| one.map_err(text))
            .collect::<Result<Vec<_>, _>>()
            .map(drop)
    }

    fn check_leaks(&self) -> Result<(), Vec<String>> {
        self.visit()?;
        // Nobody visits the channels of hosts that have died. In the reply channel of a client dead
        // servers stay until the client looks around; when it has gone, so have they.
        let is_meant = |name: &str| !name.starts_with('.') && !name.starts_with(HOST);
        match self.channels.leaks_of(is_meant) {
            leaks if leaks.is_empty() => Ok(()),
            leaks => Err(leaks.iter().map(|leak| format!("leaked: {leak}")).collect()),
        }
    }

    /// Everybody has gone, the last of them in an orderly way: no file may be there, but for the
    /// values of the states, which stay, and what hosts have left that were killed. Those go when
    /// they are swept away.
    fn check_leavings(&self) -> Result<(), Vec<String>> {
        self.visit()?;
        let files = self.channels.files().into_iter();
        let left = files.filter(|file| {
            let name = file.trim_start_matches('.');
            !name.starts_with(HOST) && !STATES.iter().any(|state| name.starts_with(state))
        });
        let mut left: Vec<String> = left.collect();
        if left.is_empty() {
            left = self.channels.left_after_cleaning();
        }
        match left.is_empty() {
            true => Ok(()),
            false => Err(left
                .iter()
                .map(|file| format!("left behind: {file}"))
                .collect()),
        }
    }
}
