//! A channel whose files anybody may damage, and the handles that programs have open on it.

use crate::feed::Feed;
use crate::image::{Image, Laid, NAME};
use crate::judge::{NOW, call, home, look_at};
use simpleipc::{
    Dtype, Loan, LoanKind, Message, Options, Publisher, Receiver, Sender, Source, Subscriber,
    Tensor, Value,
};
use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// More handles of a kind than this are not opened at once.
const HANDLES: usize = 3;
/// So many messages are kept in hand.
const MESSAGES: usize = 4;

/// See spec/layout.md, lock bytes.
const MEMBER: i64 = 0x7000_0000;
const ENDPOINT_0: i64 = MEMBER + 256;

pub struct Stage {
    pub laid: Laid,
    pub directory: PathBuf,
    publishers: Vec<Publisher>,
    subscribers: Vec<Subscriber>,
    senders: Vec<Sender>,
    receivers: Vec<Receiver>,
    messages: VecDeque<Message>,
    loans: Vec<Loan>,
}

impl Stage {
    pub fn new(image: &Image) -> Self {
        let directory = home().join("stage");
        std::fs::create_dir(&directory).expect("a fresh directory");
        Self {
            laid: image.lay(&directory),
            directory,
            publishers: Vec::new(),
            subscribers: Vec::new(),
            senders: Vec::new(),
            receivers: Vec::new(),
            messages: VecDeque::new(),
            loans: Vec::new(),
        }
    }

    pub fn options(&self) -> Options {
        Options {
            directory: Some(self.directory.clone()),
            ..Options::default()
        }
    }

    /// Somebody, who does nothing, is a member of the channel, or owns an endpoint: so nobody
    /// else is alone in it, or takes that one for dead.
    pub fn lock(&self, endpoint: Option<usize>) {
        let (byte, kind) = match endpoint {
            None => (MEMBER, libc::F_RDLCK),
            Some(index) => (ENDPOINT_0 + index as i64, libc::F_WRLCK),
        };
        // SAFETY: plain data; all fields that count are set below.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        lock.l_start = byte;
        lock.l_len = 1;
        // SAFETY: open descriptor, valid pointer. Whether it succeeds is of no account.
        unsafe { libc::fcntl(self.laid.control.as_raw_fd(), libc::F_OFD_SETLK, &lock) };
    }

    /// Opens a handle in one of the four roles, or as a tap.
    pub fn open(&mut self, feed: &mut Feed<'_>) {
        let (role, bits) = (feed.below(4), feed.byte());
        let options = Options {
            lossless: bits & 1 != 0,
            latest: bits & 2 != 0,
            tap: bits & 4 != 0,
            unstamped: bits & 8 != 0,
            history: u32::from(bits >> 4),
            ..self.options()
        };
        match role {
            0 if self.publishers.len() < HANDLES => {
                let opened = call("open publisher", || Publisher::open(NAME, &options));
                self.publishers.extend(opened);
            }
            1 if self.subscribers.len() < HANDLES => {
                let opened = call("open subscriber", || Subscriber::open(NAME, &options));
                self.subscribers.extend(opened);
            }
            2 if self.senders.len() < HANDLES => {
                let opened = call("open sender", || Sender::open(NAME, &options));
                self.senders.extend(opened);
            }
            3 if self.receivers.len() < HANDLES => {
                let opened = call("open receiver", || Receiver::open(NAME, &options));
                self.receivers.extend(opened);
            }
            _ => {}
        }
    }

    /// Closes one of a kind.
    pub fn close(&mut self, feed: &mut Feed<'_>) {
        fn close_one<T>(handles: &mut Vec<T>, feed: &mut Feed<'_>) {
            if !handles.is_empty() {
                drop(handles.swap_remove(feed.below(handles.len())));
            }
        }
        match feed.below(6) {
            0 => close_one(&mut self.publishers, feed),
            1 => close_one(&mut self.subscribers, feed),
            2 => close_one(&mut self.senders, feed),
            3 => close_one(&mut self.receivers, feed),
            4 => close_one(&mut self.loans, feed),
            _ => drop(self.messages.pop_back()),
        }
    }

