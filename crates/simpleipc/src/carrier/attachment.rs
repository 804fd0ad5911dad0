//! An attachment: one handle's endpoint in a channel, from joining to leaving.
//!
//! It is shared by the handle and by everything that came out of it and still needs the endpoint:
//! messages that look into the pool, loans, interrupters. The last of them leaves the channel.

use super::gate::Gate;
use super::hands::Hands;
use super::peer_watch::Alarm;
use super::place::Place;
use super::segments::Segments;
use super::tap::Nap;
use super::wait::interrupted;
use super::{files, service};
use crate::error::{Error, Result, Status};
use crate::layout::Pattern;
use crate::layout::endpoint::{Lease, STATE_FREE, STATE_LEFT};
use crate::os::{self, File, Mapping};
use crate::ring::bell::Bell;
use crate::ring::control::Control;
use crate::ring::pool::Pool;
use crate::ring::repair::{Remains, repair};
use crate::sync::{AtomicU32, Ordering, compiler_fence, fence};
use std::sync::{Arc, Mutex, Once, Weak};

/// What a handle was opened for; numbered as in the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    Publish = 1,
    Subscribe = 2,
    Send = 3,
    Receive = 4,
    Set = 5,
    Watch = 6,
    Notify = 7,
    Wait = 8,
    Lock = 9,
    Call = 10,
    Serve = 11,
}

impl Role {
    pub const ALL: [Self; 11] = [
        Self::Publish,
        Self::Subscribe,
        Self::Send,
        Self::Receive,
        Self::Set,
        Self::Watch,
        Self::Notify,
        Self::Wait,
        Self::Lock,
        Self::Call,
        Self::Serve,
    ];

    /// The verb of a role by its number; `unknown` of a later version's.
    pub fn verb_of(number: u32) -> &'static str {
        let known = Self::ALL.iter().find(|role| **role as u32 == number);
        known.map_or("unknown", |role| role.verb())
    }

    pub fn verb(self) -> &'static str {
        match self {
            Role::Publish => "publish",
            Role::Subscribe => "subscribe",
            Role::Send => "send",
            Role::Receive => "receive",
            Role::Set => "set",
            Role::Watch => "watch",
            Role::Notify => "notify",
            Role::Wait => "wait",
            Role::Lock => "lock",
            Role::Call => "call",
            Role::Serve => "serve",
        }
    }

    pub fn pattern(self) -> Pattern {
        match self {
            Role::Publish | Role::Subscribe => Pattern::Topic,
            Role::Send | Role::Receive => Pattern::Queue,
            Role::Set | Role::Watch => Pattern::State,
            Role::Notify | Role::Wait => Pattern::Signal,
            Role::Lock => Pattern::Lock,
            Role::Call | Role::Serve => Pattern::Service,
        }
    }

    pub fn noun(self) -> &'static str {
        match self {
            Role::Publish => "publisher",
            Role::Subscribe => "subscriber",
            Role::Send => "sender",
            Role::Receive => "receiver",
            Role::Set => "setter",
            Role::Watch => "watcher",
            Role::Notify => "notifier",
            Role::Wait => "waiter",
            Role::Lock => "handle",
            Role::Call => "client",
            Role::Serve => "server",
        }
    }

    pub fn is_producer(self) -> bool {
        matches!(
            self,
            Role::Publish | Role::Send | Role::Set | Role::Notify | Role::Call
        )
    }
}

/// One endpoint of a channel, alive as long as this is.
pub struct Attachment {
    pub place: Place,
    pub file: File,
    pub control: Control,
    pub endpoint: u32,
    pub generation: u32,
    pub role: Role,
    cookie: u64,
    /// Sleepers can order our stores without our help.
    registered: bool,
    /// Lossless subscribers: what the cursor keeps.
    pub gate: Gate,
    /// Watchers: which values they have in hand, and how often.
    pub hands: Hands,
    /// 1 while an interrupt waits to be noticed.
    pub interrupt: AtomicU32,
    _mapping: Mapping,
}

impl Attachment {
    /// Wraps an endpoint that `join` has claimed.
    pub fn new(
        place: Place,
        opened: files::ControlFile,
        endpoint: u32,
        role: Role,
    ) -> Result<Arc<Self>> {
        let generation = opened
            .control
            .endpoint(endpoint)
            .generation()
            .load(Ordering::Relaxed);
        let attachment = Arc::new(Self {
            place,
            file: opened.file,
            control: opened.control,
            endpoint,
            generation,
            role,
            cookie: os::fork_cookie(),
            registered: os::register_producer(),
            gate: Gate::default(),
            hands: Hands::default(),
            interrupt: AtomicU32::new(0),
            _mapping: opened.mapping,
        });
        remember(&attachment)?;
        Ok(attachment)
    }

