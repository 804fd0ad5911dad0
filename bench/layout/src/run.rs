//! The measurements proper: what a stream, a ping-pong, a bounce and a membarrier run consist of.

use crate::lane::{LaneTx, NO_FENCE, NO_STAMP, Rx, STEP, Tx};
use crate::sys::{Region, Side, clock_ns, membarrier, ticks};
use std::sync::atomic::Ordering::*;
use std::time::Duration;

/// Round trips in a latency run, and how many of them first are not counted.
pub const TRIPS: u64 = 60_000;
const WARM: usize = 4_000;

/// Collects what a receiver saw of messages 0, 1, 2...
#[derive(Default)]
struct Check {
    count: u64,
    sum: u64,
    errors: u64,
}

impl Check {
    #[inline(always)]
    fn take<R: Rx>(&mut self, rx: &mut R) {
        let got = rx.recv();
        self.errors += (got.first != self.count) as u64 + got.bad as u64;
        self.sum = self.sum.wrapping_add(got.sum);
        self.count += 1;
    }

    fn publish(&self, region: &Region) {
        region.result(0).store(self.count, Relaxed);
        region.result(1).store(self.sum, Relaxed);
        region.result(2).store(self.errors, Relaxed);
    }

    fn fetch(region: &Region) -> Check {
        Check {
            count: region.result(0).load(Relaxed),
            sum: region.result(1).load(Relaxed),
            errors: region.result(2).load(Relaxed),
        }
    }

    fn verify(&self, n: u64, pattern: u64) {
        let order = (n * (n - 1) / 2).wrapping_mul(pattern);
        let inner = (pattern * (pattern - 1) / 2)
            .wrapping_mul(STEP)
            .wrapping_mul(n);
        assert_eq!(self.count, n, "messages received");
        assert_eq!(self.errors, 0, "messages out of order or torn");
        assert_eq!(self.sum, order.wrapping_add(inner), "checksum");
    }
}

/// Streams `n` messages from this process to the child; returns M messages per second, counted
/// until the child has verified the last of them.
pub fn stream<T: Tx, R: Rx>(
    region: &Region,
    n: u64,
    tx: impl Fn(Side) -> T,
    rx: impl Fn(Side) -> R,
) -> Vec<f64> {
    let side = region.side(0);
    let child = || {
        let mut rx = rx(side);
        let mut check = Check::default();
        for _ in 0..n {
            check.take(&mut rx);
        }
        check.publish(region);
        region.result(3).store(1, Release);
    };
    let rate = region.run2(child, || {
        let mut tx = tx(side);
        let t0 = clock_ns();
        for s in 0..n {
            tx.send(s);
        }
        while region.result(3).load(Acquire) == 0 {}
        n as f64 * 1000.0 / (clock_ns() - t0) as f64
    });
    Check::fetch(region).verify(n, T::PATTERN);
    vec![rate]
}

fn percentiles(mut trips: Vec<u64>, ns_per_tick: f64) -> Vec<f64> {
    trips.drain(..WARM.min(trips.len() / 2));
    trips.sort_unstable();
    let at = |q: f64| trips[((trips.len() - 1) as f64 * q) as usize] as f64 * ns_per_tick / 2.0;
    let low = &trips[..trips.len() * 99 / 100];
    let mean = low.iter().sum::<u64>() as f64 / low.len() as f64 * ns_per_tick / 2.0;
    vec![at(0.50), mean, at(0.99)]
}

