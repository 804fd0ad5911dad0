//! The audit: what a channel consists of right now, and whether anything in it belongs to nobody.
//!
//! Looks without joining, and cannot change anything: all it has is leave to read. On a channel in
//! use the picture is of one moment for each word, not of one moment for all.

use super::attachment::Role;
use super::files::{self, endpoint_byte};
use super::identity;
use super::place::{Place, channels};
use super::segments::{Segments, live_nonces};
use crate::error::{Error, Result, Status};
use crate::layout::Pattern;
use crate::layout::chunk::{LOANED, PUBLISHED};
use crate::layout::endpoint::{Lease, STATE_FREE};
use crate::layout::lane::{FLAG_STAMPED, TAKE_TAKEN, Take};
use crate::os::{self, File};
use crate::ring::control::Control;
use crate::ring::permits;
use crate::ring::pool::widen;
use crate::ring::slot::Found;
use crate::sync::Ordering;
use std::path::Path;

/// An open handle, or what a dead one has left.
#[derive(Clone, Debug)]
pub struct PeerReport {
    /// Its place in the peer table.
    pub endpoint: u32,
    /// As the peer saw its own process id.
    pub pid: u32,
    /// The program's name; empty of a peer with an older library.
    pub program: String,
    /// The language that is written in; empty of a peer with an older library.
    pub language: String,
    /// Role number, as in the C interface.
    pub role: u32,
    /// Since when it has the channel open: CLOCK_MONOTONIC in nanoseconds.
    pub since_ns: i64,
    /// False: its process has died and nobody has cleaned up after it yet.
    pub alive: bool,
    /// Messages this subscriber has missed in all.
    pub missed: u64,
    /// A queue's message is in its hands, or a permit of a lock.
    pub holds_message: bool,
    /// Producers: messages put on its lane so far, those of the lane's earlier owners included, so
    /// that two looks tell a rate.
    pub sent: u64,
    /// Subscribers: messages not yet taken, give or take the 32 after which it says where it is.
    pub behind: u64,
}

impl PeerReport {
    /// Its role by the name of the verb: `publish`; `unknown` of a later version's.
    pub fn verb(&self) -> &'static str {
        Role::verb_of(self.role)
    }
}

/// One channel.
#[derive(Clone, Debug)]
pub struct ChannelReport {
    /// The channel's name.
    pub name: String,
    /// What it is for; unknown of a file that cannot be read.
    pub pattern: Option<Pattern>,
    /// Messages a producer may be ahead.
    pub depth: u32,
    /// Who is on the channel.
    pub peers: Vec<PeerReport>,
    /// Lanes in use by producers now.
    pub producers: u32,
    /// Lanes that have memory.
    pub lanes: u32,
    /// Queues: messages that wait for a receiver, those in the hands of the dead included. States:
    /// 1 if there is a value. Locks: permits whose next owner is to be told of a death.
    pub waiting: u64,
    /// Age of the newest waiting message, if it has a publish time.
    pub newest_age_ns: Option<i64>,
    /// Bytes of shared memory of the control file.
    pub control_bytes: u64,
    /// Bytes of shared memory of the data segments.
    pub pool_bytes: u64,
    /// Places for large messages in the data segments.
    pub chunks: u64,
    /// Those that are on loan, published or being looked at.
    pub chunks_in_use: u64,
    /// Messages put into it since it was made.
    pub messages: u64,
    /// What belongs to nobody; empty in a sound channel.
    pub leaks: Vec<String>,
}

/// Looks at one channel. `Ok(None)` when there is none of this name.
pub fn audit(place: &Place) -> Result<Option<ChannelReport>> {
    let Some(opened) = files::look(place)? else {
        return Ok(None);
    };
    let mut segments = Segments::of_observer();
    segments.refresh(place, &opened.control, false)?;
    report(place, &opened.file, &opened.control, &segments).map(Some)
}

/// Looks at every channel of a directory. A file that is no sound channel is reported as one
/// with a leak that says why.
pub fn audit_all(directory: Option<&Path>) -> Result<Vec<ChannelReport>> {
    let mut reports = Vec::new();
    for name in channels(directory)? {
        match Place::listed(&name, directory).and_then(|place| audit(&place)) {
            Ok(report) => reports.extend(report),
            Err(error) if error.status() == Status::NoPermission => return Err(error),
            Err(error) => reports.push(unreadable(name, &error)),
        }
    }
    Ok(reports)
}

