//! Topics: taking messages where they are, and keeping chunks by our cursor.

use super::unheld::resolve;
use super::{Consumer, Source, nothing_there};
use crate::carrier::attachment::{Attachment, Role};
use crate::carrier::message::{Chunk, ChunkHold, KeptBy, Message};
use crate::carrier::segments::Segments;
use crate::error::Result;
use crate::layout::chunk::Reference;
use crate::mem::prefetch_bytes;
use crate::ring::pool::Pool;
use crate::ring::reader::Seen;
use crate::ring::slot::SlotCopy;
use crate::sync::{Ordering, crash_point};
use std::sync::Arc;

/// What [`Consumer::poll`] found.
pub(super) enum Polled {
    /// A message in one cache line.
    Line(Seen),
    /// A message in its slot.
    Slot(Seen, SlotCopy),
    /// A message in a chunk that our cursor keeps.
    Kept(Seen),
    Nothing,
    /// Something else to look at, or to do.
    Other,
}

impl Consumer {
    /// Topics: looks for a message of a common kind.
    #[inline(always)]
    pub(super) fn poll(&mut self) -> Polled {
        if self.ready.is_none()
            && let Source::Topic(reader) = &mut self.source
        {
            let control = &self.attachment.control;
            return match reader.poll(control) {
                Some(seen) if seen.line.is_chunk() => match reader.is_kept(seen) {
                    true => Polled::Kept(seen),
                    false => Polled::Other,
                },
                Some(seen) if !seen.line.is_cut() => Polled::Line(seen),
                Some(seen) => match reader.read_whole(control, seen) {
                    Some(copy) => Polled::Slot(seen, copy),
                    None => Polled::Other,
                },
                None if !reader.is_lagging() => Polled::Nothing,
                None => Polled::Other,
            };
        }
        Polled::Other
    }

    /// Topics: tells producers how far we have read, before we stop reading for a while.
    #[inline(always)]
    pub(super) fn tell_cursors(&mut self) {
        self.settle();
        self.store_cursors();
    }

    #[inline(always)]
    fn store_cursors(&mut self) {
        let control = &self.attachment.control;
        if let Source::Topic(reader) = &mut self.source
            && reader.store_cursors(control)
        {
            self.attachment.ring(control.space_bell());
        }
    }

    pub(super) fn look_at_topic(&mut self) -> Result<Option<Message>> {
        loop {
            let Source::Topic(reader) = &mut self.source else {
                return Ok(None);
            };
            let attachment = &self.attachment;
            let control = &attachment.control;
            let Some(seen) = reader.poll(control) else {
                self.tell_cursors();
                return Ok(None);
            };
            let large = seen.line.is_chunk();
            let chunk = match large {
                true if reader.is_kept(seen) => return self.take_kept(seen).map(Some),
                true => hold(attachment, &mut self.segments, seen)?,
                false => None,
            };
            let copy = match seen.line.is_cut() {
                true => reader.read_whole(control, seen),
                false => Some(seen.line.whole()),
            };
            let Some(copy) = copy.filter(|_| large == chunk.is_some()) else {
                self.lose(seen);
                continue;
            };
            let missed = self.advance(seen, large);
            let chunk = chunk.map(Chunk::Held);
            return Ok(Some(Message::new(copy, seen.sequence, missed, chunk, None)));
        }
    }

    /// Topics: the message was there but it, or its chunk, is not any more.
    #[cold]
    pub(super) fn lose(&mut self, seen: Seen) {
        self.settle();
        if let Source::Topic(reader) = &mut self.source {
            reader.lose(&self.attachment.control, seen);
        }
    }

    /// Topics: the chunk of a message that our cursor keeps, for as long as it stays there. `None`
    /// if there is none.
    #[inline(always)]
    pub(super) fn lend(&mut self, seen: Seen) -> Result<Option<Chunk>> {
        let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
        if self.segments.pool().find(reference).is_none() {
            let attachment = &self.attachment;
            let (place, control) = (&attachment.place, &attachment.control);
            self.segments.refresh(place, control, false)?;
        }
        let segment = self.segments.pool().find(reference);
        Ok(segment.map(|segment| Chunk::Lent {
            start: segment.bytes(reference.chunk),
            len: reference.len as usize,
            _copy: None,
        }))
    }

