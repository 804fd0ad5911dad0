//! The media driver: a process of this same program, started by the first worker of a run and
//! killed when that worker ends. It makes the log buffers and moves the senders' limits on.
//!
//! It is set as follows: one thread for all of its agents, as there is nothing on a network and
//! the machine may have few cores; the backoff idle strategy, for the same reason; log buffers
//! that are written out when they are made, so that no message meets a page fault.

use anyhow::{Context, Error, Result};
use rusteron_media_driver::bindings::aeron_threading_mode_t;
use rusteron_media_driver::{AeronDriver, AeronDriverContext, AeronIdleStrategyKind, IntoCString};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

const WORK: &str = "work=driver";

/// The driver that this process has started.
static STARTED: Mutex<Option<Child>> = Mutex::new(None);

/// The directory of the driver, which the first caller in a run starts. The others find the
/// directory `aeron` there; a client waits until the driver is up.
pub fn directory(run: &Path) -> Result<PathBuf> {
    let home = run.join("aeron");
    let directory = home.join("driver");
    match fs::create_dir(&home) {
        Ok(()) => {
            let child = start(&directory).context("the media driver does not start")?;
            *STARTED.lock().expect("no panic holds it") = Some(child);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).context("no directory for the media driver"),
    }
    Ok(directory)
}

fn start(directory: &Path) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(WORK)
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    // SAFETY: the closure only makes system calls, which are safe between fork and exec.
    unsafe { command.pre_exec(leave_the_core) };
    Ok(command.spawn()?)
}

/// The worker is pinned to one core and may spin on it; the driver belongs to both sides and may
/// run on any core. It ends with the worker, however that ends.
fn leave_the_core() -> io::Result<()> {
    // SAFETY: plain system calls; the set is a local of the size that is passed.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut cores: libc::cpu_set_t = std::mem::zeroed();
        for core in 0..libc::CPU_SETSIZE as usize {
            libc::CPU_SET(core, &mut cores);
        }
        if libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &cores) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Kills the driver if this process has started it. What it leaves behind lies in the directory of
/// the run. A worker that does not come this far takes the driver along all the same.
pub fn stop() {
    if let Some(mut child) = STARTED.lock().expect("no panic holds it").take() {
        child.kill().ok();
        child.wait().ok();
    }
}

/// Whether this process was started to be the driver.
pub fn is_asked_for() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == WORK)
}

/// Serves until it is killed.
pub fn main() {
    let Some(directory) = std::env::args().nth(2) else {
        eprintln!("the media driver needs a directory");
        std::process::exit(1);
    };
    if let Err(error) = serve(&directory) {
        eprintln!("the media driver failed: {error:#}");
        std::process::exit(1);
    }
}

fn serve(directory: &str) -> Result<()> {
    let context = AeronDriverContext::new()?;
    context.set_dir(&directory.into_c_string())?;
    context.set_dir_warn_if_exists(false)?;
    context.set_threading_mode(aeron_threading_mode_t::AERON_THREADING_MODE_SHARED)?;
    context.set_shared_idle_strategy_kind(AeronIdleStrategyKind::Backoff)?;
    context.set_term_buffer_sparse_file(false)?;
    let driver = AeronDriver::new(&context).map_err(Error::from)?;
    driver.start(true)?;
    loop {
        driver.main_idle_strategy(driver.main_do_work()?);
    }
}
