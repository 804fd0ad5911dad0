//! What an actor is to be: its role, its channel, its language, and what is done to it.

use super::dice::Dice;
use super::page::HANDLES_MAX;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Publish,
    Subscribe,
    /// A subscriber that publishers wait for.
    Lossless,
    /// A subscriber that each take brings to the newest message.
    Latest,
    Tap,
    Send,
    Receive,
    Set,
    Watch,
    Notify,
    /// Waits for a signal.
    Wait,
    /// Has the lock, or a permit of the semaphore, in turn.
    Own,
    Call,
    Serve,
    /// Has a plugin, calls it, and sees it crash.
    Host,
    /// Audits and cleans.
    Keep,
}

impl Role {
    /// Begins something and is done with it, again and again, until it is told to hush.
    pub fn is_producer(self) -> bool {
        use Role::{Call, Host, Notify, Own, Publish, Send, Set};
        matches!(self, Publish | Send | Set | Notify | Own | Call | Host)
    }

    pub fn is_subscriber(self) -> bool {
        matches!(
            self,
            Self::Subscribe | Self::Lossless | Self::Latest | Self::Tap
        )
    }

    /// Takes messages, or values, and lets them go again.
    pub fn holds(self) -> bool {
        self.is_subscriber() || matches!(self, Self::Receive | Self::Watch)
    }

    /// What an actor is told that it is.
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Subscribe | Self::Lossless | Self::Latest | Self::Tap => "subscribe",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Set => "set",
            Self::Watch => "watch",
            Self::Notify => "notify",
            Self::Wait => "wait",
            Self::Own => "own",
            Self::Call => "call",
            Self::Serve => "serve",
            Self::Host => "host",
            Self::Keep => "keep",
        }
    }

    fn channels(self) -> &'static [&'static str] {
        match self {
            Self::Send | Self::Receive => &QUEUES,
            Self::Set | Self::Watch => &STATES,
            Self::Notify | Self::Wait => &[SIGNAL],
            Self::Own => &LOCKS,
            Self::Call | Self::Serve => &[SERVICE],
            Self::Host => &[HOST],
            _ => &TOPICS,
        }
    }

    /// What plays it. A crowd of handles is Rust's, and so are a keeper and a host, which are too
    /// long to be written three times.
    fn languages(self, channel: &str) -> &'static [&'static str] {
        match self {
            Self::Keep | Self::Host => &["rust"],
            // Python cannot compare and swap a word of the witness.
            Self::Own if channel == SEMAPHORE => &["rust", "c"],
            _ => &["rust", "c", "python"],
        }
    }
}

/// The names of the channels.
pub const TOPICS: [&str; 2] = ["topic-a", "topic-b"];
pub const QUEUES: [&str; 2] = ["queue-a", "queue-b"];
pub const STATES: [&str; 2] = ["state-a", "state-b"];
pub const SIGNAL: &str = "signal";
pub const LOCK: &str = "lock";
pub const SEMAPHORE: &str = "semaphore";
const LOCKS: [&str; 2] = [LOCK, SEMAPHORE];
pub const SERVICE: &str = "service";
/// Each host has a name of its own, which begins so.
pub const HOST: &str = "host";

/// How many may have a lock or a semaphore at once.
pub fn permits(channel: &str) -> u32 {
    if channel == SEMAPHORE { 3 } else { 1 }
}

/// What all actors of a round share.
#[derive(Clone, Debug)]
pub struct Setting {
    pub depth: u32,
    pub pool_bytes_max: u64,
    /// The largest message, of the channels that end in `b`; the others have smaller ones.
    pub bytes_max: u64,
    /// Most actors at once.
    pub actors_max: usize,
    /// How many users there are; 0 if this program may not change its user.
    pub users: u32,
    pub group: u32,
    /// Whether process namespaces can be made.
    pub has_namespaces: bool,
    pub languages: Vec<&'static str>,
}

/// A message larger than this in its channel's largest: only some rounds, with fewer actors.
const HUGE: u64 = 64 << 20;

impl Setting {
    /// The seed decides about everything that the machine does not.
    pub fn choose(dice: &mut Dice, machine: &Setting) -> Self {
        let (pool, bytes, actors) = match dice.roll(4) {
            // As much as there may be: few actors, because each looks at every byte.
            0 => (1 << 30, HUGE, 14),
            // So little memory that producers often find none.
            1 => (2 << 20, 200_000, 30),
            _ => (256 << 20, 2 << 20, 50),
        };
        Self {
            depth: 16 << dice.roll(5),
            pool_bytes_max: pool,
            bytes_max: bytes,
            actors_max: actors.min(machine.actors_max),
            ..machine.clone()
        }
    }
}

/// Where the actors of a round meet.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    pub channels: &'a Path,
    pub pages: &'a Path,
    pub witness: &'a Path,
}

