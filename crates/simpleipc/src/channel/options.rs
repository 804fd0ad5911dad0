//! How a channel is opened.

use crate::carrier::Opening;
use crate::error::{Error, Result, Status};
use std::path::PathBuf;

/// How to open a channel; `Options::default()` is right for most programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Subscriber: publishers wait for me rather than overwrite what I have not taken.
    pub lossless: bool,
    /// Subscriber: each take skips to the newest message; what it skips counts as missed.
    pub latest: bool,
    /// Subscriber: only look on. A tap takes no place in the channel and needs only leave to read
    /// its files (0640): it can hold up, wake or damage nobody, and nobody sees it. It is lossy,
    /// gets a copy of each message, and may be opened before the channel is there. Nobody wakes
    /// it: it looks by itself, when nothing happens every 2 ms.
    pub tap: bool,
    /// Producer: do not read the clock for each message; `publish_time_ns` is then 0.
    pub unstamped: bool,
    /// Subscriber: start with up to this many past messages of each publisher. Publisher: keep
    /// that many for late joiners. At most `depth`.
    pub history: u32,
    /// Messages a producer may be ahead: a power of two from 16 to 65536, or 0 for the default
    /// of 256 (topic) or 1024 (queue). Decided by whoever creates the channel.
    pub depth: u32,
    /// Most bytes of shared memory for messages above 104 bytes; 0 means 4 GiB. Decided by
    /// whoever creates the channel.
    pub pool_bytes_max: u64,
    /// Where the channel lives; `None` means the environment's `SIPC_DIR`, or else the user's own
    /// directory in /dev/shm. Who may use it is what the directory says: if its group may read,
    /// write and search it (mode 2770), the group shares the channels in it; if the group may only
    /// read and search it (0750), its members may look; else they are for one user.
    pub directory: Option<PathBuf>,
}

impl Options {
    /// For patterns that keep one value or none.
    pub(super) fn without_history(&self, who: &str, name: &str) -> Result<Opening> {
        let asked = [
            (self.lossless, "lossless"),
            (self.latest, "latest"),
            (self.tap, "tap"),
            (self.history > 0, "history"),
            (self.depth > 0, "depth"),
        ];
        let Some((_, option)) = asked.iter().find(|(is_asked, _)| *is_asked) else {
            return Ok(self.opening());
        };
        Err(Error::new(
            Status::BadArgument,
            format!("{who} of '{name}' cannot have the option {option}; leave it out"),
        ))
    }

    pub(super) fn opening(&self) -> Opening {
        Opening {
            tap: self.tap,
            joins_only: false,
            lossless: self.lossless,
            latest: self.latest,
            history: self.history,
            depth: self.depth,
            pool_bytes_max: self.pool_bytes_max,
            permits: 0,
        }
    }
}
