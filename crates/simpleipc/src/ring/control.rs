//! The control file as a whole: shared words of the channel, endpoint blocks, lanes.

use super::bell::Bell;
use super::lane::Lane;
use crate::layout::endpoint as block;
use crate::layout::header::{self, Geometry};
use crate::layout::segment::SEGMENTS;
use crate::mem::Region;
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use std::sync::Arc;

/// A view of a control file. The header's identity is private memory; only the words that live
/// are read from the file.
#[derive(Clone, Debug)]
pub struct Control {
    region: Region,
    geometry: Arc<Geometry>,
}

impl Control {
    /// `region` is the whole file as `geometry` describes it.
    pub fn new(region: Region, geometry: Geometry) -> Self {
        Self {
            region,
            geometry: Arc::new(geometry),
        }
    }

    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Endpoint blocks below this index are reserved and may be touched. Never more than exist.
    pub fn endpoints_reserved(&self) -> u32 {
        // sync endpoints-reserved/acquire: the blocks below have memory behind them.
        let reserved = self
            .region
            .u32(header::OFF_ENDPOINTS_RESERVED)
            .load(Ordering::Acquire);
        reserved.min(self.geometry.endpoints)
    }

    /// Says that the blocks below `count` are reserved; anybody may, after reserving them.
    pub fn set_endpoints_reserved(&self, count: u32) {
        // sync endpoints-reserved/release: after the reservation.
        self.region
            .u32(header::OFF_ENDPOINTS_RESERVED)
            .fetch_max(count, Ordering::Release);
    }

    /// Bit l: lane l is reserved and may be touched.
    #[inline]
    pub fn lanes_reserved(&self) -> u64 {
        // sync lanes-reserved/acquire: the lanes have memory behind them.
        self.region
            .u64(header::OFF_LANES_RESERVED)
            .load(Ordering::Acquire)
    }

    /// Says that lane `lane` is reserved; anybody may, after reserving it.
    pub fn set_lane_reserved(&self, lane: u32) {
        // sync lanes-reserved/release: after the reservation.
        self.region
            .u64(header::OFF_LANES_RESERVED)
            .fetch_or(1 << lane, Ordering::Release);
    }

    /// Messages producers keep for late joiners.
    pub fn history(&self) -> u64 {
        let history = self.region.u32(header::OFF_HISTORY).load(Ordering::Relaxed);
        u64::from(history.min(self.geometry.depth))
    }

    pub fn raise_history(&self, history: u32) {
        self.region
            .u32(header::OFF_HISTORY)
            .fetch_max(history, Ordering::Relaxed);
    }

    /// Whether producers must fence because a sleeper cannot issue process-wide barriers.
    #[inline(always)]
    pub fn need_fence(&self) -> bool {
        self.region
            .u32(header::OFF_NEED_FENCE)
            .load(Ordering::Relaxed)
            != 0
    }

    pub fn set_need_fence(&self) {
        self.region
            .u32(header::OFF_NEED_FENCE)
            .store(1, Ordering::Relaxed);
    }

    /// Changes whenever somebody joined, left or was repaired.
    #[inline]
    pub fn epoch(&self) -> u64 {
        // sync epoch/acquire: what changed before the epoch did is visible.
        self.region.u64(header::OFF_EPOCH).load(Ordering::Acquire)
    }

    pub fn bump_epoch(&self) {
        // sync epoch/release: after the change it announces.
        self.region
            .u64(header::OFF_EPOCH)
            .fetch_add(1, Ordering::Release);
    }

