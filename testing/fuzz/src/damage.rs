//! Damage to the files of a channel: some word gets another value.

use crate::feed::Feed;
use crate::image::Laid;
use simpleipc::bytes::chunk::{self, CHUNK_HEADER_BYTES, Reference, Word};
use simpleipc::bytes::endpoint::{self, BLOCK_BYTES, Lease};
use simpleipc::bytes::header::{self, OFF_ENDPOINTS};
use simpleipc::bytes::lane::{self, SLOT_BYTES, Take, busy, committed};
use simpleipc::bytes::segment::{Entry, SEGMENT_HEADER_BYTES, SegmentGeometry};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes of the identity part of a control file's header, with the name.
const IDENTITY_BYTES: u64 = 512;
const OFF_CHECKSUM: u64 = 120;
const OFF_NAME: usize = 256;

/// A word in one of the files; wherever it is, it is aligned.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// `None`: the control file.
    pub data: Option<usize>,
    pub offset: u64,
    /// 4 or 8.
    pub width: usize,
}

/// 32-bit words of the header that change during a channel's life.
const HALF_WORDS: [usize; 5] = [
    header::OFF_ENDPOINTS_RESERVED,
    header::OFF_HISTORY,
    header::OFF_NEED_FENCE,
    header::OFF_BELL,
    header::OFF_SPACE_BELL,
];
/// 64-bit words of the header that do, but for the segment table.
const FULL_WORDS: [usize; 6] = [
    header::OFF_LANES_RESERVED,
    header::OFF_EPOCH,
    header::OFF_GATING,
    header::OFF_GATING + 24,
    header::OFF_ACTIVE,
    header::OFF_ACTIVE + 24,
];
const BLOCK_WORDS: [usize; 8] = [
    endpoint::OFF_JOINED_NS,
    endpoint::OFF_MISSED,
    endpoint::OFF_LEASE,
    endpoint::OFF_LEASE_SLOT,
    endpoint::OFF_LEASE_SLOT + 8,
    endpoint::OFF_LEASE_SLOT + 16,
    endpoint::OFF_LEASE_SLOT + 24,
    endpoint::OFF_LEASE_SLOT + 120,
];
const BLOCK_HALVES: [usize; 4] = [
    endpoint::OFF_STATE,
    endpoint::OFF_GENERATION,
    endpoint::OFF_ROLE,
    endpoint::OFF_PID,
];

impl Spot {
    fn control(offset: u64, width: usize) -> Self {
        Self {
            data: None,
            offset,
            width,
        }
    }

    /// A place that is worth damaging.
    pub fn pick(feed: &mut Feed<'_>, laid: &Laid) -> Self {
        let geometry = &laid.geometry;
        match feed.below(11) {
            0 => Self::control(feed.pick(&HALF_WORDS) as u64, 4),
            1 => Self::control(feed.pick(&FULL_WORDS) as u64, 8),
            2 => Self::control((header::OFF_SEGMENTS + feed.below(64) * 8) as u64, 8),
            3 => {
                let block = OFF_ENDPOINTS + feed.below(256) as u64 * BLOCK_BYTES;
                Self::control(block + feed.pick(&BLOCK_HALVES) as u64, 4)
            }
            4 => {
                let block = OFF_ENDPOINTS + feed.below(256) as u64 * BLOCK_BYTES;
                let cursor = endpoint::OFF_CURSORS + feed.below(64) * 8;
                let word = match feed.below(2) {
                    0 => feed.pick(&BLOCK_WORDS),
                    _ => cursor,
                };
                Self::control(block + word as u64, 8)
            }
            5 => {
                let at = geometry.lane_offset(feed.below(64) as u32);
                match feed.below(2) {
                    0 => Self::control(at + lane::OFF_TAIL as u64, 8),
                    _ => Self::control(at + lane::OFF_OWNER as u64, 4),
                }
            }
            6 => {
                let index = feed.below(64) as u32;
                let slot = feed.below(geometry.depth as usize) as u64;
                let at = geometry.lane_offset(index) + lane::slots_offset(index);
                Self::control(at + slot * SLOT_BYTES + feed.below(16) as u64 * 8, 8)
            }
            7 => {
                let index = feed.below(64) as u32;
                let at = geometry.lane_offset(index) + lane::takes_offset(index, geometry.depth);
                let at = at + feed.below(geometry.depth as usize) as u64 * 8;
                // A topic has none; its file may end here.
                Self::control(at.min(geometry.total_bytes() - 8), 8)
            }
            8 => Self::control(feed.u64() % (geometry.total_bytes() / 8) * 8, 8),
            _ if laid.data.is_empty() => Self::control(feed.below(4096 / 8) as u64 * 8, 8),
            9 => Self {
                data: Some(feed.below(laid.data.len())),
                offset: feed.below(8) as u64 * 8,
                width: 8,
            },
            _ => {
                let chunk = feed.below(256) as u64 * CHUNK_HEADER_BYTES;
                let word = feed.pick(&[chunk::OFF_WORD, chunk::OFF_REFS, chunk::OFF_REFS + 8]);
                Self {
                    data: Some(feed.below(laid.data.len())),
                    offset: SEGMENT_HEADER_BYTES + chunk + word as u64,
                    width: 8,
                }
            }
        }
    }

