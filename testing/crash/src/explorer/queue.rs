//! A queue, those who survive on it, and what must be true after somebody has died there.

use super::page::{Part, SENDERS, SURVIVOR};
use super::stage::{NOW, QUEUE, STUCK};
use super::topic::{DEPTH, SIZES};
use crate::ledger::{self, Entry};
use crate::place::Place;
use simpleipc::{Message, Options, Receiver, Sender, Status, Value};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

pub struct Queue {
    pub place: Place,
    pub options: Options,
    sender: Option<Sender>,
    receiver: Option<Receiver>,
    sent: u64,
    /// Messages that have arrived here, as bits, by sender.
    arrived: [u64; SENDERS],
    /// The first message of each sender that can still come for the first time.
    next: [u64; SENDERS],
}

type Checked = Result<(), String>;

fn text(error: simpleipc::Error) -> String {
    error.to_string()
}

impl Queue {
    /// A queue that nobody uses yet.
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
            sender: None,
            receiver: None,
            sent: 0,
            arrived: [0; SENDERS],
            next: [0; SENDERS],
        }
    }

    /// The survivors join: a sender and a receiver.
    pub fn join(&mut self) -> Checked {
        self.sender = Some(Sender::open(QUEUE, &self.options).map_err(text)?);
        self.receiver = Some(Receiver::open(QUEUE, &self.options).map_err(text)?);
        Ok(())
    }

    /// The survivors go, in order.
    pub fn leave(&mut self) {
        self.sender = None;
        self.receiver = None;
    }

    /// The surviving sender sends a message, if there is room.
    fn try_send(&mut self, bytes: usize) -> simpleipc::Result<()> {
        let entry = Entry {
            sender: SURVIVOR as u64,
            number: self.sent,
        };
        let message = ledger::write(entry, bytes);
        let sender = self.sender.as_mut().expect("it survives");
        sender.put(&Value::from(&message[..]), 0, NOW)?;
        self.sent += 1;
        Ok(())
    }

    /// The surviving sender sends to a queue that has room.
    pub fn send(&mut self, bytes: usize) -> Checked {
        self.try_send(bytes).map_err(text)
    }

    /// The surviving sender sends, and the receiver takes what there is; neither is held up.
    fn exchange(&mut self, parts: &[Part], bytes: usize) -> Checked {
        let began = Instant::now();
        while let Err(error) = self.try_send(bytes) {
            if began.elapsed() > STUCK {
                return Err(format!("the surviving sender is held up: {error}"));
            }
            self.drain(parts)?;
        }
        self.drain(parts)
    }

    /// Takes one message for good; false if there was none in time.
    fn take_one(&mut self, parts: &[Part], patience: Option<Duration>) -> Result<bool, String> {
        let receiver = self.receiver.as_mut().ok_or("no receiver")?;
        match receiver.receive_timeout(patience) {
            Ok(message) => self.note(parts, &message).map(|()| true),
            Err(error) if error.status() == Status::Timeout => Ok(false),
            Err(error) => Err(format!("the surviving receiver: {error}")),
        }
    }

    pub fn drain(&mut self, parts: &[Part]) -> Checked {
        while self.take_one(parts, NOW)? {}
        Ok(())
    }

    /// A message comes to exactly one receiver, and again only if that one died with it.
    fn note(&mut self, parts: &[Part], message: &Message) -> Checked {
        let entry = ledger::read(message)?;
        let (sender, bit) = (entry.sender as usize, 1 << entry.number);
        if self.arrived[sender] & bit != 0 {
            return Err(format!("{entry:?} came twice to those who live"));
        }
        self.arrived[sender] |= bit;
        if bits(parts, |part| &part.done, sender) & bit != 0 {
            return Err(format!("{entry:?} came again though it was done"));
        }
        let was_given = bits(parts, |part| &part.given, sender) & bit != 0;
        if was_given && !message.is_redelivered() {
            return Err(format!("{entry:?} came again and is not marked"));
        }
        if !message.is_redelivered() {
            if entry.number < self.next[sender] {
                return Err(format!("{entry:?} came late"));
            }
            self.next[sender] = entry.number + 1;
        }
        Ok(())
    }

    /// Everything that was sent and that nobody has been given has arrived here.
    fn missing(&self, parts: &[Part]) -> Option<String> {
        for sender in 0..SENDERS {
            let sent = match sender {
                SURVIVOR => self.sent,
                _ => parts[sender - 1].sent.load(Relaxed),
            };
            let given = bits(parts, |part| &part.given, sender);
            let lost = ((1 << sent) - 1) & !given & !self.arrived[sender];
            if lost != 0 {
                return Some(format!("messages {lost:#b} of sender {sender} are lost"));
            }
        }
        None
    }

    /// Nothing that nobody has sent has arrived.
    fn check_unsent(&self, parts: &[Part]) -> Checked {
        for (sender, part) in (1..).zip(parts) {
            let begun = part.begun.load(Relaxed);
            if self.arrived[sender] >> begun != 0 {
                return Err(format!("{:#b} of {begun} arrived", self.arrived[sender]));
            }
        }
        Ok(())
    }

    /// Everybody who survives goes on, whatever the dead were about; nothing is lost, and
    /// nothing is left. With `patience` the survivors get no help from anybody who joins.
    pub fn judge(mut self, parts: &[Part], patience: bool) -> Checked {
        if self.sender.is_none() {
            // Nobody survived: the next users find a channel that works.
            self.join()?;
        }
        self.drain(parts)?;
        while patience && self.missing(parts).is_some() {
            if !self.take_one(parts, Some(STUCK))? {
                break;
            }
        }
        // More than a lane holds, so that the sender needs the room of what was taken.
        for number in 0..2 * DEPTH as usize {
            self.exchange(parts, SIZES[number % SIZES.len()])?;
        }
        // Whoever joins repairs what is still to be repaired.
        let newcomer = Receiver::open(QUEUE, &self.options).map_err(text)?;
        let veteran = self.receiver.replace(newcomer);
        self.drain(parts)?;
        self.receiver = veteran;
        self.drain(parts)?;
        if let Some(lost) = self.missing(parts) {
            return Err(lost);
        }
        self.check_unsent(parts)?;
        let leaks = self.place.leaks();
        if !leaks.is_empty() {
            return Err(format!("leaks: {leaks:?}"));
        }
        self.leave();
        let left = self.place.left_after_cleaning();
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        Ok(())
    }
}

/// The bits of all parts together, for one sender.
fn bits(parts: &[Part], of: impl Fn(&Part) -> &[AtomicU64; SENDERS], sender: usize) -> u64 {
    let each = parts.iter().map(|part| of(part)[sender].load(Relaxed));
    each.fold(0, |all, bits| all | bits)
}