fn unreadable(name: String, error: &Error) -> ChannelReport {
    ChannelReport {
        name,
        pattern: None,
        depth: 0,
        peers: Vec::new(),
        producers: 0,
        lanes: 0,
        waiting: 0,
        newest_age_ns: None,
        control_bytes: 0,
        pool_bytes: 0,
        chunks: 0,
        chunks_in_use: 0,
        messages: 0,
        leaks: vec![error.to_string()],
    }
}

fn report(
    place: &Place,
    file: &File,
    control: &Control,
    segments: &Segments,
) -> Result<ChannelReport> {
    let geometry = control.geometry();
    let mut peers = Vec::new();
    let mut dead_leases = 0;
    for e in (0..control.endpoints_reserved()).filter(|e| !is_free(control, *e)) {
        let block = control.endpoint(e);
        let leased = Lease::from_word(block.lease().load(Ordering::Relaxed)).is_some();
        let alive = file.is_locked(endpoint_byte(e))?;
        dead_leases += u64::from(leased && !alive);
        let (program, language) = identity::read(&block);
        peers.push(PeerReport {
            endpoint: e,
            pid: block.pid().load(Ordering::Relaxed),
            program,
            language,
            role: block.role().load(Ordering::Relaxed),
            since_ns: i64::try_from(block.joined_ns().load(Ordering::Relaxed)).unwrap_or(0),
            alive,
            missed: block.missed().load(Ordering::Relaxed),
            holds_message: leased || permits::holders(control).any(|holder| holder == e),
            sent: sent(control, e),
            behind: behind(control, e),
        });
    }
    let reserved: Vec<u32> = lanes(control).collect();
    let owned = reserved
        .iter()
        .filter(|lane| control.lane(**lane).owner().load(Ordering::Relaxed) != 0)
        .count();
    let in_use = segments.pool().chunks().filter(|(segment, chunk, word)| {
        word.state != crate::layout::chunk::FREE
            || segment.holders(*chunk).iter().any(|bits| *bits != 0)
    });
    let (waiting, newest_age_ns) = waiting(control);
    let told = permits::all(control).filter(|(_, permit)| permit.is_to_be_told());
    Ok(ChannelReport {
        name: geometry.name.clone(),
        pattern: Some(geometry.pattern),
        depth: geometry.depth,
        producers: owned as u32,
        lanes: reserved.len() as u32,
        waiting: waiting + dead_leases + told.count() as u64,
        newest_age_ns,
        control_bytes: file.reserved_bytes()?,
        pool_bytes: segments.bytes(),
        chunks: segments.pool().chunks().count() as u64,
        chunks_in_use: in_use.count() as u64,
        messages: total(lanes(control).map(|lane| control.lane(lane).find_tail())),
        leaks: leaks(place, control, segments),
        peers,
    })
}

fn is_free(control: &Control, e: u32) -> bool {
    e >= control.endpoints_reserved()
        || control.endpoint(e).state().load(Ordering::Relaxed) == STATE_FREE
}

fn lanes(control: &Control) -> impl Iterator<Item = u32> {
    let reserved = control.lanes_reserved();
    (0..control.geometry().lanes).filter(move |lane| reserved >> lane & 1 != 0)
}

/// Messages waiting in a queue, or the value of a state, and the age of the newest.
fn waiting(control: &Control) -> (u64, Option<i64>) {
    let (mut count, mut newest) = (0, None);
    for (lane, sequence) in files::kept(control) {
        count += 1;
        newest = newest.max(publish_time(control, lane, sequence));
    }
    let age = newest.map(|newest| os::now_ns().saturating_sub(newest));
    (count, age)
}

/// Messages on the lanes that this endpoint has.
fn sent(control: &Control, e: u32) -> u64 {
    let own = |lane: &u32| control.lane(*lane).owner().load(Ordering::Relaxed) == e + 1;
    let tails = lanes(control).filter(own);
    total(tails.map(|lane| control.lane(lane).find_tail()))
}

/// Messages that a subscriber has still to take.
fn behind(control: &Control, e: u32) -> u64 {
    if control.geometry().pattern == Pattern::Lock || !control.active().contains(e) {
        return 0;
    }
    let block = control.endpoint(e);
    let on = |lane: u32| {
        let cursor = block.cursor(lane).load(Ordering::Relaxed);
        let tail = control.lane(lane).find_tail();
        tail.saturating_sub(cursor).min(control.lane(lane).depth())
    };
    total(lanes(control).map(on))
}

