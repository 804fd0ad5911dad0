//! The lines a worker and the runner exchange over the worker's standard streams.

use anyhow::{Context, Result, ensure};
use std::fmt;
use std::io::{self, BufRead, Write};

/// One worker's side of the lines.
#[derive(Debug, Default)]
pub struct Protocol;

impl Protocol {
    /// Says that everything is open, and waits for the word to start.
    pub fn ready(&self) -> Result<()> {
        self.say("ready")?;
        let line = self.line()?;
        ensure!(
            line.trim() == "go",
            "the runner said {:?} instead of go",
            line.trim()
        );
        Ok(())
    }

    /// One line of results; the words depend on the work.
    pub fn result(&self, words: fmt::Arguments) -> Result<()> {
        self.say(&format!("result {words}"))
    }

    /// Says that all is done, and waits for leave to end: a line or the end of the input.
    pub fn done(&self) -> Result<()> {
        self.say("done")?;
        self.line()?;
        Ok(())
    }

    /// Says that all is done, for a worker that ends at once.
    pub fn done_at_once(&self) -> Result<()> {
        self.say("done")
    }

    /// Reports why there is no result; the causes stand on the same line.
    pub fn error(&self, error: &anyhow::Error) {
        let sentence = format!("{error:#}").replace('\n', " ");
        // Nobody is left to be told when the line itself cannot be written.
        self.say(&format!("error {sentence}")).ok();
    }

    fn say(&self, line: &str) -> Result<()> {
        let mut output = io::stdout().lock();
        writeln!(output, "{line}")
            .and_then(|()| output.flush())
            .context("the runner does not listen")
    }

    fn line(&self) -> Result<String> {
        let mut line = String::new();
        io::stdin()
            .lock()
            .read_line(&mut line)
            .context("the runner does not speak")?;
        Ok(line)
    }
}
