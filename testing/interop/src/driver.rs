//! One language's driver as a child process: a line of command in, a line of answer out.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

/// The longest a driver may take over one answer. Its own waits end after 10 s; what is left is
/// for a loaded machine to make and check 100 MiB.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A driver that cannot go on: it died, fell silent or refused a step the rest depends on.
#[derive(Debug)]
pub struct Stop(pub String);

/// A running driver.
pub struct Driver {
    title: String,
    patience: Duration,
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    complaints: Option<JoinHandle<String>>,
}

impl Driver {
    /// Starts `command`; `title` is what failures call it.
    pub fn start(command: &mut Command, title: &str, patience: Duration) -> Result<Driver, Stop> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Stop(format!("{title}: {command:?} does not start: {error}")))?;
        let input = child.stdin.take();
        let output = child.stdout.take().expect("was asked for");
        let mut errors = child.stderr.take().expect("was asked for");
        // Reading on a thread of its own gives every answer a time limit, and lets commands be
        // written ahead without either side filling its pipe.
        let (line_out, answers) = channel();
        spawn(move || {
            for line in BufReader::new(output).lines() {
                let line = line.unwrap_or_else(|error| format!("(unreadable: {error})"));
                if line_out.send(line).is_err() {
                    break;
                }
            }
        });
        let complaints = spawn(move || {
            let mut bytes = Vec::new();
            // What was read before a failure is still worth showing.
            let _ = errors.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).trim().to_owned()
        });
        Ok(Driver {
            title: title.to_owned(),
            patience,
            child,
            input,
            answers,
            complaints: Some(complaints),
        })
    }

    /// Writes a command and leaves its answer for [`Driver::answer`]. At most as many bytes as a
    /// pipe holds may be ahead of the driver, 64 KiB.
    pub fn tell(&mut self, command: &str) -> Result<(), Stop> {
        let line = format!("{command}\n");
        let input = self.input.as_mut().expect("open until the driver quits");
        input
            .write_all(line.as_bytes())
            .map_err(|_| self.stop(command, "does not read"))
    }

    /// The next answer; `command` is what it answers.
    pub fn answer(&mut self, command: &str) -> Result<String, Stop> {
        self.answers
            .recv_timeout(self.patience)
            .map_err(|reason| match reason {
                RecvTimeoutError::Timeout => {
                    let silence =
                        format!("gave no answer within {:?} and was killed", self.patience);
                    self.stop(command, &silence)
                }
                RecvTimeoutError::Disconnected => self.stop(command, "ended"),
            })
    }

    /// One command and its answer.
    pub fn ask(&mut self, command: &str) -> Result<String, Stop> {
        self.tell(command)?;
        self.answer(command)
    }

    /// A command that must be answered `ok` for the rest to make sense.
    pub fn must(&mut self, command: &str) -> Result<(), Stop> {
        match self.ask(command)? {
            answer if answer == "ok" => Ok(()),
            answer => Err(Stop(format!(
                "{}: `{command}` was answered `{answer}`",
                self.title
            ))),
        }
    }

    /// Ends the driver in good order.
    pub fn quit(mut self) -> Result<(), Stop> {
        self.must("quit")?;
        drop(self.input.take());
        match self.answers.recv_timeout(self.patience) {
            Ok(line) => return Err(self.stop("quit", &format!("went on to say `{line}`"))),
            Err(RecvTimeoutError::Timeout) => return Err(self.stop("quit", "did not end")),
            Err(RecvTimeoutError::Disconnected) => {}
        }
        let status = self.child.wait();
        match status {
            Ok(status) if status.success() => Ok(()),
            _ => Err(self.stop("quit", "failed on its way out")),
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, as the out-of-memory killer would; returns when the process is gone.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) -> Option<ExitStatus> {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        self.child.wait().ok()
    }

    fn stop(&mut self, command: &str, what: &str) -> Stop {
        let status = self
            .end()
            .map_or_else(String::new, |status| format!(" ({status})"));
        let complaints = self.complaints.take().and_then(|thread| thread.join().ok());
        let mut text = format!("{}: at `{command}` the driver {what}{status}", self.title);
        if let Some(complaints) = complaints.filter(|text| !text.is_empty()) {
            text.push_str("; its stderr:\n");
            text.push_str(&complaints);
        }
        Stop(text)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Driver {
        Driver::start(Command::new("sh").args(["-c", script]), "mock", patience).unwrap()
    }

    #[test]
    fn commands_and_answers_alternate_or_run_ahead() {
        let mut driver = shell("cat", PATIENCE);
        assert_eq!(driver.ask("hello").unwrap(), "hello");
        driver.tell("one").unwrap();
        driver.tell("two").unwrap();
        assert_eq!(driver.answer("one").unwrap(), "one");
        assert_eq!(driver.answer("two").unwrap(), "two");
    }

    #[test]
    fn a_silent_driver_is_killed() {
        let mut driver = shell("exec sleep 60", Duration::from_millis(50));
        let Stop(text) = driver.ask("take c 1").unwrap_err();
        assert!(
            text.contains("mock: at `take c 1` the driver gave no answer"),
            "{text}"
        );
        assert!(text.contains("signal: 9"), "{text}");
    }

    #[test]
    fn a_crash_is_reported_with_its_last_words() {
        let mut driver = shell("read line; echo out of luck >&2; exit 3", PATIENCE);
        let Stop(text) = driver.ask("put p n").unwrap_err();
        assert!(text.contains("the driver ended"), "{text}");
        assert!(text.ends_with("out of luck"), "{text}");
    }

    #[test]
    fn quitting_needs_an_ok_and_a_clean_exit() {
        assert!(shell("read line; echo ok", PATIENCE).quit().is_ok());
        assert!(
            shell("read line; echo ok; exit 1", PATIENCE)
                .quit()
                .is_err()
        );
        assert!(
            shell("read line; echo ok; echo more", PATIENCE)
                .quit()
                .is_err()
        );
    }
}
