//! A directory of its own in shared memory, removed at the end.

use simpleipc::{Options, audit_all, clean};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub struct Place {
    directory: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("/dev/shm/sipc-crash-{}-{count}", std::process::id());
        std::fs::create_dir(&name).expect("a fresh directory");
        Self {
            directory: name.into(),
        }
    }

    /// A directory whose channels a group shares; only root can make it.
    pub fn of_group(group: u32) -> Self {
        let place = Self::new();
        std::os::unix::fs::chown(&place.directory, None, Some(group)).expect("root may");
        let mode = Permissions::from_mode(0o2770);
        std::fs::set_permissions(&place.directory, mode).expect("root may");
        place
    }

    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// Lets the directory's group use the channels in it, and makes that another group than this
    /// user's, which only root can do.
    pub fn share_with_group(&self) {
        use std::os::unix::fs::PermissionsExt;
        const SOMEBODY: u32 = 1;
        let _ = std::os::unix::fs::chown(&self.directory, None, Some(SOMEBODY));
        let mode = std::fs::Permissions::from_mode(0o770);
        std::fs::set_permissions(&self.directory, mode).expect("a mode");
    }

    pub fn options(&self) -> Options {
        Options {
            directory: Some(self.directory.clone()),
            ..Options::default()
        }
    }

    /// Everything that belongs to nobody, and every dead peer that nobody has cleaned up after.
    pub fn leaks(&self) -> Vec<String> {
        self.leaks_of(|_| true)
    }

    /// The same of the channels with names that are meant.
    pub fn leaks_of(&self, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
        let mut reports = audit_all(Some(&self.directory)).expect("audit");
        reports.retain(|report| is_meant(&report.name));
        let dead = reports.iter().flat_map(|report| {
            report
                .peers
                .iter()
                .filter(|peer| !peer.alive)
                .map(|peer| format!("dead on {}: {peer:?}", report.name))
        });
        dead.chain(reports.iter().flat_map(|report| report.leaks.clone()))
            .collect()
    }

    /// The files in the directory.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.directory).expect("list");
        entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// What is left after everybody has gone and the next user has looked in.
    pub fn left_after_cleaning(&self) -> Vec<String> {
        clean(Some(&self.directory), Duration::ZERO).expect("clean");
        self.files()
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
