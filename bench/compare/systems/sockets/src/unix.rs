//! Unix sockets: each input listens, each output connects to all of them.
//!
//! They are streams with a length before each message, not SOCK_SEQPACKET: that keeps messages
//! whole by itself, but they must fit into a buffer that only an administrator can make larger
//! than some 200 KiB, and each needs a call of its own at the receiver. Messages are shared out in
//! turn, because a socket that listens has no queue that several processes could take from.
//! Buffers are asked to be 1 MiB, as those of the pipes.

use crate::framed::{BUFFER_BYTES, Input, Output};
use anyhow::{Context, Result};
use harness::{Spec, System};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

pub struct Unix;

impl System for Unix {
    const NAME: &'static str = "unix";
    type Output = Output;
    type Input = Input;

    fn open_output(spec: &Spec) -> Result<Output> {
        let connect = |input| {
            let path = path(spec, input);
            let stream = UnixStream::connect(&path);
            let stream =
                stream.with_context(|| format!("{} cannot be connected to", path.display()))?;
            enlarge(&stream)?;
            Ok(File::from(OwnedFd::from(stream)))
        };
        Output::new((0..spec.inputs).map(connect).collect::<Result<_>>()?, spec)
    }

    fn open_input(spec: &Spec) -> Result<Input> {
        let path = path(spec, spec.index);
        let listener = UnixListener::bind(&path);
        let listener = listener.with_context(|| format!("{} cannot be made", path.display()))?;
        let accept = move || {
            let (stream, _) = listener.accept().context("accepting a connection failed")?;
            enlarge(&stream)?;
            Ok(File::from(OwnedFd::from(stream)))
        };
        Ok(Input::listening(Box::new(accept), spec))
    }
}

fn path(spec: &Spec, input: u32) -> PathBuf {
    spec.dir.join(format!("{}.{input}.socket", spec.channel))
}

/// Asks for large buffers in both directions.
pub fn enlarge(socket: &impl AsRawFd) -> Result<()> {
    let bytes = BUFFER_BYTES as libc::c_int;
    for option in [libc::SO_SNDBUF, libc::SO_RCVBUF] {
        // SAFETY: the socket is open, and the option is an int, of which we pass place and size.
        let status = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const bytes).cast(),
                size_of_val(&bytes) as libc::socklen_t,
            )
        };
        if status != 0 {
            return Err(io::Error::last_os_error()).context("a buffer cannot be enlarged");
        }
    }
    Ok(())
}
