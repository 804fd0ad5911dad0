//! Aeron over shared memory (`aeron:ipc`), with a media driver of its own for each run.

mod driver;
mod ends;

use anyhow::{Result, bail};
use ends::{Reader, Writer};
use harness::{Pattern, Spec, System};

struct Aeron;

impl System for Aeron {
    const NAME: &'static str = "aeron";
    type Output = Writer;
    type Input = Reader;

    fn open_output(spec: &Spec) -> Result<Writer> {
        refuse(spec)?;
        Writer::open(spec)
    }

    fn open_input(spec: &Spec) -> Result<Reader> {
        refuse(spec)?;
        Reader::open(spec)
    }
}

/// The largest message that Aeron carries, whatever the length of a term.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

fn refuse(spec: &Spec) -> Result<()> {
    // Each subscriber gets every message; there is no pattern in which one of several gets it.
    if spec.pattern == Pattern::Queue {
        bail!("no queue");
    }
    let bytes = spec.max_bytes;
    if bytes > MESSAGE_BYTES_MAX {
        bail!("a message of {bytes} bytes is above Aeron's limit of 16 MiB");
    }
    Ok(())
}

fn main() {
    if driver::is_asked_for() {
        return driver::main();
    }
    harness::worker::<Aeron>();
    driver::stop();
}
