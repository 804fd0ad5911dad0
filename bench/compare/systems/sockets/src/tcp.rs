//! TCP over the loopback: each input listens on a port, each output connects to all of them.
//!
//! Without delay (TCP_NODELAY), because otherwise a small message waits until the one before is
//! acknowledged. Buffers are asked to be 1 MiB, as those of the pipes.

use crate::framed::{Input, Output};
use crate::unix::enlarge;
use anyhow::{Context, Result, ensure};
use harness::{Spec, System};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

/// The environment says where our ports begin.
const PORT_VARIABLE: &str = "BENCH_PORT";
/// As many inputs each of the two channels may have.
const INPUTS_MAX: u32 = 8;

pub struct Tcp;

impl System for Tcp {
    const NAME: &'static str = "tcp";
    type Output = Output;
    type Input = Input;

    fn open_output(spec: &Spec) -> Result<Output> {
        let connect = |input| {
            let address = address(spec, input)?;
            let stream = TcpStream::connect(address);
            prepare(stream.with_context(|| format!("{address} cannot be connected to"))?)
        };
        Output::new((0..spec.inputs).map(connect).collect::<Result<_>>()?, spec)
    }

    fn open_input(spec: &Spec) -> Result<Input> {
        let address = address(spec, spec.index)?;
        let listener = TcpListener::bind(address);
        let listener = listener.with_context(|| format!("{address} cannot be listened on"))?;
        let accept = move || {
            let (stream, _) = listener.accept().context("accepting a connection failed")?;
            prepare(stream)
        };
        Ok(Input::listening(Box::new(accept), spec))
    }
}

fn address(spec: &Spec, input: u32) -> Result<SocketAddr> {
    ensure!(
        input < INPUTS_MAX,
        "there are ports for {INPUTS_MAX} inputs only"
    );
    let first =
        std::env::var(PORT_VARIABLE).with_context(|| format!("no {PORT_VARIABLE} is set"))?;
    let first: u16 = first
        .parse()
        .with_context(|| format!("{PORT_VARIABLE} is no port"))?;
    let channel = match spec.channel.as_str() {
        "ping" => 0,
        _ => INPUTS_MAX,
    };
    let port = first.checked_add((channel + input) as u16);
    let port = port.with_context(|| format!("{PORT_VARIABLE} is too large"))?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn prepare(stream: TcpStream) -> Result<File> {
    stream
        .set_nodelay(true)
        .context("TCP_NODELAY cannot be set")?;
    enlarge(&stream)?;
    Ok(File::from(OwnedFd::from(stream)))
}