    /// Identifies this handle among all that ever sent on the channel.
    pub fn sender_id(&self) -> u32 {
        self.generation << 8 | self.endpoint
    }

    /// The handle is of use in this process only.
    #[inline(always)]
    pub fn check_process(&self) -> Result<()> {
        if os::is_forked(self.cookie) {
            return Err(self.forked());
        }
        Ok(())
    }

    #[cold]
    fn forked(&self) -> Error {
        self.gone(
            Status::Forked,
            "was opened by the parent of this process; open it again in the child",
        )
    }

    pub fn is_forked(&self) -> bool {
        os::is_forked(self.cookie)
    }

    /// The endpoint is still ours: not so when the program closed our descriptor under us and
    /// somebody took the handle for dead.
    pub fn check_own(&self) -> Result<()> {
        let block = self.control.endpoint(self.endpoint);
        let same = block.state().load(Ordering::Relaxed) != STATE_FREE
            && block.generation().load(Ordering::Relaxed) == self.generation;
        if same {
            return Ok(());
        }
        Err(self.gone(
            Status::Evicted,
            "lost its lock (did the program close file descriptors it did not open?) and was \
             taken for dead; open it again",
        ))
    }

    /// The channel's file still has a name.
    pub fn check_file(&self) -> Result<()> {
        if self.file.identity()?.names > 0 {
            return Ok(());
        }
        Err(self.gone(
            Status::Unlinked,
            "was removed from its directory by someone else; close the handle and open it again",
        ))
    }

    fn gone(&self, status: Status, what: &str) -> Error {
        let who = self.role.noun();
        Error::new(
            status,
            format!("this {who} of the channel '{}' {what}", self.place.name()),
        )
    }

    /// Wakes whoever sleeps on the bell, if anybody does. The caller has published before.
    #[inline(always)]
    pub fn ring(&self, bell: Bell<'_>) {
        if !self.registered || self.control.need_fence() {
            // sync bell/seqcst: our publication before our look at the sleepers. Otherwise the
            // sleeper's process-wide barrier sees to that.
            fence(Ordering::SeqCst);
        } else {
            compiler_fence(Ordering::SeqCst); // sync bell/seqcst: see the sleeper's barrier
        }
        if bell.has_sleepers() {
            wake_sleepers(bell);
        }
    }

    /// Announces a sleeper on `bell`; returns the value to sleep on. The caller looks once more.
    pub fn announce(&self, bell: Bell<'_>) -> u32 {
        let expected = bell.announce();
        if !os::barrier() {
            self.control.set_need_fence();
        }
        expected
    }

    /// An error if somebody has asked for the end of the wait; asks once.
    pub fn check_interrupt(&self) -> Result<()> {
        // sync interrupt/acquire: what the interrupter did before is visible.
        if self.interrupt.swap(0, Ordering::Acquire) != 0 {
            return Err(interrupted(self.place.name()));
        }
        Ok(())
    }

    /// The error of a sleep that a signal handler ended. If the handler asked for it, too, that
    /// is the same end and not another.
    pub fn interrupted(&self) -> Error {
        self.interrupt.store(0, Ordering::Relaxed);
        interrupted(self.place.name())
    }

    /// Wakes everybody, sleeping or about to.
    pub fn shake(&self) {
        for bell in [self.control.bell(), self.control.space_bell()] {
            bell.shake();
            os::wake_all(bell.0);
        }
    }

    /// Gives up the files. A client's reply channel is of no use to anybody without it.
    fn leave_files(&self) {
        if self.place.is_reply() && self.role == Role::Receive {
            service::remove_replies(&self.place, &self.control);
        }
        files::leave(&self.place, &self.file, &self.control);
    }

    /// Repairs endpoints in `range` whose owners have died. What dead receivers had in hand
    /// stays where it is.
    pub fn repair_dead(
        &self,
        segments: &mut Segments,
        range: impl Iterator<Item = u32>,
    ) -> Result<()> {
        self.repair(segments, range, false, &mut |_, _| {})
    }

    /// Repairs endpoint `e` if its owner has died, and calls `on_lease` if it has left a message,
    /// while its lock is ours.
    pub fn repair_leased(
        &self,
        segments: &mut Segments,
        e: u32,
        on_lease: &mut dyn FnMut(&Pool, u32),
    ) -> Result<()> {
        self.repair(segments, e..e + 1, true, on_lease)
    }

