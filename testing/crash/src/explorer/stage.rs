//! A child process that plays one role and is killed before its k-th step; and the page that it
//! shares with its parent, so that what it has done survives it.
//!
//! Children are forked, not started: a run takes well below a millisecond. A child opens its own
//! handles, because those of its parent are of no use to it. Everything here has one thread.

use super::coverage::Visited;
use crate::ledger::{self, Entry};
use simpleipc::{LoanKind, Message, Options, Publisher, Receiver, Sender, Subscriber, Value};
use std::any::Any;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// The channels everybody meets on.
pub const TOPIC: &str = "topic";
pub const QUEUE: &str = "queue";
/// Nobody may be held up longer than this by a death; a failure, not a measurement.
pub const STUCK: Duration = Duration::from_secs(5);
pub const NOW: Option<Duration> = Some(Duration::ZERO);
/// Those who may die: the one the scene is about, the one that recovers, one that is dead before.
pub const PARTS: usize = 3;
/// Who sends: a survivor, or one of them.
pub const SENDERS: usize = 1 + PARTS;
pub const SURVIVOR: usize = 0;

/// A step that no operation comes to: nobody dies.
pub const NEVER: u64 = u64::MAX;

/// System calls that change nothing that others see.
const PRIVATE_CALLS: [&str; 6] = ["open", "dup", "stat", "read", "map", "list"];
/// A child that has not ended after so many seconds hangs.
const HANG_SECONDS: u8 = 10;
/// Exit statuses of a child.
const DONE: i32 = 0;
const PANICKED: i32 = 3;

/// Before which step this process dies; 0 = it does not count its steps.
static DUE: AtomicU64 = AtomicU64::new(0);
static PART: AtomicUsize = AtomicUsize::new(0);
/// A system call that fails once, in this process.
static REFUSED: OnceLock<&str> = OnceLock::new();
static HAS_REFUSED: AtomicBool = AtomicBool::new(false);
static VISITED: OnceLock<&Visited> = OnceLock::new();

/// What one child has done, as far as it lived to say so.
#[derive(Default)]
pub struct Part {
    pub steps: AtomicU64,
    /// The address of the place in the code where it died, or 0.
    died_at: AtomicUsize,
    /// Messages it began to send, and those whose sending returned.
    pub begun: AtomicU64,
    pub sent: AtomicU64,
    /// Messages it was given and those it was done with, as bits, by sender.
    pub given: [AtomicU64; SENDERS],
    pub done: [AtomicU64; SENDERS],
    /// How often it has asked for its parent's service, and how often it has been served.
    asked: AtomicU32,
    served: AtomicU32,
}