/// Numbers that somebody may have damaged.
fn total(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

/// What waits in a channel that nobody has open: as [`waiting`], with what the dead had in hand,
/// and the permits that they had.
pub(super) fn left(control: &Control) -> (u64, Option<i64>) {
    let (count, age) = waiting(control);
    let leased = |e: &u32| {
        let word = control.endpoint(*e).lease().load(Ordering::Relaxed);
        !is_free(control, *e) && Lease::from_word(word).is_some()
    };
    let in_hand = (0..control.endpoints_reserved()).filter(leased).count();
    (count + (in_hand + permits::count_left(control)) as u64, age)
}

fn publish_time(control: &Control, lane: u32, sequence: u64) -> Option<i64> {
    let Found::Message(copy) = control.lane(lane).slot(sequence).read(sequence) else {
        return None;
    };
    let body = copy.head.words()?
        - usize::from(copy.head.flags >> 1 & 1)
        - usize::from(copy.head.flags >> 2 & 1);
    (copy.head.flags & FLAG_STAMPED != 0).then(|| copy.words[body] as i64)
}

/// Everything that belongs to nobody.
fn leaks(place: &Place, control: &Control, segments: &Segments) -> Vec<String> {
    let mut leaks = Vec::new();
    let is_lock = control.geometry().pattern == Pattern::Lock;
    let active = if is_lock { "waiter" } else { "subscriber" };
    for (set, what) in [(control.gating(), "lossless"), (control.active(), active)] {
        for e in set.iter().filter(|e| is_free(control, *e)) {
            leaks.push(format!("endpoint {e} is free but still counts as a {what}"));
        }
    }
    for index in lanes(control) {
        let lane = control.lane(index);
        let owner = lane.owner().load(Ordering::Relaxed);
        if owner != 0 && is_free(control, owner - 1) {
            leaks.push(format!(
                "lane {index} belongs to the free endpoint {}",
                owner - 1
            ));
        }
        if control.geometry().is_queue() {
            for at in 0..lane.depth() {
                let take = Take::from_word(lane.take(at).load(Ordering::Relaxed));
                if take.state == TAKE_TAKEN && is_free(control, u32::from(take.endpoint)) {
                    leaks.push(format!(
                        "message {} of lane {index} was taken by the free endpoint {}",
                        take.sequence, take.endpoint
                    ));
                }
            }
        }
    }
    for (index, permit) in permits::all(control) {
        if permit.owner != 0 && is_free(control, permit.owner - 1) {
            let endpoint = permit.owner - 1;
            leaks.push(format!(
                "permit {index} belongs to the free endpoint {endpoint}"
            ));
        }
    }
    for (segment, chunk, word) in segments.pool().chunks() {
        // There may be very many, and nothing to say about most.
        let at = || format!("chunk {chunk} of segment {}", segment.index);
        let owner = u32::from(word.owner);
        if word.state == LOANED && is_free(control, owner) {
            let at = at();
            leaks.push(format!("{at} is on loan to the free endpoint {owner}"));
        }
        for (quarter, bits) in (0..).zip(segment.holders(chunk)) {
            let held = |e: &u32| bits >> e & 1 != 0;
            let all = if bits == 0 { 0 } else { 64 };
            for e in (0..all).filter(held).map(|e| quarter * 64 + e) {
                if is_free(control, e) {
                    leaks.push(format!("{} is held by the free endpoint {e}", at()));
                }
            }
        }
        if word.state == PUBLISHED && !has_message(control, owner, word.sequence) {
            let (at, sequence) = (at(), word.sequence);
            leaks.push(format!("{at} belongs to message {sequence} that is gone"));
        }
    }
    let live = live_nonces(control);
    for nonce in place.segment_nonces().unwrap_or_default() {
        if !live.contains(&nonce) {
            leaks.push(format!(
                "{} is in no table",
                place.segment_path(nonce).display()
            ));
        }
    }
    let is_lost = |nonce: &u64| {
        let path = place.segment_path(*nonce);
        let is_gone = matches!(File::open_read_only(&path), Ok(None));
        // A file has its name before it is in the table, and leaves the table first.
        is_gone && live_nonces(control).contains(nonce)
    };
    for nonce in live.iter().filter(|nonce| is_lost(nonce)) {
        let path = place.segment_path(*nonce);
        leaks.push(format!("{} is in the table and has gone", path.display()));
    }
    leaks
}

/// Whether a published chunk's message is there, or may be about to appear.
fn has_message(control: &Control, lane: u32, sequence: u64) -> bool {
    if lane >= control.geometry().lanes || control.lanes_reserved() >> lane & 1 == 0 {
        return false;
    }
    let view = control.lane(lane);
    let sequence = widen(sequence, view.tail_hint());
    view.owner().load(Ordering::Relaxed) != 0 || view.slot(sequence).holds(sequence)
}