/// Sends `count` messages to and fro; returns p50, the mean of the fastest 99 % and p99 of half a
/// round trip in ns. Both processes verify what they got.
pub fn ping_pong<T: Tx, R: Rx>(
    region: &Region,
    ns_per_tick: f64,
    count: u64,
    tx: impl Fn(Side) -> T,
    rx: impl Fn(Side) -> R,
) -> Vec<f64> {
    let (to, fro) = (region.side(0), region.side(1));
    let child = || {
        let (mut tx, mut rx) = (tx(fro), rx(to));
        let mut check = Check::default();
        for s in 0..count {
            check.take(&mut rx);
            tx.send(s);
        }
        check.publish(region);
    };
    let trips = region.run2(child, || {
        let (mut tx, mut rx) = (tx(to), rx(fro));
        let mut check = Check::default();
        let mut trips = vec![1u64; count as usize];
        let mut last = ticks();
        for s in 0..count {
            tx.send(s);
            check.take(&mut rx);
            let now = ticks();
            trips[s as usize] = now - last;
            last = now;
        }
        check.verify(count, T::PATTERN);
        trips
    });
    Check::fetch(region).verify(count, T::PATTERN);
    percentiles(trips, ns_per_tick)
}

/// One word in one line goes to and fro; p50, mean and p99 as in `ping_pong`.
pub fn bounce(region: &Region, ns_per_tick: f64, count: u64, pause: bool) -> Vec<f64> {
    let line = region.side(0).bounce();
    let wait = |v: u64| {
        while line.load(Acquire) != v {
            if pause {
                std::hint::spin_loop();
            }
        }
    };
    let child = || {
        for i in 0..count {
            wait(2 * i + 1);
            line.store(2 * i + 2, Release);
        }
    };
    let trips = region.run2(child, || {
        let mut trips = vec![1u64; count as usize];
        let mut last = ticks();
        for i in 0..count {
            line.store(2 * i + 1, Release);
            wait(2 * i + 2);
            let now = ticks();
            trips[i as usize] = now - last;
            last = now;
        }
        trips
    });
    percentiles(trips, ns_per_tick)
}

/// What the other core does while membarrier is called.
#[derive(Clone, Copy, PartialEq)]
pub enum Other {
    Sleeps,
    Spins,
    Publishes,
}

/// Calls membarrier; returns p50 and p99 of one call in ns, and the ns of running time that the
/// other, spinning, core lost per call (NaN where not measured).
pub fn membarrier_cost(region: &Region, ns_per_tick: f64, other: Other) -> Vec<f64> {
    const CALLS: usize = 4_000;
    let (started, stop, lost) = (region.result(4), region.result(5), region.result(6));
    let child = || {
        started.store(1, Release);
        match other {
            Other::Sleeps => {
                while stop.load(Acquire) == 0 {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            Other::Spins => {
                let mut sum = 0;
                let mut last = ticks();
                while stop.load(Relaxed) == 0 {
                    let now = ticks();
                    if (now - last) as f64 * ns_per_tick > 150.0 {
                        sum += now - last;
                    }
                    last = now;
                }
                lost.store(sum, Relaxed);
            }
            Other::Publishes => {
                let side = region.side(1);
                side.cursor().store(u64::MAX / 2, Relaxed);
                let mut tx = LaneTx::<64, 6, NO_FENCE, NO_STAMP>::new(side, 256);
                let mut s = 0;
                while stop.load(Relaxed) == 0 {
                    tx.send(s);
                    s += 1;
                }
            }
        }
    };
    let (mut calls, per_call) = region.run2(child, || {
        while started.load(Acquire) == 0 {}
        std::thread::sleep(Duration::from_millis(1));
        let mut calls = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let t0 = ticks();
            membarrier();
            calls.push(ticks() - t0);
        }
        stop.store(1, Release);
        (calls, ns_per_tick / CALLS as f64)
    });
    let lost_ns = match other {
        Other::Spins => lost.load(Relaxed) as f64 * per_call,
        _ => f64::NAN,
    };
    calls.sort_unstable();
    let at = |q: f64| calls[((calls.len() - 1) as f64 * q) as usize] as f64 * ns_per_tick;
    vec![at(0.50), at(0.99), lost_ns]
}

/// The cost in ns of one call of `f`, in a loop of its own in this process.
pub fn alone(f: impl Fn() -> u64) -> Vec<f64> {
    const N: u64 = 200_000;
    let t0 = clock_ns();
    for _ in 0..N {
        std::hint::black_box(f());
    }
    vec![(clock_ns() - t0) as f64 / N as f64]
}
