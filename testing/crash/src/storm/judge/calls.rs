//! The ledger of the calls: which servers had each, and how it has ended.

use crate::storm::call::{Kind, kind, outcome};
use crate::storm::page::Entry;
use std::collections::{HashMap, HashSet};

/// One call.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    /// Servers that had it.
    served: u16,
    /// How it has ended; 0 if that is not known.
    outcome: u8,
}

#[derive(Default)]
pub struct Calls {
    fates: HashMap<u64, Vec<Fate>>,
    killed: u64,
    /// The process numbers of servers that have ended, and of those that are said to have died.
    dead: HashSet<u64>,
    said: HashSet<u64>,
    /// Some had another number in a process namespace of their own.
    has_hidden: bool,
}

impl Calls {
    fn fate(&mut self, entry: Entry) -> &mut Fate {
        let fates = self.fates.entry(entry.sender()).or_default();
        let at = entry.number() as usize;
        if fates.len() <= at {
            fates.resize(at + 1, Fate::default());
        }
        &mut fates[at]
    }

    /// A server has a call.
    pub fn served(&mut self, entry: Entry) -> Result<(), String> {
        let fate = self.fate(entry);
        fate.served += 1;
        match kind(entry.number()) {
            Kind::Idempotent => Ok(()),
            _ if fate.served == 1 => Ok(()),
            other => Err(format!("was served twice, and is {other:?}")),
        }
    }

    /// A call has ended, as its caller says.
    pub fn ended(&mut self, entry: Entry) -> Result<(), String> {
        let (how, process) = (entry.missed & 0xff, entry.missed >> 8);
        let fate = self.fate(entry);
        if fate.outcome != 0 {
            return Err(format!("has ended twice: {how}, {fate:?}"));
        }
        fate.outcome = how as u8;
        let is_due = match kind(entry.number()) {
            Kind::OneWay => how == outcome::SENT,
            Kind::Fail => how != outcome::ANSWERED,
            // Another server was to do it.
            Kind::Idempotent => how != outcome::SERVER_DIED && how != outcome::FAILED,
            _ => how != outcome::SENT,
        };
        if !is_due {
            return Err(format!("has ended by {how}"));
        }
        if how == outcome::SERVER_DIED && process != 0 {
            self.said.insert(process);
        }
        Ok(())
    }

    /// A server has ended: one that was killed may have had a call that it had not written down.
    pub fn server_gone(&mut self, process: u32, in_namespace: bool, was_killed: bool) {
        self.killed += u64::from(was_killed);
        self.dead.insert(process.into());
        self.has_hidden |= in_namespace;
    }

    /// The last look, when everybody has gone.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let strange = self.said.difference(&self.dead).next();
        if let Some(process) = strange.filter(|_| !self.has_hidden) {
            faults.push(format!(
                "a call was lost with process {process}, which was no server"
            ));
        }
        let mut lost = 0;
        for (sender, fates) in &self.fates {
            for (number, fate) in fates.iter().enumerate() {
                let is_answered = [outcome::ANSWERED, outcome::FAILED].contains(&fate.outcome());
                if is_answered && fate.served == 0 {
                    faults.push(format!("call {sender}/{number} was answered by nobody"));
                }
                lost += u64::from(fate.outcome() == outcome::SENT && fate.served == 0);
            }
        }
        if lost > self.killed {
            faults.push(format!(
                "{lost} calls that nobody waits for are lost, and only {} servers were killed",
                self.killed
            ));
        }
        faults
    }

    /// How many have ended in such a way.
    pub fn count(&self, how: u64) -> u64 {
        let fates = self.fates.values().flatten();
        fates.filter(|fate| fate.outcome() == how).count() as u64
    }
}

impl Fate {
    fn outcome(&self) -> u64 {
        self.outcome.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm::page::stamp;

    fn entry(number: u64, how: u64) -> Entry {
        Entry {
            stamp: stamp(3, number),
            is_torn: false,
            is_redelivered: false,
            missed: how,
        }
    }

    #[test]
    fn a_call_that_is_done_twice_is_noticed() {
        let mut calls = Calls::default();
        assert_eq!(calls.served(entry(0, 0)), Ok(()));
        assert!(calls.served(entry(0, 0)).is_err());
        assert_eq!(kind(6), Kind::Idempotent);
        assert_eq!(calls.served(entry(6, 0)), Ok(()));
        assert_eq!(calls.served(entry(6, 0)), Ok(()));
    }

    #[test]
    fn a_result_from_nobody_and_a_call_that_is_lost_are_noticed() {
        let mut calls = Calls::default();
        assert_eq!(calls.ended(entry(0, outcome::ANSWERED)), Ok(()));
        assert_eq!(calls.faults().len(), 1);
        assert_eq!(calls.served(entry(0, 0)), Ok(()));
        assert!(calls.faults().is_empty());
        assert_eq!(kind(13), Kind::OneWay);
        assert_eq!(calls.ended(entry(13, outcome::SENT)), Ok(()));
        assert_eq!(calls.faults().len(), 1);
        calls.server_gone(77, false, true);
        assert!(calls.faults().is_empty());
    }

    #[test]
    fn a_death_of_one_who_lives_is_noticed() {
        let mut calls = Calls::default();
        let died = |number, process: u64| entry(number, outcome::SERVER_DIED | process << 8);
        assert_eq!(calls.ended(died(0, 77)), Ok(()));
        assert_eq!(calls.faults().len(), 1);
        calls.server_gone(77, false, true);
        assert!(calls.faults().is_empty());
        assert!(calls.ended(died(6, 77)).is_err(), "it was idempotent");
    }
}