#[derive(Clone, Debug)]
pub struct Part {
    pub id: u64,
    pub role: Role,
    pub channel: &'static str,
    pub language: &'static str,
    /// Handles of a producer; many, to go beyond the number of lanes.
    pub handles: u64,
    /// 0: the user of this program.
    pub user: u32,
    pub in_namespace: bool,
    /// A limit of its address space; it may fail, but must harm nobody.
    pub memory_max: Option<u64>,
    /// Signals rain on it all the time.
    pub is_nervous: bool,
    pub history: u64,
    hold: u64,
    work_us: u64,
    burst: u64,
    pause_us: u64,
    is_unstamped: bool,
}

impl Part {
    pub fn choose(id: u64, dice: &mut Dice, setting: &Setting) -> Self {
        let role = dice.weigh(&[
            (22, Role::Publish),
            (9, Role::Subscribe),
            (15, Role::Lossless),
            (3, Role::Latest),
            (4, Role::Tap),
            (18, Role::Send),
            (26, Role::Receive),
            (3, Role::Keep),
            (8, Role::Set),
            (9, Role::Watch),
            (5, Role::Notify),
            (6, Role::Wait),
            (14, Role::Own),
            (10, Role::Call),
            (9, Role::Serve),
            (3, Role::Host),
        ]);
        Self::of(role, id, dice, setting)
    }

    pub fn of(role: Role, id: u64, dice: &mut Dice, setting: &Setting) -> Self {
        let channel = *dice.pick(role.channels());
        let is_crowd = matches!(role, Role::Publish | Role::Send) && dice.chance(12);
        let able = role.languages(channel).iter();
        let able: Vec<&str> = able
            .filter(|one| setting.languages.contains(one))
            .copied()
            .collect();
        let language = match is_crowd {
            true => "rust",
            false => *dice.pick(&able),
        };
        let is_poor = language != "python" && dice.chance(4);
        Self {
            id,
            role,
            channel,
            language,
            handles: match is_crowd {
                true => 20 + dice.roll(HANDLES_MAX as u64 - 20),
                false => 1,
            },
            user: dice.roll(u64::from(setting.users) + 1) as u32,
            // A host looks for itself in /proc, which is that of another namespace.
            in_namespace: setting.has_namespaces && dice.chance(15) && role != Role::Host,
            memory_max: is_poor.then(|| (24 << 20) + dice.roll(200 << 20)),
            is_nervous: dice.chance(15),
            history: match role.is_subscriber() && dice.chance(30) {
                true => dice.roll(u64::from(setting.depth) + 1),
                false => 0,
            },
            hold: dice.roll(4),
            work_us: [0, 0, 300, 2000][dice.roll(4) as usize],
            burst: 1 + dice.roll(24),
            pause_us: 500 + dice.roll(8000),
            is_unstamped: dice.chance(20),
        }
    }

    /// Calls that a host's plugin answers before it crashes.
    pub fn plugin_lives(&self) -> u64 {
        3 + 4 * self.burst
    }

    /// What comes after the program's name.
    pub fn words(&self, places: &Places<'_>, page: &Path, setting: &Setting) -> Vec<String> {
        // All others keep one value, or none.
        let has_depth = self.channel.starts_with("topic") || self.channel.starts_with("queue");
        let bytes_max = match self.channel.ends_with('b') {
            true => setting.bytes_max,
            false => setting.bytes_max.min(400_000),
        };
        let (user, group) = match self.user {
            0 => (0, 0),
            user => (setting.group + user, setting.group),
        };
        let numbers = [
            ("id", self.id),
            ("lossless", u64::from(self.role == Role::Lossless)),
            ("latest", u64::from(self.role == Role::Latest)),
            ("tap", u64::from(self.role == Role::Tap)),
            ("history", self.history),
            ("depth", if has_depth { setting.depth.into() } else { 0 }),
            ("pool", setting.pool_bytes_max),
            ("bytes", bytes_max),
            ("handles", self.handles),
            ("hold", self.hold),
            ("work_us", self.work_us),
            ("burst", self.burst),
            ("pause_us", self.pause_us),
            ("lives", self.plugin_lives()),
            ("unstamped", u64::from(self.is_unstamped)),
            ("permits", u64::from(permits(self.channel))),
            ("uid", u64::from(user)),
            ("gid", u64::from(group)),
        ];
        let texts = [
            ("role", self.role.name().to_owned()),
            ("channel", self.channel.to_owned()),
            ("dir", places.channels.display().to_string()),
            ("page", page.display().to_string()),
            ("witness", places.witness.display().to_string()),
        ];
        let numbers = numbers.map(|(key, number)| (key, number.to_string()));
        let pairs = texts.into_iter().chain(numbers);
        pairs.map(|(key, value)| format!("{key}={value}")).collect()
    }
}