    /// Puts a value, in all handles that can.
    pub fn put(&mut self, feed: &mut Feed<'_>) {
        let data = [9u8; 9000];
        let len = feed.below(data.len());
        let value = match feed.below(5) {
            0 => Value::Int(len as i64),
            1 => Value::from(&data[..len % 120]),
            2 => Value::from(&data[..len]),
            3 => Value::List(vec![Value::Null, Value::from("text"), Value::Uint(5)]),
            _ => {
                let tensor = Tensor::dense(Dtype::U8, &[len as u64], "gray8", &data[..len]);
                Value::Tensor(tensor.expect("a sound tensor"))
            }
        };
        for publisher in &mut self.publishers {
            call("publish", || publisher.put(&value, 0, NOW));
        }
        for sender in &mut self.senders {
            call("send", || sender.put(&value, 5, NOW));
        }
    }

    pub fn loan(&mut self, feed: &mut Feed<'_>) {
        let len = feed.below(9000);
        let kind = LoanKind::Bytes(len);
        let loan = match feed.below(2) {
            0 => self
                .publishers
                .last_mut()
                .map(|it| call("loan", || it.loan(kind, NOW))),
            _ => self
                .senders
                .last_mut()
                .map(|it| call("loan", || it.loan(kind, NOW))),
        };
        if let Some(mut loan) = loan.flatten() {
            loan.fill(8);
            self.loans.push(loan);
        }
    }

    /// Puts a loan, by whatever handle.
    pub fn put_loan(&mut self) {
        let Some(mut loan) = self.loans.pop() else {
            return;
        };
        for publisher in &mut self.publishers {
            call("put loan", || publisher.put_loan(&mut loan, 0, NOW));
        }
        for sender in &mut self.senders {
            call("put loan", || sender.put_loan(&mut loan, 0, NOW));
        }
    }

    /// Takes a message, in all handles that can.
    pub fn take(&mut self) {
        for subscriber in &mut self.subscribers {
            let message = call("receive", || subscriber.receive_timeout(NOW));
            self.messages.extend(message);
        }
        for receiver in &mut self.receivers {
            let message = call("receive", || receiver.receive_timeout(NOW));
            self.messages.extend(message);
        }
        self.messages.iter().for_each(look_at);
        while self.messages.len() > MESSAGES {
            self.messages.pop_front();
        }
    }

    /// Takes many messages at a time.
    pub fn take_each(&mut self, feed: &mut Feed<'_>) {
        let most = feed.below(40);
        for subscriber in &mut self.subscribers {
            let mut seen = 0;
            let count = call("receive each", || {
                subscriber.receive_each(NOW, most, |message| {
                    seen += 1;
                    look_at(message);
                })
            });
            assert!(
                count.is_none_or(|count| count == seen),
                "{count:?} of {seen} messages"
            );
        }
        for receiver in &mut self.receivers {
            call("receive each", || receiver.receive_each(NOW, most, look_at));
        }
    }

    pub fn wait_any(&mut self) {
        let subscribers = self.subscribers.iter_mut().map(|it| it as &mut dyn Source);
        let receivers = self.receivers.iter_mut().map(|it| it as &mut dyn Source);
        let mut sources: Vec<&mut dyn Source> = subscribers.chain(receivers).collect();
        if !sources.is_empty() {
            call("wait any", || simpleipc::wait_any(&mut sources, 0, NOW));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Messages and loans may outlive their handles.
        self.publishers.clear();
        self.subscribers.clear();
        self.senders.clear();
        self.receivers.clear();
        self.messages.iter().for_each(look_at);
        self.messages.clear();
        self.loans.clear();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
