//! The reading end of a topic: private cursors over all lanes.

use super::control::Control;
use super::lane::Lane;
use super::slot::{Found, LineCopy, SlotCopy};
use crate::sync::{Ordering, crash_point, fence};

/// Lanes of a channel.
pub const LANES: usize = 64;

/// The private state of one subscriber.
pub struct Reader {
    endpoint: u32,
    latest: bool,
    lossless: bool,
    lanes: Vec<(u32, Lane)>,
    /// What we read next on each lane.
    next: [u64; LANES],
    /// Where we joined each lane; what lies below is history and is not missed when it is gone.
    joined: [u64; LANES],
    /// Lanes whose cursor lags behind `next`.
    lagging: u64,
    /// The cursor is stored when the bits of the sequence that this leaves are 0.
    stride_mask: u64,
    turn: usize,
    epoch: u64,
    missed: u64,
}

/// A cursor is stored after so many messages, and whenever there is nothing to read: one for each
/// message would cost a fast stream a factor of four (docs/layout-measurements.md).
const CURSOR_STRIDE: u64 = 32;

/// The endpoint of somebody who has none; `Control::endpoint` refuses it.
const NOBODY: u32 = u32::MAX;

/// A message found on a lane. It counts as read only after [`Reader::advance`].
#[derive(Clone, Copy)]
pub struct Seen {
    pub lane: u32,
    pub sequence: u64,
    pub line: LineCopy,
    /// Where in the list of lanes the next look begins, once this message is read.
    turn: usize,
}

impl Reader {
    /// Joins the topic as `endpoint`, whose block the caller owns. With `lossless` the producers
    /// wait for us from here on. Starts up to `history` messages back on each lane.
    ///
    /// The cursors are stored before the bit is visible and the tails are read again after it:
    /// so there is no message that neither waits for us nor is seen by us.
    pub fn join(
        control: &Control,
        endpoint: u32,
        lossless: bool,
        latest: bool,
        history: u64,
    ) -> Self {
        let mut reader = Self::new(control, endpoint, lossless, latest);
        let block = control.endpoint(endpoint);
        let reserved = control.lanes_reserved();
        for lane in 0..LANES as u32 {
            let tail = if reserved >> lane & 1 != 0 {
                control.lane(lane).tail_hint()
            } else {
                0
            };
            // sync cursor/release: before the member bit makes it count.
            block.cursor(lane).store(tail, Ordering::Release);
        }
        crash_point("joining");
        control.active().insert(endpoint);
        if lossless {
            control.gating().insert(endpoint);
        }
        crash_point("joined");
        fence(Ordering::SeqCst); // sync members/seqcst: the bits before the tails below
        // Again: a lane that came up meanwhile may have gone round before its writer saw our bit.
        let reserved = control.lanes_reserved();
        for index in 0..LANES as u32 {
            if reserved >> index & 1 == 0 {
                continue;
            }
            let at = reader.begin_at_end(control.lane(index), index, history);
            // sync cursor/release: everything from here on waits for us.
            block.cursor(index).store(at, Ordering::Release);
        }
        reader.look_for_lanes(control);
        reader
    }

    /// Reads the topic without being there for anybody: stores nothing, and can hold nobody up.
    /// Starts up to `history` messages back on each lane; or, if the channel is `new`, with its
    /// first message. What was read is passed with [`Reader::advance_kept`] or [`Reader::skip`].
    pub fn observe(control: &Control, latest: bool, history: u64, new: bool) -> Self {
        let mut reader = Self::new(control, NOBODY, false, latest);
        let reserved = control.lanes_reserved();
        for index in (0..LANES as u32).filter(|index| !new && reserved >> index & 1 != 0) {
            reader.begin_at_end(control.lane(index), index, history);
        }
        reader.look_for_lanes(control);
        reader
    }

