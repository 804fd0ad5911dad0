//! The reading end of a topic: private cursors over all lanes.

use super::control::Control;
use super::lane::Lane;
use super::slot::{Found, SlotCopy};
use crate::layout::lane::FLAG_CHUNK;
use crate::sync::{Ordering, crash_point, fence};

/// Lanes of a channel.
pub const LANES: usize = 64;

/// The private state of one subscriber.
pub struct Reader {
    endpoint: u32,
    latest: bool,
    lanes: Vec<(u32, Lane)>,
    /// What we read next on each lane.
    next: [u64; LANES],
    /// Where we joined each lane; what lies below is history and is not missed when it is gone.
    joined: [u64; LANES],
    /// Lanes whose cursor lags behind `next`.
    lagging: u64,
    turn: usize,
    epoch: u64,
    missed: u64,
}

/// A cursor is stored after so many messages, and whenever there is nothing to read: one for each
/// message would cost a fast stream a factor of four (docs/layout-measurements.md).
const CURSOR_STRIDE: u64 = 32;

/// A message found on a lane. It counts as read only after [`Reader::advance`].
pub struct Seen {
    pub lane: u32,
    pub sequence: u64,
    pub copy: SlotCopy,
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
        let mut reader = Self {
            endpoint,
            latest,
            lanes: Vec::with_capacity(LANES),
            next: [0; LANES],
            joined: [0; LANES],
            lagging: 0,
            turn: 0,
            epoch: control.epoch(),
            missed: 0,
        };
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
            let lane = control.lane(index);
            let mut at = lane.tail_hint();
            // As good as for ever, unless somebody breaks the protocol. To stop early is safe:
            // what follows is then read as new.
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
            reader.joined[index as usize] = at;
            reader.next[index as usize] = at.saturating_sub(back);
            // sync cursor/release: everything from here on waits for us.
            block.cursor(index).store(at, Ordering::Release);
        }
        reader.look_for_lanes(control);
        reader
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

    /// Looks once at every lane, in turn. What was lost on the way is added to the misses. A
    /// caller that finds nothing calls [`Reader::store_cursors`].
    #[inline]
    pub fn poll(&mut self, control: &Control) -> Option<Seen> {
        let epoch = control.epoch();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.look_for_lanes(control);
        }
        for step in 0..self.lanes.len() {
            let at = (self.turn + step) % self.lanes.len();
            let (index, lane) = self.lanes[at];
            if let Some((sequence, copy)) = self.poll_lane(index as usize, &lane) {
                self.turn = at + 1;
                return Some(Seen {
                    lane: index,
                    sequence,
                    copy,
                });
            }
        }
        None
    }

    #[inline]
    fn poll_lane(&mut self, index: usize, lane: &Lane) -> Option<(u64, SlotCopy)> {
        // A lane whose writer keeps lapping us is left after a few jumps; the others have turns.
        for _ in 0..4 {
            let wanted = self.next[index];
            if self.latest {
                self.skip_to(index, lane.tail_hint().saturating_sub(1));
            }
            match lane.slot(self.next[index]).read(self.next[index]) {
                Found::Message(copy) => return Some((self.next[index], copy)),
                Found::Nothing if self.next[index] == wanted => return None,
                Found::Nothing => {}
                Found::Overwritten => {
                    // Leave the writer some slots, or it overtakes us again at once.
                    let kept = lane.depth() - lane.depth() / 8;
                    let oldest = lane.tail_hint().saturating_sub(kept);
                    self.skip_to(index, oldest.max(self.next[index].saturating_add(1)));
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

    /// The message is copied or held. True when producers were told, so that one who waits for
    /// room should be woken.
    #[inline]
    pub fn advance(&mut self, control: &Control, seen: &Seen) -> bool {
        let index = seen.lane as usize;
        self.next[index] = seen.sequence.wrapping_add(1);
        self.lagging |= 1 << index;
        let large = seen.copy.head.flags & FLAG_CHUNK != 0;
        let stride = CURSOR_STRIDE.min(u64::from(control.geometry().depth) / 4);
        let told = large || self.next[index] & (stride - 1) == 0;
        if told {
            self.store_cursor(control, seen.lane);
        }
        told
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

    /// Tells producers how far we are on every lane. True if any did not know.
    #[inline]
    pub fn store_cursors(&mut self, control: &Control) -> bool {
        let told = self.lagging != 0;
        while self.lagging != 0 {
            self.store_cursor(control, self.lagging.trailing_zeros());
        }
        told
    }

    /// The message was there but its chunk was not any more.
    pub fn lose(&mut self, control: &Control, seen: &Seen) {
        let counts = seen.sequence >= self.joined[seen.lane as usize];
        self.missed = self.missed.saturating_add(u64::from(counts));
        self.advance(control, seen);
    }

    /// Messages lost since the last call.
    #[inline]
    pub fn take_missed(&mut self) -> u64 {
        std::mem::take(&mut self.missed)
    }
}
