//! The control file's first page: identity, geometry, and the words everybody watches.
//!
//! The identity part (bytes 0..512) is written once, before the file has a name, and is covered
//! by a checksum. The words from 1024 on change during the channel's life.

use super::{PAGE_BYTES, Pattern, endpoint, lane, round_up};

/// First bytes of every control file; the line ends betray a transfer that changed them.
pub const MAGIC: [u8; 8] = *b"SIPC\r\n\x1a\0";
/// Layouts with another major number cannot be shared.
pub const LAYOUT_MAJOR: u16 = 1;
/// Additions that an older library may ignore raise the minor number; it is for people to read.
pub const LAYOUT_MINOR: u16 = 1;
/// Reads as another number on a machine of the other byte order.
pub const ENDIAN_MARK: u32 = 0x0102_0304;

/// Bytes of the header page.
pub const HEADER_BYTES: u64 = PAGE_BYTES;
/// Bytes of the identity part, the checksum excluded.
const SUMMED_BYTES: usize = 120;
const OFF_CHECKSUM: usize = 120;
const OFF_NAME: usize = 256;

/// Where the words begin that change during the channel's life.
const OFF_LIVE_WORDS: usize = 1024;
/// a32: endpoint blocks whose memory is reserved; only grows.
pub const OFF_ENDPOINTS_RESERVED: usize = 1028;
/// a32: messages each producer keeps for late joiners; only grows.
pub const OFF_HISTORY: usize = 1032;
/// a32: 1 when some sleeper cannot issue process-wide barriers, so producers must fence.
pub const OFF_NEED_FENCE: usize = 1036;
/// a64: bit l is set once the memory of lane l is reserved; only grows.
pub const OFF_LANES_RESERVED: usize = 1040;
/// a64: grows with every join, leave and repair; tells the others to look around.
pub const OFF_EPOCH: usize = 1048;
/// a64 x 4: bit e is set while endpoint e is a lossless subscriber.
pub const OFF_GATING: usize = 1056;
/// a64 x 4: bit e is set while endpoint e is a subscriber of any kind.
pub const OFF_ACTIVE: usize = 1088;
/// a32, on a line pair of its own: rung when there is something to take.
pub const OFF_BELL: usize = 1152;
/// a32, on a line pair of its own: rung when there is room again.
pub const OFF_SPACE_BELL: usize = 1280;
/// a64 x 64: the segment table; see [`super::segment`].
pub const OFF_SEGMENTS: usize = 2048;
/// a64 x 64: locks: the permits; see [`super::permit`].
pub const OFF_PERMITS: usize = 2560;

/// Offset of the first endpoint block.
pub const OFF_ENDPOINTS: u64 = HEADER_BYTES;

/// The immutable facts of a channel, as private memory: read once from the file, checked, and
/// never read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    pub pattern: Pattern,
    /// Slots of a lane, a power of two; of a lock, which has no lanes, its permits.
    pub depth: u32,
    pub endpoints: u32,
    pub lanes: u32,
    pub pool_bytes_max: u64,
    pub uuid: [u8; 16],
    pub boot_id: [u8; 16],
    pub name: String,
}

/// Why a header cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// Not one of our files, or damaged; the text says what was found.
    Damaged(String),
    /// Made by a library with another layout; (major found, minor found).
    OtherVersion(u16, u16),
    /// Made on a machine of the other byte order.
    OtherEndian,
    /// Needs a feature this library does not know; the unknown bits.
    UnknownFeature(u32),
}

impl Geometry {
    /// Messages go to one receiver each, and wait for it.
    pub fn is_queue(&self) -> bool {
        self.pattern.is_queue()
    }

    pub fn is_state(&self) -> bool {
        self.pattern == Pattern::State
    }

    /// Locks: how many may have it at once. Others have none.
    pub fn permits(&self) -> u32 {
        if self.pattern == Pattern::Lock {
            self.depth
        } else {
            0
        }
    }

    /// The private queue in which a client of a service gets its replies. No name that a program
    /// may use begins with a dot.
    pub fn is_reply(&self) -> bool {
        self.name.starts_with('.')
    }

    pub fn lane_bytes(&self) -> u64 {
        lane::lane_bytes(self.depth, self.is_queue())
    }

    pub fn lane_offset(&self, lane: u32) -> u64 {
        let first = OFF_ENDPOINTS + u64::from(self.endpoints) * endpoint::BLOCK_BYTES;
        first + u64::from(lane) * self.lane_bytes()
    }

    /// Length of the control file; most of it is a hole until it is needed.
    pub fn total_bytes(&self) -> u64 {
        self.lane_offset(self.lanes)
    }

