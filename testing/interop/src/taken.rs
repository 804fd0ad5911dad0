//! The answer of a driver that took a message: the value and what came with it.

use std::fmt::{Display, Formatter, Result};

/// A message as a driver reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The value in the notation.
    pub value: String,
    /// Its sequence number.
    pub sequence: u64,
    /// Messages lost before it.
    pub missed: u64,
    /// Whether an earlier receiver died while holding it.
    pub redelivered: bool,
    /// The capture time its producer gave, or 0.
    pub capture: i64,
    /// Whether its age is known: stamped when put, and taken no earlier than that.
    pub aged: bool,
}

impl Taken {
    /// What an ordinary message looks like: nothing missed, fresh, without a capture time.
    pub fn plain(value: &str, sequence: u64) -> Taken {
        let value = value.to_owned();
        Taken {
            value,
            sequence,
            missed: 0,
            redelivered: false,
            capture: 0,
            aged: true,
        }
    }

    /// Reads an answer; `None` when it is another kind of answer, or malformed.
    pub fn parse(line: &str) -> Option<Taken> {
        let words: Vec<&str> = line.split(' ').collect();
        let &["value", value, sequence, missed, redelivered, capture, aged] = words.as_slice()
        else {
            return None;
        };
        let flag = |word: &str| {
            word.parse()
                .ok()
                .filter(|&bit: &u8| bit < 2)
                .map(|bit| bit == 1)
        };
        Some(Taken {
            value: value.to_owned(),
            sequence: sequence.strip_prefix("seq=")?.parse().ok()?,
            missed: missed.strip_prefix("missed=")?.parse().ok()?,
            redelivered: flag(redelivered.strip_prefix("redelivered=")?)?,
            capture: capture.strip_prefix("capture=")?.parse().ok()?,
            aged: flag(aged.strip_prefix("aged=")?)?,
        })
    }
}

impl Display for Taken {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let Taken {
            value,
            sequence,
            missed,
            redelivered,
            capture,
            aged,
        } = self;
        let [redelivered, aged] = [redelivered, aged].map(|&flag| u8::from(flag));
        write!(
            out,
            "value {value} seq={sequence} missed={missed} redelivered={redelivered} "
        )?;
        write!(out, "capture={capture} aged={aged}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_reading_and_printing() {
        let line = "value [i1,s] seq=18446744073709551615 missed=3 redelivered=1 capture=-5 aged=0";
        assert_eq!(Taken::parse(line).unwrap().to_string(), line);
    }

    #[test]
    fn other_answers_are_not_messages() {
        assert_eq!(Taken::parse("error 1 nothing arrived"), None);
        assert_eq!(Taken::parse("ok"), None);
        let line = "value i1 seq=1 missed=0 redelivered=2 capture=0 aged=1";
        assert_eq!(Taken::parse(line), None);
    }
}
