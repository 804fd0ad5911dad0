//! iceoryx2: publish and subscribe, with its event service as the wake-up.

mod ends;
mod wake;

use anyhow::{Result, bail};
use ends::{Reader, Writer};
use harness::{Pattern, Spec, System};

struct Iceoryx2;

impl System for Iceoryx2 {
    const NAME: &'static str = "iceoryx2";
    type Output = Writer;
    type Input = Reader;

    fn open_output(spec: &Spec) -> Result<Writer> {
        refuse_queue(spec)?;
        Writer::open(spec)
    }

    fn open_input(spec: &Spec) -> Result<Reader> {
        refuse_queue(spec)?;
        Reader::open(spec)
    }
}

/// Each subscriber gets every message; there is no pattern in which one of several gets it.
fn refuse_queue(spec: &Spec) -> Result<()> {
    if spec.pattern == Pattern::Queue {
        bail!("no queue");
    }
    Ok(())
}

fn main() {
    harness::worker::<Iceoryx2>();
}
