//! Operating system pieces: the shared region, the two pinned processes, clocks, membarrier, and
//! the small statistics the tables need.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};

/// Bytes in the shared region: one control page (padded) and two sides of four MiB.
const SIDE_LEN: usize = 4 << 20;
const SIDE_OFF: usize = 64 << 10;
const REGION_LEN: usize = SIDE_OFF + 2 * SIDE_LEN;

const OFF_READY_PARENT: usize = 0;
const OFF_READY_CHILD: usize = 128;
const OFF_RESULT: usize = 256;
const OFF_SIDE_CTL: usize = 1024;

/// A `MAP_SHARED` mapping of a memfd, shared by the two processes through `fork`.
pub struct Region {
    base: *mut u8,
}

/// What one direction of traffic uses: a ring area, chunk headers, chunk payload and its words.
#[derive(Clone, Copy)]
pub struct Side {
    base: *mut u8,
    ctl: *mut u8,
}

/// The word at `p`.
///
/// # Safety
/// `p` points to 8 aligned bytes of the region, which lives as long as the process.
#[inline(always)]
pub unsafe fn word(p: *mut u8) -> &'static AtomicU64 {
    unsafe { &*(p as *const AtomicU64) }
}

impl Region {
    pub fn new() -> Region {
        // SAFETY: plain system calls; the results are checked.
        unsafe {
            let fd = libc::memfd_create(c"bench-layout".as_ptr(), libc::MFD_CLOEXEC);
            assert!(fd >= 0, "memfd_create");
            assert_eq!(
                libc::ftruncate(fd, REGION_LEN as libc::off_t),
                0,
                "ftruncate"
            );
            let p = libc::mmap(
                std::ptr::null_mut(),
                REGION_LEN,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd,
                0,
            );
            assert!(p != libc::MAP_FAILED, "mmap");
            libc::close(fd);
            Region { base: p as *mut u8 }
        }
    }

    fn at(&self, off: usize) -> &'static AtomicU64 {
        assert!(off + 8 <= REGION_LEN);
        // SAFETY: inside the mapping, and every offset used is a multiple of 8.
        unsafe { word(self.base.add(off)) }
    }

    pub fn result(&self, i: usize) -> &'static AtomicU64 {
        self.at(OFF_RESULT + i * 8)
    }

    /// Side 0 carries parent to child, side 1 child to parent.
    pub fn side(&self, i: usize) -> Side {
        // SAFETY: both offsets are inside the mapping for i in 0..2.
        unsafe {
            Side {
                base: self.base.add(SIDE_OFF + i * SIDE_LEN),
                ctl: self.base.add(OFF_SIDE_CTL + i * 1024),
            }
        }
    }

    fn clear(&self) {
        // SAFETY: only this process is using the region at this moment.
        unsafe { std::ptr::write_bytes(self.base, 0, REGION_LEN) }
    }

    fn touch(&self) {
        for off in (0..REGION_LEN).step_by(4096) {
            std::hint::black_box(self.at(off).fetch_add(0, Relaxed));
        }
    }

    /// Waits until both processes stand here.
    fn barrier(&self, child: bool) {
        let (mine, other) = if child {
            (OFF_READY_CHILD, OFF_READY_PARENT)
        } else {
            (OFF_READY_PARENT, OFF_READY_CHILD)
        };
        self.at(mine).store(1, Release);
        while self.at(other).load(Acquire) == 0 {}
    }

    /// Runs `child` in a new process on core 1 and `parent` here on core 0, both starting
    /// together, and returns what `parent` returned. A failed child ends the program.
    pub fn run2<A>(&self, child: impl FnOnce(), parent: impl FnOnce() -> A) -> A {
        self.clear();
        // SAFETY: this program has one thread, so the child may use everything it inherited. The
        // child never returns from the block.
        unsafe {
            libc::alarm(20);
            let pid = libc::fork();
            assert!(pid >= 0, "fork");
            if pid == 0 {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::alarm(20);
                let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    pin(1);
                    membarrier_register();
                    self.touch();
                    self.barrier(true);
                    child();
                }));
                libc::_exit(if done.is_ok() { 0 } else { 101 });
            }
            self.touch();
            self.barrier(false);
            let a = parent();
            let mut status = 0;
            assert_eq!(libc::waitpid(pid, &mut status, 0), pid, "waitpid");
            assert_eq!(status, 0, "the child failed");
            a
        }
    }
}