    pub fn bell(&self) -> Bell<'_> {
        Bell(self.region.u32(header::OFF_BELL))
    }

    pub fn space_bell(&self) -> Bell<'_> {
        Bell(self.region.u32(header::OFF_SPACE_BELL))
    }

    /// The subscribers that producers wait for.
    pub fn gating(&self) -> Members<'_> {
        Members(self.quad(header::OFF_GATING))
    }

    /// All subscribers.
    pub fn active(&self) -> Members<'_> {
        Members(self.quad(header::OFF_ACTIVE))
    }

    /// Locks: those who have waited for so long that it is their turn. The same words: a lock has
    /// no subscribers.
    #[inline(always)]
    pub fn line(&self) -> Members<'_> {
        self.active()
    }

    /// Locks: permit `index`.
    #[inline(always)]
    pub fn permit(&self, index: u32) -> &AtomicU64 {
        assert!(
            index < crate::limits::PERMITS_MAX,
            "permit {index} does not exist"
        );
        self.region.u64(header::OFF_PERMITS + index as usize * 8)
    }

    /// Takes an endpoint out of both sets: nobody waits for it any more.
    pub fn remove_member(&self, endpoint: u32) {
        self.gating().remove(endpoint);
        self.active().remove(endpoint);
    }

    fn quad(&self, offset: usize) -> [&AtomicU64; 4] {
        [0, 8, 16, 24].map(|at| self.region.u64(offset + at))
    }

    /// Entry `index` of the segment table.
    pub fn segment_entry(&self, index: usize) -> &AtomicU64 {
        assert!(index < SEGMENTS, "segment {index} does not exist");
        self.region.u64(header::OFF_SEGMENTS + index * 8)
    }

    /// Endpoint block `index`, which is reserved.
    pub fn endpoint(&self, index: u32) -> Endpoint {
        assert!(
            index < self.geometry.endpoints,
            "endpoint {index} does not exist"
        );
        let offset = header::OFF_ENDPOINTS + u64::from(index) * block::BLOCK_BYTES;
        Endpoint(
            self.region
                .part(offset as usize, block::BLOCK_BYTES as usize),
        )
    }

    /// Lane `index`, which is reserved.
    pub fn lane(&self, index: u32) -> Lane {
        assert!(index < self.geometry.lanes, "lane {index} does not exist");
        let (offset, bytes) = (self.geometry.lane_offset(index), self.geometry.lane_bytes());
        Lane::new(
            self.region.part(offset as usize, bytes as usize),
            index,
            self.geometry.depth,
            self.geometry.is_queue(),
        )
    }

    /// The smallest cursor on `lane` among `members`, at most `limit`.
    pub fn least_cursor(&self, members: Members<'_>, lane: u32, limit: u64) -> u64 {
        let reserved = self.endpoints_reserved();
        members
            .iter()
            .filter(|e| *e < reserved)
            .fold(limit, |least, e| {
                // sync cursor/acquire: the reader has done with everything below its cursor.
                least.min(self.endpoint(e).cursor(lane).load(Ordering::Acquire))
            })
    }
}

/// A set of endpoints, one bit each.
#[derive(Clone, Copy)]
pub struct Members<'a>([&'a AtomicU64; 4]);

impl Members<'_> {
    pub fn insert(&self, endpoint: u32) {
        // sync members/seqcst: the member's cursors were stored before; a producer that does not
        // see the bit has published what the member finds when it looks at the tails next.
        self.0[endpoint as usize / 64].fetch_or(1 << (endpoint % 64), Ordering::SeqCst);
    }

    pub fn remove(&self, endpoint: u32) {
        self.0[endpoint as usize / 64].fetch_and(!(1 << (endpoint % 64)), Ordering::Relaxed);
    }

    /// Nobody is in it, as far as this processor has heard.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| word.load(Ordering::Relaxed) == 0)
    }

    pub fn contains(&self, endpoint: u32) -> bool {
        self.0[endpoint as usize / 64].load(Ordering::Relaxed) >> (endpoint % 64) & 1 != 0
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            // sync members/seqcst: see `insert`; the producer's fence comes before this load.
            let mut bits = word.load(Ordering::SeqCst);
            std::iter::from_fn(move || {
                if bits == 0 {
                    return None;
                }
                let bit = bits.trailing_zeros();
                bits &= bits - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }
}

/// One endpoint block.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint(Region);

impl Endpoint {
    pub fn state(&self) -> &AtomicU32 {
        self.0.u32(block::OFF_STATE)
    }

    pub fn generation(&self) -> &AtomicU32 {
        self.0.u32(block::OFF_GENERATION)
    }

    pub fn role(&self) -> &AtomicU32 {
        self.0.u32(block::OFF_ROLE)
    }

    pub fn pid(&self) -> &AtomicU32 {
        self.0.u32(block::OFF_PID)
    }

    pub fn joined_ns(&self) -> &AtomicU64 {
        self.0.u64(block::OFF_JOINED_NS)
    }

    pub fn missed(&self) -> &AtomicU64 {
        self.0.u64(block::OFF_MISSED)
    }

    /// Locks: the clock when the endpoint that stands in line began to wait.
    pub fn waiting_since_ns(&self) -> &AtomicU64 {
        self.0.u64(block::OFF_WAITING_SINCE_NS)
    }

    /// The words of the program's name.
    pub fn program(&self) -> [&AtomicU64; block::PROGRAM_WORDS] {
        std::array::from_fn(|index| self.0.u64(block::OFF_PROGRAM + index * 8))
    }

    /// The words of the language's name.
    pub fn language(&self) -> [&AtomicU64; block::LANGUAGE_WORDS] {
        std::array::from_fn(|index| self.0.u64(block::OFF_LANGUAGE + index * 8))
    }

    /// What this subscriber reads next on `lane`.
    #[inline]
    pub fn cursor(&self, lane: u32) -> &AtomicU64 {
        self.0.u64(block::OFF_CURSORS + lane as usize * 8)
    }

    pub fn lease(&self) -> &AtomicU64 {
        self.0.u64(block::OFF_LEASE)
    }

    /// Word `index` of the copy of the leased slot.
    pub fn lease_word(&self, index: usize) -> &AtomicU64 {
        assert!(index < 16, "a slot has 16 words");
        self.0.u64(block::OFF_LEASE_SLOT + index * 8)
    }
}
