//! How far a long transfer is: a bar on the standard error, if that is a terminal.

use std::io::{IsTerminal, stderr, stdout};

use indicatif::{ProgressBar, ProgressStyle};

/// Shorter transfers are over before anybody could read the bar.
const BYTES_MIN: u64 = 8 << 20;

/// A bar, or nothing.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Of a transfer that leaves the terminal alone.
    pub fn of(what: &'static str, bytes: u64) -> Self {
        if bytes < BYTES_MIN || !stderr().is_terminal() {
            return Self(None);
        }
        let template = "{msg} {bytes}/{total_bytes} [{bar:30}] {bytes_per_sec}, {eta} left";
        let Ok(style) = ProgressStyle::with_template(template) else {
            return Self(None);
        };
        let bar = ProgressBar::new(bytes).with_style(style.progress_chars("=> "));
        Self(Some(bar.with_message(what)))
    }

    /// Of what goes to the standard output, which must not be the terminal as well.
    pub fn of_output(what: &'static str, bytes: u64) -> Self {
        match stdout().is_terminal() {
            true => Self(None),
            false => Self::of(what, bytes),
        }
    }

    pub fn add(&self, bytes: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
