//! The publication and the subscription, set so that nothing is lost and nothing is waited for
//! that need not be:
//!
//! - back-pressure and other passing refusals are tried again;
//! - one writer uses an exclusive publication, several share a concurrent one;
//! - a message that fits into one fragment is written in place (`try_claim`), a longer one is
//!   offered from a private buffer and assembled at the other side;
//! - a fragment is as long as Aeron allows (the network's 1408 bytes mean nothing here);
//! - a term holds eight of the largest messages, which is the limit, and `TERM_BYTES_MIN` at
//!   least; clients touch the log buffers when they map them.
//!
//! Aeron has no receive that blocks. `Wait::Block` stands for its backoff idle strategy with the
//! defaults: 10 spins, 20 yields, then sleeps of 1 us, doubling up to 1 ms.

use crate::driver;
use anyhow::{Context, Result, bail};
use harness::{Input, Output, Spec, Wait};
use rusteron_client::{
    Aeron, AeronBufferClaim, AeronContext, AeronExclusivePublication,
    AeronFragmentClosureAssembler, AeronHeader, AeronImage, AeronOfferError, AeronPublication,
    AeronSubscription, BackoffIdleStrategy, Handler, Handlers, IdleStrategy, IntoCString,
};
use std::ffi::CString;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const FRAGMENT_BYTES: usize = 65504;
/// Of which this much is Aeron's own.
const HEADER_BYTES: usize = 32;
const TERM_BYTES_MIN: usize = 16 << 20;
/// How many fragments one poll hands out at most.
const BATCH: usize = 256;
/// How long the driver may take to answer, and an output waits for its inputs.
const ANSWER_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_micros(100);

enum Publication {
    Exclusive(AeronExclusivePublication),
    Shared(AeronPublication),
}

pub struct Writer {
    publication: Publication,
    idle: BackoffIdleStrategy,
    /// What does not fit into one fragment is filled here.
    buffer: Vec<u8>,
    /// Where the inputs write down that they have this publication.
    notes: Vec<PathBuf>,
}

impl Writer {
    pub fn open(spec: &Spec) -> Result<Self> {
        let aeron = client(spec)?;
        let (channel, stream) = address(spec);
        let publication = if spec.outputs == 1 {
            let adding = aeron.async_add_exclusive_publication(&channel, stream)?;
            Publication::Exclusive(adding.poll_blocking(ANSWER_MAX)?)
        } else {
            let adding = aeron.async_add_publication(&channel, stream)?;
            Publication::Shared(adding.poll_blocking(ANSWER_MAX)?)
        };
        let buffer_bytes = if is_fragmented(spec) {
            spec.max_bytes
        } else {
            0
        };
        Ok(Self {
            publication,
            idle: BackoffIdleStrategy::new(),
            buffer: vec![0; buffer_bytes],
            notes: (0..spec.inputs).map(|index| note(spec, index)).collect(),
        })
    }
}

impl Output for Writer {
    fn send(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        if len > FRAGMENT_BYTES - HEADER_BYTES {
            let bytes = &mut self.buffer[..len];
            fill(bytes);
            return insist(&mut self.idle, || match &self.publication {
                Publication::Exclusive(publication) => publication.offer(bytes).map(drop),
                Publication::Shared(publication) => publication.offer(bytes).map(drop),
            });
        }
        let mut claim = AeronBufferClaim::new_zeroed_on_stack();
        insist(&mut self.idle, || match &self.publication {
            Publication::Exclusive(publication) => publication.try_claim(len, &claim).map(drop),
            Publication::Shared(publication) => publication.try_claim(len, &claim).map(drop),
        })?;
        fill(claim.data_mut());
        claim.commit()?;
        Ok(())
    }

    /// That an input is connected, as Aeron has it, only means that the driver knows of both. The
    /// client of the input has yet to map the log buffer, which takes it tens of milliseconds.
    fn settle(&mut self) -> Result<()> {
        let constants = match &self.publication {
            Publication::Exclusive(publication) => publication.get_constants()?,
            Publication::Shared(publication) => publication.get_constants()?,
        };
        let session = constants.session_id().to_string();
        let give_up = Instant::now() + ANSWER_MAX;
        for note in &self.notes {
            while fs::read_to_string(note).unwrap_or_default() != session {
                if Instant::now() > give_up {
                    bail!("not all subscriptions came in {ANSWER_MAX:?}");
                }
                std::thread::sleep(LOOK_AGAIN);
            }
        }
        Ok(())
    }
}

