//! The ledger of a round: what was sent, who received it, and what must not be.
//!
//! Filled from the actors' pages while the storm goes on, so its size is that of what was sent,
//! not of what was received. What a killed actor may have done beyond its page is one message.

mod calls;
pub mod states;

use super::call::outcome;
use super::page::Entry;
use super::part::{Part, Role};
use calls::Calls;
use states::States;
use std::collections::HashMap;
use std::fmt;

/// Faults that are kept; more of them say no more.
const FAULTS_MAX: usize = 12;

/// One handle of a producer.
#[derive(Clone, Copy, Debug)]
struct Sent {
    channel: &'static str,
    begun: u64,
    done: u64,
}

/// A message of a queue: how often it came, and why more often than once.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    received: u16,
    unmarked: u16,
    /// Killed receivers that had it in hand: it must come again after each.
    owed: u16,
    /// Killed receivers that were just releasing it: it may come again.
    may_come: u16,
}

#[derive(Debug)]
struct Consumer {
    part: Part,
    /// What each sender had begun when this one was seen to have joined.
    joined: HashMap<u64, u64>,
    /// By sender, the number after the last one received.
    next: HashMap<u64, u64>,
    received: u64,
    gaps: u64,
    missed: u64,
    last: Option<Entry>,
    /// Waiters: notifications they were told of.
    noted: u64,
    is_there: bool,
}

#[derive(Default)]
pub struct Ledger {
    senders: HashMap<u64, Sent>,
    fates: HashMap<u64, Vec<Fate>>,
    consumers: HashMap<u64, Consumer>,
    pub states: States,
    calls: Calls,
    /// By queue: marked deliveries. By lock: deaths that owners were told of.
    marked: HashMap<&'static str, u64>,
    told: HashMap<&'static str, u64>,
    /// By channel, receivers or owners that were killed.
    killed: HashMap<&'static str, u64>,
    faults: Vec<String>,
    faults_more: u64,
}

