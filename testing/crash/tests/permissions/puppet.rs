//! The program of another user: obeys orders from its input, one answer each.
//!
//! An answer is `ok`, what was asked for, `Status: sentence` if the library refuses, or
//! `system: error` if the system does.

use super::litmus;
use crash::ledger::{self, Entry};
use simpleipc::{Options, PeerWatcher, Publisher, Receiver, Sender, Subscriber, Value};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A failure, not a measurement.
const STUCK: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);

/// The handles it has open, by the names of their channels.
#[derive(Default)]
struct Puppet {
    publishers: HashMap<String, Publisher>,
    subscribers: HashMap<String, Subscriber>,
    senders: HashMap<String, Sender>,
    receivers: HashMap<String, Receiver>,
    watchers: HashMap<String, PeerWatcher>,
    /// Received and not let go of.
    held: Vec<simpleipc::Message>,
}

enum Refusal {
    Library(simpleipc::Error),
    System(std::io::Error),
}

impl From<simpleipc::Error> for Refusal {
    fn from(error: simpleipc::Error) -> Self {
        Self::Library(error)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

/// Obeys until nobody gives orders any more.
pub fn main() -> ExitCode {
    let mut puppet = Puppet::default();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match puppet.obey(&words) {
            Ok(answer) => answer,
            Err(Refusal::Library(error)) => format!("{:?}: {error}", error.status()),
            Err(Refusal::System(error)) => format!("system: {error}"),
        };
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{answer}")
            .and_then(|()| out.flush())
            .is_err()
        {
            break;
        }
    }
    ExitCode::SUCCESS
}

impl Puppet {
    fn obey(&mut self, words: &[&str]) -> Result<String, Refusal> {
        let options = Options::default();
        let ok = || Ok("ok".to_string());
        match *words {
            ["publisher", name] => {
                let publisher = Publisher::open(name, &options)?;
                self.publishers.insert(name.to_string(), publisher);
                ok()
            }
            ["subscriber", name] => {
                let subscriber = Subscriber::open(name, &options)?;
                self.subscribers.insert(name.to_string(), subscriber);
                ok()
            }
            ["tap", name] => {
                let tap = Options {
                    tap: true,
                    ..options
                };
                let subscriber = Subscriber::open(name, &tap)?;
                self.subscribers.insert(name.to_string(), subscriber);
                ok()
            }
            ["sender", name] => {
                let sender = Sender::open(name, &options)?;
                self.senders.insert(name.to_string(), sender);
                ok()
            }
            ["receiver", name] => {
                let receiver = Receiver::open(name, &options)?;
                self.receivers.insert(name.to_string(), receiver);
                ok()
            }
            ["put", name, number, bytes] => self.put(name, whole(number), whole(bytes)),
            ["take", name] => self.take(name),
            ["hold", name] => {
                let message = self.receivers.get_mut(name).expect("open");
                self.held.push(message.receive_timeout(STUCK)?);
                ok()
            }
            ["is-empty", name] => {
                let receiver = self.receivers.get_mut(name).expect("open");
                receiver.receive_timeout(NOW)?;
                ok()
            }
            ["close"] => {
                *self = Self::default();
                ok()
            }
            ["audit", name] => {
                let report = simpleipc::audit(name, None)?;
                let peers = report.map_or(0, |report| report.peers.len());
                Ok(format!("{peers} peers"))
            }
            ["peers", name] => {
                let peers = simpleipc::peers(name, &options)?;
                Ok(format!("{} peers", peers.len()))
            }
            ["watch-peers", name] => {
                self.watchers
                    .insert(name.to_string(), PeerWatcher::open(name, &options)?);
                ok()
            }
            ["peer-event", name] => {
                let event = self.watchers.get_mut(name).expect("open").event(STUCK)?;
                let word = if event.is_up() { "up" } else { "down" };
                Ok(format!("{word} {}", event.peer().verb()))
            }
            ["audit-all"] => Ok(format!("{} channels", simpleipc::audit_all(None)?.len())),
            ["clean"] => Ok(format!(
                "{} removed",
                simpleipc::clean(None, Duration::ZERO)?
            )),
            ["litmus-fast", path] => Ok(litmus::fast(Path::new(path))?),
            ["litmus-slow", path, barrier] => Ok(litmus::slow(Path::new(path), barrier == "on")?),
            _ => attack(words),
        }
    }

    fn put(&mut self, name: &str, number: u64, bytes: u64) -> Result<String, Refusal> {
        let sender = u64::from(std::process::id());
        let message = ledger::write(Entry { sender, number }, bytes as usize);
        let value = Value::from(&message[..]);
        if let Some(publisher) = self.publishers.get_mut(name) {
            publisher.put(&value, 0, STUCK)?;
        } else {
            self.senders
                .get_mut(name)
                .expect("open")
                .put(&value, 0, STUCK)?;
        }
        Ok("ok".to_string())
    }

    /// `<number> <age in microseconds>`, and ` again` if somebody died with it.
    fn take(&mut self, name: &str) -> Result<String, Refusal> {
        let message = match self.subscribers.get_mut(name) {
            Some(subscriber) => subscriber.receive_timeout(STUCK)?,
            None => self
                .receivers
                .get_mut(name)
                .expect("open")
                .receive_timeout(STUCK)?,
        };
        let entry = ledger::read(&message).expect("whole");
        let age = message.age().unwrap_or_default().as_micros();
        let again = if message.is_redelivered() {
            " again"
        } else {
            ""
        };
        Ok(format!("{} {age}{again}", entry.number))
    }
}

/// What somebody tries who goes past the library.
fn attack(words: &[&str]) -> Result<String, Refusal> {
    match *words {
        ["list", path] => drop(fs::read_dir(path)?),
        ["read", path] => drop(fs::read(path)?),
        ["write", path] => drop(fs::OpenOptions::new().write(true).open(path)?),
        ["remove", path] => fs::remove_file(path)?,
        ["rename", from, to] => fs::rename(from, to)?,
        ["copy", from, to] => drop(fs::copy(from, to)?),
        ["link", to, path] => symlink(to, path)?,
        ["make-directory", path] => fs::create_dir(path)?,
        ["mode", path, mode] => {
            let mode = u32::from_str_radix(mode, 8).expect("octal");
            fs::set_permissions(PathBuf::from(path), fs::Permissions::from_mode(mode))?;
        }
        ["stop", process] => {
            // SAFETY: a system call on a number; it is there to be refused.
            if unsafe { libc::kill(whole(process) as i32, libc::SIGSTOP) } != 0 {
                return Err(std::io::Error::last_os_error().into());
            }
        }
        _ => panic!("no order {words:?}"),
    }
    Ok("ok".to_string())
}

fn whole(text: &str) -> u64 {
    text.parse().expect("a number")
}
