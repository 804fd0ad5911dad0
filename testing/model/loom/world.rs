//! A channel in ordinary memory, and the engines that run threads on it.

use crate::layout::Pattern;
use crate::layout::chunk::Reference;
use crate::layout::header::Geometry;
use crate::layout::lane::{FLAG_CHUNK, Head};
use crate::layout::segment::SegmentGeometry;
use crate::mem::Region;
use crate::ring::control::Control;
use crate::ring::pool::{Pool, Segment};
use crate::ring::slot::LineCopy;
use crate::ring::writer::Writer;
use crate::sync::model::{self, Engine, Late};
use std::alloc::{Layout, alloc_zeroed};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Slots of a lane: the fewest with which strides are not 0.
pub const DEPTH: u32 = 8;
/// Bytes of a chunk, and of a message that fits it.
pub const CHUNK_BYTES: u64 = 1024;
/// Threads are taken the processor from at most so often in one run, unless
/// LOOM_MAX_PREEMPTIONS says otherwise.
const PREEMPTIONS: usize = 2;
/// More than any run here has.
const BRANCHES_MAX: usize = 20_000;

/// The memory of one channel. It is never freed: a test has one, of some pages.
#[derive(Clone)]
pub struct World {
    pub control: Control,
    memory: Region,
    control_bytes: usize,
    chunks: SegmentGeometry,
}

impl World {
    pub fn topic(chunks: u32) -> Self {
        Self::new(Pattern::Topic, DEPTH, chunks)
    }

    pub fn queue(chunks: u32) -> Self {
        Self::new(Pattern::Queue, DEPTH, chunks)
    }

    /// A channel of four endpoints and two lanes, of which the first is reserved; a lock has none.
    pub fn new(pattern: Pattern, depth: u32, chunks: u32) -> Self {
        let geometry = Geometry {
            pattern,
            depth,
            endpoints: 4,
            lanes: if pattern == Pattern::Lock { 0 } else { 2 },
            pool_bytes_max: 1 << 20,
            uuid: [1; 16],
            boot_id: [2; 16],
            name: "model".to_owned(),
        };
        let chunks = SegmentGeometry {
            chunks,
            chunk_bytes: CHUNK_BYTES,
            nonce: 1,
            channel: [1; 16],
        };
        let control_bytes = geometry.total_bytes() as usize;
        let bytes = control_bytes + chunks.total_bytes().expect("a few chunks") as usize;
        let layout = Layout::from_size_align(bytes, 4096).expect("a few pages");
        // SAFETY: the layout is not empty.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) }).expect("a few pages");
        // SAFETY: the memory is never freed, and it is page-aligned.
        let memory = unsafe { Region::new(base, bytes) };
        let control = Control::new(memory.part(0, control_bytes), geometry);
        control.set_endpoints_reserved(4);
        if pattern != Pattern::Lock {
            control.set_lane_reserved(0);
        }
        Self {
            control,
            memory,
            control_bytes,
            chunks,
        }
    }

    /// The pool of the channel's only segment.
    pub fn pool(&self) -> Pool {
        let mut pool = Pool::default();
        pool.insert(self.segment());
        pool
    }

    pub fn segment(&self) -> Segment {
        let bytes = self.chunks.total_bytes().expect("a few chunks") as usize;
        let region = self.memory.part(self.control_bytes, bytes);
        // SAFETY: the region has the bytes of this geometry and stays.
        unsafe { Segment::new(region, self.chunks, 0, 1) }
    }

    /// What the chunks contain, for one run. Loom fails a run in which two threads touch the
    /// contents of a chunk without one being ordered before the other.
    pub fn contents(&self) -> Contents {
        Contents::of(self.chunks.chunks)
    }

    /// The same of the slots of a queue, of which each belongs to one at a time: to the sender, to
    /// who has claimed its message, and to the sender again.
    pub fn slots(&self) -> Contents {
        Contents::of(DEPTH)
    }

    /// The writer of the first lane, on endpoint 0.
    pub fn writer(&self) -> Writer {
        Writer::adopt(&self.control, &self.pool(), 0)
    }

    /// Runs `body`, which starts threads and joins them, in every order of their accesses, and
    /// with every value that a load may return.
    pub fn explore(self, body: impl Fn(&World) + Send + Sync + 'static) {
        let known = Arc::new(Mutex::new(BTreeSet::<Late>::new()));
        let (world, body) = (Arc::new(self), Arc::new(body));
        loop {
            let (world, body, known) = (world.clone(), body.clone(), known.clone());
            // Each attempt on a thread of its own: loom does not expect to be used after a panic.
            let attempt = std::thread::spawn(move || world.attempt(body, &known)).join();
            match attempt {
                Ok(Some(runs)) => return println!("{runs} runs"),
                Ok(None) => {}
                Err(why) => resume_unwind(why),
            }
        }
    }

