//! What tests leave behind: nothing. Looked at before and after each suite.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where tests put their channels and their temporary files.
const PLACES: [&str; 2] = ["/dev/shm", "/tmp"];
/// How the names of everything we make begin.
const PREFIXES: [&str; 2] = ["sipc-", "simpleipc-"];

/// Everything of ours that lies there now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leavings(BTreeSet<PathBuf>);

impl Leavings {
    pub fn now() -> Self {
        let entries = PLACES.iter().filter_map(|place| fs::read_dir(place).ok());
        let paths = entries.flatten().flatten().map(|entry| entry.path());
        Self(paths.filter(|path| is_ours(path)).collect())
    }

    /// What lies there now and did not lie there before.
    pub fn since(before: &Self) -> Vec<String> {
        let now = Self::now();
        let new = now.0.difference(&before.0);
        new.map(|path| path.display().to_string()).collect()
    }
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_ours_is_seen_until_it_is_removed() {
        let before = Leavings::now();
        let path = format!("/dev/shm/sipc-leavings-{}", std::process::id());
        fs::write(&path, "").expect("write");
        assert!(Leavings::since(&before).contains(&path));
        fs::remove_file(&path).expect("remove");
        assert!(!Leavings::since(&before).contains(&path));
    }
}