/// Tries until the message is accepted: flow control, the change of terms and an input that is
/// still on its way are no reason to lose one. A vain attempt leaves the core to others whatever
/// the receivers do, because it may be the driver that lacks one, which would let this one go on.
fn insist(
    idle: &mut BackoffIdleStrategy,
    mut attempt: impl FnMut() -> Result<(), AeronOfferError>,
) -> Result<()> {
    loop {
        match attempt() {
            Ok(()) => {
                idle.reset();
                return Ok(());
            }
            Err(error) if error.is_retryable() => idle.idle(0),
            Err(error) => bail!("Aeron refuses a message: {error}"),
        }
    }
}

pub struct Reader {
    subscription: AeronSubscription,
    idle: Idle,
    /// For messages of several fragments; without such there is no need to look.
    assembler: Option<AeronFragmentClosureAssembler>,
}

impl Reader {
    pub fn open(spec: &Spec) -> Result<Self> {
        let aeron = client(spec)?;
        let (channel, stream) = address(spec);
        let note = note(spec, spec.index);
        let mapped = Handler::new(move |_: AeronSubscription, image: AeronImage| {
            // The output reports what does not get through.
            if let Ok(constants) = image.get_constants() {
                fs::write(&note, constants.session_id().to_string()).ok();
            }
        });
        let subscription = aeron
            .async_add_subscription(&channel, stream, Some(&mapped), Handlers::NONE)?
            .poll_blocking(ANSWER_MAX)?;
        let assembler = match is_fragmented(spec) {
            true => Some(AeronFragmentClosureAssembler::new()?),
            false => None,
        };
        Ok(Self {
            subscription,
            idle: Idle::new(spec.wait),
            assembler,
        })
    }
}

impl Input for Reader {
    fn receive(&mut self, each: &mut impl FnMut(&[u8])) -> Result<usize> {
        loop {
            let mut count = 0;
            let mut each = |bytes: &[u8]| {
                each(bytes);
                count += 1;
            };
            let fragments = match &mut self.assembler {
                Some(assembler) => assembler.poll(&self.subscription, &mut each, hand_on, BATCH)?,
                None => self.subscription.poll_fn(|bytes, _| each(bytes), BATCH)?,
            };
            self.idle.after(fragments);
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

fn hand_on<F: FnMut(&[u8])>(each: &mut F, bytes: &[u8], _: AeronHeader) {
    each(bytes);
}

/// What is done between two vain attempts.
enum Idle {
    Spin,
    Backoff(BackoffIdleStrategy),
}

impl Idle {
    fn new(wait: Wait) -> Self {
        match wait {
            Wait::Spin => Self::Spin,
            Wait::Block => Self::Backoff(BackoffIdleStrategy::new()),
        }
    }

    fn after(&mut self, work: i32) {
        match self {
            Self::Spin if work > 0 => {}
            Self::Spin => std::hint::spin_loop(),
            Self::Backoff(backoff) => backoff.idle(work),
        }
    }
}

/// A client of its own for each end, which connects when the driver is up.
fn client(spec: &Spec) -> Result<Aeron> {
    let directory = driver::directory(&spec.dir)?;
    let context = AeronContext::new()?;
    context.set_dir(&directory.to_string_lossy().into_owned().into_c_string())?;
    context.set_pre_touch_mapped_memory(true)?;
    // Without a handler the client ends the process.
    context.set_error_handler(Some(|code: i32, message: &str| {
        eprintln!("Aeron reports error {code}: {message}");
    }))?;
    let aeron = Aeron::new(&context).context("the media driver does not answer")?;
    aeron.start()?;
    Ok(aeron)
}

/// The file in which an input notes the session of the publication that it has mapped last.
fn note(spec: &Spec, input: u32) -> PathBuf {
    spec.dir
        .join(format!("aeron/{}-{input}.mapped", spec.channel))
}

fn is_fragmented(spec: &Spec) -> bool {
    spec.max_bytes > FRAGMENT_BYTES - HEADER_BYTES
}

/// The channel, and the number that stands for the name of the channel in it (FNV-1a).
fn address(spec: &Spec) -> (CString, i32) {
    let term = (8 * spec.max_bytes).next_power_of_two().max(TERM_BYTES_MIN);
    let channel = format!("aeron:ipc?term-length={term}|mtu={FRAGMENT_BYTES}");
    let hash = spec.channel.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (channel.into_c_string(), (hash >> 1) as i32)
}
