//! The workers of one cell: started, pinned, told to go, listened to, and ended by force if they
//! hang. Whatever a worker does, the outcome is its results or one sentence.
//!
//! The lines: a worker says `ready`, is told `go`, says `result key=value ...` any number of times
//! and `done`, and ends when its input is closed; or it says `error <sentence>`.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::interrupt;

/// How long a worker may take to open its ends; servers and discovery need some of it.
const READY_TIME_MAX: Duration = Duration::from_secs(10);
/// What is granted on top of the budget before a worker counts as hanging.
pub const HANG_TIME: Duration = Duration::from_secs(10);
/// How long a worker may take to end once it is done.
const EXIT_TIME_MAX: Duration = Duration::from_secs(5);
/// How often the runner looks whether it has been asked to end.
const LOOK_AROUND: Duration = Duration::from_millis(100);
/// How long to wait for the complaints of a worker that has ended; they come through another pipe,
/// which a server that it has started may keep open.
const COMPLAINT_TIME_MAX: Duration = Duration::from_millis(300);
/// What is kept of a worker's complaints.
const COMPLAINT_LINES_MAX: usize = 20;
/// A worker that says more than this in one line has gone wild.
const LINE_BYTES_MAX: u64 = 1 << 16;

/// The pairs of one line `result key=value ...`.
pub type Fields = BTreeMap<String, String>;

enum Event {
    Line(String),
    Complaint(String),
    /// No more lines.
    Closed,
    /// No more complaints.
    Silent,
}

struct Worker {
    /// How it is called in messages.
    role: String,
    child: Child,
    /// None once it has been closed, which asks the worker to end.
    input: Option<ChildStdin>,
    is_ready: bool,
    is_done: bool,
    is_closed: bool,
    is_silent: bool,
    /// How it ended; its number is not ours any more.
    status: Option<ExitStatus>,
    results: Vec<Fields>,
    complaints: VecDeque<String>,
}

/// The workers of one cell. Dropping it ends those that still run.
pub struct Crew {
    workers: Vec<Worker>,
    events: Receiver<(usize, Event)>,
    sender: Sender<(usize, Event)>,
}

impl Crew {
    pub fn new() -> Crew {
        let (sender, events) = channel();
        Crew {
            workers: Vec::new(),
            events,
            sender,
        }
    }

    /// Starts a worker on the given core, or on any; its number.
    pub fn start(
        &mut self,
        role: &str,
        mut command: Command,
        core: Option<usize>,
    ) -> Result<usize> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: servers that it starts are ended with it.
            .process_group(0);
        // SAFETY: between fork and exec only system calls are made, on values copied before.
        unsafe { command.pre_exec(move || prepare(core)) };
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.spawn();
        let name = program.rsplit('/').next().unwrap_or(&program);
        let mut child = spawned.with_context(|| format!("{role}: cannot start {name}"))?;
        let number = self.workers.len();
        listen(number, child.stdout.take(), self.sender.clone(), true);
        listen(number, child.stderr.take(), self.sender.clone(), false);
        self.workers.push(Worker {
            role: role.to_owned(),
            input: child.stdin.take(),
            child,
            is_ready: false,
            is_done: false,
            is_closed: false,
            is_silent: false,
            status: None,
            results: Vec::new(),
            complaints: VecDeque::new(),
        });
        Ok(number)
    }

    /// Waits until every worker so far has opened its ends.
    pub fn wait_ready(&mut self) -> Result<()> {
        self.pump(READY_TIME_MAX, "ready", |worker| worker.is_ready)
    }

    /// Tells one worker to go. One that has ended meanwhile is noticed by the next wait.
    pub fn go(&mut self, number: usize) {
        if let Some(input) = &mut self.workers[number].input {
            // A closed pipe means that the worker is gone; its last words tell more.
            let _ = input.write_all(b"go\n").and_then(|()| input.flush());
        }
    }

    /// Tells all workers to go.
    pub fn go_all(&mut self) {
        for number in 0..self.workers.len() {
            self.go(number);
        }
    }

    /// Waits until every worker is done with a job that should take `expected`.
    pub fn wait_done(&mut self, expected: Duration) -> Result<()> {
        self.pump(expected + HANG_TIME, "done", |worker| worker.is_done)
    }

    /// Closes the input of every worker and waits until all have ended well.
    pub fn finish(&mut self) -> Result<()> {
        for worker in &mut self.workers {
            worker.input = None;
        }
        self.workers.iter_mut().try_for_each(Worker::end)
    }

    /// Closes the input of one worker, so that it ends as soon as it is done, and waits for that.
    pub fn finish_one(&mut self, number: usize, expected: Duration) -> Result<()> {
        self.workers[number].input = None;
        let role = self.workers[number].role.clone();
        let is_over = |worker: &Worker| worker.is_closed || worker.role != role;
        self.pump(expected + HANG_TIME, "ended", is_over)?;
        self.workers[number].end()
    }

    /// All results so far, each with the role of the worker that reported it.
    pub fn all_results(&self) -> impl Iterator<Item = (&str, &Fields)> {
        self.workers.iter().flat_map(|worker| {
            let results = worker.results.iter();
            results.map(|fields| (worker.role.as_str(), fields))
        })
    }

    /// The process numbers of the workers and of everything they have started.
    pub fn processes(&self) -> Vec<u32> {
        let mut found: Vec<u32> = self.workers.iter().map(|w| w.child.id()).collect();
        let mut next = 0;
        while next < found.len() {
            found.extend(children_of(found[next]));
            next += 1;
        }
        found
    }

    /// Takes what the workers say until `is_enough` holds for each; an error of one ends the wait.
    fn pump(
        &mut self,
        time_max: Duration,
        what: &str,
        is_enough: impl Fn(&Worker) -> bool,
    ) -> Result<()> {
        let deadline = Instant::now() + time_max;
        loop {
            let is_dead = |worker: &Worker| worker.is_closed && !worker.is_done;
            if let Some(number) = self.workers.iter().position(is_dead) {
                return self.explain_death(number);
            }
            let Some(waited_for) = self.workers.iter().find(|worker| !is_enough(worker)) else {
                return Ok(());
            };
            let role = waited_for.role.clone();
            if !self.take_one(deadline)? {
                let seconds = time_max.as_secs_f64();
                bail!("{role} hangs: not {what} after {seconds:.1} s");
            }
        }
    }

    /// Takes the next thing that a worker says; false if it is too late for that.
    fn take_one(&mut self, deadline: Instant) -> Result<bool> {
        loop {
            if interrupt::happened() {
                bail!("interrupted");
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left.min(LOOK_AROUND)) {
                Ok((number, event)) => return self.workers[number].take(event).map(|()| true),
                Err(RecvTimeoutError::Timeout) if left > LOOK_AROUND => {}
                Err(RecvTimeoutError::Timeout) => return Ok(false),
                Err(RecvTimeoutError::Disconnected) => bail!("nobody listens to the workers"),
            }
        }
    }

    /// An error with the last words of a worker that has ended before it was done.
    fn explain_death(&mut self, number: usize) -> Result<()> {
        let deadline = Instant::now() + COMPLAINT_TIME_MAX;
        while !self.workers[number].is_silent && self.take_one(deadline)? {}
        let worker = &mut self.workers[number];
        let status = worker.wait_exit()?;
        bail!(
            "{} ended early with {status}{}",
            worker.role,
            worker.last_words()
        )
    }
}

