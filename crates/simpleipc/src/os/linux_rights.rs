//! Whose a file or directory is, and who may do what with it, on Linux.

use super::linux::{attempt, attempt_io, check, os_error};
use super::linux_file::File;
use crate::error::Result;
use std::fs::Metadata;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What the system says about a file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The owner's number.
    pub user: u32,
    pub group: u32,
    /// As chmod takes it, the sticky bit included.
    pub mode: u32,
    pub is_directory: bool,
    /// An ordinary file, with bytes in it.
    pub is_file: bool,
}

impl Rights {
    fn from(meta: &Metadata) -> Self {
        Self {
            user: meta.uid(),
            group: meta.gid(),
            mode: meta.mode() & 0o7777,
            is_directory: meta.is_dir(),
            is_file: meta.is_file(),
        }
    }
}

/// The rights of what `path` leads to.
pub fn rights(path: &Path) -> Result<Rights> {
    let meta = attempt_io("stat").and_then(|()| std::fs::metadata(path));
    rights_in(&|| path.display().to_string(), meta)
}

/// The rights of what has this very name: of a symbolic link, not of what it leads to.
pub fn rights_unfollowed(path: &Path) -> Result<Rights> {
    let meta = attempt_io("stat").and_then(|()| std::fs::symlink_metadata(path));
    rights_in(&|| path.display().to_string(), meta)
}

fn rights_in(shown: &dyn Fn() -> String, meta: std::io::Result<Metadata>) -> Result<Rights> {
    let meta = meta.map_err(|error| {
        os_error(
            &format!("cannot look at {}", shown()),
            error.raw_os_error().unwrap_or(0),
        )
    })?;
    Ok(Rights::from(&meta))
}

impl File {
    pub fn rights(&self) -> Result<Rights> {
        let file = self.borrow();
        let meta = attempt_io("stat").and_then(|()| file.metadata());
        rights_in(&|| self.shown(), meta)
    }

    /// Gives the file to a group and sets its mode, whatever the umask is. For a file without a
    /// name: nobody can have opened it with the rights it had before.
    pub fn set_rights(&self, group: u32, mode: u32) -> Result<()> {
        let now = self.rights()?;
        let fd = self.borrow().as_raw_fd();
        if now.group != group {
            let done = attempt("set group", || {
                // SAFETY: plain system call on an open descriptor; -1 leaves the owner as it is.
                unsafe { libc::fchown(fd, libc::uid_t::MAX, group) }
            });
            check(done, &|| {
                format!("cannot give {} to the group {group}", self.shown())
            })?;
        }
        if now.mode != mode {
            let done = attempt("set mode", || {
                // SAFETY: plain system call on an open descriptor.
                unsafe { libc::fchmod(fd, mode as libc::mode_t) }
            });
            check(done, &|| {
                format!("cannot set the mode of {} to {mode:o}", self.shown())
            })?;
        }
        Ok(())
    }
}
