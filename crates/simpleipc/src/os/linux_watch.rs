//! What happens to one file of a directory, on Linux: inotify, a timer and an event, gathered by
//! epoll into one descriptor.
//!
//! Told are its appearing and going, that somebody who may write reserves memory in it, as all do
//! who open a channel, and that such a one closes it. A process that ends, however it ends, closes
//! its files; its locks are released a moment after that is told. Who only reads is not told of.

use super::linux::{attempt, check};
use super::linux_event::Event;
use super::linux_wait::Waited;
use crate::error::Result;
use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What there is to tell of the file.
const OF_FILE: u32 = libc::IN_CREATE
    | libc::IN_DELETE
    | libc::IN_MOVED_FROM
    | libc::IN_MOVED_TO
    | libc::IN_MODIFY
    | libc::IN_CLOSE_WRITE;
/// What there is to tell of its directory: that another one has its name now, or none.
const OF_DIRECTORY: u32 = libc::IN_DELETE_SELF | libc::IN_MOVE_SELF;
const DIRECTORY_GONE: u32 = OF_DIRECTORY | libc::IN_IGNORED | libc::IN_UNMOUNT;
/// Bytes of an inotify event before its name.
const EVENT_BYTES: usize = size_of::<libc::inotify_event>();

/// Watches a file that need not be there yet, in a directory that need not be there either. Its
/// descriptor is readable, level-triggered, from when something happens to the file, a time is
/// over, or it is rung, until the news are taken.
pub struct Watch {
    directory: PathBuf,
    file: OsString,
    /// None if the system has no more of them.
    told: Option<OwnedFd>,
    timer: OwnedFd,
    rung: Event,
    all: OwnedFd,
    at: Mutex<At>,
}

/// What is watched, with the number of the watch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Nothing,
    /// The directory of the directory, which is not there.
    Parent(i32),
    Directory(i32),
}

/// Why the descriptor was readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Something has happened to the file, or may have.
    pub file: bool,
    /// The time is over.
    pub time: bool,
}

