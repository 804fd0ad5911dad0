//! Real shortages: a file system that is full or has no inodes, a process without descriptors,
//! address space or heap; each from nothing left up to just enough.
//!
//! Somebody joins and exchanges messages of all sizes while something is short. That fails with
//! a sentence, or succeeds; when the shortage is over it succeeds, and those beside it go on. Only
//! without heap the standard library ends the process, which to the others is a death like any
//! other.

use super::fate::Fate;
use super::page::Page;
use super::queue::Queue;
use super::scenes::{Checked, Held, World};
use super::stage::{End, NOW, Stage, play};
use super::topic::{SIZES, Topic};
use super::{Counts, Table, judge};
use simpleipc::Error;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

/// Units of something, of which the most generous shortage leaves so many.
const UNITS_MAX: u64 = 2_000;
const PAGE_BYTES: u64 = 4096;
/// Enough of everything.
const PLENTY_BYTES: u64 = 64 << 20;
const PLENTY_FILES: u64 = 512;

/// What runs out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Short {
    /// Pages of the file system.
    Pages,
    /// Files of the file system.
    Inodes,
    /// File descriptors of the process.
    Descriptors,
    /// Address space of the process, in steps of 64 KiB.
    Addresses,
    /// Heap of the process, in steps of 256 bytes.
    Heap,
}

type Build = fn() -> Result<World, String>;

const CASES: [(&str, Short, Build); 10] = [
    ("topic: a full file system", Short::Pages, topic),
    ("queue: a full file system", Short::Pages, queue),
    ("topic: no inodes", Short::Inodes, topic),
    ("queue: no inodes", Short::Inodes, queue),
    ("topic: no descriptors", Short::Descriptors, topic),
    ("queue: no descriptors", Short::Descriptors, queue),
    ("topic: no address space", Short::Addresses, topic),
    ("queue: no address space", Short::Addresses, queue),
    ("topic: no heap", Short::Heap, topic),
    ("queue: no heap", Short::Heap, queue),
];

fn topic() -> Result<World, String> {
    Ok(World::Topic(Box::new(Topic::deserted(0))))
}

fn queue() -> Result<World, String> {
    Ok(World::Queue(Box::new(Queue::deserted(0))))
}

/// The names of the cases, for the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|(name, ..)| *name)
}

/// Takes cases until there are none, and lets each shortage grow less until nothing fails.
pub fn explore_shortages(table: &Table, page: &Page, counts: &[Counts]) {
    let may_mount = enter_own_mounts();
    while let Some((at, (name, short, build))) = next_case(table) {
        let needs_mount = matches!(short, Short::Pages | Short::Inodes);
        if needs_mount && !may_mount {
            println!("SKIPPED {name}: this user may not mount a file system");
            continue;
        }
        // Where nobody is yet, and beside those who were there before.
        for is_lively in [false, true] {
            for left in 0..=UNITS_MAX {
                counts[at].steps.fetch_add(1, Relaxed);
                let outcome = suffer(page, short, build, is_lively, left);
                let has_failed = page.parts()[0].refused.load(Relaxed) != 0;
                match outcome {
                    Err(why) => {
                        counts[at].failed.fetch_add(1, Relaxed);
                        println!("FAILED {name}, {left} left, others there: {is_lively}: {why}");
                        break;
                    }
                    Ok(End::Done) if !has_failed => break,
                    Ok(_) if left == UNITS_MAX => println!("{name}: it is always short"),
                    Ok(_) => {}
                }
            }
        }
    }
}

fn next_case(table: &Table) -> Option<(usize, (&'static str, Short, Build))> {
    let at = table.next.fetch_add(1, Relaxed) as usize;
    CASES.get(at).map(|case| (at, *case))
}

/// One run: with `left` units left, and afterwards with plenty.
fn suffer(
    page: &Page,
    short: Short,
    build: Build,
    is_lively: bool,
    left: u64,
) -> Result<End, String> {
    page.clear();
    let mut world = build()?;
    let options = world.options();
    let path = options.directory.clone().ok_or("a directory of its own")?;
    let is_mounted = matches!(short, Short::Pages | Short::Inodes);
    let _mount = is_mounted.then(|| Mount::new(&path)).transpose()?;
    if is_lively {
        match &mut world {
            World::Topic(topic) => topic.join()?,
            World::Queue(queue) => queue.join()?,
            World::State(state) => state.join()?,
            World::Signal(signal) => signal.join()?,
            World::Lock(lock) => lock.join()?,
            World::Service(service) => service.join()?,
        }
    }
    if is_mounted {
        limit_mount(&path, short, left)?;
    }
    let is_topic = matches!(world, World::Topic(_));
    let role = |stage: &Stage| {
        match short {
            Short::Pages | Short::Inodes => {}
            Short::Heap => exhaust_heap(left),
            _ => limit_process(short, Some(left)),
        }
        let first = exchange(stage, is_topic);
        if is_mounted {
            stage.ask();
        } else {
            limit_process(short, None);
        }
        if let Err(error) = first {
            stage.note_refused();
            stage.check_sentence(&error);
        }
        exchange(stage, is_topic).expect("nothing is short any more");
        Box::new(()) as Held
    };
    let mut plenty = [()]
        .iter()
        .map(|()| remount(&path, PLENTY_BYTES, PLENTY_FILES));
    let end = match play(page, 0, Fate::Lives, &options, role, &mut plenty) {
        // Whoever has no heap is ended by SIGABRT.
        Err(why) if short == Short::Heap && why.ends_with("signal 6") => End::Died,
        end => end?,
    };
    judge(world, page, true)?;
    Ok(end)
}

/// Joins, and exchanges messages of all sizes with itself.
fn exchange(stage: &Stage, is_topic: bool) -> Result<(), Error> {
    if is_topic {
        let mut publisher = stage.try_publisher()?;
        let mut subscriber = stage.try_lossless()?;
        for bytes in SIZES {
            stage.try_publish(&mut publisher, bytes, NOW)?;
            subscriber.receive_timeout(NOW)?;
        }
    } else {
        let mut sender = stage.try_sender()?;
        let mut receiver = stage.try_receiver()?;
        for bytes in SIZES {
            stage.try_send(&mut sender, bytes, NOW)?;
            let message = receiver.receive_timeout(NOW)?;
            stage.note_given(&message);
        }
    }
    Ok(())
}

/// Leaves this process `left` units of heap, and no way to get more. Being ended for that makes no
/// noise, because it happens many times.
fn exhaust_heap(left: u64) {
    let kept: Vec<u8> = Vec::with_capacity(left as usize * 256);
    // SAFETY: a NUL-terminated path, and descriptors of this process, which has one thread.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY);
        libc::dup2(null, 2);
        libc::close(null);
    }
    limit_process(Short::Heap, Some(0));
    for bytes in [1 << 20, 1 << 16, 1 << 12, 256, 64, 16] {
        loop {
            let mut eaten: Vec<u8> = Vec::new();
            if eaten.try_reserve_exact(bytes).is_err() {
                break;
            }
            std::mem::forget(eaten);
        }
    }
    drop(kept);
}

