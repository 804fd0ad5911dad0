//! Users of this machine for the length of a test, and programs that run as them.

use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The word that makes this program a puppet.
pub const PUPPET: &str = "puppet";

/// A user who exists by number only, in a group of the same number and perhaps in others.
pub struct User {
    pub id: u32,
    groups: Vec<u32>,
}

/// The number of a user or group that no other test of this machine has at the same time.
pub fn number(index: u32) -> u32 {
    20_000 + (std::process::id() * 8 + index) % 40_000
}

/// Whether this program may start others as other users.
pub fn can_change_user() -> bool {
    // SAFETY: no arguments, cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    root && Command::new("/bin/true")
        .uid(number(0))
        .status()
        .is_ok_and(|status| status.success())
}

impl User {
    pub fn new(index: u32, groups: &[u32]) -> Self {
        Self {
            id: number(index),
            groups: groups.to_vec(),
        }
    }

    /// Where the user's channels are if nobody says otherwise.
    pub fn own_directory(&self) -> PathBuf {
        format!("/dev/shm/simpleipc-{}", self.id).into()
    }

    /// Starts a puppet of this user that uses channels in `directory`, or in the user's own.
    pub fn start(&self, directory: Option<&Path>) -> Puppet {
        // By descriptor: the user need not be able to enter the directory that the program is in.
        let program = File::open("/proc/self/exe").expect("this program");
        let descriptor = program.as_raw_fd();
        let (id, groups) = (self.id, self.groups.clone());
        let mut command = Command::new(format!("/proc/self/fd/{descriptor}"));
        command
            .arg(PUPPET)
            .current_dir("/")
            .env_remove("SIPC_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(directory) = directory {
            command.env("SIPC_DIR", directory);
        }
        // SAFETY: only system calls on numbers and memory that were there before the fork.
        unsafe {
            command.pre_exec(move || {
                let done = libc::fcntl(descriptor, libc::F_SETFD, 0) == 0
                    && libc::setgroups(groups.len(), groups.as_ptr()) == 0
                    && libc::setresgid(id, id, id) == 0
                    && libc::setresuid(id, id, id) == 0;
                // Whatever the users' umask is, the directory decides.
                libc::umask(0o077);
                match done {
                    true => Ok(()),
                    false => Err(std::io::Error::last_os_error()),
                }
            });
        }
        let mut child = command.spawn().expect("the puppet starts");
        Puppet {
            orders: child.stdin.take().expect("piped"),
            answers: BufReader::new(child.stdout.take().expect("piped")).lines(),
            child,
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.own_directory());
    }
}

/// A program of a user that does what it is told, a line at a time. Killed when dropped.
pub struct Puppet {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Puppet {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order, whose answer [`Puppet::hear`] returns.
    pub fn tell(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it listens");
    }

    pub fn hear(&mut self) -> String {
        let line = self.answers.next().expect("it lives");
        line.expect("it speaks text")
    }

    /// Gives an order and returns the answer.
    pub fn ask(&mut self, order: &str) -> String {
        self.tell(order);
        self.hear()
    }

    /// Gives an order that must work.
    #[track_caller]
    pub fn must(&mut self, order: &str) {
        assert_eq!(self.ask(order), "ok", "{order}");
    }

    /// Gives an order that must be refused, with an answer that has all of `words`.
    #[track_caller]
    pub fn refused(&mut self, order: &str, words: &[&str]) {
        let answer = self.ask(order);
        for word in words {
            assert!(answer.contains(word), "{order}: {answer:?} has no {word:?}");
        }
    }

    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        self.end();
    }
}
