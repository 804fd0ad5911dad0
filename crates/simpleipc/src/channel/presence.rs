//! Presence: who is on a channel, and who comes and goes.

use super::Options;
use super::wait::Interrupter;
use crate::carrier::{self, Deadline, Peer, PeerEvent, PeerWatch, Place};
use crate::error::{Result, Status};
use crate::value::Value;
use std::task::Poll;
use std::time::Duration;

/// Who has a channel open now, in the order of their coming. Nobody, if there is no such channel.
/// Looks without joining: whoever may read the channel's files may ask. Of the options,
/// `directory` counts.
pub fn peers(name: &str, options: &Options) -> Result<Vec<Peer>> {
    carrier::peers(&place(name, options)?)
}

/// Says what handles that this process opens from now on show as theirs: the program (at most 64
/// bytes of UTF-8, cut at a character; empty: the file name of the executable) and the language
/// that is written in (at most 16). Without this it is the executable, and `rust`.
pub fn identify(program: &str, language: &str) {
    carrier::identify(program, language);
}

/// Tells who comes to a channel and who goes, however that happens; first who is there already.
///
/// A watcher is there for nobody: it takes no place in the channel, does not keep it in being and
/// changes nothing in it. It needs only leave to read the channel's files. It may be opened before
/// the channel is there, and goes on with the next one of its name.
///
/// The kernel decides who lives. A killed process is told of within milliseconds, at most one
/// second later; a stopped one is still there. A peer that opens the channel and closes it again
/// within such a time may not be told of at all; each that is told of comes first and goes later.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("sipc-peers-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory).unwrap();
/// # let options = simpleipc::Options { directory: Some(directory.clone()), ..Default::default() };
/// let mut watcher = simpleipc::PeerWatcher::open("camera", &options)?;
/// let publisher = simpleipc::Publisher::open("camera", &options)?;
/// let event = watcher.event(None)?;
/// assert!(event.is_up());
/// assert_eq!(event.peer().verb(), "publish");
/// drop(publisher);
/// assert!(!watcher.event(None)?.is_up());
/// # std::fs::remove_dir(directory).unwrap();
/// # Ok::<(), simpleipc::Error>(())
/// ```
pub struct PeerWatcher {
    pub(super) watch: PeerWatch,
}

impl PeerWatcher {
    /// Begins to watch. Of the options, `directory` counts.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let watch = PeerWatch::open(place(name, options)?)?;
        Ok(Self { watch })
    }

    /// The next event; `Timeout` when there is none in time. `None` waits for ever, zero only
    /// looks. An error about the channel's file (`Corrupt`, `NoPermission`) is said at each look,
    /// once a second, until another file has its name.
    pub fn event(&mut self, timeout: Option<Duration>) -> Result<PeerEvent> {
        self.watch.take(Deadline::after(timeout))
    }

    /// The next event, as a future: under any runtime, or none. Dropped before it is done, it has
    /// taken nothing. From the first call on a thread of the library waits beside the program.
    pub async fn event_async(&mut self) -> Result<PeerEvent> {
        std::future::poll_fn(|context| {
            self.watch.set_waker(context.waker())?;
            match self.watch.take(Deadline::Now) {
                Err(error) if error.status() == Status::Timeout => Poll::Pending,
                outcome => Poll::Ready(outcome),
            }
        })
        .await
    }

    /// A descriptor for event loops: readable as long as there may be an event. Then ask, with a
    /// timeout of zero, until there is none (`Timeout`): only that clears it. It is readable for no
    /// reason now and then, when it is time to look around. No thread waits for it.
    pub fn fd(&mut self) -> Result<std::os::fd::BorrowedFd<'_>> {
        self.watch.fd()
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.watch.interrupter()
    }
}

impl<'a> From<&'a Peer> for Value<'a> {
    /// A map of `pid`, `program`, `language`, `role` (its verb), `since_ns` and `id`.
    fn from(peer: &'a Peer) -> Self {
        Value::from(facts(peer))
    }
}

impl<'a> From<&'a PeerEvent> for Value<'a> {
    /// A map of `event`, which is `up` or `down`, and what is in that of the peer.
    fn from(event: &'a PeerEvent) -> Self {
        let word = if event.is_up() { "up" } else { "down" };
        let mut pairs = vec![("event", Value::from(word))];
        pairs.extend(facts(event.peer()));
        Value::from(pairs)
    }
}

fn facts(peer: &Peer) -> Vec<(&'static str, Value<'_>)> {
    vec![
        ("pid", Value::from(i64::from(peer.pid))),
        ("program", Value::from(&peer.program)),
        ("language", Value::from(&peer.language)),
        ("role", Value::from(peer.verb())),
        ("since_ns", Value::from(peer.since_ns)),
        ("id", Value::from(peer.id as i64)),
    ]
}

fn place(name: &str, options: &Options) -> Result<Place> {
    Place::new(name, options.directory.as_deref())
}
