//! One program of the demo: started, listened to, killed, started again, stopped. Nothing but the
//! processes started here is ever signalled, and none outlives this one.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a program may take to end when asked to.
const STOP_TIME: Duration = Duration::from_secs(10);

/// What of a program's output is shown.
#[derive(Clone, Copy, PartialEq)]
pub enum Show {
    /// All of it, straight on the terminal; its figures are then not known here.
    Output,
    /// Only lines without figures; the figures are collected.
    Words,
}

/// A program that can be started again and again.
pub struct Program {
    name: &'static str,
    command: Command,
    running: Option<Running>,
    figures: Figures,
}

struct Running {
    child: Child,
    listener: Option<JoinHandle<()>>,
}

/// The latest `key=value` words a program has printed.
type Figures = Arc<Mutex<HashMap<String, f64>>>;

impl Program {
    /// Prepares `command`; its environment is kept. `setpriv` makes the kernel end the program when
    /// this process dies; a process group of its own keeps the terminal's Ctrl-C from it, so that
    /// the programs are stopped in order.
    pub fn new(name: &'static str, command: &Command, show: Show) -> Program {
        let mut wrapped = Command::new("setpriv");
        wrapped.args(["--pdeathsig", "KILL", "--"]);
        wrapped.arg(command.get_program()).args(command.get_args());
        wrapped.envs(
            command
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        wrapped.stdin(Stdio::null()).process_group(0);
        wrapped.stdout(if show == Show::Output {
            Stdio::inherit()
        } else {
            Stdio::piped()
        });
        Program {
            name,
            command: wrapped,
            running: None,
            figures: Figures::default(),
        }
    }

    /// Starts it, with no figures yet.
    pub fn start(&mut self) -> Result<(), String> {
        let spawned = self.command.spawn();
        let mut child = spawned.map_err(|why| format!("{} does not start: {why}", self.name))?;
        self.figures = Figures::default();
        let listener = child.stdout.take().map(|output| {
            let figures = Arc::clone(&self.figures);
            thread::spawn(move || listen(output, &figures))
        });
        self.running = Some(Running { child, listener });
        Ok(())
    }

    /// The latest figure of this name since the start; 0 before the first.
    pub fn figure(&self, key: &str) -> f64 {
        let figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        figures.get(key).copied().unwrap_or(0.0)
    }

    /// An error if it has ended.
    pub fn expect_running(&mut self) -> Result<(), String> {
        let Some(running) = &mut self.running else {
            return Err(format!("{} was not started", self.name));
        };
        match running.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("{} ended by itself: {status}", self.name)),
            Err(why) => Err(format!("{}: {why}", self.name)),
        }
    }

    /// SIGKILL: it has no chance to tidy up.
    pub fn kill(&mut self) -> Result<(), String> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        let killed = running.child.kill().and_then(|()| running.child.wait());
        killed
            .map(drop)
            .map_err(|why| format!("{}: {why}", self.name))
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has done so with success.
    pub fn stop(&mut self) -> Result<(), String> {
        self.expect_running()?;
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        let pid = running.child.id().to_string();
        let asked = Command::new("sh")
            .args(["-c", "kill -INT \"$0\"", &pid])
            .status();
        asked.map_err(|why| format!("{}: {why}", self.name))?;
        let deadline = Instant::now() + STOP_TIME;
        while Instant::now() < deadline {
            if let Some(status) = running
                .child
                .try_wait()
                .map_err(|why| format!("{}: {why}", self.name))?
            {
                running.listener.take().map(JoinHandle::join);
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("{} did not end well: {status}", self.name))
                };
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.running = Some(running);
        Err(format!(
            "{} did not end within {} s",
            self.name,
            STOP_TIME.as_secs()
        ))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Best effort, on the way out of a failure that has been reported.
        let _ = self.kill();
    }
}

fn listen(output: ChildStdout, figures: &Mutex<HashMap<String, f64>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let pairs = line
            .split_whitespace()
            .filter_map(|word| word.split_once('='));
        let numbers = pairs.filter_map(|(key, value)| Some((key.to_owned(), value.parse().ok()?)));
        let numbers: Vec<(String, f64)> = numbers.collect();
        if numbers.is_empty() {
            println!("{line}");
        }
        figures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new(
            "shell",
            Command::new("sh").args(["-c", script]),
            Show::Words,
        )
    }

    fn wait_for(program: &Program, key: &str, value: f64) {
        let deadline = Instant::now() + STOP_TIME;
        while program.figure(key) != value {
            assert!(Instant::now() < deadline, "{key} never was {value}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn figures_are_the_latest_ones_since_the_start() {
        let mut program = shell("echo 'shell: a=1 b=2.5'; echo a=3; exec sleep 60");
        program.start().unwrap();
        wait_for(&program, "a", 3.0);
        assert_eq!([program.figure("b"), program.figure("c")], [2.5, 0.0]);
        program.kill().unwrap();
        program.start().unwrap();
        wait_for(&program, "a", 3.0);
    }

    #[test]
    fn a_program_is_asked_to_end() {
        let mut program = shell("trap 'exit 0' INT; echo a=1; while :; do sleep 0.05; done");
        program.start().unwrap();
        wait_for(&program, "a", 1.0);
        program.stop().unwrap();
        assert!(program.expect_running().is_err());
    }

    #[test]
    fn a_program_that_ends_by_itself_is_named() {
        let mut program = shell("exit 3");
        program.start().unwrap();
        program.running.as_mut().unwrap().child.wait().unwrap();
        let why = program.expect_running().unwrap_err();
        assert!(
            why.contains("shell ended by itself") && why.contains('3'),
            "{why}"
        );
    }
}
