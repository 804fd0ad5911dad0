//! Data segments: mapping those that others made, making new ones, removing unused ones.
//!
//! A segment enters the channel with one store in the segment table, and leaves it with one. A
//! file that is not in the table belongs to somebody who is just making it (and holds a lock on
//! it), or to nobody.

use super::place::Place;
use crate::error::{Error, Result, Status};
use crate::layout::segment::{
    ENTRY_FREE, ENTRY_LIVE, Entry, SEGMENT_HEADER_BYTES, SEGMENTS, SegmentGeometry,
};
use crate::mem::Region;
use crate::os::{self, File, Mapping};
use crate::ring::control::Control;
use crate::ring::pool::{Pool, Segment};
use crate::sync::{Ordering, crash_point};
use std::sync::Arc;

/// Chunks of one segment together stay below this, unless a single chunk is larger.
const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// The smallest segment, so that tiny messages do not make a file each.
const SEGMENT_BYTES_MIN: u64 = 64 << 10;
/// Segments up to this size are faulted in at once; a frame must not pay 700 faults.
const POPULATE_BYTES_MAX: u64 = 256 << 20;
/// Lock byte that says "its maker lives" on a data file that is not in the table.
const MAKER: u64 = 0x7000_0000;

/// A mapped segment; views of it stay valid while this lives.
pub struct Mapped {
    pub view: Segment,
    _mapping: Mapping,
}

/// The segments a handle has mapped.
#[derive(Default)]
pub struct Segments {
    pool: Pool,
    mapped: Vec<Arc<Mapped>>,
    /// Opened and mapped to be read only.
    observes: bool,
}

fn entry(control: &Control, index: usize) -> Entry {
    // sync segment-entry/acquire: the file is complete.
    Entry::from_word(control.segment_entry(index).load(Ordering::Acquire))
}

/// The files of the segments in the table.
pub fn live_nonces(control: &Control) -> Vec<u64> {
    let entries = (0..SEGMENTS).map(|index| entry(control, index));
    entries
        .filter(|entry| entry.state == ENTRY_LIVE)
        .map(|entry| entry.nonce)
        .collect()
}

