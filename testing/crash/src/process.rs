//! Starting, stopping and killing the process that plays a role.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running actor. Killed when dropped.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `program actor <words> dir=<directory>`.
    pub fn start(program: &Path, directory: &Path, words: &[&str]) -> Self {
        let mut command = Command::new(program);
        command
            .arg("actor")
            .args(words)
            .arg(format!("dir={}", directory.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        end_with_us(&mut command);
        let mut child = command.spawn().expect("the actor starts");
        let stdout = child.stdout.take().expect("piped");
        Self {
            child,
            lines: BufReader::new(stdout).lines(),
        }
    }

    /// The next line it prints; `None` when it has ended.
    pub fn line(&mut self) -> Option<String> {
        self.lines.next().and_then(Result::ok)
    }

    /// Reads lines until the actor says it is ready.
    pub fn wait_until_ready(&mut self) {
        loop {
            match self.line() {
                Some(line) if line == "ready" => return,
                Some(_) => {}
                None => panic!("the actor ended before it was ready"),
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: our own child, which has not been waited for, so the number is still its.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Waits for its end; the signal that ended it, if one did.
    pub fn end(&mut self) -> Option<i32> {
        self.child.wait().expect("wait").signal()
    }

    /// Kills it, and returns what it had printed and nobody had read.
    pub fn kill(mut self) -> Vec<String> {
        self.signal(libc::SIGKILL);
        self.end();
        std::iter::from_fn(|| self.line()).collect()
    }
}

/// The child is killed when the thread that starts it ends, also by being killed.
pub fn end_with_us(command: &mut Command) {
    let bind = || {
        // SAFETY: async-signal-safe; no pointers.
        match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: the closure makes one system call, and allocates nothing.
    unsafe { command.pre_exec(bind) };
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