impl Side {
    pub fn ring(&self) -> *mut u8 {
        self.base
    }
    pub fn chunk_headers(&self) -> *mut u8 {
        // SAFETY: inside the side.
        unsafe { self.base.add(2 << 20) }
    }
    pub fn chunk_payload(&self) -> *mut u8 {
        // SAFETY: inside the side; 64 KiB hold the headers of 1024 chunks.
        unsafe { self.base.add((2 << 20) + (64 << 10)) }
    }
    pub fn cursor(&self) -> &'static AtomicU64 {
        // SAFETY: the side's control words are inside the control page.
        unsafe { word(self.ctl) }
    }
    pub fn bell(&self) -> &'static AtomicU64 {
        // SAFETY: as above.
        unsafe { word(self.ctl.add(128)) }
    }
    pub fn bitmap(&self) -> &'static AtomicU64 {
        // SAFETY: as above.
        unsafe { word(self.ctl.add(256)) }
    }
    pub fn futex(&self) -> &'static AtomicU32 {
        // SAFETY: as above.
        unsafe { &*(self.ctl.add(512) as *const AtomicU32) }
    }
    pub fn bounce(&self) -> &'static AtomicU64 {
        // SAFETY: as above.
        unsafe { word(self.ctl.add(384)) }
    }
}

/// Pins this process to one core.
pub fn pin(core: usize) {
    // SAFETY: `set` is a plain bit set, filled before the call.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        let rc = libc::sched_setaffinity(0, std::mem::size_of_val(&set), &set);
        assert_eq!(rc, 0, "this program needs cores 0 and 1");
    }
}

/// Nanoseconds of `CLOCK_MONOTONIC`.
#[inline(always)]
pub fn clock_ns() -> u64 {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is valid for the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// The time stamp counter, or the clock where there is none.
#[inline(always)]
pub fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: rdtsc is available on every x86-64.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    clock_ns()
}

/// Nanoseconds per tick, measured over 50 ms.
pub fn ns_per_tick() -> f64 {
    let (t0, c0) = (ticks(), clock_ns());
    while clock_ns() - c0 < 50_000_000 {}
    let (t1, c1) = (ticks(), clock_ns());
    (c1 - c0) as f64 / (t1 - t0) as f64
}

const MEMBARRIER_GLOBAL_EXPEDITED: libc::c_int = 1 << 1;
const MEMBARRIER_REGISTER_GLOBAL_EXPEDITED: libc::c_int = 1 << 2;

fn membarrier_call(cmd: libc::c_int) -> bool {
    // SAFETY: membarrier takes three integers and no memory.
    unsafe { libc::syscall(libc::SYS_membarrier, cmd, 0, 0) == 0 }
}

pub fn membarrier_register() {
    assert!(
        membarrier_call(MEMBARRIER_REGISTER_GLOBAL_EXPEDITED),
        "membarrier register"
    );
}

pub fn membarrier() {
    assert!(membarrier_call(MEMBARRIER_GLOBAL_EXPEDITED), "membarrier");
}

/// Sleeps while the word is `value`, and may return early.
pub fn futex_wait(word: &AtomicU32, value: u32) {
    let no_timeout = std::ptr::null::<libc::timespec>();
    // SAFETY: the word is 4 aligned bytes in shared memory.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            value,
            no_timeout,
        )
    };
}

pub fn futex_wake(word: &AtomicU32) {
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}

/// Minimum, median and maximum.
pub fn spread(v: &[f64]) -> (f64, f64, f64) {
    let mut v = v.to_vec();
    v.sort_by(f64::total_cmp);
    (v[0], v[v.len() / 2], v[v.len() - 1])
}