    fn file(self, laid: &Laid) -> &File {
        match self.data {
            None => &laid.control,
            Some(index) => &laid.data[index],
        }
    }

    fn load(self, laid: &Laid) -> u64 {
        let mut bytes = [0; 8];
        // Behind the end of a file that was cut off there is nothing.
        let _ = self
            .file(laid)
            .read_exact_at(&mut bytes[..self.width], self.offset);
        u64::from_ne_bytes(bytes)
    }

    fn store(self, laid: &Laid, value: u64) {
        let bytes = value.to_ne_bytes();
        let written = self
            .file(laid)
            .write_all_at(&bytes[..self.width], self.offset);
        written.expect("shared memory for a page");
    }
}

/// Gives one word another value.
pub fn damage(feed: &mut Feed<'_>, laid: &Laid) {
    let spot = Spot::pick(feed, laid);
    let value = value(feed, laid, spot.load(laid));
    spot.store(laid, value);
}

const NUMBERS: [u64; 12] = [
    0,
    1,
    15,
    64,
    256,
    0xffff,
    u32::MAX as u64,
    1 << 40,
    (1 << 48) - 1,
    1 << 62,
    u64::MAX - 63,
    u64::MAX,
];

/// What a word might become: nonsense, or something with a meaning.
pub fn value(feed: &mut Feed<'_>, laid: &Laid, old: u64) -> u64 {
    let small = |feed: &mut Feed<'_>| u64::from(feed.byte());
    match feed.below(12) {
        0 => feed.u64(),
        1 => old.wrapping_add(small(feed)),
        2 => old.wrapping_sub(small(feed)),
        3 => old ^ 1 << feed.below(64),
        4 => feed.pick(&NUMBERS),
        5 => Spot::pick(feed, laid).load(laid),
        6 => committed(small(feed)),
        7 => busy(small(feed)),
        8 => Take {
            attempts: feed.byte(),
            endpoint: feed.byte(),
            sequence: small(feed),
            state: small(feed) & 3,
        }
        .to_word(),
        9 => Lease {
            attempts: feed.byte(),
            sequence: small(feed),
            lane: u32::from(feed.byte()),
        }
        .to_word(),
        10 => Word {
            state: small(feed) & 3,
            generation: small(feed),
            owner: feed.byte(),
            sequence: small(feed),
        }
        .to_word(),
        _ => match feed.below(3) {
            0 => Entry {
                nonce: nonce(feed, laid),
                generation: u16::from(feed.byte()),
                state: small(feed) & 3,
            }
            .to_word(),
            first => {
                let reference = Reference {
                    segment: u16::from(feed.byte()),
                    segment_generation: u16::from(feed.byte()),
                    chunk: u32::from(feed.u16()),
                    generation: u16::from(feed.byte()),
                    len: u64::from(feed.u16()),
                };
                reference.to_words()[first - 1]
            }
        },
    }
}

/// The number of one of the data files, or any.
fn nonce(feed: &mut Feed<'_>, laid: &Laid) -> u64 {
    let index = feed.below(laid.data.len() + 1);
    let Some(file) = laid.data.get(index) else {
        return feed.u64() >> 16;
    };
    let mut header = [0; 64];
    let _ = file.read_exact_at(&mut header, 0);
    SegmentGeometry::from_header(&header, u64::MAX).map_or(0, |geometry| geometry.nonce)
}

/// Other numbers for a data file's size: how many chunks, of how many bytes, in how long a file.
pub fn resize_data(feed: &mut Feed<'_>, laid: &Laid) {
    if laid.data.is_empty() {
        return;
    }
    let file = &laid.data[feed.below(laid.data.len())];
    let numbers = [
        1,
        64,
        192,
        4096,
        1 << 16,
        1 << 20,
        1 << 31,
        1 << 40,
        u64::MAX,
    ];
    match feed.below(3) {
        0 => {
            let bytes = feed.pick(&numbers).to_ne_bytes();
            file.write_all_at(&bytes, 32).expect("shared memory");
        }
        1 => {
            let chunks = feed.pick(&numbers) as u32;
            file.write_all_at(&chunks.to_ne_bytes(), 40)
                .expect("shared memory");
        }
        _ => {
            // Longer than any number above needs, most of it a hole.
            let _ = file.set_len(feed.pick(&numbers) & !(1 << 63));
        }
    }
}

/// Any bytes in the identity part of the header.
pub fn damage_identity(feed: &mut Feed<'_>, laid: &Laid) {
    let at = feed.below(IDENTITY_BYTES as usize) as u64;
    let bytes = feed.pick(&[1, 2, 4, 8]);
    let bytes = feed.bytes(bytes);
    laid.control.write_all_at(bytes, at).expect("shared memory");
}

/// Makes the header's checksum right again: FNV-1a over bytes 0..120 and 256..512.
pub fn seal(laid: &Laid) {
    let mut page = [0; IDENTITY_BYTES as usize];
    if laid.control.read_exact_at(&mut page, 0).is_err() {
        return;
    }
    let summed = page[..OFF_CHECKSUM as usize]
        .iter()
        .chain(&page[OFF_NAME..]);
    let sum = summed.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let written = laid.control.write_all_at(&sum.to_ne_bytes(), OFF_CHECKSUM);
    written.expect("shared memory");
}