impl Worker {
    fn take(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Complaint(line) => {
                self.complaints.push_back(line);
                if self.complaints.len() > COMPLAINT_LINES_MAX {
                    self.complaints.pop_front();
                }
            }
            Event::Closed => self.is_closed = true,
            Event::Silent => self.is_silent = true,
            Event::Line(line) => match line.split_once(' ').unwrap_or((&line, "")) {
                ("ready", _) => self.is_ready = true,
                ("done", _) => self.is_done = true,
                ("result", rest) => self.results.push(fields(rest)),
                ("error", why) => bail!("{}: {why}", self.role),
                _ => bail!("{} says something unknown: {line}", self.role),
            },
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let spoken = self.complaints.iter().rev();
        let mut spoken = spoken.filter(|line| !line.trim().is_empty() && !is_hint(line));
        spoken
            .next()
            .map(|line| format!(": {}", line.trim()))
            .unwrap_or_default()
    }

    /// Waits for a worker that has been asked to end; an error if it did not end well.
    fn end(&mut self) -> Result<()> {
        let status = self.wait_exit()?;
        if !status.success() {
            bail!("{} ended with {status}{}", self.role, self.last_words());
        }
        Ok(())
    }

    fn wait_exit(&mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + EXIT_TIME_MAX;
        loop {
            if let Some(status) = self.status {
                return Ok(status);
            }
            if let Some(status) = self.child.try_wait()? {
                self.kill_group();
                self.status = Some(status);
            } else if Instant::now() > deadline {
                bail!("{} does not end", self.role);
            } else {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Ends the worker and the servers that it has started, which may outlive it.
    fn kill_group(&self) {
        // SAFETY: a plain system call. The group was made for this child, which has not been
        // waited for, or only a moment ago, so its number is not in other hands.
        unsafe { libc::kill(-(self.child.id() as libc::pid_t), libc::SIGKILL) };
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.kill_group();
            let _ = self.child.wait();
        }
    }
}

/// Pins the process that will become the worker, and has it end with the runner.
fn prepare(core: Option<usize>) -> std::io::Result<()> {
    // SAFETY: plain system calls; the set is a local value of the size given.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if let Some(core) = core {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(core, &mut set);
            if libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) != 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
    }
    Ok(())
}

/// Passes on what comes out of a pipe, line by line, from a thread that ends with the pipe.
fn listen(
    number: usize,
    pipe: Option<impl Read + Send + 'static>,
    sender: Sender<(usize, Event)>,
    is_output: bool,
) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = reader.by_ref().take(LINE_BYTES_MAX);
            match limited.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let event = match is_output {
                true => Event::Line(text),
                false => Event::Complaint(text),
            };
            if sender.send((number, event)).is_err() {
                return;
            }
        }
        // Nobody listens any more when the crew has gone.
        let _ = sender.send((
            number,
            if is_output {
                Event::Closed
            } else {
                Event::Silent
            },
        ));
    });
}

/// The pairs `key=value` of a line.
fn fields(line: &str) -> Fields {
    let pairs = line
        .split_whitespace()
        .filter_map(|word| word.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Rust's advice after a panic is not what went wrong.
fn is_hint(line: &str) -> bool {
    line.starts_with("note: run with")
}

fn children_of(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let lists = threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .flat_map(str::parse)
                .collect::<Vec<u32>>()
        })
        .collect()
}

#[cfg(test)]
#[path = "process_test.rs"]
mod tests;