impl Watch {
    pub fn new(path: &Path) -> Result<Self> {
        let told = attempt("watch", || {
            // SAFETY: no pointers.
            unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) }
        });
        let timer = attempt("timer", || {
            let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
            // SAFETY: no pointers.
            unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) }
        });
        let timer = adopt(timer, path)?;
        let all = attempt("gather", || {
            // SAFETY: no pointers.
            unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }
        });
        let watch = Self {
            directory: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            file: path.file_name().unwrap_or_default().to_os_string(),
            told: adopt(told, path).ok(),
            timer,
            rung: Event::new()?,
            all: adopt(all, path)?,
            at: Mutex::new(At::Nothing),
        };
        watch.gather(watch.timer.as_fd())?;
        watch.gather(watch.rung.as_fd())?;
        if let Some(told) = &watch.told {
            watch.gather(told.as_fd())?;
        }
        Ok(watch)
    }

    fn gather(&self, fd: BorrowedFd<'_>) -> Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: 0,
        };
        let added = attempt("gather", || {
            // SAFETY: open descriptors, and an event that lives during the call.
            unsafe {
                let all = self.all.as_raw_fd();
                libc::epoll_ctl(all, libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &mut event)
            }
        });
        check(added, &|| cannot_watch(&self.directory.join(&self.file))).map(|_| ())
    }

    /// For poll, epoll and the like.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.all.as_fd()
    }

    /// Watches the directory if it is there now. To be called before a look at the file: what
    /// happens after the look is told then. False if the system does not tell: then only looking
    /// helps.
    pub fn follow(&self) -> bool {
        let mut at = self.at();
        if let At::Directory(_) = *at {
            return true;
        }
        let mut directory = self.add(&self.directory, OF_FILE | OF_DIRECTORY);
        if directory.is_none() && *at == At::Nothing {
            let appearing = libc::IN_CREATE | libc::IN_MOVED_TO;
            let parent = self.directory.parent();
            if let Some(parent) = parent.and_then(|parent| self.add(parent, appearing)) {
                *at = At::Parent(parent);
                // It may have appeared meanwhile.
                directory = self.add(&self.directory, OF_FILE | OF_DIRECTORY);
            }
        }
        if let Some(directory) = directory {
            if let At::Parent(parent) = *at {
                self.remove(parent);
            }
            *at = At::Directory(directory);
        }
        match *at {
            At::Nothing => false,
            // It is told of when it appears. If it is there and may not be watched, it is not.
            At::Parent(_) => !self.directory.exists(),
            At::Directory(_) => true,
        }
    }

    fn add(&self, path: &Path, mask: u32) -> Option<i32> {
        let told = self.told.as_ref()?;
        let path = match path.as_os_str().is_empty() {
            true => CString::from(c"."),
            false => CString::new(path.as_os_str().as_bytes()).ok()?,
        };
        let mask = mask | libc::IN_ONLYDIR;
        let number = attempt("watch", || {
            // SAFETY: an open descriptor and a NUL-terminated path.
            unsafe { libc::inotify_add_watch(told.as_raw_fd(), path.as_ptr(), mask) }
        });
        (number >= 0).then_some(number)
    }

    fn remove(&self, number: i32) {
        if let Some(told) = &self.told {
            // SAFETY: no pointers. One that has gone by itself is refused, and that is all.
            unsafe { libc::inotify_rm_watch(told.as_raw_fd(), number) };
        }
    }

    /// What was told since the last time; makes the descriptor not readable.
    pub fn take_news(&self) -> News {
        self.rung.clear();
        let mut news = News {
            file: false,
            time: self.is_time_over(),
        };
        let Some(told) = &self.told else {
            return news;
        };
        let mut at = self.at();
        let mut buffer = [0u8; 4096];
        loop {
            // SAFETY: a buffer that the call may write as far as it is long.
            let got =
                unsafe { libc::read(told.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
            let Ok(got @ 1..) = usize::try_from(got) else {
                return news;
            };
            let mut events = &buffer[..got];
            while events.len() >= EVENT_BYTES {
                let word =
                    |at: usize| u32::from_ne_bytes(events[at..at + 4].try_into().expect("4 bytes"));
                let (number, mask, len) = (word(0) as i32, word(4), word(12) as usize);
                let Some(name) = events.get(EVENT_BYTES..EVENT_BYTES + len) else {
                    break;
                };
                news.file |= self.concerns(&mut at, number, mask, name);
                events = &events[EVENT_BYTES + len..];
            }
        }
    }

    /// Whether an event is about the file.
    fn concerns(&self, at: &mut At, number: i32, mask: u32, name: &[u8]) -> bool {
        let end = name.iter().position(|byte| *byte == 0);
        let name = &name[..end.unwrap_or(name.len())];
        if mask & libc::IN_Q_OVERFLOW != 0 {
            return true;
        }
        match *at {
            At::Directory(own) if own == number => {
                if mask & DIRECTORY_GONE != 0 {
                    self.remove(number);
                    *at = At::Nothing;
                    return true;
                }
                name == self.file.as_bytes()
            }
            At::Parent(own) if own == number => {
                if mask & libc::IN_IGNORED != 0 {
                    *at = At::Nothing;
                }
                self.directory
                    .file_name()
                    .is_some_and(|own| name == own.as_bytes())
            }
            _ => false,
        }
    }

    fn is_time_over(&self) -> bool {
        let mut count = [0u8; 8];
        // SAFETY: eight bytes that the call may write; the descriptor is open.
        let got = unsafe {
            libc::read(
                self.timer.as_raw_fd(),
                count.as_mut_ptr().cast(),
                count.len(),
            )
        };
        got > 0
    }

    /// From now on the time is over after so long, once.
    pub fn set_timer(&self, after: Duration) {
        // SAFETY: plain data, all of it integers; zero in the interval means once.
        let mut timer: libc::itimerspec = unsafe { std::mem::zeroed() };
        timer.it_value.tv_sec = after.as_secs() as libc::time_t;
        timer.it_value.tv_nsec = after.subsec_nanos().max(1) as _;
        // SAFETY: an open timer and a time that lives during the call; no old value is wanted.
        unsafe { libc::timerfd_settime(self.timer.as_raw_fd(), 0, &timer, std::ptr::null_mut()) };
    }

    /// Makes the descriptor readable.
    pub fn ring(&self) {
        self.rung.set();
    }

    /// Sleeps until the descriptor is readable, at most `time`.
    pub fn wait(&self, time: Option<Duration>) -> Waited {
        let millis = time.map_or(-1, |time| {
            let millis = time.as_nanos().div_ceil(1_000_000);
            i32::try_from(millis).unwrap_or(i32::MAX)
        });
        let mut poll = libc::pollfd {
            fd: self.all.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry that lives during the call.
        match unsafe { libc::poll(&mut poll, 1, millis) } {
            0 => Waited::TimedOut,
            ready if ready > 0 => Waited::Look,
            _ => match std::io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) => Waited::Interrupted,
                _ => Waited::Look,
            },
        }
    }

    fn at(&self) -> MutexGuard<'_, At> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn adopt(fd: libc::c_int, path: &Path) -> Result<OwnedFd> {
    check(fd, &|| cannot_watch(path))?;
    // SAFETY: fresh, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn cannot_watch(path: &Path) -> String {
    format!("cannot make a descriptor to watch {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_secs(20));

    /// Until the file is told of; false if it never is.
    fn hears(watch: &Watch) -> bool {
        loop {
            if watch.wait(SOON) == Waited::TimedOut {
                return false;
            }
            let heard = watch.take_news().file;
            watch.follow();
            if heard {
                return true;
            }
        }
    }

    #[test]
    fn a_file_is_told_of_before_its_directory_is_there_and_after_it_was_there_again() {
        let top = PathBuf::from(format!("/dev/shm/sipc-watch-{}", std::process::id()));
        let directory = top.join("inner");
        std::fs::create_dir(&top).expect("make");
        let path = directory.join("a.sipc");
        let watch = Watch::new(&path).expect("a watch");
        assert!(watch.follow());
        for _ in 0..3 {
            std::fs::create_dir(&directory).expect("make");
            assert!(hears(&watch), "of the directory");
            std::fs::write(directory.join("b.sipc"), "of no concern").expect("write");
            assert!(!watch.take_news().file);
            std::fs::write(&path, "text").expect("write");
            assert!(hears(&watch), "of the file");
            std::fs::read(&path).expect("read");
            assert_eq!(
                watch.take_news(),
                News::default(),
                "who reads is not told of"
            );
            std::fs::remove_dir_all(&directory).expect("remove");
            assert!(hears(&watch), "of the end");
            // What more is told of the same end.
            watch.take_news();
            watch.follow();
        }
        assert_eq!(watch.wait(Some(Duration::ZERO)), Waited::TimedOut);
        watch.set_timer(Duration::from_millis(1));
        assert_eq!(watch.wait(SOON), Waited::Look);
        assert!(watch.take_news().time);
        watch.ring();
        assert_eq!(watch.wait(SOON), Waited::Look);
        assert_eq!(watch.take_news(), News::default());
        assert_eq!(watch.wait(Some(Duration::ZERO)), Waited::TimedOut);
        std::fs::remove_dir(&top).expect("remove");
    }
}
