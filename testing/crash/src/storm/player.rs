//! A running actor: started, stopped, signalled, killed, and watched.

use super::languages::Programs;
use super::page::{Page, order, state, word};
use super::part::{Part, Places, Setting};
use crate::process::end_with_us;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Running,
    Stopped,
    Frozen,
    /// Told to end.
    Leaving,
}

/// How an actor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Left,
    Killed,
    /// By itself, and not because it was told to.
    Failed(ExitStatus),
}

pub struct Player {
    pub part: Part,
    pub page: Page,
    pub condition: Condition,
    /// Whether the ledger knows that it is there.
    pub is_known: bool,
    /// It has ended, and the ledger knows how.
    pub is_buried: bool,
    path: PathBuf,
    child: Child,
    turns: u64,
    turned: Instant,
}

/// Has the next process that this one starts be the first of a process namespace of its own.
struct Namespace(File);

impl Namespace {
    fn enter() -> io::Result<Self> {
        let own = File::open("/proc/self/ns/pid")?;
        // SAFETY: a system call on a number.
        match unsafe { libc::unshare(libc::CLONE_NEWPID) } {
            0 => Ok(Self(own)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // SAFETY: a system call on a descriptor that is open.
        unsafe { libc::setns(self.0.as_raw_fd(), libc::CLONE_NEWPID) };
    }
}

/// Whether this program may make process namespaces.
pub fn can_make_namespaces() -> bool {
    let Ok(namespace) = Namespace::enter() else {
        return false;
    };
    let status = Command::new("/bin/true").status();
    drop(namespace);
    status.is_ok_and(|status| status.success())
}

/// The processes that were started with this page, and have not ended.
pub fn who_was_told(page: &Path) -> Vec<u32> {
    let word = format!("page={}", page.display());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter(|number: &u32| {
            // One that has ended, and was not waited for, has no words.
            let words = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            words
                .split(|byte| *byte == 0)
                .any(|one| one == word.as_bytes())
        })
        .collect()
}

impl Player {
    pub fn start(
        part: Part,
        programs: &Programs,
        places: &Places<'_>,
        setting: &Setting,
    ) -> io::Result<Self> {
        let path = places.pages.join(part.id.to_string());
        let page = Page::create(&path)?;
        let mut command = programs.command(part.language);
        command.args(part.words(places, &path, setting));
        if let Some(bytes) = part.memory_max {
            let limit = libc::rlimit {
                rlim_cur: bytes,
                rlim_max: bytes,
            };
            // SAFETY: one system call on memory that was there before the fork.
            unsafe {
                command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_AS, &limit) {
                    0 => Ok(()),
                    _ => Err(io::Error::last_os_error()),
                });
            }
            // What it complains of is its own affair.
            command.stderr(std::process::Stdio::null());
        }
        let namespace = part.in_namespace.then(Namespace::enter).transpose()?;
        end_with_us(&mut command);
        let child = command.spawn();
        drop(namespace);
        Ok(Self {
            part,
            page,
            condition: Condition::Running,
            is_known: false,
            is_buried: false,
            path,
            child: child?,
            turns: 0,
            turned: Instant::now(),
        })
    }

    /// Its page, which nobody else is told of but its plugins.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn is_playing(&self) -> bool {
        self.page.read(word::STATE) >= state::PLAYING
    }

    /// Sends a signal, if it is still there.
    pub fn signal(&self, signal: i32) {
        if !self.is_buried {
            // SAFETY: our own child, which has not been waited for, so the number is still its.
            unsafe { libc::kill(self.child.id() as i32, signal) };
        }
    }

    pub fn stop(&mut self) {
        self.signal(libc::SIGSTOP);
        self.condition = Condition::Stopped;
    }

    /// Lets a stopped or frozen one go on.
    pub fn resume(&mut self) {
        if self.condition == Condition::Stopped {
            self.signal(libc::SIGCONT);
        }
        self.condition = Condition::Running;
        self.turned = Instant::now();
    }

    pub fn order(&self, order: u64) {
        self.page.write(word::ORDER, order);
    }

    pub fn tell_to_end(&mut self) {
        self.order(order::END);
        self.condition = Condition::Leaving;
        self.turned = Instant::now();
    }

    /// For how long it has not come back from a call, although it could run.
    pub fn stuck_for(&mut self) -> Duration {
        let turns = self.page.read(word::TURNS);
        let is_held = matches!(self.condition, Condition::Stopped | Condition::Frozen);
        if turns != self.turns || is_held {
            self.turns = turns;
            self.turned = Instant::now();
        }
        self.turned.elapsed()
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<End> {
        let status = self.child.try_wait().expect("our own child")?;
        Some(self.judge(status))
    }

    /// Kills it and waits for its end.
    pub fn kill(&mut self) -> End {
        self.signal(libc::SIGKILL);
        let status = self.child.wait().expect("our own child");
        self.judge(status)
    }

    fn judge(&self, status: ExitStatus) -> End {
        let was_told = self.condition == Condition::Leaving;
        match (status.signal(), status.success()) {
            (Some(libc::SIGKILL), _) => End::Killed,
            (None, true) if was_told => End::Left,
            // One that has too little memory may fail wherever it stands: it counts as killed.
            _ if self.part.memory_max.is_some() => End::Killed,
            _ => End::Failed(status),
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.path);
    }
}