impl Ledger {
    pub fn fault(&mut self, what: String) {
        match self.faults.len() < FAULTS_MAX {
            true => self.faults.push(what),
            false => self.faults_more += 1,
        }
    }

    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.faults.clone();
        if self.faults_more > 0 {
            faults.push(format!("and {} more", self.faults_more));
        }
        faults
    }

    /// What a producer's page says of one of its handles.
    pub fn sent(&mut self, sender: u64, channel: &'static str, begun: u64, done: u64) {
        let sent = Sent {
            channel,
            begun,
            done,
        };
        self.senders.insert(sender, sent);
    }

    /// A consumer has joined: whatever is sent from here on is for it. The senders' counts must
    /// have been read after it said so.
    pub fn join(&mut self, part: &Part) {
        let begun = self
            .senders
            .iter()
            .map(|(sender, sent)| (*sender, sent.begun));
        let consumer = Consumer {
            part: part.clone(),
            joined: begun.collect(),
            next: HashMap::new(),
            received: 0,
            gaps: 0,
            missed: 0,
            last: None,
            noted: 0,
            is_there: true,
        };
        self.consumers.insert(part.id, consumer);
    }

    /// An entry of a consumer's log. The senders' counts must have been read after it.
    pub fn received(&mut self, id: u64, entry: Entry) {
        let Some(consumer) = self.consumers.get_mut(&id) else {
            return self.fault(format!("actor {id} received before it was there"));
        };
        let before = consumer.last.replace(entry);
        consumer.received += 1;
        let (role, channel) = (consumer.part.role, consumer.part.channel);
        let (sender, number) = (entry.sender(), entry.number());
        let sent = self.senders.get(&sender);
        let sent = sent.filter(|sent| sent.channel == consumer.part.channel);
        let name = format!(
            "{role:?} {id} ({}): {sender}/{number} of {}",
            consumer.part.language, consumer.part.channel
        );
        if entry.is_torn {
            return self.fault(format!("{name} is torn"));
        }
        if sent.is_none_or(|sent| number >= sent.begun) {
            return self.fault(format!("{name} was never sent: {sent:?}"));
        }
        let next = consumer.next.get(&sender).copied();
        let outcome = match role {
            Role::Receive => {
                if !entry.is_redelivered {
                    consumer.next.insert(sender, number + 1);
                }
                return self.taken(name, entry, next);
            }
            Role::Watch => self
                .states
                .seen(channel, entry, before.map(|one| one.missed)),
            Role::Serve => self.calls.served(entry),
            Role::Call => self.calls.ended(entry),
            _ => {
                consumer.next.insert(sender, number + 1);
                consumer.followed(entry, next)
            }
        };
        if let Err(why) = outcome {
            self.fault(format!("{name} {why}"));
        }
    }

    /// What a watcher has seen last.
    pub fn last_seen(&self, id: u64) -> Option<Entry> {
        self.consumers.get(&id)?.last
    }

    /// What a waiter's page says.
    pub fn noted(&mut self, id: u64, count: u64) {
        if let Some(consumer) = self.consumers.get_mut(&id) {
            consumer.noted = count;
        }
    }

    /// An owner that has ended was told of so many deaths.
    pub fn told(&mut self, channel: &'static str, deaths: u64) {
        *self.told.entry(channel).or_default() += deaths;
    }

    /// A message of a queue was taken by somebody whose last one of that sender was before `next`.
    fn taken(&mut self, name: String, entry: Entry, next: Option<u64>) {
        let fates = self.fates.entry(entry.sender()).or_default();
        let at = entry.number() as usize;
        if fates.len() <= at {
            fates.resize(at + 1, Fate::default());
        }
        fates[at].received += 1;
        if entry.is_redelivered {
            let channel = self.senders[&entry.sender()].channel;
            *self.marked.entry(channel).or_default() += 1;
            return;
        }
        fates[at].unmarked += 1;
        if fates[at].unmarked > 1 {
            self.fault(format!("{name} came twice and is not marked"));
        } else if next.is_some_and(|next| entry.number() < next) {
            self.fault(format!("{name} came after {}", next.unwrap_or(0) - 1));
        }
    }

    /// A server has ended, in process `process`.
    pub fn server_gone(&mut self, part: &Part, process: u32, was_killed: bool) {
        self.calls
            .server_gone(process, part.in_namespace, was_killed);
    }

    /// One that was seen has gone; `releasing` and `released` are those of its page.
    pub fn left(&mut self, id: u64, was_killed: bool, releasing: u64, released: u64) {
        let Some(consumer) = self.consumers.get_mut(&id) else {
            return;
        };
        consumer.is_there = false;
        let (role, channel, received) =
            (consumer.part.role, consumer.part.channel, consumer.received);
        if role == Role::Receive && was_killed {
            *self.killed.entry(channel).or_default() += 1;
            if let Some(entry) = consumer.last.filter(|_| received > released) {
                let fates = self.fates.entry(entry.sender()).or_default();
                let Some(fate) = fates.get_mut(entry.number() as usize) else {
                    return;
                };
                match releasing == released {
                    true => fate.owed += 1,
                    false => fate.may_come += 1,
                }
            }
        } else if role == Role::Own && was_killed {
            *self.killed.entry(channel).or_default() += 1;
        } else if consumer.part.role.holds() && !was_killed && received != released {
            self.fault(format!("{role:?} {id} left with a message in hand"));
        }
    }

    /// Who is killed while it comes in, before it says that it is there.
    pub fn died_unseen(&mut self, part: &Part) {
        if matches!(part.role, Role::Receive | Role::Own) {
            *self.killed.entry(part.channel).or_default() += 1;
        }
    }

    /// What should have arrived by now, and has not; empty when all has.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (sender, sent) in &self.senders {
            if sent.channel.starts_with("queue") {
                let none = Vec::new();
                let fates = self.fates.get(sender).unwrap_or(&none);
                let late = (0..sent.begun).filter(|number| {
                    let fate = fates.get(*number as usize).copied().unwrap_or_default();
                    let due = u16::from(*number < sent.done || fate.owed > 0) + fate.owed;
                    fate.received < due
                });
                let late: Vec<u64> = late.collect();
                if let Some(first) = late.first() {
                    missing.push(format!(
                        "{} of {sender} in {}, the first {first} of {sent:?}: {:?}",
                        late.len(),
                        sent.channel,
                        fates.get(*first as usize)
                    ));
                }
            } else {
                missing.extend(self.consumers.values().filter_map(|consumer| {
                    let next = consumer.lacks(*sender, sent)?;
                    let part = &consumer.part;
                    Some(format!("{next} of {sender}: {sent:?} at {part:?}"))
                }));
            }
        }
        let waiters = self.consumers.values();
        for waiter in waiters.filter(|one| one.part.role == Role::Wait && one.is_there) {
            let due = self.notified(waiter);
            if waiter.noted < due {
                let part = &waiter.part;
                missing.push(format!(
                    "{} of {due} notifications at {part:?}",
                    waiter.noted
                ));
            }
        }
        missing
    }

    /// Notifications that a waiter must have been told of, because they were done after it was
    /// seen to be there.
    fn notified(&self, waiter: &Consumer) -> u64 {
        let since = |(sender, sent): (&u64, &Sent)| {
            let joined = waiter.joined.get(sender).copied().unwrap_or(0);
            sent.done.saturating_sub(joined)
        };
        let here = self.senders.iter();
        here.filter(|(_, sent)| sent.channel == waiter.part.channel)
            .map(since)
            .sum()
    }

    /// The last look, when everybody has gone.
    pub fn close(&mut self) {
        let mut faults = Vec::new();
        for (sender, fates) in &self.fates {
            for (number, fate) in fates.iter().enumerate() {
                if fate.received > 1 + fate.owed + fate.may_come {
                    faults.push(format!("{sender}/{number} came too often: {fate:?}"));
                }
            }
        }
        for (channel, count) in self.marked.iter().chain(&self.told) {
            let killed = self.killed.get(channel).copied().unwrap_or(0);
            if *count > killed {
                faults.push(format!(
                    "{channel}: told of {count} deaths, but only {killed} were killed"
                ));
            }
        }
        faults.extend(self.calls.faults());
        for consumer in self.consumers.values() {
            let channel = consumer.part.channel;
            let sent = self.senders.values().filter(|s| s.channel == channel);
            let sent: u64 = sent.map(|sent| sent.begun).sum();
            if consumer.missed + consumer.received > sent && consumer.part.role.is_subscriber() {
                faults.push(format!(
                    "{:?} {} of {channel} says it missed {}, and has {} of {sent}",
                    consumer.part.role, consumer.part.id, consumer.missed, consumer.received
                ));
            }
            if consumer.noted > sent {
                faults.push(format!(
                    "waiter {} counts {} notifications of {sent}",
                    consumer.part.id, consumer.noted
                ));
            }
        }
        faults.into_iter().for_each(|what| self.fault(what));
    }

    /// What was done, by what it is called.
    pub fn totals(&self) -> Totals {
        let done = |channel: &str| -> u64 {
            let here = self.senders.values();
            here.filter(|sent| sent.channel.starts_with(channel))
                .map(|sent| sent.done)
                .sum()
        };
        let received = |holds: bool| -> u64 {
            let such = self.consumers.values().filter(|one| {
                let is_watcher = one.part.role == Role::Watch;
                one.part.role.holds() && is_watcher != holds
            });
            such.map(|one| one.received).sum()
        };
        Totals {
            messages: done("topic") + done("queue"),
            deliveries: received(true),
            marked: self.marked.values().sum(),
            sets: done("state"),
            seen: received(false),
            notifications: done("signal"),
            noted: self.consumers.values().map(|one| one.noted).sum(),
            turns: done("lock") + done("semaphore"),
            told: self.told.values().sum(),
            calls: done("service"),
            answered: self.calls.count(outcome::ANSWERED),
            lost: self.calls.count(outcome::SERVER_DIED),
            plugin_calls: done("host"),
        }
    }
}

