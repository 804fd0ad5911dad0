//! A lock, one who survives on it, and what must be true after somebody has died there.

use super::page::Part;
use super::stage::{LOCK, STUCK, Stage};
use crate::place::Place;
use simpleipc::bytes::header;
use simpleipc::{Options, Semaphore, Status};
use std::fs::File;
use std::mem::forget;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Who dies before standing in line is waited for no longer than this.
const PATIENCE: Duration = Duration::from_millis(20);
/// The parts in the order of their lives: the one that is dead before, the one the scene is about,
/// the one that recovers.
const BY_AGE: [usize; 3] = [2, 0, 1];

pub struct Lock {
    pub place: Place,
    pub options: Options,
    pub permits: u32,
    keeper: Option<Semaphore>,
    is_kept: bool,
}

type Checked = Result<(), String>;

fn text(error: simpleipc::Error) -> String {
    error.to_string()
}

impl Lock {
    /// A lock that nobody uses yet.
    pub fn deserted(permits: u32) -> Self {
        let place = Place::new();
        let options = place.options();
        Self {
            place,
            options,
            permits,
            keeper: None,
            is_kept: false,
        }
    }

    fn open(&self) -> Result<Semaphore, String> {
        Semaphore::open(LOCK, self.permits, &self.options).map_err(text)
    }

    /// The survivor joins, and has had the lock.
    pub fn join(&mut self) -> Checked {
        self.keeper = Some(self.open()?);
        self.keep()?;
        self.let_go()
    }

    fn keeper(&mut self) -> Result<&mut Semaphore, String> {
        self.keeper.as_mut().ok_or("no keeper".to_owned())
    }

    /// The survivor has the lock; whether it was told of a death.
    fn take(&mut self) -> Result<bool, String> {
        let permit = self.keeper()?.acquire(Some(STUCK)).map_err(text)?;
        let is_told = permit.abandoned().is_some();
        forget(permit);
        self.is_kept = true;
        Ok(is_told)
    }

    /// As [`Lock::take`], where nobody has died.
    pub fn keep(&mut self) -> Checked {
        match self.take()? {
            true => Err("told of a death that was none".to_owned()),
            false => Ok(()),
        }
    }

    pub fn let_go(&mut self) -> Checked {
        self.is_kept = false;
        self.keeper()?.release().map_err(text)
    }

    /// Lets go once somebody stands in line, or seems to be dead.
    pub fn let_go_when_awaited(&mut self) -> Checked {
        let began = Instant::now();
        while self.line()? == 0 && began.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        self.let_go()
    }

    fn file(&self) -> Result<File, String> {
        let path = self.place.path().join(format!("{LOCK}.sipc"));
        let opened = File::options().read(true).write(true).open(path);
        opened.map_err(|error| error.to_string())
    }

    /// The endpoints that stand in line, as bits; there are never more than a few.
    fn line(&self) -> Result<u64, String> {
        let mut word = [0; 8];
        let at = header::OFF_ACTIVE as u64;
        let read = self.file()?.read_exact_at(&mut word, at);
        read.map_err(|error| error.to_string())?;
        Ok(u64::from_ne_bytes(word))
    }

    /// The survivor stands in line, and never comes: as if it had been stopped there.
    pub fn stand_still(&mut self) -> Checked {
        let word = 1u64.to_ne_bytes();
        let written = self.file()?.write_all_at(&word, header::OFF_ACTIVE as u64);
        written.map_err(|error| error.to_string())
    }

    /// Somebody who recovers can have it, unless the survivor does.
    pub fn patience(&self) -> Duration {
        match self.is_kept {
            true => Duration::from_millis(3),
            false => STUCK,
        }
    }

