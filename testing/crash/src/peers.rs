//! Peers that do nothing but be there, and those who watch them.

use crate::actor::{Part, say};
use simpleipc::{
    Client, Lock, Notifier, PeerWatcher, Publisher, Receiver, Result, Sender, Server, Setter,
    Subscriber, Waiter, Watcher,
};
use std::any::Any;

/// The channel of the peers.
pub const PEERS: &str = "peers";

/// Every role that a handle may have, by the name of its verb.
pub const ROLES: [&str; 11] = [
    "publish",
    "subscribe",
    "send",
    "receive",
    "set",
    "watch",
    "notify",
    "wait",
    "lock",
    "call",
    "serve",
];

/// Has a handle of the role `as` until it is killed.
pub fn be_there(part: &Part) -> Result<()> {
    let options = part.options();
    simpleipc::identify("actor", "a language");
    let handle: Box<dyn Any> = match part.text("as", "").as_str() {
        "publish" => Box::new(Publisher::open(PEERS, &options)?),
        "subscribe" => Box::new(Subscriber::open(PEERS, &options)?),
        "send" => Box::new(Sender::open(PEERS, &options)?),
        "receive" => Box::new(Receiver::open(PEERS, &options)?),
        "set" => Box::new(Setter::open(PEERS, &options)?),
        "watch" => Box::new(Watcher::open(PEERS, &options)?),
        "notify" => Box::new(Notifier::open(PEERS, &options)?),
        "wait" => Box::new(Waiter::open(PEERS, &options)?),
        "lock" => Box::new(Lock::open(PEERS, &options)?),
        "call" => Box::new(Client::open(PEERS, &options)?),
        "serve" => Box::new(Server::open(PEERS, &options)?),
        other => panic!("no verb {other:?}"),
    };
    say(format_args!("ready"));
    loop {
        std::hint::black_box(&handle);
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}

/// Says who comes and goes until it is killed.
pub fn watch(part: &Part) -> Result<()> {
    let mut watcher = PeerWatcher::open(PEERS, &part.options())?;
    say(format_args!("ready"));
    loop {
        let event = watcher.event(None)?;
        let word = if event.is_up() { "up" } else { "down" };
        say(format_args!("{word} {}", event.peer().pid));
    }
}
