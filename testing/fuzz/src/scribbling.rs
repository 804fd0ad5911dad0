//! A live channel that somebody writes all over while it is in use: no step is between two calls
//! of the library, as in the other targets, but in the middle of them.

use crate::damage::{Spot, value};
use crate::fault;
use crate::feed::Feed;
use crate::image::{Image, Laid};
use crate::judge::Neighbours;
use crate::stage::Stage;
use crate::steps::{Step, take};
use std::fs::{File, remove_file};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// What goes on meanwhile.
const STEPS: &[Step] = &[
    Step::Open,
    Step::Open,
    Step::Close,
    Step::Put,
    Step::Put,
    Step::Loan,
    Step::PutLoan,
    Step::Take,
    Step::Take,
    Step::TakeEach,
    Step::WaitAny,
    Step::Audit,
];
const STEPS_MAX: usize = 60;
/// Words that are written over, again and again.
const STORES_MAX: usize = 16;

/// One thing that the scribbler does.
enum Stroke {
    Store(Spot, u64),
    /// The file is cut off, and becomes as long as before.
    Cut(Option<usize>, u64),
    Remove(PathBuf),
}

pub fn run(bytes: &[u8]) {
    fault::mend();
    let mut neighbours = Neighbours::of_this_process();
    let mut feed = Feed::new(bytes);
    let images = Image::all();
    let mut stage = Stage::new(&images[feed.below(images.len())]);
    stage.lock(None);
    let strokes: Vec<Stroke> = (0..feed.below(STORES_MAX))
        .map(|_| stroke(&mut feed, &stage))
        .collect();
    let canvas = Canvas::of(&stage.laid);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| scribble(&canvas, &strokes, &done));
        for _ in 0..STEPS_MAX {
            if feed.is_empty() {
                break;
            }
            let step = feed.pick(STEPS);
            take(step, &mut stage, &mut feed);
        }
        drop(stage);
        done.store(true, Ordering::Relaxed);
    });
    drop(canvas);
    neighbours.check();
}

fn stroke(feed: &mut Feed<'_>, stage: &Stage) -> Stroke {
    let laid = &stage.laid;
    match feed.byte() {
        0 => Stroke::Cut(None, u64::from(feed.u16()) << 4),
        1 if !laid.data.is_empty() => Stroke::Cut(
            Some(feed.below(laid.data.len())),
            u64::from(feed.u16()) << 4,
        ),
        2 => Stroke::Remove(stage.directory.join("x.sipc")),
        _ => {
            let spot = Spot::pick(feed, laid);
            Stroke::Store(spot, value(feed, laid, 0))
        }
    }
}

fn scribble(canvas: &Canvas, strokes: &[Stroke], done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        for stroke in strokes {
            match stroke {
                Stroke::Store(spot, value) => canvas.sheet(spot.data).store(*spot, *value),
                Stroke::Cut(data, bytes) => canvas.sheet(*data).cut(*bytes),
                Stroke::Remove(path) => {
                    let _ = remove_file(path);
                }
            }
        }
        std::thread::yield_now();
    }
}

/// The files of a channel, mapped by the scribbler.
struct Canvas {
    control: Sheet,
    data: Vec<Sheet>,
}

impl Canvas {
    fn of(laid: &Laid) -> Self {
        Self {
            control: Sheet::of(&laid.control),
            data: laid.data.iter().map(Sheet::of).collect(),
        }
    }

    fn sheet(&self, data: Option<usize>) -> &Sheet {
        data.map_or(&self.control, |index| &self.data[index])
    }
}

struct Sheet {
    file: File,
    start: *mut u8,
    bytes: usize,
}

// SAFETY: the mapping belongs to the process, and only atomics are made of it.
unsafe impl Sync for Sheet {}

impl Sheet {
    fn of(file: &File) -> Self {
        let file = file.try_clone().expect("a descriptor");
        let bytes = file.metadata().expect("an open file").len() as usize;
        // SAFETY: a fresh mapping at an address of the kernel's choice.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        assert_ne!(start, libc::MAP_FAILED, "no room for a mapping");
        Self {
            file,
            start: start.cast(),
            bytes,
        }
    }

    fn store(&self, spot: Spot, value: u64) {
        let at = spot.offset as usize;
        if at + spot.width > self.bytes {
            return;
        }
        // SAFETY: inside the mapping, and aligned: see `Spot`. Where the file has been cut off, a
        // page of zeros takes its place (`fault`).
        unsafe {
            let word = self.start.add(at);
            match spot.width {
                4 => (*word.cast::<AtomicU32>()).store(value as u32, Ordering::Relaxed),
                _ => (*word.cast::<AtomicU64>()).store(value, Ordering::Relaxed),
            }
        }
    }

    fn cut(&self, bytes: u64) {
        let _ = self.file.set_len(bytes.min(self.bytes as u64));
        std::thread::yield_now();
        let _ = self.file.set_len(self.bytes as u64);
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        // SAFETY: mapped by us, and nobody uses it any more.
        unsafe { libc::munmap(self.start.cast(), self.bytes) };
    }
}
