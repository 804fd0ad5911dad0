//! A child process that plays one role until it meets its fate.
//!
//! Children are forked, not started: a run takes well below a millisecond. A child opens its own
//! handles, because those of its parent are of no use to it. Everything here has one thread.

use super::fate::{self, Fate};
use super::page::{NO_SUCH_ERROR, Page, Part};
use crate::ledger::{self, Entry};
use simpleipc::{
    Class, Error, Loan, LoanKind, Message, Options, Publisher, Receiver, Sender, Setter, Status,
    Subscriber, Value, Watcher,
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// The channels everybody meets on.
pub const TOPIC: &str = "topic";
pub const QUEUE: &str = "queue";
pub const STATE: &str = "state";
pub const SIGNAL: &str = "signal";
pub const LOCK: &str = "lock";
pub const SERVICE: &str = "service";
/// Nobody may be held up longer than this by a death; a failure, not a measurement.
pub const STUCK: Duration = Duration::from_secs(5);
pub const NOW: Option<Duration> = Some(Duration::ZERO);
/// A child that has not ended after so many seconds hangs.
const HANG_SECONDS: u8 = 10;
/// Exit statuses of a child.
const DONE: i32 = 0;
const PANICKED: i32 = 3;

/// How a child ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// It did everything it had to do, and died then, without closing anything; or, if a call was
    /// refused, ended in order.
    Done,
    /// It was killed before a step.
    Died,
}

/// Has a child play `role` as number `number`, until it meets its fate or is done.
/// `services` are what it asks for on the way.
pub fn play(
    page: &Page,
    number: usize,
    fate: Fate,
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
            fate,
            part,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| match fate {
            Fate::Starves(..) => drop(role(&stage)),
            _ => std::mem::forget(role(&stage)),
        }));
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
    fate: Fate,
    part: &'static Part,
}

impl Stage {
    /// From here on each step counts.
    pub fn begin(&self) {
        fate::begin(self.fate, self.part);
    }

    /// Does `work`, and again if a call in it was refused: then it must have said so clearly, and
    /// left nothing.
    pub fn insist<T>(
        &self,
        mut work: impl FnMut() -> simpleipc::Result<T>,
    ) -> simpleipc::Result<T> {
        loop {
            let refusals = fate::refusals();
            match work() {
                Err(error) if fate::refusals() > refusals => self.check_refused(&error),
                outcome => return outcome,
            }
        }
    }

    /// As [`Stage::insist`], of something that fails with `status`.
    pub fn insist_on_failure<T>(
        &self,
        status: Status,
        mut work: impl FnMut() -> simpleipc::Result<T>,
    ) {
        let outcome = self.insist(|| match work() {
            Err(error) if error.status() == status => Ok(Ok(())),
            outcome => outcome.map(Err),
        });
        let failed = outcome.expect("no other failure");
        assert!(failed.is_ok(), "it should have failed with {status:?}");
    }

    /// The error is clear, and no channel is left that nobody is in.
    fn check_refused(&self, error: &Error) {
        self.check_sentence(error);
        let directory = self.options.directory.as_deref();
        for report in simpleipc::audit_all(directory).expect("an audit") {
            let is_used = report.waiting > 0 || !report.peers.is_empty();
            assert!(is_used, "left behind after {error:?}: {report:?}");
        }
    }

    /// The sentence names the channel or its directory, and a remedy.
    pub fn check_sentence(&self, error: &Error) {
        if error.status().class() == Class::Retry {
            return;
        }
        assert_eq!(error.status().class(), Class::System, "{error:?}");
        let text = error.to_string();
        let directory = self.options.directory.as_deref().expect("one of its own");
        let culprits = [TOPIC, QUEUE, STATE, SIGNAL, LOCK].map(|name| format!("'{name}'"));
        let names = |culprit: &String| text.contains(culprit);
        let is_named = culprits.iter().any(names) || names(&directory.display().to_string());
        let remedy = text.split_once("; ").map_or("", |(_, remedy)| remedy);
        let is_clear = is_named && remedy.len() > 10 && !remedy.contains("error number");
        assert!(is_clear, "no culprit or no remedy: {error:?}");
    }

