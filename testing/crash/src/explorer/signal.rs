//! A signal, those who survive on it, and what must be true after somebody has died there.

use super::page::Part;
use super::stage::{NOW, SIGNAL, Stage};
use crate::place::Place;
use simpleipc::{Notifier, Options, Status, Waiter};
use std::sync::atomic::Ordering::Relaxed;

/// More than a lane holds, and than a waiter counts at once.
const MANY: u64 = 5_000;

pub struct Signal {
    pub place: Place,
    pub options: Options,
    notifier: Option<Notifier>,
    waiter: Option<Waiter>,
    notified: u64,
    counted: u64,
}

type Checked = Result<(), String>;

fn text(error: simpleipc::Error) -> String {
    error.to_string()
}

impl Signal {
    /// A signal that nobody uses yet.
    pub fn deserted() -> Self {
        let place = Place::new();
        let options = place.options();
        Self {
            place,
            options,
            notifier: None,
            waiter: None,
            notified: 0,
            counted: 0,
        }
    }

    /// The survivors join, and one tells the other.
    pub fn join(&mut self) -> Checked {
        self.waiter = Some(Waiter::open(SIGNAL, &self.options).map_err(text)?);
        self.notifier = Some(Notifier::open(SIGNAL, &self.options).map_err(text)?);
        self.notify(1)
    }

    /// The survivor notifies, and is not held up.
    pub fn notify(&mut self, count: u64) -> Checked {
        let notifier = self.notifier.as_mut().ok_or("no notifier")?;
        for _ in 0..count {
            notifier
                .notify()
                .map_err(|error| format!("the surviving notifier is held up: {error}"))?;
            self.notified += 1;
        }
        Ok(())
    }

    /// The survivor counts what it is told of.
    fn count(&mut self) -> Checked {
        let waiter = self.waiter.as_mut().ok_or("no waiter")?;
        loop {
            match waiter.wait(NOW) {
                Ok(count) => self.counted += count,
                Err(error) if error.status() == Status::Timeout => return Ok(()),
                Err(error) => return Err(format!("the surviving waiter: {error}")),
            }
        }
    }

    /// Everybody who survives goes on, whatever the dead were about, and has been told of each
    /// notification once.
    pub fn judge(mut self, parts: &[Part]) -> Checked {
        let survived = self.notifier.is_some();
        if !survived {
            self.join()?;
        }
        self.notify(3)?;
        self.count()?;
        let sum = |count: fn(&Part) -> u64| parts.iter().map(count).sum::<u64>();
        let (done, begun) = match survived {
            true => (
                sum(|part| part.sent.load(Relaxed)),
                sum(|part| part.begun.load(Relaxed)),
            ),
            false => (0, 0),
        };
        let due = self.notified + done..=self.notified + begun;
        if !due.contains(&self.counted) {
            return Err(format!("{} notifications, not {due:?}", self.counted));
        }
        // Whoever joins repairs what is still to be repaired, and counts from now on.
        let mut newcomer = Waiter::open(SIGNAL, &self.options).map_err(text)?;
        self.notify(MANY)?;
        let mut counted = 0;
        while counted < MANY {
            counted += newcomer.wait(NOW).map_err(text)?;
        }
        if counted > MANY {
            return Err(format!("{counted} notifications of {MANY}"));
        }
        drop(newcomer);
        match self.place.leaks() {
            leaks if leaks.is_empty() => {}
            leaks => return Err(format!("leaks: {leaks:?}")),
        }
        drop((self.notifier, self.waiter));
        match self.place.files() {
            files if files.is_empty() => Ok(()),
            files => Err(format!("left behind: {files:?}")),
        }
    }
}

impl Stage {
    pub fn notifier(&self) -> Notifier {
        let notifier = self.insist(|| Notifier::open(SIGNAL, &self.options));
        notifier.expect("a notifier joins")
    }

    pub fn waiter(&self) -> Waiter {
        let waiter = self.insist(|| Waiter::open(SIGNAL, &self.options));
        waiter.expect("a waiter joins")
    }

    /// Does what notifies once.
    pub fn notify(&self, mut once: impl FnMut() -> simpleipc::Result<()>) {
        let part = self.part();
        part.begun.fetch_add(1, Relaxed);
        self.insist(&mut once).expect("notified");
        part.sent.fetch_add(1, Relaxed);
    }
}
