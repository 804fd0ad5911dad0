//! Programs of several versions, and the processes that run them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The actor waits 5 s at most; who is silent for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// The actor, built in one way.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: String,
    pub path: PathBuf,
}

/// A directory of its own in shared memory, removed at the end.
pub struct Place(PathBuf);

impl Place {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("/dev/shm/sipc-versions-{}-{count}", std::process::id());
        std::fs::create_dir(&name).expect("a fresh directory");
        Self(name.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The files in it.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("list");
        let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries.flatten().map(name).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running actor that does what it is told, a line at a time. Killed when dropped.
pub struct Actor {
    name: String,
    child: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
}

impl Program {
    /// Starts an actor whose channels are in `place`.
    pub fn start(&self, place: &Place) -> Actor {
        let mut child = Command::new(&self.path)
            .env("SIPC_DIR", place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Actor {
            name: self.name.clone(),
            orders: child.stdin.take().expect("piped"),
            child,
            answers,
        }
    }
}

impl Actor {
    /// Gives an order, whose answer [`Actor::hear`] returns.
    pub fn tell(&mut self, order: &str) {
        // Who has died over an earlier order says so by not answering.
        let _ = writeln!(self.orders, "{order}");
    }

    /// `None` when it has died.
    fn listen(&self) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.answers.recv_timeout(SILENCE_MAX) {
            Ok(line) => Some(line),
            Err(Disconnected) => None,
            Err(Timeout) => panic!("{} hangs", self.name),
        }
    }

    #[track_caller]
    pub fn hear(&mut self) -> String {
        match self.listen() {
            Some(line) => line,
            None => panic!("{} has ended: {:?}", self.name, self.child.wait()),
        }
    }

    /// Gives an order and returns the answer.
    #[track_caller]
    pub fn ask(&mut self, order: &str) -> String {
        self.tell(order);
        self.hear()
    }

    /// Gives an order that must have just this answer.
    #[track_caller]
    pub fn answers(&mut self, order: &str, due: &str) {
        let answer = self.ask(order);
        assert_eq!(answer, due, "{}: {order}", self.name);
    }

    /// Gives orders that must work.
    #[track_caller]
    pub fn must(&mut self, orders: &[&str]) {
        for order in orders {
            self.answers(order, "ok");
        }
    }

    /// Gives an order that must be refused, with an answer that has all of `words`.
    #[track_caller]
    pub fn refused(&mut self, order: &str, words: &[&str]) {
        let answer = self.ask(order);
        for word in words {
            let name = &self.name;
            assert!(
                answer.contains(word),
                "{name}: {order}: {answer:?} has no {word:?}"
            );
        }
    }

    /// Gives orders until it dies at the point that it was told to die at; the answers until then.
    #[track_caller]
    pub fn dies(mut self, orders: &[&str]) -> Vec<String> {
        let mut answers = Vec::new();
        for order in orders {
            self.tell(order);
            match self.listen() {
                Some(answer) => answers.push(answer),
                None => {
                    let signal = self.child.wait().expect("wait").signal();
                    assert_eq!(signal, Some(libc::SIGKILL), "{}: {order}", self.name);
                    return answers;
                }
            }
        }
        panic!("{} outlived {orders:?}: {answers:?}", self.name);
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.end();
    }
}
