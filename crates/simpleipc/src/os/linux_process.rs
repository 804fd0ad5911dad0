//! Process facts, forks and exit on Linux.

use super::linux::last_error;
use super::linux_file::Identity;
use crate::error::Result;
use crate::sync::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::os::fd::RawFd;
use std::sync::{Once, OnceLock};

pub fn process_id() -> u32 {
    std::process::id()
}

/// The file name of this process's executable; empty if the system does not say.
pub fn program_name() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(" (deleted)").to_string()
}

/// What the system calls the program of process `pid`, if that has this file open: a number of
/// another PID namespace means somebody else here. None if it may not be looked at either.
pub fn program_of(pid: u32, file: Identity) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let mut descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
    let has_file = descriptors.any(|entry| {
        let meta = std::fs::metadata(entry.path());
        meta.is_ok_and(|meta| (meta.dev(), meta.ino()) == (file.device, file.inode))
    });
    let name = has_file.then(|| std::fs::read_to_string(format!("/proc/{pid}/comm")));
    Some(name?.ok()?.trim_end().to_string())
}

pub fn user_id() -> u32 {
    // SAFETY: no arguments, cannot fail.
    unsafe { libc::geteuid() }
}

/// Whether somebody else can run while this thread looks for a message: there are several
/// processors and no quota that a busy loop would use up. A process bound to one processor of
/// several has, as far as it can know, others beside it.
pub fn has_processor_to_spare() -> bool {
    static SPARE: OnceLock<bool> = OnceLock::new();
    *SPARE.get_or_init(|| {
        let allowed = std::thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: no pointers involved.
        let online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
        allowed >= 2 || (bound_to() == 1 && online >= 2)
    })
}

/// Lets another thread run on this processor, if one wants to.
pub fn yield_now() {
    std::thread::yield_now();
}

/// Whether a program can handle this signal, and means it: faults are no messages.
pub fn is_signal(signal: i32) -> bool {
    let never = [
        libc::SIGKILL,
        libc::SIGSTOP,
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
    ];
    (1..=libc::SIGRTMAX()).contains(&signal) && !never.contains(&signal)
}

/// Raises a signal in this process, not in this thread.
pub fn raise(signal: i32) {
    // SAFETY: no pointers; the signal is one, and a process may signal itself.
    unsafe { libc::kill(libc::getpid(), signal) };
}

/// From now on signals come to other threads of this process.
pub fn block_signals() {
    // SAFETY: plain data that the first call writes; the second reads it and writes nothing.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
    }
}

/// Processors this thread may run on.
fn bound_to() -> libc::c_int {
    // SAFETY: plain data, written by the call before it is counted; the size is its own.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set);
        libc::CPU_COUNT(&set)
    }
}

/// Unpredictable bytes.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    // SAFETY: valid pointer and length; up to 256 bytes are never cut short.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), N, 0) };
    if got != N as isize {
        // No entropy source in this sandbox: unique among the living is enough for us.
        let mix = super::linux_wait::now_ns() as u64 ^ u64::from(process_id()) << 40;
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = (mix.rotate_left(index as u32 * 11) ^ mix.wrapping_mul(31)) as u8;
        }
    }
    bytes
}

/// Descriptors that must not live on in a forked child: a child that keeps one keeps its dead
/// parent's locks. A fixed table, because the child may touch nothing that could be locked.
const TABLE: usize = 8192;
static DESCRIPTORS: [AtomicI32; TABLE] = [const { AtomicI32::new(-1) }; TABLE];

/// A page that the kernel empties in every forked child, however the fork was made.
static COOKIE: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());
/// Counts the forks between the first process and this one.
static GENERATION: AtomicU64 = AtomicU64::new(1);

pub(super) fn note_descriptor(fd: RawFd) {
    watch_forks();
    for cell in &DESCRIPTORS {
        let free = cell.compare_exchange(-1, fd, Ordering::Relaxed, Ordering::Relaxed);
        if free.is_ok() {
            return;
        }
    }
}

pub(super) fn forget_descriptor(fd: RawFd) {
    for cell in &DESCRIPTORS {
        if cell
            .compare_exchange(fd, -1, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
        {
            return;
        }
    }
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    set_cookie(1);
    for cell in &DESCRIPTORS {
        let fd = cell.swap(-1, Ordering::Relaxed);
        if fd >= 0 {
            // The parent's handle here still names this number and would close it later, when it
            // may be another file's: put the null device in its place.
            // SAFETY: only async-signal-safe calls, on numbers this library opened.
            unsafe {
                let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
                if null >= 0 {
                    libc::dup3(null, fd, libc::O_CLOEXEC);
                    libc::close(null);
                } else {
                    libc::close(fd);
                }
            }
        }
    }
}

fn set_cookie(value: u32) {
    // sync fork-cookie/acquire: the page exists once the pointer does.
    let page = COOKIE.load(Ordering::Acquire);
    if !page.is_null() {
        // SAFETY: points to a page of this process that is never unmapped.
        unsafe { (*page).store(value, Ordering::Relaxed) };
    }
}

/// Begins to notice forks; called before anything is opened.
pub fn watch_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a private anonymous page, checked before use; the handler is async-signal-safe.
        unsafe {
            let page = libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if page != libc::MAP_FAILED {
                if libc::madvise(page, 4096, libc::MADV_WIPEONFORK) == 0 {
                    (*page.cast::<AtomicU32>()).store(1, Ordering::Relaxed);
                    // sync fork-cookie/release: after the page is set up.
                    COOKIE.store(page.cast(), Ordering::Release);
                } else {
                    libc::munmap(page, 4096);
                }
            }
            libc::pthread_atfork(None, None, Some(in_child));
        }
    });
    // Before the child opens anything: the handler closes what the parent had opened.
    notice_raw_fork();
}

/// What a handle remembers of the process that opened it.
pub fn fork_cookie() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Whether this process was forked off since `cookie` was taken.
#[inline]
pub fn is_forked(cookie: u64) -> bool {
    notice_raw_fork();
    GENERATION.load(Ordering::Relaxed) != cookie
}

/// Does the handler's work in a child made by a raw system call, as Free Pascal and Go make it.
#[inline]
fn notice_raw_fork() {
    // sync fork-cookie/acquire: see `set_cookie`.
    let page = COOKIE.load(Ordering::Acquire);
    // SAFETY: as in `set_cookie`. A raw clone empties the page without calling the handler.
    if !page.is_null() && unsafe { (*page).load(Ordering::Relaxed) } == 0 {
        in_child();
    }
}

/// Has `function` called when the process exits in an orderly way.
pub fn at_exit(function: extern "C" fn()) -> Result<()> {
    // SAFETY: the function stays loaded: this library never unloads itself.
    if unsafe { libc::atexit(function) } == 0 {
        Ok(())
    } else {
        Err(last_error("atexit"))
    }
}