    /// From now on signals keep coming, whose handler does nothing, until it is taken for a hang.
    pub fn expect_signals(&self) {
        const MICROSECONDS: libc::suseconds_t = 2_000;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        extern "C" fn count(_: libc::c_int) {
            if COUNT.fetch_add(1, Relaxed) > u32::from(HANG_SECONDS) * 500 {
                // SAFETY: async-signal-safe; ends this process.
                unsafe { libc::abort() };
            }
        }
        let handler: extern "C" fn(libc::c_int) = count;
        // SAFETY: plain data, set below; the calls change only how this process, which has one
        // thread, is signalled.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as libc::sighandler_t;
            libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut());
            let mut timer: libc::itimerval = std::mem::zeroed();
            timer.it_value.tv_usec = MICROSECONDS;
            timer.it_interval.tv_usec = MICROSECONDS;
            libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut());
        }
    }

    /// The next system call of this name fails: too many open files.
    pub fn refuse(&self, call: &'static str) {
        fate::refuse(call);
    }

    /// Has the parent do what the scene says, and waits for it.
    pub fn ask(&self) {
        let asked = self.part.asked.fetch_add(1, Relaxed) + 1;
        while self.part.served.load(Relaxed) < asked {
            std::thread::yield_now();
        }
    }

    /// Has the parent do what the scene says, and does not wait for it.
    pub fn ask_and_go_on(&self) {
        self.part.asked.fetch_add(1, Relaxed);
    }

    pub fn part(&self) -> &'static Part {
        self.part
    }

    pub fn try_publisher(&self) -> simpleipc::Result<Publisher> {
        Publisher::open(TOPIC, &self.options)
    }

    pub fn publisher(&self) -> Publisher {
        let publisher = self.insist(|| self.try_publisher());
        publisher.expect("a publisher joins")
    }

    pub fn subscriber(&self) -> Subscriber {
        let subscriber = self.insist(|| Subscriber::open(TOPIC, &self.options));
        subscriber.expect("a subscriber joins")
    }

    pub fn try_lossless(&self) -> simpleipc::Result<Subscriber> {
        let lossless = Options {
            lossless: true,
            ..self.options.clone()
        };
        Subscriber::open(TOPIC, &lossless)
    }

    pub fn lossless(&self) -> Subscriber {
        let subscriber = self.insist(|| self.try_lossless());
        subscriber.expect("a lossless subscriber joins")
    }

    pub fn tap(&self) -> Subscriber {
        let tap = Options {
            tap: true,
            ..self.options.clone()
        };
        let tap = self.insist(|| Subscriber::open(TOPIC, &tap));
        tap.expect("a tap opens")
    }

    pub fn try_sender(&self) -> simpleipc::Result<Sender> {
        Sender::open(QUEUE, &self.options)
    }

    pub fn sender(&self) -> Sender {
        let sender = self.insist(|| self.try_sender());
        sender.expect("a sender joins")
    }

    pub fn try_receiver(&self) -> simpleipc::Result<Receiver> {
        Receiver::open(QUEUE, &self.options)
    }

    pub fn receiver(&self) -> Receiver {
        let receiver = self.insist(|| self.try_receiver());
        receiver.expect("a receiver joins")
    }

    pub fn setter(&self) -> Setter {
        let setter = self.insist(|| Setter::open(STATE, &self.options));
        setter.expect("a setter joins")
    }

    pub fn watcher(&self) -> Watcher {
        let watcher = self.insist(|| Watcher::open(STATE, &self.options));
        watcher.expect("a watcher joins")
    }

    pub fn set(&self, setter: &mut Setter, bytes: usize) {
        let value = self.next(bytes);
        self.insist(|| setter.put(&Value::from(&value[..]), 0, Some(STUCK)))
            .expect("set");
        self.part.sent.fetch_add(1, Relaxed);
    }

    /// Sets without a handle.
    pub fn set_once(&self, bytes: usize) {
        let value = self.next(bytes);
        self.insist(|| simpleipc::set(STATE, &value[..]))
            .expect("set");
        self.part.sent.fetch_add(1, Relaxed);
    }

    /// The value, which must be there.
    pub fn get(&self, watcher: &mut Watcher) -> Message {
        let message = self
            .insist(|| watcher.get_timeout(NOW))
            .expect("there is a value");
        ledger::read(&message).expect("whole");
        message
    }

    /// Gets the value without a handle.
    pub fn get_once(&self) {
        let message = self.insist(|| simpleipc::get(STATE, NOW));
        ledger::read(&message.expect("there is a value")).expect("whole");
    }

    /// A call was refused that nobody had ordered to be.
    pub fn note_refused(&self) {
        self.part.refused.store(NO_SUCH_ERROR, Relaxed);
    }

    /// The calls without a handle shall meet on the channels here.
    pub fn go_there(&self) {
        let directory = self.options.directory.as_deref().expect("one of its own");
        // SAFETY: this process has one thread.
        unsafe { std::env::set_var("SIPC_DIR", directory) };
    }

    /// Sends without a handle.
    pub fn send_once(&self, bytes: usize) {
        let message = self.next(bytes);
        self.insist(|| simpleipc::send(QUEUE, &message[..]))
            .expect("sent");
        self.part.sent.fetch_add(1, Relaxed);
    }

    /// Publishes without a handle.
    pub fn publish_once(&self, bytes: usize) {
        let message = self.next(bytes);
        self.insist(|| simpleipc::publish(TOPIC, &message[..]))
            .expect("published");
        self.part.sent.fetch_add(1, Relaxed);
    }

    /// The next message of this sender.
    fn next(&self, bytes: usize) -> Vec<u8> {
        let number = self.part.sent.load(Relaxed);
        self.part.begun.store(number + 1, Relaxed);
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
        self.insist(|| publisher.put(&Value::from(&message[..]), 0, patience))?;
        self.part.sent.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Borrows a chunk.
    pub fn loan(&self, publisher: &mut Publisher, bytes: usize) -> Loan {
        self.insist(|| publisher.loan(LoanKind::Bytes(bytes), Some(STUCK)))
            .expect("a loan")
    }

    pub fn publish_loan(&self, publisher: &mut Publisher, bytes: usize) {
        let message = self.next(bytes);
        let mut loan = self.loan(publisher, bytes);
        loan.copy_from_slice(&message);
        self.insist(|| publisher.put_loan(&mut loan, 0, Some(STUCK)))
            .expect("published");
        self.part.sent.fetch_add(1, Relaxed);
    }

    pub fn send(&self, sender: &mut Sender, bytes: usize) {
        self.try_send(sender, bytes, Some(STUCK)).expect("sent");
    }

    pub fn try_send(
        &self,
        sender: &mut Sender,
        bytes: usize,
        patience: Option<Duration>,
    ) -> simpleipc::Result<()> {
        let message = self.next(bytes);
        self.insist(|| sender.put(&Value::from(&message[..]), 0, patience))?;
        self.part.sent.fetch_add(1, Relaxed);
        Ok(())
    }

    pub fn send_loan(&self, sender: &mut Sender, bytes: usize) {
        let message = self.next(bytes);
        let mut loan = self
            .insist(|| sender.loan(LoanKind::Bytes(bytes), Some(STUCK)))
            .expect("a loan");
        loan.copy_from_slice(&message);
        self.insist(|| sender.put_loan(&mut loan, 0, Some(STUCK)))
            .expect("sent");
        self.part.sent.fetch_add(1, Relaxed);
    }

    /// The next message of a topic, which must be there.
    pub fn take(&self, subscriber: &mut Subscriber) -> Message {
        let message = self
            .insist(|| subscriber.receive_timeout(NOW))
            .expect("a message");
        ledger::read(&message).expect("whole");
        message
    }

    /// The next message of a queue, if there is one.
    pub fn receive(&self, receiver: &mut Receiver) -> Option<Message> {
        let message = match self.insist(|| receiver.receive_timeout(NOW)) {
            Err(error) if error.status() == Status::Timeout => return None,
            message => message.expect("a message or none"),
        };
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
