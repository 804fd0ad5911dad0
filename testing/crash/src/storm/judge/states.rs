//! The ledger of the states: which values there were, and in which order.
//!
//! A watcher says of each value it sees at which place it stands in the order of all. So two that
//! disagree are noticed, and a value that comes back, and a setter whose values change places.

use crate::storm::page::Entry;
use std::collections::{BTreeMap, HashMap};

/// What a setter's page says.
#[derive(Clone, Copy, Debug)]
pub struct Setter {
    pub channel: &'static str,
    pub begun: u64,
    pub done: u64,
    /// When the last set that has returned began, and when it returned.
    pub began_ns: u64,
    pub ended_ns: u64,
}

#[derive(Default)]
pub struct States {
    setters: HashMap<u64, Setter>,
    /// By state and place, the stamp of the value.
    seen: HashMap<&'static str, BTreeMap<u64, u64>>,
}

impl States {
    pub fn set(&mut self, sender: u64, setter: Setter) {
        self.setters.insert(sender, setter);
    }

    /// A watcher has seen a value, after the one at the place `before`.
    pub fn seen(
        &mut self,
        channel: &'static str,
        entry: Entry,
        before: Option<u64>,
    ) -> Result<(), String> {
        let place = entry.missed;
        if before.is_some_and(|before| place < before) {
            return Err(format!("at place {place} came after place {before:?}"));
        }
        let known = self.seen.entry(channel).or_default();
        match *known.entry(place).or_insert(entry.stamp) {
            stamp if stamp == entry.stamp => Ok(()),
            other => Err(format!(
                "is at place {place}, where others have seen {}/{}",
                other >> 32,
                other & u64::from(u32::MAX)
            )),
        }
    }

    /// Nobody sets any more. The value that is there was the last one to be set.
    pub fn check_last(&self, channel: &'static str, last: Option<Entry>) -> Result<(), String> {
        let here = |setter: &&Setter| setter.channel == channel;
        let Some(last) = last else {
            let done: u64 = self.setters.values().filter(here).map(|one| one.done).sum();
            return match done {
                0 => Ok(()),
                _ => Err(format!("{channel} has no value after {done} sets")),
            };
        };
        let (sender, number) = (last.sender(), last.number());
        let name = format!("the value {sender}/{number} of {channel}");
        let winner = self.setters.get(&sender).filter(here);
        let winner = winner.ok_or_else(|| format!("{name} was never set"))?;
        // The last one of its setter: what was begun in vain may not have come to be.
        if number + 1 < winner.done || number >= winner.begun {
            return Err(format!("{name} is not the last one of {winner:?}"));
        }
        // When that of a setter that was killed came to be, it could not say.
        let is_sure = number + 1 == winner.done;
        for (other, setter) in &self.setters {
            if is_sure && here(&setter) && setter.began_ns > winner.ended_ns && setter.done > 0 {
                return Err(format!(
                    "{name} is there, which was set before {other} began: {setter:?}, {winner:?}"
                ));
            }
        }
        self.check_order(channel)
    }

    /// The values of each setter are in the order in which it has set them.
    fn check_order(&self, channel: &'static str) -> Result<(), String> {
        let mut next: HashMap<u64, u64> = HashMap::new();
        for (place, stamp) in self.seen.get(channel).into_iter().flatten() {
            let (sender, number) = (stamp >> 32, stamp & u64::from(u32::MAX));
            let due = next.insert(sender, number + 1).unwrap_or(0);
            if number < due {
                return Err(format!(
                    "{sender}/{number} of {channel} is at place {place}, after {}",
                    due - 1
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm::page::stamp;

    const STATE: &str = "state-a";

    fn value(sender: u64, number: u64, place: u64) -> Entry {
        Entry {
            stamp: stamp(sender, number),
            is_torn: false,
            is_redelivered: false,
            missed: place,
        }
    }

    fn setter(done: u64, began_ns: u64, ended_ns: u64) -> Setter {
        Setter {
            channel: STATE,
            begun: done,
            done,
            began_ns,
            ended_ns,
        }
    }

    #[test]
    fn watchers_that_disagree_are_noticed() {
        let mut states = States::default();
        assert_eq!(states.seen(STATE, value(1, 0, 7), None), Ok(()));
        assert_eq!(states.seen(STATE, value(1, 0, 7), Some(7)), Ok(()));
        assert!(states.seen(STATE, value(2, 0, 7), None).is_err());
        assert!(states.seen(STATE, value(2, 0, 6), Some(7)).is_err());
    }

    #[test]
    fn a_value_that_was_replaced_is_not_the_last() {
        let mut states = States::default();
        states.set(1, setter(3, 100, 110));
        states.set(2, setter(5, 105, 120));
        assert_eq!(states.check_last(STATE, Some(value(2, 4, 9))), Ok(()));
        assert_eq!(states.check_last(STATE, Some(value(1, 2, 9))), Ok(()));
        assert!(states.check_last(STATE, Some(value(1, 1, 9))).is_err());
        assert!(states.check_last(STATE, None).is_err());
        states.set(2, setter(5, 111, 120));
        assert!(states.check_last(STATE, Some(value(1, 2, 9))).is_err());
    }

    #[test]
    fn values_that_change_places_are_noticed() {
        let mut states = States::default();
        states.set(1, setter(3, 100, 110));
        for (number, place) in [(0, 4), (2, 5), (1, 6)] {
            let seen = states.seen(STATE, value(1, number, place), None);
            assert_eq!(seen, Ok(()));
        }
        assert!(states.check_last(STATE, Some(value(1, 2, 7))).is_err());
    }
}
