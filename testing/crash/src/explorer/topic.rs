//! A topic, those who survive on it, and what must be true after somebody has died there.

use super::page::{Part, SENDERS, SURVIVOR};
use super::stage::{NOW, STUCK, TOPIC};
use crate::ledger::{self, Entry};
use crate::place::Place;
use simpleipc::{Options, Publisher, Status, Subscriber, Value};

/// Messages a producer may be ahead: few, so that a lane is soon full.
pub const DEPTH: u32 = 16;

/// Sizes that lie in a slot's first line, in both, in a publisher's stock, and in a chunk of
/// their own.
pub const SIZES: [usize; 4] = [20, 100, 5_000, 20_000];

/// Who is there before, and after.
#[derive(Default)]
struct Survivors {
    publisher: Option<Publisher>,
    lossless: Option<Subscriber>,
}

pub struct Topic {
    pub place: Place,
    pub options: Options,
    survivors: Survivors,
    /// One that may miss messages, and what it has seen and missed.
    lossy: Option<Subscriber>,
    /// The number that the lossless subscriber sees next of each sender; nothing is known of
    /// messages before it joined.
    next: [Option<u64>; SENDERS],
    published: u64,
}

type Checked = Result<(), String>;

fn text(error: simpleipc::Error) -> String {
    error.to_string()
}

impl Topic {
    /// A topic that nobody uses yet.
    pub fn deserted(pool_bytes_max: u64) -> Self {
        let place = Place::new();
        let options = Options {
            depth: DEPTH,
            pool_bytes_max,
            ..place.options()
        };
        Self {
            place,
            options,
            survivors: Survivors::default(),
            lossy: None,
            next: [None; SENDERS],
            published: 0,
        }
    }

    /// The survivors join: a publisher and a lossless subscriber.
    pub fn join(&mut self) -> Checked {
        self.join_publisher()?;
        self.join_lossless()?;
        self.next = [Some(0); SENDERS];
        Ok(())
    }

    fn join_lossless(&mut self) -> Checked {
        let lossless = Options {
            lossless: true,
            ..self.options.clone()
        };
        let subscriber = Subscriber::open(TOPIC, &lossless).map_err(text)?;
        self.survivors.lossless = Some(subscriber);
        self.next[SURVIVOR] = Some(self.published);
        Ok(())
    }

    pub fn join_publisher(&mut self) -> Checked {
        let publisher = Publisher::open(TOPIC, &self.options).map_err(text)?;
        self.survivors.publisher = Some(publisher);
        Ok(())
    }

    /// A subscriber joins that may miss messages, and takes none for now.
    pub fn join_lossy(&mut self) -> Checked {
        self.lossy = Some(Subscriber::open(TOPIC, &self.options).map_err(text)?);
        Ok(())
    }

    /// The surviving publisher publishes, and is not held up.
    pub fn publish(&mut self, bytes: usize) -> Checked {
        let publisher = self.survivors.publisher.as_mut().ok_or("no publisher")?;
        let (sender, number) = (SURVIVOR as u64, self.published);
        let message = ledger::write(Entry { sender, number }, bytes);
        publisher
            .put(&Value::from(&message[..]), 0, Some(STUCK))
            .map_err(|error| format!("the surviving publisher is held up: {error}"))?;
        self.published += 1;
        Ok(())
    }

    /// The lossless subscriber takes all there is: whole, in order, and without a gap.
    pub fn drain(&mut self) -> Checked {
        let Some(subscriber) = &mut self.survivors.lossless else {
            return Ok(());
        };
        loop {
            let message = match subscriber.receive_timeout(NOW) {
                Ok(message) => message,
                Err(error) if error.status() == Status::Timeout => return Ok(()),
                Err(error) => return Err(format!("the lossless subscriber: {error}")),
            };
            let entry = ledger::read(&message)?;
            if message.missed() > 0 {
                return Err(format!("a lossless subscriber missed {}", message.missed()));
            }
            let next = &mut self.next[entry.sender as usize];
            if next.is_some_and(|next| next != entry.number) {
                return Err(format!("{entry:?} where {next:?} was due"));
            }
            *next = Some(entry.number + 1);
        }
    }

    /// Everybody who survives goes on, whatever the dead were about; nothing is lost, and
    /// nothing is left.
    pub fn judge(mut self, parts: &[Part]) -> Checked {
        if self.survivors.publisher.is_none() {
            // Nobody survived: the next users find a channel that works.
            self.join_publisher()?;
        }
        if self.survivors.lossless.is_none() {
            self.join_lossless()?;
        }
        self.drain()?;
        self.go_on(3 * DEPTH as usize)?;
        self.check_sent(parts)?;
        let lossless = Options {
            lossless: true,
            ..self.options.clone()
        };
        // Whoever joins repairs what is still to be repaired.
        let mut newcomer = Subscriber::open(TOPIC, &lossless).map_err(text)?;
        let mut publisher = Publisher::open(TOPIC, &self.options).map_err(text)?;
        for bytes in SIZES {
            let message = ledger::write(
                Entry {
                    sender: SURVIVOR as u64,
                    number: self.published,
                },
                bytes,
            );
            publisher
                .put(&Value::from(&message[..]), 0, Some(STUCK))
                .map_err(text)?;
            self.published += 1;
            let taken = newcomer.receive_timeout(NOW).map_err(text)?;
            ledger::read(&taken)?;
            self.drain()?;
        }
        drop((newcomer, publisher));
        self.check_lossy()?;
        let leaks = self.place.leaks();
        if !leaks.is_empty() {
            return Err(format!("leaks: {leaks:?}"));
        }
        drop((self.survivors, self.lossy));
        let left = self.place.left_after_cleaning();
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        Ok(())
    }

    /// More messages than a lane holds, so that nobody can still be waiting for the dead.
    fn go_on(&mut self, messages: usize) -> Checked {
        for number in 0..messages {
            self.publish(SIZES[number % SIZES.len()])?;
            self.drain()?;
        }
        if self.next[SURVIVOR] == Some(self.published) {
            return Ok(());
        }
        Err(format!(
            "{:?} of {} messages of the survivor arrived",
            self.next[SURVIVOR], self.published
        ))
    }

    /// What the dead had published arrived, and of what they were about to publish at most one.
    fn check_sent(&self, parts: &[Part]) -> Checked {
        for (part, next) in parts.iter().zip(&self.next[1..]) {
            let sent = part.sent.load(std::sync::atomic::Ordering::Relaxed);
            let begun = part.begun.load(std::sync::atomic::Ordering::Relaxed);
            if next.is_some_and(|next| !(sent..=begun).contains(&next)) {
                return Err(format!("{next:?} of {sent} published messages arrived"));
            }
        }
        Ok(())
    }

    /// Who may miss messages sees whole ones, in order.
    fn check_lossy(&mut self) -> Checked {
        let Some(subscriber) = &mut self.lossy else {
            return Ok(());
        };
        let mut next = [0; SENDERS];
        loop {
            let message = match subscriber.receive_timeout(NOW) {
                Ok(message) => message,
                Err(error) if error.status() == Status::Timeout => return Ok(()),
                Err(error) => return Err(format!("the lossy subscriber: {error}")),
            };
            let entry = ledger::read(&message)?;
            let next = &mut next[entry.sender as usize];
            // The survivor's messages come on two lanes.
            if entry.sender != SURVIVOR as u64 && entry.number < *next {
                return Err(format!("{entry:?} where {next} was due"));
            }
            *next = entry.number + 1;
        }
    }
}
