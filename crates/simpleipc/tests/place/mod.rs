//! A directory of its own for each test, in shared memory; gone, and checked empty, at its end.

use simpleipc::Options;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub struct TestPlace {
    directory: PathBuf,
}

impl Default for TestPlace {
    fn default() -> Self {
        Self::new()
    }
}

impl TestPlace {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("/dev/shm/sipc-test-{}-{count}", std::process::id());
        std::fs::create_dir(&name).expect("a fresh directory");
        Self {
            directory: name.into(),
        }
    }

    #[allow(dead_code)] // not every test looks at the files
    pub fn path(&self) -> &Path {
        &self.directory
    }

    pub fn options(&self) -> Options {
        Options {
            directory: Some(self.directory.clone()),
            ..Options::default()
        }
    }
}

impl Drop for TestPlace {
    fn drop(&mut self) {
        let left: Vec<_> = std::fs::read_dir(&self.directory)
            .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
            .unwrap_or_default();
        let _ = std::fs::remove_dir_all(&self.directory);
        if !std::thread::panicking() {
            assert!(left.is_empty(), "left behind: {left:?}");
        }
    }
}
