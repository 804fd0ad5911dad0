//! The chunk pool: memory for messages that do not fit into a slot.
//!
//! A chunk's owner word says who may write it; its reference bits say who is looking. A chunk is
//! handed out only when its word is FREE and, looked at again after the claim, nobody refers to
//! it. A reader sets its bit and then checks that the word still names the message it wants.
//! Both sides fence between their store and their look, so that one of them sees the other.

use super::control::Control;
use super::lane::Lane;
use crate::layout::chunk::{self, FREE, GENERATION_MASK, PUBLISHED, Reference, Word};
use crate::layout::segment::{SEGMENTS, SegmentGeometry};
use crate::mem::Region;
use crate::sync::{AtomicU64, Ordering, crash_point, fence};
use std::collections::{BTreeMap, VecDeque};

/// A private copy of a cache line, as aligned as the original.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Line(pub [u64; 8]);

/// A view of one mapped segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    headers: Region,
    payload: *mut u8,
    pub geometry: SegmentGeometry,
    /// Place in the segment table, and the generation of that entry.
    pub index: u16,
    pub generation: u16,
}

// SAFETY: the payload pointer is shared memory that stays mapped while the view is used (promised
// in `Segment::new`), and is as valid in one thread as in another.
unsafe impl Send for Segment {}
// SAFETY: as for Send.
unsafe impl Sync for Segment {}

impl Segment {
    /// # Safety
    /// `region` is the whole segment of this geometry, mapped while the view is used.
    pub unsafe fn new(
        region: Region,
        geometry: SegmentGeometry,
        index: u16,
        generation: u16,
    ) -> Self {
        let offset = geometry.payload_offset().expect("checked geometry") as usize;
        let bytes = geometry.chunks as usize * geometry.chunk_bytes as usize;
        let payload = region.part(offset, bytes).as_ptr();
        let first = crate::layout::segment::SEGMENT_HEADER_BYTES as usize;
        let headers = region.part(first, geometry.chunks as usize * 64);
        Self {
            headers,
            payload,
            geometry,
            index,
            generation,
        }
    }

    fn word(&self, chunk: u32) -> &AtomicU64 {
        self.headers.u64(chunk as usize * 64 + chunk::OFF_WORD)
    }

    fn refs(&self, chunk: u32, quarter: usize) -> &AtomicU64 {
        self.headers
            .u64(chunk as usize * 64 + chunk::OFF_REFS + quarter * 8)
    }

    /// Whether an endpoint looks at the chunk.
    pub fn is_referenced(&self, chunk: u32) -> bool {
        // sync chunk-word/acquire: the last reader has done reading.
        (0..4).any(|quarter| self.refs(chunk, quarter).load(Ordering::Acquire) != 0)
    }

    /// The chunk's word, decoded.
    pub fn state(&self, chunk: u32) -> Word {
        // sync chunk-word/acquire: what came before the word was stored is visible.
        Word::from_word(self.word(chunk).load(Ordering::Acquire))
    }

    /// The endpoints that look at the chunk.
    pub fn holders(&self, chunk: u32) -> [u64; 4] {
        [0, 1, 2, 3].map(|quarter| self.refs(chunk, quarter).load(Ordering::Relaxed))
    }

    /// Whether its chunks are of a good size for `needed` bytes: large enough, and not wasted.
    #[inline]
    pub fn fits(&self, needed: u64) -> bool {
        let bytes = self.geometry.chunk_bytes;
        bytes >= needed && bytes <= (needed * 2).max(1024)
    }

    /// Where the chunk's bytes are.
    pub fn bytes(&self, chunk: u32) -> *mut u8 {
        assert!(chunk < self.geometry.chunks, "chunk {chunk} does not exist");
        // SAFETY: chunk < chunks, so the offset is inside the payload (checked in `new`).
        unsafe {
            self.payload
                .add(chunk as usize * self.geometry.chunk_bytes as usize)
        }
    }