    /// How many runs there were; `None` if words turned up that loom was not told of in time.
    fn attempt<F>(self: Arc<Self>, body: Arc<F>, known: &Mutex<BTreeSet<Late>>) -> Option<u64>
    where
        F: Fn(&World) + Send + Sync + 'static,
    {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
        builder.max_branches = BRANCHES_MAX;
        let runs = Arc::new(AtomicU64::new(0));
        let words = known.lock().expect("not poisoned").clone();
        let (counted, world) = (runs.clone(), self.clone());
        let explored = catch_unwind(AssertUnwindSafe(|| {
            builder.check(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                model::begin(Engine::Loom);
                words.iter().for_each(|word| self.enter(*word));
                body(&self);
                self.must_know_all();
            });
        }));
        let late = world.end();
        let is_told = late.is_empty();
        known.lock().expect("not poisoned").extend(late);
        match explored {
            Ok(()) => Some(runs.load(Ordering::Relaxed)),
            Err(_) if !is_told => None,
            Err(why) => resume_unwind(why),
        }
    }

    /// Stops the exploration if it began without knowing all words.
    fn must_know_all(&self) {
        if model::late()
            .iter()
            .any(|(at, _)| self.offset(*at).is_some())
        {
            resume_unwind(Box::new("a word has turned up"));
        }
    }

    /// Ends a run; the words of our memory that turned up.
    fn end(&self) -> BTreeSet<Late> {
        let mut late = model::end();
        late.retain(|(at, _)| self.offset(*at).is_some());
        late
    }

    fn offset(&self, at: usize) -> Option<usize> {
        let bytes = self.control_bytes + self.chunks.total_bytes().unwrap_or(0) as usize;
        at.checked_sub(self.memory.as_ptr() as usize)
            .filter(|offset| *offset < bytes)
    }

    fn enter(&self, (at, is_wide): Late) {
        let offset = self.offset(at).expect("only words of ours are kept");
        if is_wide {
            self.memory.u64(offset).enter();
        } else {
            self.memory.u32(offset).enter();
        }
    }
}

/// What the chunks of a world contain, or its slots.
#[derive(Clone)]
pub struct Contents(Rc<Vec<loom::cell::UnsafeCell<u64>>>);

impl Contents {
    fn of(count: u32) -> Self {
        let cells = (0..count).map(|_| loom::cell::UnsafeCell::new(0));
        Self(Rc::new(cells.collect()))
    }

    pub fn write(&self, at: u32, value: u64) {
        // SAFETY: loom has seen to it that nobody else is here.
        self.0[at as usize].with_mut(|cell| unsafe { *cell = value });
    }

    pub fn read(&self, at: u32) -> u64 {
        // SAFETY: as above.
        self.0[at as usize].with(|cell| unsafe { *cell })
    }
}

/// Starts a thread of the model.
pub fn spawn<T: 'static>(life: impl FnOnce() -> T + 'static) -> loom::thread::JoinHandle<T> {
    model::threads_begin();
    loom::thread::spawn(life)
}

/// What message `sequence` says.
pub fn mark(sequence: u64) -> u64 {
    sequence * 0x0101 + 7
}

/// Publishes the next message, in its slot.
pub fn publish(writer: &mut Writer, pool: &Pool) -> u64 {
    let sequence = writer.next();
    let head = Head {
        len: 16,
        tag: sequence as u8,
        flags: 0,
        sender: 1,
    };
    let word = mark(sequence).to_ne_bytes();
    writer.publish(pool, head, [word; 2].as_flattened(), &[]);
    sequence
}

/// Publishes the next message, which says nothing but its number: fewer stores, fewer orders.
pub fn publish_brief(writer: &mut Writer, pool: &Pool) {
    let head = Head {
        len: 0,
        tag: writer.next() as u8,
        flags: 0,
        sender: 1,
    };
    writer.publish(pool, head, &[], &[]);
}

/// Publishes the next message, in a chunk on loan; as `Producer::publish_chunk` does.
pub fn publish_chunk(
    writer: &mut Writer,
    pool: &Pool,
    segment: &Segment,
    (chunk, generation): (u32, u16),
    is_topic: bool,
) -> Reference {
    let sequence = writer.next();
    segment.publish(chunk, generation, writer.lane_index(), sequence);
    let reference = Reference {
        segment: segment.index,
        segment_generation: segment.generation,
        chunk,
        generation,
        len: CHUNK_BYTES,
    };
    if is_topic {
        writer.note_chunk(reference);
    }
    let head = Head {
        len: 0,
        tag: sequence as u8,
        flags: FLAG_CHUNK,
        sender: 1,
    };
    writer.publish(pool, head, &reference.to_bytes(), &[]);
    reference
}

/// The reference in a message's first line.
pub fn reference(line: &LineCopy) -> Reference {
    assert!(line.is_chunk(), "the message is in a chunk");
    Reference::from_words([line.words[0], line.words[1]])
}

/// The message is the one that was published as `sequence`, whole.
pub fn assert_whole(sequence: u64, line: &LineCopy) {
    assert_eq!(
        line.head.tag, sequence as u8,
        "the head is another message's"
    );
    assert_eq!(line.words[..2], [mark(sequence); 2], "a torn message");
}
