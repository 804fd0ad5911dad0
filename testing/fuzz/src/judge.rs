//! What must hold whatever the input is.

use simpleipc::{
    Class, Error, Message, Options, Publisher, Receiver, Result, Sender, Status, Subscriber, Value,
};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

pub const NOW: Option<Duration> = Some(Duration::ZERO);

/// No call may compute longer than this, however large the numbers are that somebody has written
/// into the files. What is counted and sanitized computes about ten times as long as otherwise, on
/// a machine that is busy with other things. To wait is not to compute.
const CALL_NS_MAX: u64 = 2_000_000_000;

/// Makes a call; `None` if it answers with an error, which must be a sentence.
pub fn call<T>(what: &str, call: impl FnOnce() -> Result<T>) -> Option<T> {
    let began = computed_ns();
    let outcome = call();
    let took = computed_ns() - began;
    assert!(
        took < CALL_NS_MAX,
        "{what} computed for {} ms",
        took / 1_000_000
    );
    match outcome {
        Ok(result) => Some(result),
        Err(error) => {
            judge_error(what, &error);
            None
        }
    }
}

fn judge_error(what: &str, error: &Error) {
    let sentence = error.message();
    assert!(sentence.len() > 15, "{what}: {sentence:?} is no sentence");
    assert_ne!(error.status(), Status::Internal, "{what}: {sentence}");
    assert_ne!(error.status().class(), Class::Ok, "{what}: {sentence}");
}

/// Looks at all there is to a message, and at every byte of its value.
pub fn look_at(message: &Message) {
    let _ = (message.sequence(), message.sender(), message.missed());
    let _ = (message.publish_time_ns(), message.capture_time_ns());
    let _ = (message.age(), message.kind(), message.is_redelivered());
    if let Some(value) = call("value", || message.value()) {
        touch(&value);
    }
}

/// Reads every byte of a value, which may lie in memory that changes meanwhile.
pub fn touch(value: &Value<'_>) {
    match value {
        Value::Str(text) => touch_bytes(text.as_bytes()),
        Value::Bytes(data) => touch_bytes(data),
        Value::Tensor(tensor) => {
            touch_bytes(&tensor.data);
            call("to_dense", || tensor.to_dense().map(|_| ()));
        }
        Value::Opaque(opaque) => touch_bytes(&opaque.data),
        Value::List(items) => items.iter().for_each(touch),
        Value::Map(pairs) => pairs.iter().for_each(|(_, item)| touch(item)),
        _ => {}
    }
}

fn touch_bytes(bytes: &[u8]) {
    let mut sum = 0u8;
    for byte in bytes {
        // SAFETY: a reference is a valid pointer.
        sum = sum.wrapping_add(unsafe { std::ptr::from_ref(byte).read_volatile() });
    }
    std::hint::black_box(sum);
}

/// Nanoseconds of processor time that this thread has used.
fn computed_ns() -> u64 {
    // SAFETY: plain data, written by the call.
    let mut time: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: valid pointer; this clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Everything of this process in shared memory; removed at its orderly end.
pub fn home() -> &'static PathBuf {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let named = std::env::var_os("FUZZ_HOME").map(PathBuf::from);
        let own = || format!("/dev/shm/sipc-fuzz-{}", std::process::id()).into();
        let home = named.unwrap_or_else(own);
        std::fs::create_dir(&home).expect("a fresh directory");
        // SAFETY: the function stays loaded, and may be called at any time.
        unsafe { libc::atexit(leave_home) };
        home
    })
}

extern "C" fn leave_home() {
    let _ = std::fs::remove_dir_all(home());
}

/// Channels beside the damaged one. Whatever happens there, nothing happens here.
pub struct Neighbours {
    publisher: Publisher,
    subscriber: Subscriber,
    sender: Sender,
    receiver: Receiver,
    count: i64,
}

/// Each of the four handles has one.
const FILES: usize = 4;
const LARGE: usize = 300;

impl Neighbours {
    pub fn of_this_process() -> MutexGuard<'static, Self> {
        static ALL: OnceLock<Mutex<Neighbours>> = OnceLock::new();
        let all = ALL.get_or_init(|| Mutex::new(Self::open().expect("sound channels")));
        all.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn open() -> Result<Self> {
        let directory = home().join("neighbours");
        std::fs::create_dir(&directory).expect("a fresh directory");
        let options = Options {
            directory: Some(directory),
            ..Options::default()
        };
        let mut neighbours = Self {
            publisher: Publisher::open("topic", &options)?,
            subscriber: Subscriber::open("topic", &options)?,
            sender: Sender::open("queue", &options)?,
            receiver: Receiver::open("queue", &options)?,
            count: 0,
        };
        // The first large messages make data files.
        neighbours.exchange().expect("sound channels work");
        Ok(neighbours)
    }

    /// All is as it should be: what is sent here arrives here, and nobody has left a file open.
    pub fn check(&mut self) {
        self.exchange().expect("a neighbour is disturbed");
        if self.count % 64 == 0 {
            let now = open_files();
            assert_eq!(now.len(), FILES, "left open, among others: {now:?}");
        }
    }

    fn exchange(&mut self) -> Result<()> {
        self.count += 1;
        let large = [self.count as u8; LARGE];
        for value in [Value::Int(self.count), Value::from(&large[..])] {
            self.publisher.put(&value, 0, NOW)?;
            assert_eq!(self.subscriber.receive_timeout(NOW)?.value()?, value);
            self.sender.put(&value, 0, NOW)?;
            assert_eq!(self.receiver.receive_timeout(NOW)?.value()?, value);
        }
        Ok(())
    }
}

/// The files in shared memory that this process has open.
fn open_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/proc/self/fd").expect("a directory");
    let links = entries
        .flatten()
        .map(|entry| std::fs::read_link(entry.path()));
    links
        .flatten()
        .filter(|path| path.starts_with(home()))
        .collect()
}
