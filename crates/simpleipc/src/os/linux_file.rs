//! Files, mappings, reservations and locks on Linux.
//!
//! The calls are those with 64-bit offsets and inode numbers, in 32-bit processes too: they share
//! files with 64-bit ones.

use super::linux::{attempt, attempt_io, check, os_error};
use crate::error::{Error, Result, Status};
use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

/// An open file of a channel. Closing it ends its locks.
#[derive(Debug)]
pub struct File {
    fd: OwnedFd,
}

/// What tells whether a name still means this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
    /// 0 once nobody can find the file any more.
    pub names: u64,
    pub bytes: u64,
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        Error::new(
            Status::BadName,
            format!("the path {path:?} contains a NUL byte"),
        )
    })
}

/// Signals are held back while memory is reserved: tmpfs gives up and rolls back on any signal.
struct SignalsBlocked {
    old: libc::sigset_t,
}

impl SignalsBlocked {
    fn new() -> Self {
        // SAFETY: plain data; both sets are written by the calls before they are read.
        unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            let mut old: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut old);
            Self { old }
        }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: `old` was filled by pthread_sigmask.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.old, std::ptr::null_mut()) };
    }
}

impl File {
    /// A new file in `directory` that has no name yet, and vanishes unless it gets one.
    pub fn create_unnamed(directory: &Path) -> Result<Self> {
        let path = c_path(directory)?;
        let flags = libc::O_TMPFILE | libc::O_RDWR | libc::O_CLOEXEC;
        let fd = attempt("create", || {
            // SAFETY: the path is NUL-terminated.
            unsafe { libc::open64(path.as_ptr(), flags, 0o600 as libc::c_uint) }
        });
        let fd = check(fd, &|| {
            format!("cannot create a file in {}", directory.display())
        })?;
        Self::adopt(fd)
    }

    /// Moves the descriptor out of the range that programs close wholesale, and watches forks.
    fn adopt(fd: RawFd) -> Result<Self> {
        // SAFETY: fd was just returned by a successful open.
        let low = unsafe { OwnedFd::from_raw_fd(fd) };
        let high = attempt("dup", || {
            // SAFETY: plain system call on an open descriptor.
            unsafe { libc::fcntl(low.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 512) }
        });
        let fd = if high >= 0 {
            // SAFETY: fcntl returned a new descriptor that nobody else owns.
            unsafe { OwnedFd::from_raw_fd(high) }
        } else {
            low
        };
        super::linux_process::note_descriptor(fd.as_raw_fd());
        Ok(Self { fd })
    }

    /// Gives an unnamed file its name. False when the name is taken.
    pub fn give_name(&self, path: &Path) -> Result<bool> {
        let from = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        let mut error = self.link(Path::new(&from), libc::AT_SYMLINK_FOLLOW, path)?;
        let is_without_proc = error == libc::ENOENT && !Path::new("/proc/self/fd").exists();
        if is_without_proc {
            // As linkat(2) has it, for root; on later kernels for whoever has opened the file.
            error = self.link(Path::new(""), libc::AT_EMPTY_PATH, path)?;
        }
        match error {
            0 => Ok(true),
            libc::EEXIST => Ok(false),
            libc::ENOENT if is_without_proc => Err(Error::os(
                Status::System,
                error,
                format!(
                    "cannot name {}: mount /proc, which is missing",
                    path.display()
                ),
            )),
            _ => Err(os_error(&format!("cannot name {}", path.display()), error)),
        }
    }

    /// The system's error number, or 0.
    fn link(&self, from: &Path, flags: libc::c_int, to: &Path) -> Result<i32> {
        let (from, to) = (c_path(from)?, c_path(to)?);
        let linked = attempt("link", || {
            // SAFETY: both paths are NUL-terminated; the descriptor is open.
            unsafe {
                libc::linkat(
                    self.fd.as_raw_fd(),
                    from.as_ptr(),
                    libc::AT_FDCWD,
                    to.as_ptr(),
                    flags,
                )
            }
        });
        let error = std::io::Error::last_os_error().raw_os_error();
        Ok(if linked == 0 { 0 } else { error.unwrap_or(0) })
    }