    /// Claims a free chunk for `endpoint`, looking from `start` on. Returns its index and
    /// generation.
    pub fn loan(&self, endpoint: u32, start: u32) -> Option<(u32, u16)> {
        let chunks = self.geometry.chunks;
        (0..chunks)
            .map(|step| (start + step) % chunks)
            .find_map(|chunk| {
                let seen = self.word(chunk).load(Ordering::Relaxed);
                let word = Word::from_word(seen);
                if word.state != FREE || self.is_referenced(chunk) {
                    return None;
                }
                let generation = (word.generation + 1) & GENERATION_MASK;
                let loaned = Word::loaned(endpoint as u8, generation).to_word();
                // sync chunk-claim/seqcst: the claim before our look at the references; pairs with
                // the reader's bit before its look at the word.
                self.word(chunk)
                    .compare_exchange(seen, loaned, Ordering::SeqCst, Ordering::Relaxed)
                    .ok()?;
                crash_point("chunk-loaned");
                fence(Ordering::SeqCst); // sync chunk-claim/seqcst: as above
                if self.is_referenced(chunk) {
                    self.store_free(chunk, generation);
                    return None;
                }
                Some((chunk, generation as u16))
            })
    }

    /// Takes the chunk of message `sequence` of `lane` as a loan of `endpoint`, without its being
    /// free in between; the new generation. Only for the owner of the lane, who knows that the
    /// message is over. The caller fences, and gives the chunk back if [`Segment::is_referenced`].
    pub fn reloan(&self, reference: Reference, lane: u32, seq: u64, endpoint: u32) -> Option<u16> {
        let published = Word::published(lane as u8, seq, u64::from(reference.generation));
        let generation = (u64::from(reference.generation) + 1) & GENERATION_MASK;
        // sync chunk-claim/seqcst: as in `loan`.
        self.word(reference.chunk)
            .compare_exchange(
                published.to_word(),
                Word::loaned(endpoint as u8, generation).to_word(),
                Ordering::SeqCst,
                Ordering::Relaxed,
            )
            .is_ok()
            .then_some(generation as u16)
    }

    fn store_free(&self, chunk: u32, generation: u64) {
        // sync chunk-word/release: our use of the memory comes before the next owner's.
        self.word(chunk)
            .store(Word::free(generation).to_word(), Ordering::Release);
    }

    /// Gives a loan back. Only its holder, or the repairer of its dead holder.
    pub fn unloan(&self, chunk: u32, generation: u16) {
        self.store_free(chunk, u64::from(generation));
    }

    /// Turns a loan into the chunk of message `sequence` of `lane`. Only its holder.
    pub fn publish(&self, chunk: u32, generation: u16, lane: u32, sequence: u64) {
        let word = Word::published(lane as u8, sequence, u64::from(generation));
        // sync chunk-word/release: the bytes are complete before the word says so.
        self.word(chunk).store(word.to_word(), Ordering::Release);
        crash_point("chunk-published");
    }

    /// Refers to the chunk of message `sequence` of `lane` on behalf of `endpoint`. False when
    /// the message has lost the chunk meanwhile.
    pub fn hold(&self, chunk: u32, generation: u16, endpoint: u32, lane: u32, seq: u64) -> bool {
        let published = Word::published(lane as u8, seq, u64::from(generation)).to_word();
        // Once the chunk has gone to another message our bit may be set for that one, and must
        // stay. While the word names this message, nobody of this endpoint can hold the chunk.
        if self.word(chunk).load(Ordering::Relaxed) != published {
            return false;
        }
        self.add_reference(chunk, endpoint);
        crash_point("chunk-held");
        // sync chunk-word/acquire: the bytes of the message we find named are visible.
        if self.word(chunk).load(Ordering::Acquire) == published {
            return true;
        }
        self.release(chunk, endpoint);
        false
    }

