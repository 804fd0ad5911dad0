//! Waiting for files: until one can be read or written, or not at all.

use anyhow::{Context, Result};
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// What a file must allow.
#[derive(Clone, Copy)]
pub enum Readiness {
    Read,
    Write,
}

/// Files that are waited for together.
#[derive(Default)]
pub struct Watch(Vec<libc::pollfd>);

impl Watch {
    pub fn of(files: impl Iterator<Item = RawFd>, readiness: Readiness) -> Self {
        let events = match readiness {
            Readiness::Read => libc::POLLIN,
            Readiness::Write => libc::POLLOUT,
        };
        Self(
            files
                .map(|fd| libc::pollfd {
                    fd,
                    events,
                    revents: 0,
                })
                .collect(),
        )
    }

    /// Sleeps until one of the files is ready, or has been closed at its other end.
    pub fn wait(&mut self) -> Result<()> {
        loop {
            let (entries, count) = (self.0.as_mut_ptr(), self.0.len() as libc::nfds_t);
            // SAFETY: the entries are ours and as many as we say; the call writes `revents` only.
            match unsafe { libc::poll(entries, count, -1) } {
                1.. => return Ok(()),
                _ => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error).context("waiting for a file failed");
                    }
                }
            }
        }
    }

    /// Whether the wait ended because of this file, among others.
    pub fn is_ready(&self, index: usize) -> bool {
        self.0[index].revents != 0
    }
}

/// Adds flags to those of an open file, as `O_NONBLOCK`.
pub fn add_flags(file: &impl AsRawFd, flags: libc::c_int) -> Result<()> {
    let fd = file.as_raw_fd();
    // SAFETY: the file is open as long as `file` is borrowed; the call takes and gives numbers.
    let old = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    // SAFETY: as above.
    let status = unsafe { libc::fcntl(fd, libc::F_SETFL, old | flags) };
    match old >= 0 && status >= 0 {
        true => Ok(()),
        false => Err(io::Error::last_os_error()).context("the flags of a file cannot be set"),
    }
}
