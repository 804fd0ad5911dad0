//! Where things lie: the root of the repository and the build directory.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What programs are built for when the compiler has to be told.
pub const HOST: &str = "x86_64-unknown-linux-gnu";

/// The root, wherever the command is started.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The directory cargo builds in: `target`, unless the caller's environment says otherwise.
pub fn target(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root.join(directory),
        None => root.join("target"),
    }
}

/// Cargo, to be run in the root.
pub fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo.current_dir(root);
    cargo
}