    /// Copies the chunk of message `sequence` of `lane` to the end of `to`, in whole lines and
    /// without referring to it. False when the message has lost the chunk meanwhile; then what was
    /// copied means nothing.
    pub fn copy(&self, reference: Reference, lane: u32, seq: u64, to: &mut Vec<Line>) -> bool {
        let (chunk, generation) = (reference.chunk, u64::from(reference.generation));
        let published = Word::published(lane as u8, seq, generation).to_word();
        // sync chunk-word/acquire: the bytes of the message we find named are visible.
        if self.word(chunk).load(Ordering::Acquire) != published {
            return false;
        }
        let lines = reference.len.min(self.geometry.chunk_bytes).div_ceil(64) as usize;
        let from = self.bytes(chunk).cast::<[AtomicU64; 8]>();
        to.extend((0..lines).map(|at| {
            // SAFETY: a chunk is a whole number of lines, 64-aligned, and has this many. Others
            // may be writing; an atomic word may change.
            let line = unsafe { &*from.add(at) };
            Line(std::array::from_fn(|word| {
                line[word].load(Ordering::Relaxed)
            }))
        }));
        // sync chunk-word/acquire: if a word above is of a later message, the load below sees the
        // claim that was fenced before it (`loan`), or something newer.
        fence(Ordering::Acquire);
        self.word(chunk).load(Ordering::Relaxed) == published
    }

    /// Sets the reference bit; the caller then looks at the word, or knows that another
    /// reference keeps the chunk.
    pub fn add_reference(&self, chunk: u32, endpoint: u32) {
        let bit = 1u64 << (endpoint % 64);
        // sync chunk-claim/seqcst: our bit before our look at the word; see `loan`.
        self.refs(chunk, endpoint as usize / 64)
            .fetch_or(bit, Ordering::SeqCst);
        fence(Ordering::SeqCst); // sync chunk-claim/seqcst: as above
    }

    /// Takes the reference bit of `endpoint` back; doing it twice does no harm.
    pub fn release(&self, chunk: u32, endpoint: u32) {
        let bit = 1u64 << (endpoint % 64);
        // sync chunk-word/release: our reading comes before the next owner's writing.
        self.refs(chunk, endpoint as usize / 64)
            .fetch_and(!bit, Ordering::Release);
    }

    /// Ends the chunk's part in message `sequence` of `lane`, if it still has it. Anybody.
    pub fn retire(&self, chunk: u32, generation: u16, lane: u32, sequence: u64) {
        let published = Word::published(lane as u8, sequence, u64::from(generation)).to_word();
        let free = Word::free(u64::from(generation)).to_word();
        // sync chunk-word/release: as in `store_free`.
        let _ = self.word(chunk).compare_exchange(
            published,
            free,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }
}

/// The chunk of a message.
#[derive(Clone, Copy)]
struct Kept<'a> {
    segment: &'a Segment,
    chunk: u32,
    generation: u16,
    lane: u32,
    sequence: u64,
    /// Of the lane, when it was looked at.
    tail: u64,
}

impl Kept<'_> {
    fn retire(&self) {
        self.segment
            .retire(self.chunk, self.generation, self.lane, self.sequence);
    }
}

/// The segments a handle has mapped, by their place in the segment table.
#[derive(Default)]
pub struct Pool {
    segments: Vec<Segment>,
}

impl Pool {
    pub fn insert(&mut self, segment: Segment) {
        self.segments.retain(|known| known.index != segment.index);
        self.segments.push(segment);
    }

