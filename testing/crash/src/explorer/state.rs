//! A state, those who survive on it, and what must be true after somebody has died there.

use super::page::{PARTS, Part, SURVIVOR};
use super::stage::{NOW, STATE, STUCK};
use crate::ledger::{self, Entry};
use crate::place::Place;
use simpleipc::{Options, Setter, Status, Value, Watcher};
use std::sync::atomic::Ordering::Relaxed;

/// Sizes of a line, of two, and of chunks.
const SIZES: [usize; 4] = [20, 100, 5_000, 20_000];
/// Chunks that a state may use when nobody is in the middle of anything: of the value, and of one
/// that a watcher has had in hand since.
const CHUNKS_MAX: u64 = 2;

pub struct State {
    pub place: Place,
    pub options: Options,
    setter: Option<Setter>,
    watcher: Option<Watcher>,
    set: u64,
    /// How many values of each of the others came before the survivor's last one.
    before: [u64; PARTS],
}

type Checked = Result<(), String>;

fn text(error: simpleipc::Error) -> String {
    error.to_string()
}

impl State {
    /// A state that nobody uses yet.
    pub fn deserted() -> Self {
        let place = Place::new();
        let options = place.options();
        Self {
            place,
            options,
            setter: None,
            watcher: None,
            set: 0,
            before: [0; PARTS],
        }
    }

    /// The survivors join: a setter, who sets a first value, and a watcher.
    pub fn join(&mut self) -> Checked {
        self.setter = Some(Setter::open(STATE, &self.options).map_err(text)?);
        self.watcher = Some(Watcher::open(STATE, &self.options).map_err(text)?);
        self.set(20)?;
        self.get().map(|_| ())
    }

    /// The survivor sets a value, and is not held up.
    pub fn set(&mut self, bytes: usize) -> Checked {
        let setter = self.setter.as_mut().ok_or("no setter")?;
        let (sender, number) = (SURVIVOR as u64, self.set);
        let value = ledger::write(Entry { sender, number }, bytes);
        setter
            .put(&Value::from(&value[..]), 0, Some(STUCK))
            .map_err(|error| format!("the surviving setter is held up: {error}"))?;
        self.set += 1;
        Ok(())
    }

    /// The survivor sets a value after those that others have set.
    pub fn set_after(&mut self, parts: &[Part; PARTS], bytes: usize) -> Checked {
        self.before = parts.each_ref().map(|part| part.sent.load(Relaxed));
        self.set(bytes)
    }

    /// The value, which must be whole.
    fn get(&mut self) -> Result<Option<Entry>, String> {
        let watcher = self.watcher.as_mut().ok_or("no watcher")?;
        match watcher.get_timeout(NOW) {
            Ok(message) => ledger::read(&message).map(Some),
            Err(error) if error.status() == Status::Timeout => Ok(None),
            Err(error) => Err(format!("the surviving watcher: {error}")),
        }
    }

    /// Everybody who survives goes on, whatever the dead were about, and nothing is left but the
    /// value.
    pub fn judge(mut self, parts: &[Part]) -> Checked {
        let survived = self.setter.is_some();
        if !survived {
            self.setter = Some(Setter::open(STATE, &self.options).map_err(text)?);
            self.watcher = Some(Watcher::open(STATE, &self.options).map_err(text)?);
        }
        self.check_set(parts, survived)?;
        // Also if nobody should set any more.
        drop(Watcher::open(STATE, &self.options).map_err(text)?);
        self.check_chunks()?;
        for number in 0..40 {
            self.set(SIZES[number % SIZES.len()])?;
            let is = self.get()?;
            let (sender, number) = (SURVIVOR as u64, self.set - 1);
            if is != Some(Entry { sender, number }) {
                return Err(format!("{is:?} where value {number} was set"));
            }
        }
        let last = self.get()?;
        // Whoever joins repairs what is still to be repaired, and has the value.
        let mut newcomer = Watcher::open(STATE, &self.options).map_err(text)?;
        let message = newcomer.get_timeout(NOW).map_err(text)?;
        if Some(ledger::read(&message)?) != last {
            return Err(format!("{message:?} is not the value {last:?}"));
        }
        drop((message, newcomer));
        self.check_chunks()?;
        drop((self.setter, self.watcher));
        let left = self.place.left_after_cleaning();
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        Ok(())
    }

    /// The chunks are those of the value, and none is anybody's who is gone.
    fn check_chunks(&self) -> Checked {
        let report = simpleipc::audit(STATE, self.options.directory.as_deref());
        let report = report.map_err(text)?.ok_or("the state is gone")?;
        match report.chunks_in_use > CHUNKS_MAX || !report.leaks.is_empty() {
            true => Err(format!("leaks: {report:?}")),
            false => Ok(()),
        }
    }

    /// The value is the last one that the dead have set, or one that they were about to set.
    fn check_set(&mut self, parts: &[Part], survived: bool) -> Checked {
        let is = self.get()?;
        let sent = |part: &Part| part.sent.load(Relaxed);
        let is_due = match is {
            None => !survived && parts.iter().all(|part| sent(part) == 0),
            Some(entry) if entry.sender == SURVIVOR as u64 => {
                let mut both = parts.iter().zip(self.before);
                both.all(|(part, before)| sent(part) == before)
            }
            Some(entry) => {
                let part = &parts[entry.sender as usize - 1];
                (sent(part)..=part.begun.load(Relaxed)).contains(&(entry.number + 1))
            }
        };
        match is_due {
            true => Ok(()),
            false => Err(format!("the value {is:?} is not one that is due")),
        }
    }
}
