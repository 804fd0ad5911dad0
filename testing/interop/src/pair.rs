//! A producing driver and a consuming driver at work on one channel.

use std::path::PathBuf;
use std::process::Command;

use crate::driver::{Driver, PATIENCE, Stop};
use crate::report::Tally;
use crate::taken::Taken;

/// How a language's driver is started, in which directory of channels.
pub struct Starter<'a> {
    /// As in the table of languages.
    pub language: &'a str,
    /// A fresh command for its driver.
    pub command: &'a dyn Fn() -> Command,
    /// Its `SIPC_DIR`.
    pub directory: PathBuf,
}

impl Starter<'_> {
    /// Starts one driver; `role` is what failures call it besides its language.
    pub fn start(&self, role: &str) -> Result<Driver, Stop> {
        let title = format!("{} {role}", self.language);
        Driver::start(
            (self.command)().env("SIPC_DIR", &self.directory),
            &title,
            PATIENCE,
        )
    }
}

/// How a language's driver is started as a plugin.
#[derive(Clone, Copy)]
pub struct Plugin<'a> {
    /// As in the table of languages.
    pub language: &'a str,
    /// A shell script that becomes it, wherever it is run.
    pub script: &'a str,
}

/// The two drivers, and where their checks are written down.
pub struct Pair<'a> {
    /// Puts. Its handle is always called `p`.
    pub producer: Driver,
    /// Takes. Its handle is always called `c`.
    pub consumer: Driver,
    /// For a scenario that needs one more driver of the producer's language.
    pub third: &'a Starter<'a>,
    /// One in the consumer's language, if the drivers of both know of hosts and plugins.
    pub plugin: Option<Plugin<'a>>,
    /// What the producer's handles say they are written in, if the drivers of both know of peers.
    pub presence: Option<&'a str>,
    /// The consumer's with a library of a later version, if there is one.
    pub later: Option<&'a Starter<'a>>,
    /// The checks.
    pub tally: &'a mut Tally,
    /// Sequence number the next message through `p` must have; unknown before the first.
    pub sequence: Option<u64>,
}

impl Pair<'_> {
    /// Opens `c` and then `p` on the channel `name`; `options` go to both.
    pub fn open(&mut self, roles: Roles, name: &str, options: &str) -> Result<(), Stop> {
        self.consumer
            .must(format!("open c {} {name} {options}", roles.consumer()).trim_end())?;
        self.producer
            .must(format!("open p {} {name} {options}", roles.producer()).trim_end())?;
        self.sequence = None;
        Ok(())
    }

    /// Closes both handles.
    pub fn close(&mut self) -> Result<(), Stop> {
        self.producer.must("close p")?;
        self.consumer.must("close c")
    }

    /// One command of the producer, and then the message it makes at the consumer: has to be
    /// `expected` in every part, but for the sequence number, which is one more than before.
    pub fn pass(&mut self, case: &str, command: &str, expected: Taken) -> Result<(), Stop> {
        let case = format!("{case} ({command})");
        let answer = self.producer.ask(command)?;
        if answer != "ok" {
            self.tally.fail(&case, "ok", &answer);
            return Ok(());
        }
        let answer = self.consumer.ask("take c 10000")?;
        if answer.starts_with("error") {
            // The rest would only wait as long for nothing.
            return Err(Stop(format!("{case}: the consumer answered `{answer}`")));
        }
        let matches = self.check_taken(&case, &answer, expected);
        if !matches {
            // What may still come late must not be taken for the answer to the next case.
            self.drain()?;
        }
        Ok(())
    }

    /// Compares an answer with the message that should have come.
    pub fn check_taken(&mut self, case: &str, answer: &str, mut expected: Taken) -> bool {
        let first = || Taken::parse(answer).map_or(0, |taken| taken.sequence);
        expected.sequence = self.sequence.unwrap_or_else(first);
        self.sequence = Some(expected.sequence.wrapping_add(1));
        let expected = expected.to_string();
        self.tally.check(case, &expected, answer);
        expected == answer
    }

    /// Checks that a command is refused with `status` and a sentence that holds `words`.
    pub fn check_refused(&mut self, case: &str, answer: &str, status: u32, words: &str) {
        let expected = format!("error {status} <a sentence with `{words}`>");
        let sentence = answer.strip_prefix(&format!("error {status} "));
        match sentence.filter(|sentence| sentence.contains(words)) {
            Some(_) => self.tally.pass(),
            None => self.tally.fail(case, &expected, answer),
        }
    }

    /// A command of the producer, which has to be answered like this.
    pub fn producer_says(&mut self, case: &str, command: &str, expected: &str) -> Result<(), Stop> {
        let answer = self.producer.ask(command)?;
        self.tally
            .check(&format!("{case} ({command})"), expected, &answer);
        Ok(())
    }

    /// As `producer_says`, for the consumer.
    pub fn consumer_says(&mut self, case: &str, command: &str, expected: &str) -> Result<(), Stop> {
        let answer = self.consumer.ask(command)?;
        self.tally
            .check(&format!("{case} ({command})"), expected, &answer);
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Stop> {
        while self.consumer.ask("take c 0")?.starts_with("value") {}
        Ok(())
    }
}

/// The pattern of a channel, as the two verbs that make it.
#[derive(Clone, Copy)]
pub enum Roles {
    /// Publish and subscribe.
    Topic,
    /// Send and receive.
    Queue,
}

impl Roles {
    /// The verb that puts.
    pub fn producer(self) -> &'static str {
        match self {
            Roles::Topic => "publish",
            Roles::Queue => "send",
        }
    }

    /// The verb that takes.
    pub fn consumer(self) -> &'static str {
        match self {
            Roles::Topic => "subscribe",
            Roles::Queue => "receive",
        }
    }
}