    fn repair(
        &self,
        segments: &mut Segments,
        range: impl Iterator<Item = u32>,
        takes_leases: bool,
        on_lease: &mut dyn FnMut(&Pool, u32),
    ) -> Result<()> {
        let reserved = self.control.endpoints_reserved();
        for e in range.filter(|e| *e < reserved && *e != self.endpoint) {
            let block = self.control.endpoint(e);
            let state = block.state().load(Ordering::Relaxed);
            let leased = Lease::from_word(block.lease().load(Ordering::Relaxed)).is_some();
            // What a dead receiver has left is for receivers only; the rest has been repaired.
            if state == STATE_FREE || (state == STATE_LEFT && leased && !takes_leases) {
                continue;
            }
            // The kernel decides: whoever can have this lock knows that nobody alive has it.
            if !self.file.try_lock(files::endpoint_byte(e), true)? {
                continue;
            }
            let outcome = self.repair_locked(segments, e, on_lease);
            self.file.unlock(files::endpoint_byte(e));
            outcome?;
        }
        Ok(())
    }

    fn repair_locked(
        &self,
        segments: &mut Segments,
        e: u32,
        on_lease: &mut dyn FnMut(&Pool, u32),
    ) -> Result<()> {
        // sync endpoint-state/acquire: what the last owner or repairer did is visible.
        if self.control.endpoint(e).state().load(Ordering::Acquire) == STATE_FREE {
            return Ok(());
        }
        // First what producers wait for: the rest takes its time, and may fail or be stopped.
        self.control.remove_member(e);
        segments.refresh(&self.place, &self.control, self.role.is_producer())?;
        super::segments::remove_orphans(&self.place, &self.control);
        if repair(&self.control, segments.pool(), e) == Remains::Lease {
            on_lease(segments.pool(), e);
        }
        self.shake();
        Ok(())
    }
}

#[cold]
fn wake_sleepers(bell: Bell<'_>) {
    if bell.take_sleepers() {
        os::wake_all(bell.0);
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if self.is_forked() || self.check_own().is_err() {
            return;
        }
        // Messages and loans are gone by now, so there are no chunks to look after.
        repair(&self.control, &Pool::default(), self.endpoint);
        self.file.unlock(files::endpoint_byte(self.endpoint));
        self.shake();
        self.leave_files();
    }
}

/// Ends a wait of its handle from another thread.
#[derive(Clone)]
pub struct Interrupter(Waits);

#[derive(Clone)]
enum Waits {
    Member(Arc<Attachment>),
    Tap(Arc<Nap>),
    Peers(Arc<Alarm>),
}

impl Interrupter {
    pub(crate) fn of(attachment: &Arc<Attachment>) -> Self {
        Self(Waits::Member(Arc::clone(attachment)))
    }

    pub(super) fn of_tap(nap: &Arc<Nap>) -> Self {
        Self(Waits::Tap(Arc::clone(nap)))
    }

    pub(super) fn of_peer_watch(alarm: &Arc<Alarm>) -> Self {
        Self(Waits::Peers(Arc::clone(alarm)))
    }

    pub(super) fn is_forked(&self) -> bool {
        matches!(&self.0, Waits::Member(attachment) if attachment.is_forked())
    }

    /// The wait in progress, or else the next one, ends with `Interrupted`.
    pub fn interrupt(&self) {
        match &self.0 {
            Waits::Member(attachment) if !attachment.is_forked() => {
                // sync interrupt/release: what the caller did before is visible to the waiter.
                attachment.interrupt.store(1, Ordering::Release);
                attachment.shake();
            }
            Waits::Tap(nap) => nap.interrupt(),
            Waits::Peers(alarm) => alarm.interrupt(),
            Waits::Member(_) => {}
        }
    }
}

/// Attachments of this process, for the orderly exit of programs that do not close handles.
static ATTACHMENTS: Mutex<Vec<Weak<Attachment>>> = Mutex::new(Vec::new());

fn remember(attachment: &Arc<Attachment>) -> Result<()> {
    static ONCE: Once = Once::new();
    let mut registered = Ok(());
    ONCE.call_once(|| registered = os::at_exit(leave_all));
    registered?;
    let mut all = ATTACHMENTS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    all.retain(|known| known.strong_count() > 0);
    all.push(Arc::downgrade(attachment));
    Ok(())
}

/// At exit: the last process out removes the files. The endpoints themselves are left to the
/// kernel and to repair, as after a crash, because other threads may still be using them.
extern "C" fn leave_all() {
    let Ok(all) = ATTACHMENTS.try_lock() else {
        return;
    };
    for attachment in all.iter().filter_map(Weak::upgrade) {
        if !attachment.is_forked() {
            attachment.leave_files();
        }
        // Not dropped here: that could be the last owner, and unmap under a running thread.
        std::mem::forget(attachment);
    }
}
