//! What a channel is for. The first verb used on a name decides it, for as long as it is there.

/// The pattern of a channel; the numbers are those in its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Pattern {
    /// Every subscriber gets every message: publish and subscribe.
    Topic = 1,
    /// Each message goes to exactly one receiver: send and receive.
    Queue = 2,
    /// The latest value: set, get and watch.
    State = 3,
    /// Something has happened: notify and wait.
    Signal = 4,
    /// Few at a time, one of them or several: lock and unlock.
    Lock = 5,
    /// Each call goes to exactly one server, which answers it: call and serve.
    Service = 6,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Topic,
        Self::Queue,
        Self::State,
        Self::Signal,
        Self::Lock,
        Self::Service,
    ];

    pub(crate) fn from_kind(kind: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|pattern| pattern.kind() == kind)
    }

    pub(crate) const fn kind(self) -> u32 {
        self as u32
    }

    /// The bit that says in the header that a library must know this pattern to use the channel.
    /// The first two are what all libraries know.
    pub(crate) const fn feature(self) -> u32 {
        match self {
            Self::Topic | Self::Queue => 0,
            _ => 1 << (self.kind() - 3),
        }
    }

    /// Its name: `topic`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Queue => "queue",
            Self::State => "state",
            Self::Signal => "signal",
            Self::Lock => "lock",
            Self::Service => "service",
        }
    }

    /// What can be done with it: `publish and subscribe`.
    pub const fn verbs(self) -> &'static str {
        match self {
            Self::Topic => "publish and subscribe",
            Self::Queue => "send and receive",
            Self::State => "set, get and watch",
            Self::Signal => "notify and wait",
            Self::Lock => "lock and unlock",
            Self::Service => "call and serve",
        }
    }

    /// Whether each message is taken by one receiver, and waits for it.
    pub(crate) const fn is_queue(self) -> bool {
        // Not `matches!`: asked for each message, and this has no branch.
        QUEUES >> self.kind() & 1 != 0
    }
}

/// The patterns whose messages are taken by one receiver, as bits.
const QUEUES: u32 = 1 << Pattern::Queue as u32 | 1 << Pattern::Service as u32;

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
