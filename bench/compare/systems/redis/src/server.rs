//! The server through which everything goes: one for each directory, on a Unix socket, with
//! nothing written to disk. The first input in the directory starts it and ends it again.

use anyhow::{Context, Result, bail};
use redis::{Client, Connection};
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const START_TIME_MAX: Duration = Duration::from_secs(10);

/// A server that ends when this is dropped, and with this process in any case.
pub struct Server {
    child: Child,
    directory: PathBuf,
}

impl Server {
    /// Starts the server of this directory, unless somebody has.
    pub fn start(directory: &Path) -> Result<Option<Server>> {
        let mark = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(mark(directory));
        match mark {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => bail!("marking {}: {error}", directory.display()),
        }
        let mut command = Command::new("redis-server");
        command
            .args(["--port", "0", "--unixsocket"])
            .arg(socket(directory))
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            // Subscribers are not cut off when they lag; the output waits for them instead.
            .args(["--client-output-buffer-limit", "pubsub 0 0 0"])
            .arg("--dir")
            .arg(directory)
            // The lines of a worker's standard streams are not the server's.
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // SAFETY: `make_own` only makes system calls, which are allowed between fork and exec.
        unsafe { command.pre_exec(make_own) };
        let child = command.spawn().context("starting redis-server")?;
        Ok(Some(Server {
            child,
            directory: directory.to_owned(),
        }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody is left to be told if one of these fails.
        self.child.kill().ok();
        self.child.wait().ok();
        fs::remove_file(socket(&self.directory)).ok();
        fs::remove_file(mark(&self.directory)).ok();
    }
}

/// In the new process: it ends with the worker, and runs where the kernel puts it, since it is
/// neither of the two ends that may be pinned.
fn make_own() -> std::io::Result<()> {
    // SAFETY: plain system calls; the set of cores is on the stack and large enough.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let mut cores: libc::cpu_set_t = std::mem::zeroed();
        for core in 0..libc::CPU_SETSIZE as usize {
            libc::CPU_SET(core, &mut cores);
        }
        if libc::sched_setaffinity(0, size_of_val(&cores), &cores) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

/// A connection to the server of this directory, once it answers.
pub fn connect(directory: &Path) -> Result<Connection> {
    let address = format!("unix://{}", socket(directory).display());
    let client = Client::open(address).context("address of the redis server")?;
    let end = Instant::now() + START_TIME_MAX;
    loop {
        match client.get_connection() {
            Ok(connection) => return Ok(connection),
            Err(error) if Instant::now() > end => {
                return Err(error).context("the redis server does not answer");
            }
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("redis.socket")
}

/// The file that whoever starts the server makes first.
fn mark(directory: &Path) -> PathBuf {
    directory.join("redis.mark")
}
