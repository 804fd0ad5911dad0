//! Named pipes: one from each output to each input, and one for all if messages are shared out.
//!
//! Pipes are enlarged to 1 MiB, what an ordinary user may have. Shared pipes are in packet mode,
//! in which a `read` gets what one `write` gave; its messages are at most a page, the length of
//! 8 bytes included. Each input opens its pipes for writing as well: so it can open them before
//! there is an output, and they do not end when an output does.

use crate::framed::{BUFFER_BYTES, Input, Output};
use crate::waiting::add_flags;
use anyhow::{Context, Result, ensure};
use harness::{Pattern, Spec, System};
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A packet is at most a page.
const PACKET_BYTES_MAX: usize = 4096 - 8;

pub struct Pipe;

impl System for Pipe {
    const NAME: &'static str = "pipe";
    type Output = Output;
    type Input = Input;

    fn open_output(spec: &Spec) -> Result<Output> {
        let files = match spec.pattern {
            Pattern::Stream => (0..spec.inputs)
                .map(|input| path(spec, input, spec.index))
                .collect(),
            Pattern::Queue => vec![shared_path(spec)?],
        };
        let open = |path: PathBuf| {
            let file = OpenOptions::new().write(true).open(&path);
            let file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
            if spec.pattern == Pattern::Queue {
                add_flags(&file, libc::O_DIRECT)?;
            }
            enlarge(file)
        };
        Output::new(files.into_iter().map(open).collect::<Result<_>>()?, spec)
    }

    fn open_input(spec: &Spec) -> Result<Input> {
        let files = match spec.pattern {
            Pattern::Stream => (0..spec.outputs)
                .map(|output| path(spec, spec.index, output))
                .collect(),
            Pattern::Queue => vec![shared_path(spec)?],
        };
        let open = |path: PathBuf| {
            make(&path)?;
            let file = OpenOptions::new().read(true).write(true).open(&path);
            enlarge(file.with_context(|| format!("{} cannot be opened", path.display()))?)
        };
        Input::connected(files.into_iter().map(open).collect::<Result<_>>()?, spec)
    }
}

fn path(spec: &Spec, input: u32, output: u32) -> PathBuf {
    spec.dir
        .join(format!("{}.{input}.{output}.pipe", spec.channel))
}

fn shared_path(spec: &Spec) -> Result<PathBuf> {
    ensure!(
        spec.max_bytes <= PACKET_BYTES_MAX,
        "a pipe with several readers keeps messages of at most {PACKET_BYTES_MAX} bytes whole"
    );
    Ok(spec.dir.join(format!("{}.pipe", spec.channel)))
}

/// Makes a pipe, unless another input has done so.
fn make(path: &Path) -> Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `name` ends with a zero byte and lives until the call has returned.
    let status = unsafe { libc::mkfifo(name.as_ptr(), 0o600) };
    let error = io::Error::last_os_error();
    match status == 0 || error.kind() == io::ErrorKind::AlreadyExists {
        true => Ok(()),
        false => Err(error).with_context(|| format!("{} cannot be made", path.display())),
    }
}

fn enlarge(file: File) -> Result<File> {
    let bytes = BUFFER_BYTES as libc::c_int;
    // SAFETY: the file is open; the call takes a number and gives one.
    let status = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETPIPE_SZ, bytes) };
    match status >= bytes {
        true => Ok(file),
        false => Err(io::Error::last_os_error()).context("a pipe cannot be enlarged"),
    }
}