impl Part {
    /// Where it died.
    pub fn died_at(&self) -> String {
        match self.died_at.load(Relaxed) {
            0 => "its end".to_owned(),
            // SAFETY: the child has the same program at the same addresses, and stored a
            // reference with static life.
            at => unsafe { *(at as *const Location<'static>) }.to_string(),
        }
    }
}

/// Memory shared with the children, in a fork as in this process.
pub struct Page(*mut [Part; PARTS]);

impl Page {
    pub fn new() -> Self {
        // SAFETY: a fresh mapping at an address of the kernel's choice, checked below.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<[Part; PARTS]>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED, "no memory");
        Self(page.cast())
    }

    /// For the next run.
    pub fn clear(&self) {
        // SAFETY: the mapping is as long as the parts and never unmapped; no child lives.
        unsafe { self.0.write(Default::default()) };
    }

    pub fn parts(&self) -> &'static [Part; PARTS] {
        // SAFETY: the mapping is never unmapped, and its zeros are a valid value.
        unsafe { &*self.0 }
    }
}

/// Has the library's steps counted in this process and its children. Once.
pub fn watch_steps(visited: &'static Visited) {
    assert!(VISITED.set(visited).is_ok(), "once");
    simpleipc::crash::set_step_hook(|what, place| {
        let due = DUE.load(Relaxed);
        if due == 0 {
            return None;
        }
        VISITED.get().expect("set above").note(place);
        if REFUSED.get() == Some(&what) && !HAS_REFUSED.swap(true, Relaxed) {
            return Some(libc::EMFILE);
        }
        if PRIVATE_CALLS.contains(&what) {
            return None;
        }
        // SAFETY: set by `play` before it sets DUE, to a part of a page that is never unmapped.
        let part = unsafe { &*(PART.load(Relaxed) as *const Part) };
        if part.steps.fetch_add(1, Relaxed) + 1 == due {
            part.died_at
                .store(std::ptr::from_ref(place) as usize, Relaxed);
            // SAFETY: kills only this process.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
        None
    });
}

/// How a child ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// It did everything it had to do, and died then, without closing anything.
    Done,
    /// It was killed before a step.
    Died,
}

/// Has a child play `role` as number `number`, until it dies before its step `due` or is done.
/// `services` are what it asks for on the way.
pub fn play(
    page: &Page,
    number: usize,
    due: u64,
    options: &Options,
    role: impl FnOnce(&Stage) -> Box<dyn Any>,
    services: &mut dyn ExactSizeIterator<Item = Result<(), String>>,
) -> Result<End, String> {
    let part = &page.parts()[number];
    // SAFETY: this process has one thread, so the child may do anything.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "cannot fork");
    if child == 0 {
        // SAFETY: an alarm that nobody handles ends the process.
        unsafe { libc::alarm(HANG_SECONDS.into()) };
        let stage = Stage {
            options: options.clone(),
            sender: number + 1,
            due,
            part,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| std::mem::forget(role(&stage))));
        // SAFETY: ends this process without running anything of its parent's.
        unsafe { libc::_exit(if outcome.is_ok() { DONE } else { PANICKED }) };
    }
    loop {
        let asked = part.asked.load(Relaxed);
        if asked > part.served.load(Relaxed) {
            services.next().ok_or("it asks for too much")??;
            part.served.store(asked, Relaxed);
        }
        let mut status = 0;
        let how = if services.len() > 0 { libc::WNOHANG } else { 0 };
        // SAFETY: our own child, waited for once.
        if unsafe { libc::waitpid(child, &mut status, how) } == child {
            return ended(status);
        }
        std::thread::yield_now();
    }
}

fn ended(status: i32) -> Result<End, String> {
    if libc::WIFEXITED(status) {
        return match libc::WEXITSTATUS(status) {
            DONE => Ok(End::Done),
            _ => Err("the child failed".to_owned()),
        };
    }
    match libc::WTERMSIG(status) {
        libc::SIGKILL => Ok(End::Died),
        libc::SIGALRM => Err("the child hangs".to_owned()),
        signal => Err(format!("the child ended by signal {signal}")),
    }
}

/// What a child has to play with. Panics where something fails: then the run has failed.
pub struct Stage {
    pub options: Options,
    sender: usize,
    due: u64,
    part: &'static Part,
}

impl Stage {
    /// From here on each step counts.
    pub fn begin(&self) {
        PART.store(std::ptr::from_ref(self.part) as usize, Relaxed);
        DUE.store(self.due, Relaxed);
    }

    /// The next system call of this name fails: too many open files.
    pub fn refuse(&self, call: &'static str) {
        REFUSED.set(call).expect("one refusal in a process");
    }