    /// `None` when there is no such file. Symbolic links are refused: a channel is a plain file.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        Self::open_with(path, libc::O_RDWR)
    }

    /// For looking only; works without permission to write.
    pub fn open_read_only(path: &Path) -> Result<Option<Self>> {
        Self::open_with(path, libc::O_RDONLY)
    }

    fn open_with(path: &Path, access: libc::c_int) -> Result<Option<Self>> {
        let name = c_path(path)?;
        let flags = access | libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let fd = attempt("open", || {
            // SAFETY: the path is NUL-terminated.
            unsafe { libc::open64(name.as_ptr(), flags) }
        });
        if fd >= 0 {
            return Self::adopt(fd).map(Some);
        }
        let error = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        match error {
            libc::ENOENT => Ok(None),
            libc::ELOOP | libc::EISDIR | libc::ENXIO => Err(Error::os(
                Status::Corrupt,
                error,
                format!("{} is not a plain file; remove it", path.display()),
            )),
            _ => Err(os_error(&format!("cannot open {}", path.display()), error)),
        }
    }

    /// The file as the system names it, for sentences: by its path, and before it has a name by
    /// its directory and number.
    pub(super) fn shown(&self) -> String {
        let link = format!("/proc/self/fd/{}", self.fd.as_raw_fd());
        let path = std::fs::read_link(link);
        path.map_or("a channel file".to_string(), |path| {
            path.display().to_string()
        })
    }

    pub fn identity(&self) -> Result<Identity> {
        // SAFETY: plain data, written by fstat before it is read.
        let mut stat: libc::stat64 = unsafe { std::mem::zeroed() };
        let done = attempt("stat", || {
            // SAFETY: open descriptor, valid pointer.
            unsafe { libc::fstat64(self.fd.as_raw_fd(), &mut stat) }
        });
        check(done, &|| format!("cannot look at {}", self.shown()))?;
        Ok(Identity {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            names: stat.st_nlink as u64,
            bytes: stat.st_size as u64,
        })
    }

    /// Bytes of memory behind the file.
    pub fn reserved_bytes(&self) -> Result<u64> {
        // SAFETY: plain data, written by fstat before it is read.
        let mut stat: libc::stat64 = unsafe { std::mem::zeroed() };
        let done = attempt("stat", || {
            // SAFETY: open descriptor, valid pointer.
            unsafe { libc::fstat64(self.fd.as_raw_fd(), &mut stat) }
        });
        check(done, &|| format!("cannot look at {}", self.shown()))?;
        Ok(stat.st_blocks as u64 * 512)
    }

    /// Makes the file `bytes` long without reserving anything.
    pub fn set_length(&self, bytes: u64) -> Result<()> {
        let done = attempt("truncate", || {
            // SAFETY: plain system call on an open descriptor.
            unsafe { libc::ftruncate64(self.fd.as_raw_fd(), bytes as libc::off64_t) }
        });
        check(done, &|| {
            format!("cannot make {} {bytes} bytes long", self.shown())
        })
        .map(|_| ())
    }

    /// Puts memory behind `bytes` at `offset`, so that touching them cannot fail later. Doing it
    /// twice is cheap and harmless.
    pub fn reserve(&self, offset: u64, bytes: u64) -> Result<()> {
        let _blocked = SignalsBlocked::new();
        let done = attempt("reserve", || {
            // SAFETY: plain system call on an open descriptor.
            unsafe {
                libc::fallocate64(
                    self.fd.as_raw_fd(),
                    0,
                    offset as libc::off64_t,
                    bytes as libc::off64_t,
                )
            }
        });
        check(done, &|| {
            format!(
                "cannot reserve {bytes} bytes of shared memory for {}",
                self.shown()
            )
        })
        .map(|_| ())
    }

    /// The file for the standard library's use. Not a second descriptor: a fork could keep that.
    pub(super) fn borrow(&self) -> ManuallyDrop<std::fs::File> {
        // SAFETY: the descriptor is open as long as `self`, and ManuallyDrop does not close it.
        ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(self.fd.as_raw_fd()) })
    }

    /// Writes into a file that is not mapped yet.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        use std::os::unix::fs::FileExt;
        let file = self.borrow();
        let written = attempt_io("write").and_then(|()| file.write_all_at(bytes, offset));
        written.map_err(|error| {
            os_error(
                &format!("cannot write {}", self.shown()),
                error.raw_os_error().unwrap_or(0),
            )
        })
    }

    /// Reads up to `bytes` from `offset`; fewer at the end of the file.
    pub fn read_at(&self, offset: u64, bytes: usize) -> Result<Vec<u8>> {
        use std::os::unix::fs::FileExt;
        let file = self.borrow();
        let mut buffer = vec![0; bytes];
        let mut filled = 0;
        while filled < bytes {
            let rest = &mut buffer[filled..];
            match attempt_io("read").and_then(|()| file.read_at(rest, offset + filled as u64)) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let code = error.raw_os_error().unwrap_or(0);
                    return Err(os_error(&format!("cannot read {}", self.shown()), code));
                }
            }
        }
        buffer.truncate(filled);
        Ok(buffer)
    }

    fn lock_operation(&self, call: &'static str, kind: libc::c_int, byte: u64) -> (i32, i16) {
        let command = match call {
            "probe" => libc::F_OFD_GETLK,
            _ => libc::F_OFD_SETLK,
        };
        // SAFETY: plain data; all fields that count are set below.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        lock.l_start = byte as libc::off_t;
        lock.l_len = 1;
        let done = attempt(call, || {
            // SAFETY: open descriptor, valid pointer; l_pid is 0 as OFD locks require.
            unsafe { libc::fcntl(self.fd.as_raw_fd(), command, &mut lock) }
        });
        let error = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        (if done < 0 { error } else { 0 }, lock.l_type)
    }

    /// Locks a byte, or says that somebody else has it. Never waits. An own lock is converted.
    pub fn try_lock(&self, byte: u64, exclusive: bool) -> Result<bool> {
        let kind = if exclusive {
            libc::F_WRLCK
        } else {
            libc::F_RDLCK
        };
        match self.lock_operation("lock", kind, byte).0 {
            0 => Ok(true),
            libc::EAGAIN | libc::EACCES => Ok(false),
            error => Err(os_error(&format!("cannot lock {}", self.shown()), error)),
        }
    }

    pub fn unlock(&self, byte: u64) {
        self.lock_operation("unlock", libc::F_UNLCK, byte);
    }

    /// Whether another open file has the byte locked, shared or exclusively. Own ones do not count.
    pub fn is_locked(&self, byte: u64) -> Result<bool> {
        let (error, kind) = self.lock_operation("probe", libc::F_WRLCK, byte);
        match error {
            0 => Ok(kind != libc::F_UNLCK as i16),
            error => Err(os_error(
                &format!("cannot look at the locks of {}", self.shown()),
                error,
            )),
        }
    }

    /// Maps the first `bytes`, shared.
    pub fn map(&self, bytes: u64, writable: bool) -> Result<Mapping> {
        let Ok(len) = usize::try_from(bytes) else {
            return Err(Error::new(
                Status::TooLarge,
                format!("{bytes} bytes do not fit into this process's address space"),
            ));
        };
        attempt_io("map").map_err(|error| {
            let code = error.raw_os_error().unwrap_or(0);
            os_error(
                &format!("cannot map {bytes} bytes of {}", self.shown()),
                code,
            )
        })?;
        let access = libc::PROT_READ | if writable { libc::PROT_WRITE } else { 0 };
        // SAFETY: a fresh mapping at an address of the kernel's choice.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                access,
                libc::MAP_SHARED,
                self.fd.as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
            let what = format!("cannot map {bytes} bytes of {}", self.shown());
            return Err(os_error(&what, code));
        }
        let base = NonNull::new(base.cast()).expect("mmap does not return null");
        Ok(Mapping { base, len })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Never refused: the descriptor is gone whatever the call answers.
        let _ = attempt_io("close");
        super::linux_process::forget_descriptor(self.fd.as_raw_fd());
    }
}