    pub fn remove(&mut self, index: u16) {
        self.segments.retain(|known| known.index != index);
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The mapped segment that `reference` names, if its numbers are sound and it is mapped.
    pub fn find(&self, reference: Reference) -> Option<&Segment> {
        self.segments.iter().find(|segment| {
            segment.index == reference.segment
                && segment.generation == reference.segment_generation
                && usize::from(reference.segment) < SEGMENTS
                && reference.chunk < segment.geometry.chunks
                && reference.len <= segment.geometry.chunk_bytes
        })
    }

    /// See [`Segment::retire`].
    pub fn retire(&self, reference: Reference, lane: u32, sequence: u64) {
        if let Some(segment) = self.find(reference) {
            segment.retire(reference.chunk, reference.generation, lane, sequence);
        }
    }

    /// Every chunk of every mapped segment, with its decoded word.
    pub fn chunks(&self) -> impl Iterator<Item = (&Segment, u32, Word)> {
        self.segments.iter().flat_map(|segment| {
            (0..segment.geometry.chunks).map(move |chunk| (segment, chunk, segment.state(chunk)))
        })
    }

    /// Topics, when memory is short: frees the chunks of every lane that all subscribers have
    /// passed and history does not ask for; of lanes that nobody owns, whose owner can do nothing
    /// about them any more, all that no lossless subscriber still needs. False if there was none.
    pub fn retire_unneeded(&self, control: &Control) -> bool {
        // sync members/seqcst: publications come before this look at the members.
        fence(Ordering::SeqCst);
        let mut any = false;
        for kept in self.kept(control) {
            let Kept {
                lane,
                sequence,
                tail,
                ..
            } = kept;
            let passed = control.least_cursor(control.active(), lane, tail);
            let remembered = tail.saturating_sub(control.history());
            // sync lane-owner/acquire: what the last owner published is visible.
            let orphan = control.lane(lane).owner().load(Ordering::Acquire) == 0;
            let unneeded = sequence < passed.min(remembered)
                || (orphan && sequence < control.least_cursor(control.gating(), lane, tail));
            if unneeded {
                kept.retire();
                any = true;
            }
        }
        any
    }

    /// Topics, when nothing else gives memory: frees of each lane the oldest chunk that no lossless
    /// subscriber still needs, so that the history of some cannot keep another from publishing.
    /// False if there was none.
    pub fn retire_oldest(&self, control: &Control) -> bool {
        // sync members/seqcst: as above.
        fence(Ordering::SeqCst);
        let mut oldest: BTreeMap<u32, Kept<'_>> = BTreeMap::new();
        for kept in self.kept(control) {
            let known = oldest.entry(kept.lane).or_insert(kept);
            if kept.sequence < known.sequence {
                *known = kept;
            }
        }
        oldest.retain(|lane, kept| {
            kept.sequence < control.least_cursor(control.gating(), *lane, kept.tail)
        });
        oldest.values().for_each(Kept::retire);
        !oldest.is_empty()
    }

    /// The chunks of messages, of all lanes that there are.
    fn kept(&self, control: &Control) -> impl Iterator<Item = Kept<'_>> {
        let reserved = control.lanes_reserved();
        self.chunks().filter_map(move |(segment, chunk, word)| {
            let lane = u32::from(word.owner);
            let known = lane < control.geometry().lanes && reserved >> lane & 1 != 0;
            if word.state != PUBLISHED || !known {
                return None;
            }
            let tail = control.lane(lane).find_tail();
            Some(Kept {
                segment,
                chunk,
                generation: word.generation as u16,
                lane,
                sequence: widen(word.sequence, tail),
                tail,
            })
        })
    }

    /// The chunks that messages of lane `index` refer to, oldest first; those whose message never
    /// appeared or has been overwritten are freed. Only for the owner of the lane, or its
    /// repairer.
    pub fn published_by(&self, lane: &Lane, index: u32) -> VecDeque<(u64, Reference)> {
        let tail = lane.find_tail();
        let mut found = Vec::new();
        for (segment, chunk, word) in self.chunks() {
            if word.state != PUBLISHED || u32::from(word.owner) != index {
                continue;
            }
            let sequence = widen(word.sequence, tail);
            match message_of(lane, segment, chunk, word, sequence) {
                Some(reference) => found.push((sequence, reference)),
                None => segment.retire(chunk, word.generation as u16, index, word.sequence),
            }
        }
        found.sort_unstable_by_key(|(sequence, _)| *sequence);
        found.into()
    }
}

/// The reference in slot `sequence`, if that slot names exactly this chunk.
fn message_of(
    lane: &Lane,
    segment: &Segment,
    chunk: u32,
    word: Word,
    sequence: u64,
) -> Option<Reference> {
    let super::slot::Found::Message(copy) = lane.slot(sequence).read(sequence) else {
        return None;
    };
    let reference = Reference::from_words([copy.words[0], copy.words[1]]);
    let same = copy.head.flags & crate::layout::lane::FLAG_CHUNK != 0
        && reference.segment == segment.index
        && reference.chunk == chunk
        && u64::from(reference.generation) == word.generation;
    same.then_some(reference)
}

/// The full sequence whose low 40 bits are `low`, near `tail`.
pub fn widen(low: u64, tail: u64) -> u64 {
    let base = tail & !chunk::SEQUENCE_MASK;
    let guess = base | low;
    if guess > tail.saturating_add(chunk::SEQUENCE_MASK >> 1) {
        guess.saturating_sub(chunk::SEQUENCE_MASK + 1)
    } else {
        guess
    }
}
