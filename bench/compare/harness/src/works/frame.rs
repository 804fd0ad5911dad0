//! Large messages, one at a time: from before a fills it until b has seen, read or copied all.
//!
//! Kind `follow` sends the frame in bands, and b copies one while a fills the next.

use crate::arguments::{Kind, Role};
use crate::clock::now_ns;
use crate::content::{Content, END, sum_words, word};
use crate::figures::Samples;
use crate::system::{Input, Output, Spec, System};
use crate::task::Task;
use crate::works::stream::{acknowledge, await_acknowledgements};
use crate::works::wake::send_stamped;
use anyhow::{Result, ensure};

const BAND_BYTES: usize = 128 << 10;
/// The first frames make the memory; they do not count.
const WARM: usize = 3;
const FRAMES_MAX: usize = 1 << 16;

pub fn run<S: System>(task: &Task) -> Result<()> {
    for &size in &task.arguments.sizes {
        ensure!(size >= 64, "a frame of {size} bytes is too small");
        ensure!(
            task.arguments.kind != Kind::Follow
                || size % BAND_BYTES == 0
                || size % BAND_BYTES >= 64,
            "the last band of {size} bytes is too small"
        );
    }
    match task.arguments.role {
        Role::A => send::<S>(task),
        Role::B => receive::<S>(task),
    }
}

fn forward(task: &Task) -> Spec {
    let mut forward = task.arguments.forward();
    if task.arguments.kind == Kind::Follow {
        forward.max_bytes = forward.max_bytes.min(BAND_BYTES);
    }
    forward
}

/// The messages one frame consists of, each with a content of its own.
fn parts(task: &Task, size: usize) -> Vec<Content> {
    let part = match task.arguments.kind {
        Kind::Follow => BAND_BYTES,
        _ => size,
    };
    (0..size)
        .step_by(part)
        .map(|from| Content::new(part.min(size - from)))
        .collect()
}

fn send<S: System>(task: &Task) -> Result<()> {
    let arguments = &task.arguments;
    let mut input = S::open_input(&arguments.reverse())?;
    let mut output = S::open_output(&forward(task))?;
    task.protocol.ready()?;
    output.settle()?;
    for &size in &arguments.sizes {
        let parts = parts(task, size);
        let end_ns = now_ns() + arguments.budget_ms * 1_000_000;
        let mut frames = 0;
        let mut sequence = 0;
        while match arguments.count {
            0 => now_ns() < end_ns && frames < FRAMES_MAX as u64,
            count => frames < count + WARM as u64,
        } {
            let from_ns = now_ns();
            for part in &parts {
                output.send(part.size(), |bytes| {
                    part.fill_marked(bytes, sequence, from_ns)
                })?;
                output.flush()?;
                sequence += 1;
            }
            await_acknowledgements::<S>(&mut input, arguments.inputs)?;
            frames += 1;
        }
        send_stamped::<S>(&mut output, END, sequence)?;
        await_acknowledgements::<S>(&mut input, arguments.inputs)?;
    }
    task.protocol.done()
}

fn receive<S: System>(task: &Task) -> Result<()> {
    let arguments = &task.arguments;
    let mut input = S::open_input(&forward(task))?;
    task.protocol.ready()?;
    let mut output = S::open_output(&arguments.reverse())?;
    output.settle()?;
    for &size in &arguments.sizes {
        let mut frame = Frame::new(arguments.kind, parts(task, size), size);
        while !frame.ended {
            input.receive(&mut |bytes| frame.take(bytes))?;
            if frame.is_complete() {
                frame.check_copy();
                acknowledge::<S>(&mut output, arguments.index)?;
            }
        }
        let (figures, verified) = (frame.samples.figures_after(WARM), u32::from(frame.intact));
        task.protocol.result(format_args!(
            "size={size} unit=ns {figures} verified={verified}"
        ))?;
        acknowledge::<S>(&mut output, arguments.index)?;
    }
    task.protocol.done()
}

/// What b makes of the frames of one size.
struct Frame {
    kind: Kind,
    parts: Vec<Content>,
    /// Where copies go; as large as a frame, and used before.
    copy: Vec<u8>,
    samples: Samples,
    sequence: u64,
    /// The next part, and where it goes.
    part: usize,
    at: usize,
    sent_ns: u64,
    intact: bool,
    ended: bool,
}

impl Frame {
    fn new(kind: Kind, parts: Vec<Content>, size: usize) -> Self {
        Self {
            kind,
            parts,
            copy: vec![1; size],
            samples: Samples::new(FRAMES_MAX),
            sequence: 0,
            part: 0,
            at: 0,
            sent_ns: 0,
            intact: true,
            ended: false,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let seen_ns = now_ns();
        if word(bytes, 0) == END {
            self.ended = true;
            self.intact &= self.part == 0 && word(bytes, 1) == self.sequence;
            return;
        }
        let Some(content) = self
            .parts
            .get(self.part)
            .filter(|part| part.size() == bytes.len())
        else {
            self.intact = false;
            return;
        };
        self.sent_ns = word(bytes, 1);
        let taken_ns = match self.kind {
            Kind::Seen => {
                self.intact &= content.has_marks(bytes, self.sequence, self.sent_ns);
                seen_ns
            }
            Kind::Read => {
                let sum = sum_words(bytes);
                let read_ns = now_ns();
                self.intact &= sum == content.sum_marked(self.sequence, self.sent_ns);
                read_ns
            }
            Kind::Copied | Kind::Follow => {
                self.copy[self.at..self.at + bytes.len()].copy_from_slice(bytes);
                now_ns()
            }
        };
        self.sequence += 1;
        self.part += 1;
        self.at += bytes.len();
        if self.is_complete() {
            self.samples.take(taken_ns.saturating_sub(self.sent_ns));
        }
    }

    fn is_complete(&self) -> bool {
        self.part == self.parts.len()
    }

    /// Looks at the copy, outside of what is measured, and makes ready for the next frame.
    fn check_copy(&mut self) {
        if matches!(self.kind, Kind::Copied | Kind::Follow) {
            let first = self.sequence - self.parts.len() as u64;
            let mut at = 0;
            for (sequence, part) in (first..).zip(&self.parts) {
                let copy = &self.copy[at..at + part.size()];
                self.intact &= part.has_marks(copy, sequence, self.sent_ns);
                at += part.size();
            }
        }
        self.part = 0;
        self.at = 0;
    }
}