    /// Everybody who survives goes on, and is told of the dead, once; nothing is left.
    pub fn judge(mut self, parts: &[Part]) -> Checked {
        if self.keeper.is_none() {
            self.keeper = Some(self.open()?);
        }
        if self.is_kept {
            self.let_go()?;
        }
        let mut told = usize::from(self.take()?);
        let mut others = Vec::new();
        for _ in 1..self.permits {
            let mut other = self.open()?;
            let permit = other.acquire(Some(STUCK)).map_err(text)?;
            told += usize::from(permit.abandoned().is_some());
            forget(permit);
            others.push(other);
        }
        let mut one_more = self.open()?;
        match one_more.try_acquire() {
            Ok(None) => {}
            Ok(Some(_)) => return Err("one more has it than can have it".to_owned()),
            Err(error) => return Err(text(error)),
        }
        drop(others);
        self.check_told(parts, told)?;
        self.let_go()?;
        self.keep()?;
        self.let_go()?;
        let leaks = self.place.leaks();
        if !leaks.is_empty() || self.line()? != 0 {
            return Err(format!("leaks: {leaks:?}, line {:#b}", self.line()?));
        }
        drop((one_more, self.keeper));
        let left = self.place.files();
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        Ok(())
    }

    /// Told of those who died having it, and of nobody else.
    fn check_told(&self, parts: &[Part], told: usize) -> Checked {
        let (mut must, mut may) = (0, 0);
        for part in BY_AGE.map(|number| &parts[number]) {
            let [wanted, entered, leaving, left, was_told] = counts(part);
            if entered > 0 {
                // In a semaphore it may have had another permit than the dead.
                let least = if self.permits == 1 { must } else { 0 };
                if !(least..=may).contains(&was_told) {
                    return Err(format!("told of {was_told} deaths, not {least} to {may}"));
                }
                (must, may) = match self.permits {
                    1 => (0, 0),
                    _ => (must.saturating_sub(was_told), may - was_told),
                };
            }
            let has_it = entered > leaving;
            let may_have_it = wanted > left;
            let most = u64::from(self.permits);
            (must, may) = match (has_it, leaving > left) {
                (true, _) => (1, (may + 1).min(most)),
                (_, true) if self.permits == 1 => (0, 1),
                _ => (must, (may + u64::from(may_have_it)).min(most)),
            };
        }
        match (must..=may).contains(&(told as u64)) {
            true => Ok(()),
            false => Err(format!("told of {told} deaths, not {must} to {may}")),
        }
    }
}

/// How often it wanted to have the lock, had it, was about to let go of it and had done so, and
/// was told of a death.
fn counts(part: &Part) -> [u64; 5] {
    let [entered, was_told, ..] = &part.given;
    [&part.begun, entered, &part.done[0], &part.sent, was_told].map(|count| count.load(Relaxed))
}

/// A permit that a child has; to drop it is to let go of it with its handle.
pub struct Inside<'a> {
    part: &'a Part,
    handle: Option<Semaphore>,
}

impl Inside<'_> {
    /// Lets go, and keeps the handle.
    pub fn leave(mut self, stage: &Stage) -> Semaphore {
        let mut handle = self.handle.take().expect("it has one");
        self.part.done[0].fetch_add(1, Relaxed);
        stage.insist(|| handle.release()).expect("given back");
        self.part.sent.fetch_add(1, Relaxed);
        handle
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.part.done[0].fetch_add(1, Relaxed);
            drop(handle);
            self.part.sent.fetch_add(1, Relaxed);
        }
    }
}

impl Stage {
    pub fn locker(&self, permits: u32) -> Semaphore {
        let opened = self.insist(|| Semaphore::open(LOCK, permits, &self.options));
        opened.expect("it joins")
    }

    /// Waits for a permit; its handle, if there is none in time.
    pub fn try_enter(
        &self,
        mut handle: Semaphore,
        patience: Duration,
    ) -> Result<Inside<'static>, Box<Semaphore>> {
        let part = self.part();
        part.begun.fetch_add(1, Relaxed);
        let outcome = self.insist(|| {
            let permit = handle.acquire(Some(patience))?;
            let is_told = permit.abandoned().is_some();
            forget(permit);
            Ok(is_told)
        });
        match outcome {
            Ok(is_told) => {
                part.given[1].store(is_told.into(), Relaxed);
                part.given[0].fetch_add(1, Relaxed);
                Ok(Inside {
                    part,
                    handle: Some(handle),
                })
            }
            Err(error) if error.status() == Status::Timeout => {
                part.begun.fetch_sub(1, Relaxed);
                Err(Box::new(handle))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub fn enter(&self, handle: Semaphore) -> Inside<'static> {
        let entered = self.try_enter(handle, STUCK);
        entered.unwrap_or_else(|_| panic!("held up"))
    }
}