    /// Topics: makes a message of a chunk that our cursor keeps.
    pub(super) fn take_kept(&mut self, seen: Seen) -> Result<Message> {
        let attachment = &self.attachment;
        let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
        let found = resolve(attachment, &mut self.segments, reference)?;
        if let Some(segment) = self.segments.pool().find(reference) {
            prefetch_bytes(segment.bytes(reference.chunk), reference.len as usize);
        }
        if self.settle() {
            // Whoever always has one in hand, and always finds another one, would never tell.
            self.store_cursors();
        }
        let Source::Topic(reader) = &mut self.source else {
            return Err(nothing_there());
        };
        let Some(found) = found else {
            // Somebody has deleted the data file, or the publisher breaks the protocol.
            reader.advance_kept(seen);
            return Err(self.lost_data());
        };
        self.taken += 1;
        self.attachment.gate.close(self.taken);
        self.kept = Some((self.taken, reference));
        crash_point("chunk-kept");
        reader.advance_kept(seen);
        let kept_by = KeptBy::Cursor {
            number: self.taken,
            lane: seen.lane,
            sequence: seen.sequence,
        };
        let (copy, missed) = (seen.line.whole(), reader.take_missed());
        let chunk = Some(Chunk::Held(found.held(kept_by)));
        Ok(Message::new(copy, seen.sequence, missed, chunk, None))
    }

    /// Topics: our cursor is about to move. If the message that it keeps is still in hand, that
    /// gets a reference bit instead. Whether it was.
    #[inline(always)]
    pub(super) fn settle(&mut self) -> bool {
        if let Some((number, reference)) = self.kept.take()
            && self.attachment.gate.keeps(number)
        {
            settle_kept(&self.attachment, self.segments.pool(), number, reference);
            return true;
        }
        false
    }

    /// Topics: the message is copied or held; wakes who waits for its room. How many were missed
    /// before it, which those who look from outside can see, too.
    #[inline(always)]
    pub(super) fn advance(&mut self, seen: Seen, large: bool) -> u64 {
        let Source::Topic(reader) = &mut self.source else {
            return 0;
        };
        if self.kept.is_some() && (large || reader.is_at_stride(seen)) {
            self.settle();
        }
        let Source::Topic(reader) = &mut self.source else {
            return 0;
        };
        let control = &self.attachment.control;
        if reader.advance(control, seen, large) {
            self.attachment.ring(control.space_bell());
        }
        let missed = reader.take_missed();
        if missed > 0 {
            let block = control.endpoint(self.attachment.endpoint);
            block.missed().fetch_add(missed, Ordering::Relaxed);
        }
        missed
    }
}

/// Refers to the chunk of message `number`, which the gate has kept so far.
#[cold]
fn settle_kept(attachment: &Attachment, pool: &Pool, number: u64, reference: Reference) {
    // One that has left the table is used by nobody again; and only what the pool has is mapped
    // for certain, when the message may be dropped at any moment.
    let Some(segment) = pool.find(reference) else {
        return;
    };
    segment.add_reference(reference.chunk, attachment.endpoint);
    if !attachment.gate.open(number) {
        // Dropped meanwhile, by somebody who did not know of the reference.
        segment.release(reference.chunk, attachment.endpoint);
    }
}

/// Topics: refers to the chunk of a message; `None` if it has lost it meanwhile.
fn hold(
    attachment: &Arc<Attachment>,
    segments: &mut Segments,
    seen: Seen,
) -> Result<Option<ChunkHold>> {
    let reference = Reference::from_words([seen.line.words[0], seen.line.words[1]]);
    let Some(found) = resolve(attachment, segments, reference)? else {
        return Ok(None);
    };
    let (chunk, generation) = (reference.chunk, reference.generation);
    let view = &found.mapped.view;
    let refer = || {
        view.hold(
            chunk,
            generation,
            attachment.endpoint,
            seen.lane,
            seen.sequence,
        )
    };
    let (is_held, kept_by) = match attachment.role {
        Role::Watch => {
            let hands = &attachment.hands;
            let is_held = hands.take(&found.mapped, chunk, generation, refer);
            (is_held, KeptBy::Hands)
        }
        _ => (refer(), KeptBy::Reference),
    };
    Ok(is_held.then(|| found.held(kept_by)))
}