    /// A signal comes in a moment, whose handler does nothing; another one after it would end
    /// this process.
    pub fn expect_signal(&self) {
        extern "C" fn nothing(_: libc::c_int) {}
        let handler: extern "C" fn(libc::c_int) = nothing;
        // SAFETY: plain data, set below; the handler does nothing, and the calls change only how
        // this process, which has one thread, is signalled.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as libc::sighandler_t;
            action.sa_flags = libc::SA_RESETHAND;
            libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut());
            let mut timer: libc::itimerval = std::mem::zeroed();
            timer.it_value.tv_usec = 2_000;
            timer.it_interval.tv_sec = libc::time_t::from(HANG_SECONDS);
            libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut());
        }
    }

    /// Has the parent do what the scene says, and waits for it.
    pub fn ask(&self) {
        let asked = self.part.asked.fetch_add(1, Relaxed) + 1;
        while self.part.served.load(Relaxed) < asked {
            std::thread::yield_now();
        }
    }

    pub fn publisher(&self) -> Publisher {
        Publisher::open(TOPIC, &self.options).expect("a publisher joins")
    }

    pub fn subscriber(&self) -> Subscriber {
        Subscriber::open(TOPIC, &self.options).expect("a subscriber joins")
    }

    pub fn lossless(&self) -> Subscriber {
        let lossless = Options {
            lossless: true,
            ..self.options.clone()
        };
        Subscriber::open(TOPIC, &lossless).expect("a lossless subscriber joins")
    }

    pub fn tap(&self) -> Subscriber {
        let tap = Options {
            tap: true,
            ..self.options.clone()
        };
        Subscriber::open(TOPIC, &tap).expect("a tap opens")
    }

    pub fn sender(&self) -> Sender {
        Sender::open(QUEUE, &self.options).expect("a sender joins")
    }

    pub fn receiver(&self) -> Receiver {
        Receiver::open(QUEUE, &self.options).expect("a receiver joins")
    }

    /// The next message of this sender.
    fn next(&self, bytes: usize) -> Vec<u8> {
        let number = self.part.begun.fetch_add(1, Relaxed);
        let sender = self.sender as u64;
        ledger::write(Entry { sender, number }, bytes)
    }

    pub fn publish(&self, publisher: &mut Publisher, bytes: usize) {
        self.try_publish(publisher, bytes, Some(STUCK))
            .expect("published");
    }

    pub fn try_publish(
        &self,
        publisher: &mut Publisher,
        bytes: usize,
        patience: Option<Duration>,
    ) -> simpleipc::Result<()> {
        let message = self.next(bytes);
        publisher.put(&Value::from(&message[..]), 0, patience)?;
        self.part.sent.fetch_add(1, Relaxed);
        Ok(())
    }

    pub fn publish_loan(&self, publisher: &mut Publisher, bytes: usize) {
        let message = self.next(bytes);
        let mut loan = publisher
            .loan(LoanKind::Bytes(bytes), Some(STUCK))
            .expect("a loan");
        loan.copy_from_slice(&message);
        publisher
            .put_loan(&mut loan, 0, Some(STUCK))
            .expect("published");
        self.part.sent.fetch_add(1, Relaxed);
    }

    pub fn send(&self, sender: &mut Sender, bytes: usize) {
        let message = self.next(bytes);
        sender
            .put(&Value::from(&message[..]), 0, Some(STUCK))
            .expect("sent");
        self.part.sent.fetch_add(1, Relaxed);
    }

    pub fn send_loan(&self, sender: &mut Sender, bytes: usize) {
        let message = self.next(bytes);
        let mut loan = sender
            .loan(LoanKind::Bytes(bytes), Some(STUCK))
            .expect("a loan");
        loan.copy_from_slice(&message);
        sender.put_loan(&mut loan, 0, Some(STUCK)).expect("sent");
        self.part.sent.fetch_add(1, Relaxed);
    }

    /// The next message of a topic, which must be there.
    pub fn take(&self, subscriber: &mut Subscriber) -> Message {
        let message = subscriber.receive_timeout(NOW).expect("a message");
        ledger::read(&message).expect("whole");
        message
    }

    /// The next message of a queue, if there is one.
    pub fn receive(&self, receiver: &mut Receiver) -> Option<Message> {
        let message = receiver.receive_timeout(NOW).ok()?;
        self.note_given(&message);
        Some(message)
    }

    pub fn note_given(&self, message: &Message) {
        let entry = ledger::read(message).expect("whole");
        self.part.given[entry.sender as usize].fetch_or(1 << entry.number, Relaxed);
    }

    /// Drops a message of a queue: after that it must not come again.
    pub fn finish(&self, message: Message) {
        let entry = ledger::read(&message).expect("still whole");
        drop(message);
        self.part.done[entry.sender as usize].fetch_or(1 << entry.number, Relaxed);
    }
}
