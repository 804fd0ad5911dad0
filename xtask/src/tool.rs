//! `cargo xtask tool`: `sipc` as one file that needs nothing of the system it runs on, and a look
//! whether that is so.
//!
//! Its C library is linked in. It is tried where there is no other file: in a directory of its own
//! that is the root of all it sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{announce, is_root, output, run as run_command};
use crate::repository::{self, HOST};

/// Builds it, tries it, and says where it is.
pub fn run(root: &Path) -> Result<(), String> {
    announce("build: sipc (release, static)");
    let target = repository::target(root).join("static");
    let mut build = repository::cargo(root);
    build.args(["build", "--release", "--quiet", "--package=sipc"]);
    build
        .args(["--target", HOST])
        .env("CARGO_TARGET_DIR", &target);
    build.env("RUSTFLAGS", "-Ctarget-feature=+crt-static -Cstrip=symbols");
    run_command(&mut build)?;
    let tool = target.join(HOST).join("release/sipc");
    let cell = Cell::new(&tool)?;
    let expected = [
        (vec!["send", "jobs", "1", "[2,\"x\"]"], ""),
        (vec!["receive", "jobs", "--count", "2"], "1\n[2,\"x\"]\n"),
        (vec!["set", "mode", "\"night\""], ""),
        (vec!["get", "mode"], "\"night\"\n"),
    ];
    let mut failed = 0;
    for (words, wanted) in &expected {
        let said = output(cell.sipc().args(words)).unwrap_or_else(|why| why);
        let is_right = said == *wanted;
        let verdict = if is_right { "ok" } else { "FAILED" };
        println!("{verdict} sipc {}: {}", words.join(" "), said.trim());
        failed += usize::from(!is_right);
    }
    let bytes = fs::metadata(&tool).map_or(0, |facts| facts.len());
    println!(
        "{}: {:.1} MiB",
        tool.display(),
        bytes as f64 / f64::from(1 << 20)
    );
    println!("{} passed, {failed} failed", expected.len() - failed);
    match failed {
        0 => Ok(()),
        _ => Err("cargo xtask tool: it needs something of this system".to_owned()),
    }
}

/// A root directory in which there is nothing but the tool and a directory for channels.
struct Cell {
    root: PathBuf,
}

impl Cell {
    fn new(tool: &Path) -> Result<Cell, String> {
        let cell = Cell {
            root: std::env::temp_dir().join(format!("sipc-tool-{}", std::process::id())),
        };
        let failed = |why: std::io::Error| format!("{}: {why}", cell.root.display());
        fs::create_dir_all(cell.root.join("channels")).map_err(failed)?;
        fs::copy(tool, cell.root.join("sipc")).map_err(failed)?;
        Ok(cell)
    }

    /// Who may not change the root becomes the root of a name space of users, if that is allowed.
    fn sipc(&self) -> Command {
        let mut command = match is_root() {
            true => Command::new("chroot"),
            false => {
                let mut command = Command::new("unshare");
                command.args(["--user", "--map-root-user", "chroot"]);
                command
            }
        };
        command.arg(&self.root).arg("/sipc");
        command.env_clear().env("SIPC_DIR", "/channels");
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // Best effort: what is left behind is counted where this runs as a test.
        let _ = fs::remove_dir_all(&self.root);
    }
}