/// A mapping of a file; unmapped when dropped.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread.
unsafe impl Send for Mapping {}
// SAFETY: as for Send; the mapping itself is never changed through a shared reference.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Touches every page now, in one call, rather than one fault at a time later.
    pub fn populate(&self, for_writing: bool) {
        const MADV_POPULATE_READ: libc::c_int = 22;
        const MADV_POPULATE_WRITE: libc::c_int = 23;
        let advice = if for_writing {
            MADV_POPULATE_WRITE
        } else {
            MADV_POPULATE_READ
        };
        // SAFETY: our own mapping; the advice changes no contents, and may be refused.
        unsafe { libc::madvise(self.base.as_ptr().cast(), self.len, advice) };
    }

    /// From `offset` on, a multiple of the page size, this process can only read.
    pub fn protect_from(&self, offset: usize) {
        assert!(offset <= self.len, "outside the mapping");
        // SAFETY: inside our own mapping; only takes a right away.
        unsafe {
            let start = self.base.as_ptr().add(offset).cast();
            libc::mprotect(start, self.len - offset, libc::PROT_READ);
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by us; whoever holds views of it keeps the Mapping alive.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

/// Bytes still free on the file system of `path`; `None` if it cannot say.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let path = c_path(path).ok()?;
    // SAFETY: plain data, written by statvfs before it is read.
    let mut stat: libc::statvfs64 = unsafe { std::mem::zeroed() };
    // SAFETY: NUL-terminated path, valid pointer.
    let done = unsafe { libc::statvfs64(path.as_ptr(), &mut stat) };
    (done == 0).then_some(stat.f_bavail as u64 * stat.f_frsize as u64)
}

/// The names in a directory.
pub fn list(directory: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| {
        os_error(
            &format!("cannot list {}", directory.display()),
            error.raw_os_error().unwrap_or(0),
        )
    };
    let entries = attempt_io("list").and_then(|()| std::fs::read_dir(directory));
    let entries = entries.map_err(failed)?;
    Ok(entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect())
}

/// Removes a file; one that is gone already is fine.
pub fn remove(path: &Path) -> Result<()> {
    match attempt_io("remove").and_then(|()| std::fs::remove_file(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(os_error(
            &format!("cannot remove {}", path.display()),
            error.raw_os_error().unwrap_or(0),
        )),
        _ => Ok(()),
    }
}

/// Makes a directory only this user can enter; one that exists stays as it is.
pub fn make_directory(path: &PathBuf) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = attempt_io("make directory");
    match made.and_then(|()| std::fs::DirBuilder::new().mode(0o700).create(path)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(os_error(
            &format!("cannot make the directory {}", path.display()),
            error.raw_os_error().unwrap_or(0),
        )),
    }
}

/// Removes a directory if it is empty.
pub fn remove_directory(path: &Path) {
    let _ = attempt_io("remove directory").and_then(|()| std::fs::remove_dir(path));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_longer_than_a_32_bit_number_can_say() {
        let (length, part) = (5 << 30, 4096);
        let file = File::create_unnamed(Path::new("/dev/shm")).expect("create");
        file.set_length(length).expect("a hole needs no memory");
        file.reserve(length - part, part).expect("reserve");
        assert_eq!(file.identity().expect("look").bytes, length);
        assert_eq!(file.reserved_bytes().expect("look"), part);
    }
}