/// What a ledger comes to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    pub messages: u64,
    pub deliveries: u64,
    /// Messages that came again after a death.
    pub marked: u64,
    pub sets: u64,
    /// Values that watchers have seen.
    pub seen: u64,
    pub notifications: u64,
    pub noted: u64,
    /// Permits that owners had.
    pub turns: u64,
    /// Deaths that they were told of.
    pub told: u64,
    pub calls: u64,
    pub answered: u64,
    /// Calls whose server has died.
    pub lost: u64,
    /// Calls of hosts that their plugins have answered.
    pub plugin_calls: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} messages, {} received, {} of them again; {} values set, {} seen; {} notifications, \
             {} told; {} turns with a lock, {} deaths told; {} calls, {} answered, {} lost with \
             their server; {} calls of plugins answered",
            self.messages,
            self.deliveries,
            self.marked,
            self.sets,
            self.seen,
            self.notifications,
            self.noted,
            self.turns,
            self.told,
            self.calls,
            self.answered,
            self.lost,
            self.plugin_calls
        )
    }
}

impl Consumer {
    /// Whether a message of a topic may follow what this subscriber has.
    fn followed(&mut self, entry: Entry, next: Option<u64>) -> Result<(), String> {
        let number = entry.number();
        let is_lossless = self.part.role == Role::Lossless;
        // Those sent before it was there are not for it; it may get some of them as history.
        let joined = self.joined.get(&entry.sender()).copied().unwrap_or(0);
        let joined = joined.min(number);
        let due = match next {
            Some(next) if number < next => return Err(format!("came after {}", next - 1)),
            Some(next) => next.max(joined),
            None if is_lossless => joined,
            None => number,
        };
        self.gaps += number - due;
        self.missed += entry.missed;
        if is_lossless && (number > due || entry.missed > 0) {
            return Err(format!(
                "came where {due} was due; it says {} were missed",
                entry.missed
            ));
        }
        if self.gaps > self.missed {
            return Err(format!(
                "came where {due} was due, and only {} of {} are said to be missed",
                self.missed, self.gaps
            ));
        }
        Ok(())
    }

    /// The number this subscriber still has to get of a sender, if any.
    fn lacks(&self, sender: u64, sent: &Sent) -> Option<u64> {
        let is_due =
            self.is_there && self.part.role == Role::Lossless && self.part.channel == sent.channel;
        let joined = self.joined.get(&sender).copied().unwrap_or(0);
        let next = self.next.get(&sender).copied().unwrap_or(0).max(joined);
        (is_due && next < sent.done).then_some(next)
    }
}