    fn new(control: &Control, endpoint: u32, lossless: bool, latest: bool) -> Self {
        Self {
            endpoint,
            latest,
            lossless,
            lanes: Vec::with_capacity(LANES),
            next: [0; LANES],
            joined: [0; LANES],
            lagging: 0,
            stride_mask: CURSOR_STRIDE.min(u64::from(control.geometry().depth) / 4) - 1,
            turn: 0,
            epoch: control.epoch(),
            missed: 0,
        }
    }

    /// Joins a lane behind its newest message, the sequence returned, and reads on from `history`
    /// messages before.
    fn begin_at_end(&mut self, lane: Lane, index: u32, history: u64) -> u64 {
        let mut at = lane.tail_hint();
        // As good as for ever, unless somebody breaks the protocol. To stop early is safe: what
        // follows is then read as new.
        for _ in 0..4 * lane.depth() {
            if lane.slot(at).holds(at) {
                at = at.wrapping_add(1);
            } else if lane.slot(at).sequence() > at {
                at = lane.tail_hint().max(at.saturating_add(1));
            } else {
                break;
            }
        }
        let back = history.min(lane.depth() - 1);
        self.joined[index as usize] = at;
        self.next[index as usize] = at.saturating_sub(back);
        at
    }

    fn look_for_lanes(&mut self, control: &Control) {
        let mut reserved = control.lanes_reserved();
        self.lanes.clear();
        while reserved != 0 {
            let lane = reserved.trailing_zeros();
            reserved &= reserved - 1;
            self.lanes.push((lane, control.lane(lane)));
        }
    }

