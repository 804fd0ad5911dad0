//! Every maximum and default of the library, each with its unit and its reason.

use std::time::Duration;

/// Bytes of UTF-8 in a channel name. File names end at 255 bytes; the rest is for our suffixes.
pub const NAME_BYTES_MAX: usize = 200;

/// Publishers or senders on one channel at once. One bit each in one 64-bit word.
pub const PRODUCERS_MAX: usize = 64;

/// Open handles of all roles on one channel at once. Keeps the peer table and its repair small.
pub const PEERS_MAX: usize = 256;

/// How many may have a semaphore at once. One word each, in the header page.
pub const PERMITS_MAX: u32 = 64;

/// Dimensions of a tensor. The arrays in the C value have a fixed length; DLPack users need 5.
pub const DIMS_MAX: usize = 8;

/// Bytes of a tensor's format or an opaque value's content type. Its length travels in one byte.
pub const LABEL_BYTES_MAX: usize = 255;

/// Lists and maps inside each other. Deep enough for JSON met in practice; reading them recurses
/// and must fit into a thread stack of 64 KiB.
pub const NESTING_MAX: usize = 64;

/// Bytes of payload inside a slot: two cache lines less the 24 bytes of the slot's header.
pub const INLINE_BYTES_MAX: usize = 104;

/// Bytes of one message. Any frame or model fits; sums of a few such lengths cannot overflow.
pub const MESSAGE_BYTES_MAX: u64 = 16 << 30;

/// Loans a handle may have out at once. One bit each in a small word, found without a search.
pub const LOANS_MAX: usize = 16;

/// Fewest messages a producer may be ahead. Below this every put would wake a sleeper.
pub const DEPTH_MIN: u32 = 16;

/// Most messages a producer may be ahead. At 128 bytes a slot that is 8 MiB for each producer.
pub const DEPTH_MAX: u32 = 65536;

/// Messages a publisher may be ahead unless the creator says otherwise: 4 s of a 60 Hz camera.
pub const DEPTH_TOPIC: u32 = 256;

/// Messages a sender may be ahead unless the creator says otherwise: queues smooth out bursts.
pub const DEPTH_QUEUE: u32 = 1024;

/// Bytes of shared memory for messages that do not fit into slots, unless the creator says
/// otherwise. Reserved as it is needed, so the number costs nothing until it is used.
pub const POOL_BYTES_DEFAULT: u64 = 4 << 30;

/// How long the one-call functions wait for room: long enough for any live receiver, short
/// enough to notice a dead system.
pub const ONE_CALL_TIMEOUT: Duration = Duration::from_secs(5);
