//! The roster: who is on a channel, looked at from outside, and what has changed since the last
//! look. Nothing is stored and no lock is held; the kernel says who lives.

use super::files::{self, ControlFile, endpoint_byte};
use super::identity;
use super::place::Place;
use crate::carrier::attachment::Role;
use crate::error::Result;
use crate::layout::endpoint::STATE_ACTIVE;
use crate::os;
use crate::sync::{Ordering, fence};
use std::collections::{BTreeMap, BTreeSet};

/// A block that gets another owner so often while it is looked at is looked at the next time.
const LOOKS: u32 = 4;

/// An open handle on a channel, whose process lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its process, as that sees its own number: in another PID namespace it means another one.
    pub pid: u32,
    /// The program's name; at most 64 bytes. Empty if it is not known.
    pub program: String,
    /// The language that is written in, as `python`; at most 16 bytes. Empty if it is not known.
    pub language: String,
    /// Role number, as in the C interface.
    pub role: u32,
    /// Since when it has the channel open: CLOCK_MONOTONIC in nanoseconds.
    pub since_ns: i64,
    /// Identifies the handle among all that ever were on this channel: the sender of its messages.
    pub id: u64,
}

impl Peer {
    /// Its role by the name of the verb: `publish`; `unknown` of a later version's.
    pub fn verb(&self) -> &'static str {
        Role::verb_of(self.role)
    }
}

/// Somebody has come or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// A peer is there: it has opened the channel, or had it open when the watch began.
    Up(Peer),
    /// A peer has gone: it has closed its handle, or its process has ended, or the channel's file
    /// was removed.
    Down(Peer),
}

impl PeerEvent {
    /// Whom it is about.
    pub fn peer(&self) -> &Peer {
        match self {
            Self::Up(peer) | Self::Down(peer) => peer,
        }
    }

    /// Whether the peer is there now.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up(_))
    }
}

/// Who is on a channel now, in the order of their coming; nobody if there is no such channel.
pub fn peers(place: &Place) -> Result<Vec<Peer>> {
    place.check_directory()?;
    let mut roster = Roster::default();
    if let Some(opened) = files::look(place)?
        && opened.file.identity()?.names > 0
    {
        roster.look(&opened)?;
    }
    let mut peers: Vec<Peer> = roster.known.into_values().collect();
    peers.sort_by_key(|peer| peer.since_ns);
    Ok(peers)
}

/// Those who were there at the last look.
#[derive(Default)]
pub struct Roster {
    known: BTreeMap<u64, Peer>,
}

impl Roster {
    /// What has changed since the last look at the same file: first who has gone.
    pub fn look(&mut self, opened: &ControlFile) -> Result<Vec<PeerEvent>> {
        let mut here = BTreeSet::new();
        let mut came = Vec::new();
        for e in 0..opened.control.endpoints_reserved() {
            match self.look_at(opened, e)? {
                Some(Seen::Known(id)) => drop(here.insert(id)),
                Some(Seen::New(peer)) => came.push(peer),
                None => {}
            }
        }
        let known = self.known.keys().copied();
        let gone: Vec<u64> = known.filter(|id| !here.contains(id)).collect();
        let gone = gone.iter().filter_map(|id| self.known.remove(id));
        let mut events: Vec<_> = gone.map(PeerEvent::Down).collect();
        came.sort_by_key(|peer| peer.since_ns);
        let known = came.iter().map(|peer| (peer.id, peer.clone()));
        self.known.extend(known);
        events.extend(came.into_iter().map(PeerEvent::Up));
        Ok(events)
    }

    /// Nobody is there any more.
    pub fn leave(&mut self) -> Vec<PeerEvent> {
        let gone = std::mem::take(&mut self.known);
        gone.into_values().map(PeerEvent::Down).collect()
    }

    /// Who has this endpoint, if somebody who lives has it.
    fn look_at(&self, opened: &ControlFile, e: u32) -> Result<Option<Seen>> {
        let block = opened.control.endpoint(e);
        for _ in 0..LOOKS {
            // sync endpoint-state/acquire: the block is complete.
            if block.state().load(Ordering::Acquire) != STATE_ACTIVE {
                return Ok(None);
            }
            let generation = block.generation().load(Ordering::Relaxed);
            if !opened.file.is_locked(endpoint_byte(e))? {
                return Ok(None);
            }
            let id = u64::from(generation) << 8 | u64::from(e);
            let seen = match self.known.contains_key(&id) {
                true => Seen::Known(id),
                false => Seen::New(read(opened, e, id)),
            };
            // sync endpoint-life/acquire: if any of that is of the next owner, so is this.
            fence(Ordering::Acquire);
            if block.generation().load(Ordering::Relaxed) == generation {
                return Ok(Some(seen));
            }
        }
        Ok(None)
    }
}

enum Seen {
    Known(u64),
    New(Peer),
}

fn read(opened: &ControlFile, e: u32, id: u64) -> Peer {
    let block = opened.control.endpoint(e);
    let pid = block.pid().load(Ordering::Relaxed);
    let (mut program, language) = identity::read(&block);
    if program.is_empty()
        && let Ok(file) = opened.file.identity()
    {
        // It has an older library.
        program = os::program_of(pid, file).unwrap_or_default();
    }
    Peer {
        pid,
        program,
        language,
        role: block.role().load(Ordering::Relaxed),
        since_ns: i64::try_from(block.joined_ns().load(Ordering::Relaxed)).unwrap_or(0),
        id,
    }
}