    /// Looks once at every lane, in turn, for a message. What was lost on the way is added to
    /// the misses. A caller that finds nothing calls [`Reader::store_cursors`].
    #[inline(always)]
    pub fn poll(&mut self, control: &Control) -> Option<Seen> {
        let epoch = control.epoch();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.look_for_lanes(control);
        }
        let mut at = self.turn;
        for _ in 0..self.lanes.len() {
            if at >= self.lanes.len() {
                at = 0;
            }
            let (lane, view) = &self.lanes[at];
            at += 1;
            let (lane, sequence) = (*lane, self.next[*lane as usize % LANES]);
            let found = if self.latest {
                Found::Overwritten
            } else {
                view.slot(sequence).read_line(sequence)
            };
            let seen = match found {
                Found::Message(line) => Seen {
                    lane,
                    sequence,
                    line,
                    turn: at,
                },
                Found::Nothing => continue,
                Found::Overwritten => match self.skip_on(at - 1) {
                    Some(seen) => seen,
                    None => continue,
                },
            };
            return Some(seen);
        }
        None
    }

    /// Looks at the lane in place `at` of the list, skipping what is gone or not wanted.
    #[cold]
    fn skip_on(&mut self, at: usize) -> Option<Seen> {
        let (number, lane) = self.lanes[at];
        let index = number as usize;
        // A lane whose writer keeps lapping us is left after a few jumps; the others have turns.
        for _ in 0..4 {
            let wanted = self.next[index];
            if self.latest {
                self.skip_to(index, lane.newest());
            }
            let sequence = self.next[index];
            match lane.slot(sequence).read_line(sequence) {
                Found::Message(line) => {
                    return Some(Seen {
                        lane: number,
                        sequence,
                        line,
                        turn: at + 1,
                    });
                }
                Found::Nothing if sequence == wanted => return None,
                Found::Nothing => {}
                Found::Overwritten => {
                    // Leave the writer some slots, or it overtakes us again at once.
                    let kept = lane.depth() - lane.depth() / 8;
                    let mut oldest = lane.tail_hint().saturating_sub(kept);
                    if self.lossless {
                        // Only history can go: the writer waits for us from the join on.
                        oldest = oldest.min(self.joined[index]);
                    }
                    self.skip_to(index, oldest.max(sequence.saturating_add(1)));
                }
            }
        }
        None
    }

    fn skip_to(&mut self, index: usize, to: u64) {
        let from = self.next[index].max(self.joined[index]);
        self.missed = self.missed.saturating_add(to.saturating_sub(from));
        self.next[index] = self.next[index].max(to);
    }

    /// State: the newest value is to be read, also if it has been read before.
    pub fn rewind(&mut self) {
        if let Some((index, lane)) = self.lanes.first() {
            let next = &mut self.next[*index as usize % LANES];
            *next = (*next).min(lane.newest());
        }
    }

    /// The message is copied, or held if it is `large`. True when producers were told, so that
    /// one who waits for room should be woken.
    #[inline(always)]
    pub fn advance(&mut self, control: &Control, seen: Seen, large: bool) -> bool {
        let index = seen.lane as usize % LANES;
        self.next[index] = seen.sequence.wrapping_add(1);
        self.turn = seen.turn;
        self.lagging |= 1 << index;
        let told = large || self.next[index] & self.stride_mask == 0;
        if told {
            self.store_cursor(control, seen.lane);
        }
        told
    }

    /// Whether [`Reader::advance`] would store the cursor.
    #[inline(always)]
    pub fn is_at_stride(&self, seen: Seen) -> bool {
        seen.sequence.wrapping_add(1) & self.stride_mask == 0
    }

    /// Whether producers wait for our cursor to pass this message.
    #[inline]
    pub fn is_kept(&self, seen: Seen) -> bool {
        self.lossless && seen.sequence >= self.joined[seen.lane as usize % LANES]
    }

    /// The message is in hand, and our shared cursor, which may keep it, stays where it is.
    #[inline]
    pub fn advance_kept(&mut self, seen: Seen) {
        self.next[seen.lane as usize % LANES] = seen.sequence.wrapping_add(1);
        self.turn = seen.turn;
        self.lagging |= 1 << seen.lane;
    }

    fn store_cursor(&mut self, control: &Control, lane: u32) {
        let index = lane as usize;
        self.lagging &= !(1 << index);
        // Reading history moves nothing: the cursor has stood at the join since then.
        if self.next[index] > self.joined[index] {
            let cursor = control.endpoint(self.endpoint);
            // sync cursor/release: after our copies of the slots.
            cursor
                .cursor(lane)
                .store(self.next[index], Ordering::Release);
        }
    }

    /// Whether [`Reader::store_cursors`] has something to tell.
    #[inline(always)]
    pub fn is_lagging(&self) -> bool {
        self.lagging != 0
    }

    /// Tells producers how far we are on every lane. True if any did not know.
    #[inline]
    pub fn store_cursors(&mut self, control: &Control) -> bool {
        let told = self.lagging != 0;
        while self.lagging != 0 {
            self.store_cursor(control, self.lagging.trailing_zeros());
        }
        told
    }

    /// The whole of a message that is cut after its first line; `None` if it has been overwritten.
    pub fn read_whole(&self, control: &Control, seen: Seen) -> Option<SlotCopy> {
        let lane = control.lane(seen.lane);
        match lane.slot(seen.sequence).read(seen.sequence) {
            Found::Message(copy) => Some(copy),
            Found::Nothing | Found::Overwritten => None,
        }
    }

    /// The message was there but its chunk was not any more.
    #[cold]
    pub fn lose(&mut self, control: &Control, seen: Seen) {
        self.count_missed(seen);
        self.advance(control, seen, true);
    }

    /// As [`Reader::lose`], without telling anybody.
    #[cold]
    pub fn skip(&mut self, seen: Seen) {
        self.count_missed(seen);
        self.advance_kept(seen);
    }

    fn count_missed(&mut self, seen: Seen) {
        let counts = seen.sequence >= self.joined[seen.lane as usize % LANES];
        self.missed = self.missed.saturating_add(u64::from(counts));
    }

    /// Messages lost since the last call.
    #[inline]
    pub fn take_missed(&mut self) -> u64 {
        std::mem::take(&mut self.missed)
    }
}
