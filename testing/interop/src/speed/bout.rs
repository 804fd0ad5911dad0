//! One thing that two drivers do with each other many times, how long it takes, and whether it was
//! all done: each message is counted by its sequence number and looked at.

use std::time::{Duration, Instant};

use crate::driver::{Driver, Stop};
use crate::pair::Pair;

/// Both ends of 64 bytes, which lie in the slot itself, and of a camera's frame.
const SMALL_ENDS: u64 = 1 + 64;
const FRAME_ENDS: u64 = 1 + 2;
/// What `add` of 2 and 3 is.
const SUM: u64 = 5;

/// The first count; so many are over in no time in any language.
const COUNT_MIN: u64 = 50;

/// A kind of traffic.
#[derive(Debug)]
pub struct Bout {
    pub name: &'static str,
    /// The one who acts: opens in this role, and is told this with a count behind it.
    active: End,
    passive: End,
    options: &'static str,
    /// Queues: what both ends of each message's data add up to.
    ends: Option<u64>,
}

#[derive(Debug)]
struct End {
    /// What a language does here, as figures call it.
    deed: &'static str,
    role: &'static str,
    command: &'static str,
}

/// Which of the two the language is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Active,
    Passive,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Active, Side::Passive];
}

const fn end(deed: &'static str, role: &'static str, command: &'static str) -> End {
    End {
        deed,
        role,
        command,
    }
}

impl Bout {
    pub const ALL: &[Bout] = &[
        Bout {
            name: "calls",
            active: end("call", "call", "calls a"),
            passive: end("serve", "serve", "serves b"),
            options: "",
            ends: None,
        },
        Bout {
            name: "stream",
            active: end("send", "send", "puts a X64:1"),
            passive: end("receive", "receive", "takes b"),
            options: "",
            ends: Some(SMALL_ENDS),
        },
        Bout {
            name: "frames",
            active: end("lend", "send", "loans a 480 640"),
            passive: end("look", "receive", "takes b"),
            // So few frames that a run needs 60 MB and not a gigabyte.
            options: " depth=64",
            ends: Some(FRAME_ENDS),
        },
    ];

    /// What the language does on this side.
    pub fn deed(&self, side: Side) -> &'static str {
        match side {
            Side::Active => self.active.deed,
            Side::Passive => self.passive.deed,
        }
    }

    /// Nanoseconds for one, from runs that are ever longer until one lasts `window`.
    pub fn run(
        &self,
        language: &mut Driver,
        partner: &mut Driver,
        side: Side,
        channel: &str,
        window: Duration,
    ) -> Result<f64, Stop> {
        let (active, passive) = match side {
            Side::Active => (language, partner),
            Side::Passive => (partner, language),
        };
        let Bout { options, .. } = self;
        passive.must(&format!("open b {} {channel}{options}", self.passive.role))?;
        active.must(&format!("open a {} {channel}{options}", self.active.role))?;
        // The first one tells where the sequence numbers stand.
        let mut sequence = match self.ends {
            Some(ends) => self.pass(active, passive, 1)?.0.checked_sub(ends),
            None => Some(0),
        };
        let mut count = COUNT_MIN;
        let nanoseconds = loop {
            let (sum, time) = self.pass(active, passive, count)?;
            let expected = match (self.ends, &mut sequence) {
                (Some(ends), Some(last)) => {
                    let before = count * *last + count * ends;
                    *last += count;
                    before + count * (count + 1) / 2
                }
                _ => count * SUM,
            };
            if sum != expected {
                let what = format!("{count} {} came to {sum} instead of {expected}", self.name);
                return Err(Stop(what));
            }
            if time >= window {
                break time.as_nanos() as f64 / count as f64;
            }
            let share = window.as_secs_f64() * 1.2 / time.as_secs_f64();
            count = (count as f64 * share.clamp(1.5, 10.0)) as u64;
        };
        if self.ends.is_some() {
            let answer = passive.ask("take b 0")?;
            if !answer.starts_with("error 1 ") {
                return Err(Stop(format!("one more came: {answer}")));
            }
        }
        active.must("close a")?;
        passive.must("close b")?;
        Ok(nanoseconds)
    }

    /// One run: its checksum, and how long it took.
    fn pass(
        &self,
        active: &mut Driver,
        passive: &mut Driver,
        count: u64,
    ) -> Result<(u64, Duration), Stop> {
        let acts = format!("{} {count}", self.active.command);
        let reacts = format!("{} {count}", self.passive.command);
        passive.tell(&reacts)?;
        let start = Instant::now();
        active.tell(&acts)?;
        let acted = active.answer(&acts)?;
        if acted.starts_with("error") {
            // The other one would only wait for what does not come.
            return Err(Stop(format!("`{acts}` was answered `{acted}`")));
        }
        let reacted = passive.answer(&reacts)?;
        let time = start.elapsed();
        let (said, summed) = match self.ends {
            Some(_) => (acted, reacted),
            None => (reacted, acted),
        };
        let sum = summed.strip_prefix("sum ").and_then(|sum| sum.parse().ok());
        match sum.filter(|_| said == "ok") {
            Some(sum) => Ok((sum, time)),
            None => Err(Stop(format!("was answered `{said}` and `{summed}`"))),
        }
    }
}

/// For every pair of languages: the loops do what they say, however long that takes.
pub fn loops(pair: &mut Pair) -> Result<(), Stop> {
    let (active, passive) = (&mut pair.producer, &mut pair.consumer);
    for bout in Bout::ALL {
        let channel = format!("loops-{}", bout.name);
        bout.run(active, passive, Side::Active, &channel, Duration::ZERO)?;
        pair.tally.pass();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::driver::PATIENCE;

    fn shell(script: &str) -> Driver {
        Driver::start(Command::new("sh").args(["-c", script]), "mock", PATIENCE).unwrap()
    }

    /// A stream to a mock that takes messages, numbered from 1, and then says `sum` and `left`.
    fn stream_to(sum: &str, left: &str) -> Result<f64, Stop> {
        let mut active = shell("while read line; do echo ok; done");
        let mut passive = shell(&format!(
            "s=0; while read verb id count; do case $verb in
                takes) k=0; t=0; while [ $k -lt $count ]; do
                        k=$((k+1)); s=$((s+1)); t=$((t+s+65)); done; echo sum $(({sum})) ;;
                take) echo {left} ;;
                *) echo ok ;;
            esac; done"
        ));
        let stream = Bout::ALL.iter().find(|bout| bout.name == "stream").unwrap();
        let (active, passive) = (&mut active, &mut passive);
        stream.run(active, passive, Side::Active, "mock", Duration::ZERO)
    }

    #[test]
    fn what_was_taken_once_each_is_measured() {
        assert!(stream_to("t", "error 1 nothing came").unwrap() > 0.0);
    }

    #[test]
    fn a_message_that_is_lost_or_comes_twice_is_seen() {
        let Stop(text) = stream_to("t - (count > 1)", "error 1 nothing came").unwrap_err();
        assert!(text.contains("instead of"), "{text}");
        let Stop(text) = stream_to("t", "value x00").unwrap_err();
        assert!(text.contains("one more came"), "{text}");
    }
}
