//! The directory of one run, in shared memory.

use std::path::PathBuf;

use simpleipc::Options;

use crate::path::Result;

pub struct Place(PathBuf);

impl Place {
    pub fn new() -> Result<Self> {
        let directory = PathBuf::from(format!("/dev/shm/sipc-self-{}", std::process::id()));
        std::fs::create_dir(&directory)?;
        Ok(Self(directory))
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }

    /// How the paths open their handles. Without stamps: those of a path that has them would hide
    /// a clock that is read in vain.
    pub fn options(&self) -> Options {
        Options {
            directory: Some(self.0.clone()),
            unstamped: true,
            ..Options::default()
        }
    }

    /// Removes the directory, in which nothing may be left.
    pub fn remove(self) -> Result<()> {
        Ok(std::fs::remove_dir(&self.0)?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Of a run that failed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