/// Lets this process have `left` units more than it has now, or as many as it likes.
fn limit_process(short: Short, left: Option<u64>) {
    let resource = match short {
        Short::Descriptors => libc::RLIMIT_NOFILE,
        // Of private memory only: files can still be mapped.
        Short::Heap => libc::RLIMIT_DATA,
        _ => libc::RLIMIT_AS,
    };
    // SAFETY: plain data, written by the first call before it is used.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(resource, &mut limit);
        limit.rlim_cur = match (short, left) {
            (_, None) => limit.rlim_max,
            // Less than it has. 0 would mean no limit (a workaround in Linux for Valgrind).
            (Short::Heap, Some(_)) => PAGE_BYTES,
            (Short::Descriptors, Some(left)) => lowest_free_descriptor() + left,
            (_, Some(left)) => address_space() + left * (64 << 10),
        };
        assert_eq!(libc::setrlimit(resource, &limit), 0, "a limit");
    }
}

fn lowest_free_descriptor() -> u64 {
    // SAFETY: plain system calls; the descriptor is this function's own.
    unsafe {
        let free = libc::dup(0);
        libc::close(free);
        u64::try_from(free).expect("a descriptor")
    }
}

/// Bytes of address space that this process uses.
fn address_space() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("proc is mounted");
    let pages = statm.split(' ').next().and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: u64| pages * PAGE_BYTES)
}

/// A file system of our own in the place of a directory.
struct Mount {
    path: PathBuf,
    target: CString,
}

impl Mount {
    fn new(path: &Path) -> Result<Self, String> {
        let target = CString::new(path.to_string_lossy().as_bytes()).expect("no NUL");
        mount(&target, 0, PLENTY_BYTES, PLENTY_FILES)?;
        let path = path.to_path_buf();
        Ok(Self { path, target })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // SAFETY: a NUL-terminated path that we have mounted.
        unsafe { libc::umount2(self.target.as_ptr(), libc::MNT_DETACH) };
        // Its owner could not, as long as something was mounted there.
        let _ = std::fs::remove_dir(&self.path);
    }
}

/// From here on this process mounts for itself; false if it may not.
fn enter_own_mounts() -> bool {
    // SAFETY: plain system calls with NUL-terminated paths; this process has one thread.
    unsafe {
        let flags = libc::MS_REC | libc::MS_PRIVATE;
        let (nothing, root) = (std::ptr::null(), c"/".as_ptr());
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(nothing, root, nothing, flags, nothing.cast()) == 0
    }
}

fn mount(target: &CString, flags: libc::c_ulong, bytes: u64, files: u64) -> Checked {
    let data = format!("size={bytes},nr_inodes={files},mode=700");
    let data = CString::new(data).expect("no NUL");
    let kind = c"tmpfs".as_ptr();
    // SAFETY: NUL-terminated strings that outlive the call.
    let done = unsafe { libc::mount(kind, target.as_ptr(), kind, flags, data.as_ptr().cast()) };
    match done {
        0 => Ok(()),
        _ => Err(format!("mount: {}", std::io::Error::last_os_error())),
    }
}

fn remount(path: &Path, bytes: u64, files: u64) -> Checked {
    let target = CString::new(path.to_string_lossy().as_bytes()).expect("no NUL");
    mount(&target, libc::MS_REMOUNT, bytes, files)
}

/// Leaves `left` units more than are in use.
fn limit_mount(path: &Path, short: Short, left: u64) -> Checked {
    let target = CString::new(path.to_string_lossy().as_bytes()).expect("no NUL");
    // SAFETY: plain data, written by the call before it is read.
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: NUL-terminated path, valid pointer.
    if unsafe { libc::statvfs(target.as_ptr(), &mut stat) } != 0 {
        return Err("statvfs".to_owned());
    }
    let pages = stat.f_blocks - stat.f_bfree;
    let files = stat.f_files - stat.f_ffree;
    match short {
        // A size of 0 would mean no limit.
        Short::Pages => remount(path, (pages + left).max(1) * PAGE_BYTES, PLENTY_FILES),
        _ => remount(path, PLENTY_BYTES, files + left),
    }
}
