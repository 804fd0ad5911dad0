//! What tests of descriptors and futures need: a look at a descriptor, and the smallest runtime.

use std::io::Read;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

pub const NOW: Option<Duration> = Some(Duration::ZERO);
#[allow(dead_code)] // not every test looks at a descriptor
pub const AT_ONCE: Duration = Duration::ZERO;
pub const SOON: Duration = Duration::from_secs(20);

/// Whether it is readable, or becomes so in time: as the kernel tells of an eventfd.
#[allow(dead_code)] // as above
pub fn is_readable(fd: BorrowedFd<'_>, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    loop {
        let mut text = String::new();
        let mut file = std::fs::File::open(&path).expect("it is open");
        file.read_to_string(&mut text).expect("read");
        let count = text
            .lines()
            .find_map(|line| line.strip_prefix("eventfd-count:"));
        if count.expect("an eventfd").trim() != "0" {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// Runs a future in this thread. Fails when nobody wakes it.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        let parked = Instant::now();
        std::thread::park_timeout(SOON);
        assert!(parked.elapsed() < SOON, "nobody wakes the task");
    }
}