impl Segments {
    /// Those of somebody who is no member, and need not be able to write.
    pub fn of_observer() -> Self {
        Self {
            observes: true,
            ..Self::default()
        }
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The mapping behind a view of [`Segments::pool`].
    pub fn keep(&self, index: u16) -> Option<Arc<Mapped>> {
        self.mapped
            .iter()
            .find(|mapped| mapped.view.index == index)
            .cloned()
    }

    pub fn bytes(&self) -> u64 {
        self.pool
            .segments()
            .iter()
            .filter_map(|s| s.geometry.total_bytes())
            .sum()
    }

    /// Follows the segment table: maps what is new, forgets what has gone.
    pub fn refresh(&mut self, place: &Place, control: &Control, writable: bool) -> Result<()> {
        for index in 0..SEGMENTS {
            let entry = entry(control, index);
            let known = self
                .pool
                .segments()
                .iter()
                .find(|s| usize::from(s.index) == index);
            let current = known.is_some_and(|segment| {
                entry.state == ENTRY_LIVE && segment.generation == entry.generation
            });
            if current {
                continue;
            }
            if known.is_some() {
                self.forget(index as u16);
            }
            if entry.state == ENTRY_LIVE {
                self.map(place, control, index, entry, writable)?;
            }
        }
        Ok(())
    }

    fn forget(&mut self, index: u16) {
        self.pool.remove(index);
        self.mapped.retain(|mapped| mapped.view.index != index);
    }

    fn map(
        &mut self,
        place: &Place,
        control: &Control,
        index: usize,
        entry: Entry,
        writable: bool,
    ) -> Result<()> {
        let path = place.segment_path(entry.nonce);
        let file = match self.observes {
            true => place.open_read_only(&path)?,
            false => place.open(&path)?,
        };
        // Removed between our look at the table and now: the next refresh will see that.
        let Some(file) = file else {
            return Ok(());
        };
        let header = file.read_at(0, 64)?;
        let geometry = SegmentGeometry::from_header(&header, file.identity()?.bytes);
        let sound = geometry.filter(|geometry| {
            geometry.channel == control.geometry().uuid && geometry.nonce == entry.nonce
        });
        let Some(geometry) = sound else {
            return Err(Error::new(
                Status::Corrupt,
                format!(
                    "the data file {} of the channel '{}' is damaged; end the programs that use \
                     the channel, and remove the file",
                    path.display(),
                    place.name()
                ),
            ));
        };
        let bytes = geometry.total_bytes().expect("checked geometry");
        let mapping = file.map(bytes, !self.observes)?;
        self.adopt(mapping, geometry, index, entry.generation, writable);
        Ok(())
    }

    fn adopt(
        &mut self,
        mapping: Mapping,
        geometry: SegmentGeometry,
        index: usize,
        generation: u16,
        writable: bool,
    ) {
        let payload = geometry.payload_offset().expect("checked geometry");
        if mapping.len() as u64 <= POPULATE_BYTES_MAX {
            mapping.populate(writable);
        }
        if !writable && !self.observes {
            // Readers write reference bits in the chunk headers, but never a message.
            mapping.protect_from(payload as usize);
        }
        // SAFETY: the mapping is as long as the geometry says and lives in `Mapped` as long as
        // the view is in the pool, and longer where a message or loan keeps it.
        let region = unsafe { Region::new(mapping.base(), mapping.len()) };
        // SAFETY: as above; the region is the whole segment of this geometry.
        let view = unsafe { Segment::new(region, geometry, index as u16, generation) };
        self.pool.insert(view);
        self.mapped
            .retain(|mapped| usize::from(mapped.view.index) != index);
        self.mapped.push(Arc::new(Mapped {
            view,
            _mapping: mapping,
        }));
    }

    /// Makes a segment for messages of `len` bytes and enters it in the table. Without a lock: a
    /// stopped process in the middle of this is in nobody's way.
    pub fn grow(&mut self, place: &Place, control: &Control, len: u64) -> Result<()> {
        // Of those who died, and those whose removal was refused: it may be the memory we need.
        remove_orphans(place, control);
        let chunk_bytes = chunk_bytes_for(len);
        let limit = control.geometry().pool_bytes_max;
        let same = self
            .pool
            .segments()
            .iter()
            .filter(|s| s.geometry.chunk_bytes == chunk_bytes);
        let have: u64 = same.map(|s| u64::from(s.geometry.chunks)).sum();
        let fitting = (SEGMENT_BYTES_MAX / chunk_bytes).max(1);
        let mut chunks = have.max(SEGMENT_BYTES_MIN / chunk_bytes).clamp(1, fitting);
        loop {
            let geometry = SegmentGeometry {
                chunks: chunks as u32,
                chunk_bytes,
                nonce: u64::from_ne_bytes(os::random_bytes()) >> 16,
                channel: control.geometry().uuid,
            };
            let bytes = geometry
                .total_bytes()
                .ok_or_else(|| too_large(place, len))?;
            let error = if self.bytes() + bytes > limit {
                Error::new(
                    Status::NoSpace,
                    format!(
                        "a message of {len} bytes for the channel '{}' needs more than its pool \
                         of {limit} bytes still has; receive faster, or open the channel with a \
                         larger pool_bytes_max",
                        place.name()
                    ),
                )
            } else {
                match self.make(place, control, geometry, bytes) {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                }
            };
            if error.status() != Status::NoSpace || chunks == 1 {
                return Err(error);
            }
            chunks /= 2;
        }
    }

    fn make(
        &mut self,
        place: &Place,
        control: &Control,
        geometry: SegmentGeometry,
        bytes: u64,
    ) -> Result<()> {
        let file = place.create()?;
        file.try_lock(MAKER, true)?;
        file.set_length(bytes)?;
        file.reserve(0, bytes)
            .map_err(|error| no_memory(error, place, bytes))?;
        file.write_at(0, &geometry.to_header())?;
        // Before the others see it: a segment its maker cannot map would be made again and again.
        let mapping = file.map(bytes, true)?;
        crash_point("segment-unnamed");
        if !file.give_name(&place.segment_path(geometry.nonce))? {
            return Err(Error::new(
                Status::System,
                "two data files drew the same number",
            ));
        }
        crash_point("segment-named");
        for index in 0..SEGMENTS {
            let cell = control.segment_entry(index);
            let seen = cell.load(Ordering::Relaxed);
            let free = Entry::from_word(seen);
            if free.state != ENTRY_FREE {
                continue;
            }
            let entry = Entry {
                nonce: geometry.nonce,
                generation: free.generation,
                state: ENTRY_LIVE,
            };
            // sync segment-entry/release: the file is complete. This is the entry.
            let entered =
                cell.compare_exchange(seen, entry.to_word(), Ordering::Release, Ordering::Relaxed);
            if entered.is_ok() {
                crash_point("segment-entered");
                control.bump_epoch();
                self.adopt(mapping, geometry, index, entry.generation, true);
                return Ok(());
            }
        }
        os::remove(&place.segment_path(geometry.nonce))?;
        Err(Error::new(
            Status::NoSpace,
            format!(
                "the channel '{}' has {SEGMENTS} data files, its maximum; send messages of fewer \
                 different sizes",
                place.name()
            ),
        ))
    }

    /// Removes segments of which every chunk is free, as long as `unwanted` says so. Each chunk
    /// is claimed first, so nobody can be using one; a death on the way leaves loans, which are
    /// repaired like any others.
    pub fn shrink(
        &mut self,
        place: &Place,
        control: &Control,
        endpoint: u32,
        unwanted: impl Fn(&Segment) -> bool,
    ) -> bool {
        let candidates: Vec<Segment> = self
            .pool
            .segments()
            .iter()
            .filter(|s| unwanted(s))
            .copied()
            .collect();
        let removed = candidates
            .iter()
            .filter(|s| self.remove(place, control, endpoint, s));
        removed.count() > 0
    }

    fn remove(&self, place: &Place, control: &Control, endpoint: u32, segment: &Segment) -> bool {
        let mut claimed = Vec::new();
        while claimed.len() < segment.geometry.chunks as usize {
            match segment.loan(endpoint, claimed.len() as u32) {
                Some(chunk) => claimed.push(chunk),
                None => {
                    for (chunk, generation) in claimed {
                        segment.unloan(chunk, generation);
                    }
                    return false;
                }
            }
        }
        crash_point("shrink-claimed");
        let entry = Entry {
            nonce: segment.geometry.nonce,
            generation: segment.generation,
            state: ENTRY_LIVE,
        };
        let free = Entry {
            nonce: 0,
            generation: (segment.generation + 1) & 0x3fff,
            state: ENTRY_FREE,
        };
        // sync segment-entry/release: every chunk is ours before the segment leaves the table.
        let left = control
            .segment_entry(usize::from(segment.index))
            .compare_exchange(
                entry.to_word(),
                free.to_word(),
                Ordering::Release,
                Ordering::Relaxed,
            );
        crash_point("shrink-left");
        if left.is_ok() {
            let _ = os::remove(&place.segment_path(segment.geometry.nonce));
            control.bump_epoch();
        }
        left.is_ok()
    }
}

/// Room for `len` bytes, rounded so that similar sizes share chunks: at most an eighth is wasted
/// above 4 KiB.
fn chunk_bytes_for(len: u64) -> u64 {
    let power = len.max(256).next_power_of_two();
    let step = if power <= 4096 { power } else { power / 16 };
    len.max(256).div_ceil(step) * step
}

fn too_large(place: &Place, len: u64) -> Error {
    Error::new(
        Status::TooLarge,
        format!(
            "a message of {len} bytes is too large for the channel '{}'",
            place.name()
        ),
    )
}

fn no_memory(error: Error, place: &Place, bytes: u64) -> Error {
    if error.status() != Status::NoSpace {
        return error;
    }
    let free = os::free_bytes(place.directory())
        .map_or("less".to_string(), |free| format!("{free} bytes"));
    Error::os(
        Status::NoSpace,
        error.os_code(),
        format!(
            "the channel '{}' needs {bytes} bytes more of shared memory and {} has {free} free; \
             make it larger (docker run --shm-size), or name another directory in SIPC_DIR",
            place.name(),
            place.directory().display()
        ),
    )
}

/// Removes data files under this channel's name that belong to an earlier channel.
pub fn remove_foreign(place: &Place, uuid: &[u8; 16]) {
    remove_if(place, |geometry, _| {
        geometry.is_none_or(|geometry| geometry.channel != *uuid)
    });
}

/// Removes data files whose maker died before entering them in the table, or after taking them
/// out of it.
pub fn remove_orphans(place: &Place, control: &Control) {
    let live = live_nonces(control);
    remove_if(place, |geometry, nonce| {
        let ours = geometry.is_some_and(|geometry| geometry.channel == control.geometry().uuid);
        // Entered after our look at the table? Then it is in the table now.
        ours && !live.contains(&nonce) && !live_nonces(control).contains(&nonce)
    });
}

fn remove_if(place: &Place, unwanted: impl Fn(Option<SegmentGeometry>, u64) -> bool) {
    for nonce in place.segment_nonces().unwrap_or_default() {
        let path = place.segment_path(nonce);
        let Ok(Some(file)) = File::open(&path) else {
            continue;
        };
        let header = file
            .read_at(0, SEGMENT_HEADER_BYTES as usize)
            .unwrap_or_default();
        let bytes = file.identity().map_or(0, |identity| identity.bytes);
        // Somebody is making it: the maker locks the file before it has a name.
        if file.is_locked(MAKER).unwrap_or(true) {
            continue;
        }
        if unwanted(SegmentGeometry::from_header(&header, bytes), nonce) {
            let _ = os::remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::chunk_bytes_for;

    #[test]
    fn chunks_fit_their_message_and_waste_little() {
        for len in [1, 105, 256, 257, 4096, 4097, 100_000, 2_764_800, 1 << 30] {
            let chunk = chunk_bytes_for(len);
            assert!(chunk >= len && chunk.is_multiple_of(64), "{len} in {chunk}");
            assert!(len < 4096 || chunk - len <= len / 8, "{len} in {chunk}");
        }
    }
}