    /// The header page of a new control file.
    pub fn to_page(&self) -> [u8; HEADER_BYTES as usize] {
        let mut page = [0u8; HEADER_BYTES as usize];
        let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(8, &LAYOUT_MAJOR.to_ne_bytes());
        put(10, &LAYOUT_MINOR.to_ne_bytes());
        put(12, &ENDIAN_MARK.to_ne_bytes());
        put(16, &self.pattern.feature().to_ne_bytes());
        put(24, &self.pattern.kind().to_ne_bytes());
        put(28, &self.depth.to_ne_bytes());
        put(32, &self.uuid);
        put(48, &self.boot_id);
        put(64, &self.endpoints.to_ne_bytes());
        put(68, &self.lanes.to_ne_bytes());
        put(72, &(lane::SLOT_BYTES as u32).to_ne_bytes());
        put(76, &(self.name.len() as u32).to_ne_bytes());
        put(80, &self.pool_bytes_max.to_ne_bytes());
        put(88, &self.total_bytes().to_ne_bytes());
        put(OFF_NAME, self.name.as_bytes());
        let sum = checksum(&page);
        page[OFF_CHECKSUM..OFF_CHECKSUM + 8].copy_from_slice(&sum.to_ne_bytes());
        page
    }

    /// Checks a header page that was copied out of a file of `file_bytes`.
    pub fn from_page(page: &[u8], file_bytes: u64) -> Result<Self, HeaderError> {
        let damaged = |what: &str| Err(HeaderError::Damaged(what.to_string()));
        if page.len() < HEADER_BYTES as usize {
            return damaged(&format!("it is only {file_bytes} bytes long"));
        }
        if page[..8] != MAGIC {
            return damaged("it does not begin as a channel file does");
        }
        match u32_at(page, 12) {
            ENDIAN_MARK => {}
            mark if mark == ENDIAN_MARK.swap_bytes() => return Err(HeaderError::OtherEndian),
            mark => return damaged(&format!("byte-order mark {mark:#x}")),
        }
        let (major, minor) = (u16_at(page, 8), u16_at(page, 10));
        if major != LAYOUT_MAJOR {
            return Err(HeaderError::OtherVersion(major, minor));
        }
        let known = Pattern::ALL.iter().fold(0, |bits, p| bits | p.feature());
        let (features, kind) = (u32_at(page, 16), u32_at(page, 24));
        let unknown = features & !known;
        if unknown != 0 {
            return Err(HeaderError::UnknownFeature(unknown));
        }
        if u64_at(page, OFF_CHECKSUM) != checksum(page) {
            return damaged("the header's checksum does not match");
        }
        let name_len = u32_at(page, 76) as usize;
        let name = page.get(OFF_NAME..OFF_NAME + name_len.min(256));
        let name = name.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let Some(name) = name else {
            return damaged("the name in the header is not text");
        };
        let pattern = Pattern::from_kind(kind).filter(|pattern| pattern.feature() == features);
        let Some(pattern) = pattern else {
            return damaged(&format!("no pattern has the number {kind}"));
        };
        let geometry = Self {
            pattern,
            depth: u32_at(page, 28),
            endpoints: u32_at(page, 64),
            lanes: u32_at(page, 68),
            pool_bytes_max: u64_at(page, 80),
            uuid: page[32..48].try_into().expect("16 bytes"),
            boot_id: page[48..64].try_into().expect("16 bytes"),
            name: name.to_string(),
        };
        let sane = geometry.has_sane_lanes()
            && geometry.endpoints as usize == crate::limits::PEERS_MAX
            && u32_at(page, 72) as u64 == lane::SLOT_BYTES;
        if !sane {
            return damaged("its sizes are out of range");
        }
        if geometry.total_bytes() != u64_at(page, 88) || file_bytes < geometry.total_bytes() {
            return damaged(&format!(
                "it is {file_bytes} bytes long where {} are due",
                geometry.total_bytes()
            ));
        }
        Ok(geometry)
    }

    fn has_sane_lanes(&self) -> bool {
        if self.pattern == Pattern::Lock {
            return (1..=crate::limits::PERMITS_MAX).contains(&self.depth) && self.lanes == 0;
        }
        self.depth.is_power_of_two()
            && (crate::limits::DEPTH_MIN..=crate::limits::DEPTH_MAX).contains(&self.depth)
            && self.lanes as usize == crate::limits::PRODUCERS_MAX
    }
}

/// FNV-1a, 64 bits, over the identity part and the name.
fn checksum(page: &[u8]) -> u64 {
    let summed = page[..SUMMED_BYTES]
        .iter()
        .chain(&page[OFF_NAME..OFF_NAME + 256]);
    summed.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn u16_at(page: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes(page[at..at + 2].try_into().expect("2 bytes"))
}

fn u32_at(page: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(page[at..at + 4].try_into().expect("4 bytes"))
}

fn u64_at(page: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(page[at..at + 8].try_into().expect("8 bytes"))
}

const _: () = assert!(OFF_CHECKSUM == SUMMED_BYTES && OFF_NAME + 256 <= OFF_LIVE_WORDS);
const _: () = assert!(OFF_PERMITS as u64 + crate::limits::PERMITS_MAX as u64 * 8 <= HEADER_BYTES);
const _: () = assert!(OFF_ACTIVE + 32 <= OFF_BELL && OFF_SPACE_BELL + 128 <= OFF_SEGMENTS);
const _: () = assert!(round_up(HEADER_BYTES, PAGE_BYTES).is_some());
