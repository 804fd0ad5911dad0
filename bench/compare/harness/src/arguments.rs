//! The words of a worker's command line: `key=value`, in any order.

use crate::system::{Pattern, Spec, Wait};
use anyhow::{Context, Result, bail, ensure};
use std::path::PathBuf;
use std::str::FromStr;

/// Which side of a work a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It sends, and is started last.
    A,
    /// It receives, and is started first.
    B,
}

/// What the receiver of a frame does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It has it in its hand.
    Seen,
    /// It reads every byte where it lies.
    Read,
    /// It copies all of it into its own memory.
    Copied,
    /// It copies bands of it while the sender still fills the next ones.
    Follow,
}

/// All words; those that are absent have the value of `Arguments::default`.
#[derive(Clone, Debug)]
pub struct Arguments {
    pub work: String,
    pub role: Role,
    pub system: String,
    pub wait: Wait,
    pub pattern: Pattern,
    /// Bytes of the messages, one after the other; each a multiple of 8.
    pub sizes: Vec<usize>,
    /// How long to go on with one size.
    pub budget_ms: u64,
    /// How many messages, where time does not decide.
    pub count: u64,
    /// How long role a sleeps between messages.
    pub gap_ms: u64,
    pub inputs: u32,
    pub outputs: u32,
    /// Which of the inputs (role b) or outputs (role a) this process is.
    pub index: u32,
    pub kind: Kind,
    pub dir: PathBuf,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            work: String::new(),
            role: Role::A,
            system: String::new(),
            wait: Wait::Block,
            pattern: Pattern::Stream,
            sizes: Vec::new(),
            budget_ms: 100,
            count: 0,
            gap_ms: 0,
            inputs: 1,
            outputs: 1,
            index: 0,
            kind: Kind::Seen,
            dir: PathBuf::new(),
        }
    }
}

impl Arguments {
    /// Reads the words; one that is unknown or wrong is an error that names it.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut arguments = Self::default();
        for word in words {
            let (key, value) = word
                .split_once('=')
                .with_context(|| format!("argument {word} is not of the form key=value"))?;
            arguments
                .set(key, value)
                .with_context(|| format!("argument {word} is not understood"))?;
        }
        ensure!(!arguments.work.is_empty(), "no work= is given");
        Ok(arguments)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "work" => self.work = value.to_owned(),
            "role" => self.role = one_of(value, &[("a", Role::A), ("b", Role::B)])?,
            "system" => self.system = value.to_owned(),
            "wait" => self.wait = one_of(value, &[("spin", Wait::Spin), ("block", Wait::Block)])?,
            "pattern" => {
                let patterns = [("stream", Pattern::Stream), ("queue", Pattern::Queue)];
                self.pattern = one_of(value, &patterns)?;
            }
            "sizes" => {
                let sizes = value.split(',').filter(|size| !size.is_empty());
                self.sizes = sizes.map(size).collect::<Result<_>>()?;
            }
            "budget_ms" => self.budget_ms = number(value)?,
            "count" => self.count = number(value)?,
            "gap_ms" => self.gap_ms = number(value)?,
            "inputs" => self.inputs = number(value)?,
            "outputs" => self.outputs = number(value)?,
            "index" => self.index = number(value)?,
            "kind" => {
                let kinds = [
                    ("seen", Kind::Seen),
                    ("read", Kind::Read),
                    ("copied", Kind::Copied),
                    ("follow", Kind::Follow),
                ];
                self.kind = one_of(value, &kinds)?;
            }
            "dir" => self.dir = PathBuf::from(value),
            _ => bail!("there is no key {key}"),
        }
        Ok(())
    }

    /// The channel from role a to role b.
    pub fn forward(&self) -> Spec {
        Spec {
            dir: self.dir.clone(),
            channel: "ping".to_owned(),
            inputs: self.inputs,
            outputs: self.outputs,
            index: self.index,
            max_bytes: self.bytes_max(),
            wait: self.wait,
            pattern: self.pattern,
            is_stream: matches!(
                self.work.as_str(),
                "stream" | "fanout" | "producers" | "queue"
            ),
        }
    }

    /// The channel from role b to role a; each a gets what any b says.
    pub fn reverse(&self) -> Spec {
        Spec {
            channel: "pong".to_owned(),
            inputs: self.outputs,
            outputs: self.inputs,
            pattern: Pattern::Stream,
            is_stream: false,
            ..self.forward()
        }
    }

    // Works add short messages of their own, so no channel is smaller than one of them.
    fn bytes_max(&self) -> usize {
        self.sizes.iter().copied().max().unwrap_or(0).max(64)
    }
}

fn one_of<T: Copy>(value: &str, choices: &[(&str, T)]) -> Result<T> {
    let found = choices.iter().find(|(name, _)| *name == value);
    found.map(|(_, choice)| *choice).with_context(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("{value} is none of {}", names.join(", "))
    })
}

fn number<T: FromStr>(value: &str) -> Result<T> {
    value
        .parse()
        .ok()
        .with_context(|| format!("{value} is no number that fits"))
}

fn size(value: &str) -> Result<usize> {
    let size: usize = number(value)?;
    ensure!(
        size >= 8 && size.is_multiple_of(8),
        "size {size} is no multiple of 8 above 0"
    );
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_are_read_in_any_order() {
        let arguments = parse(
            "role=b index=3 inputs=4 sizes=8,64 work=stream wait=spin pattern=queue \
             system=pipe budget_ms=50 count=7 gap_ms=2 outputs=2 kind=copied dir=/x/y",
        )
        .unwrap();
        assert_eq!(arguments.role, Role::B);
        assert_eq!(
            (arguments.index, arguments.inputs, arguments.outputs),
            (3, 4, 2)
        );
        assert_eq!(arguments.sizes, [8, 64]);
        assert_eq!(
            (arguments.wait, arguments.pattern),
            (Wait::Spin, Pattern::Queue)
        );
        assert_eq!(
            (arguments.budget_ms, arguments.count, arguments.gap_ms),
            (50, 7, 2)
        );
        assert_eq!(arguments.kind, Kind::Copied);
        assert_eq!(
            (arguments.work.as_str(), arguments.system.as_str()),
            ("stream", "pipe")
        );
    }

    #[test]
    fn the_reverse_channel_has_the_ends_the_other_way_round() {
        let arguments = parse("work=stream inputs=4 pattern=queue sizes=128 dir=/x").unwrap();
        let (forward, reverse) = (arguments.forward(), arguments.reverse());
        assert_eq!(
            (forward.inputs, forward.outputs, forward.pattern),
            (4, 1, Pattern::Queue)
        );
        assert_eq!(
            (reverse.inputs, reverse.outputs, reverse.pattern),
            (1, 4, Pattern::Stream)
        );
        assert_eq!((forward.max_bytes, forward.channel.as_str()), (128, "ping"));
        assert_eq!(reverse.channel, "pong");
    }

    #[test]
    fn no_sizes_are_an_empty_list() {
        assert_eq!(parse("work=hold sizes=").unwrap().sizes, [0usize; 0]);
    }

    #[test]
    fn wrong_words_are_named() {
        for line in [
            "role=a",
            "work=wake role=c",
            "work=wake wait=sometimes",
            "work=wake sizes=12",
            "work=wake sizes=0",
            "work=wake colour=blue",
            "work=wake count=-1",
            "work=wake verbose",
        ] {
            assert!(parse(line).is_err(), "{line} was accepted");
        }
    }
}
