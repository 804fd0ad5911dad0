//! Freezing processes from outside, without a signal: a control group of this program's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where version 2 of control groups may be mounted.
const ROOTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
/// The kernel freezes within milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Removed at the end, when its processes have ended.
pub struct Freezer(PathBuf);

impl Freezer {
    /// `None` if this machine has none, or has none for us.
    pub fn find() -> Option<Self> {
        let name = format!("sipc-crash-{}", std::process::id());
        ROOTS.iter().find_map(|root| {
            let group = Path::new(root).join(&name);
            fs::create_dir(&group).ok()?;
            let freezer = Self(group);
            (freezer.0.join("cgroup.freeze").exists() && freezer.freeze(&[]).is_ok())
                .then_some(freezer)
        })
    }

    /// Puts the processes in and freezes them, and whoever has been put in before.
    pub fn freeze(&self, processes: &[u32]) -> std::io::Result<()> {
        for process in processes {
            // Fails if it has just ended.
            let _ = fs::write(self.0.join("cgroup.procs"), process.to_string());
        }
        fs::write(self.0.join("cgroup.freeze"), "1")
    }

    /// Lets all go on.
    pub fn thaw(&self) -> std::io::Result<()> {
        fs::write(self.0.join("cgroup.freeze"), "0")
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let _ = self.thaw();
        let until = Instant::now() + PATIENCE;
        // Busy as long as the kernel has not buried the last of its processes.
        while fs::remove_dir(&self.0).is_err() && self.0.exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
