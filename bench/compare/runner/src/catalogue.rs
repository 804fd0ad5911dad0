//! Who is compared: every system with its worker, and what is known in advance about what it can
//! do. What a worker refuses beyond that is reported with its own words.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::plan::{Wait, Work};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// SimpleIPC, in whatever language.
    Subject,
    /// What the machine can do at best; a yardstick and not a system.
    Limit,
    Peer,
}

/// How a worker is started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Program {
    /// A program of this workspace: the name of its crate's folder in `systems`.
    Rust(&'static str),
    /// The one Python program; its systems are modules.
    Python,
    /// The same where both ends must have a common parent: one process that forks the other.
    PythonCouple,
    /// A program below `languages`, compiled to this name.
    Compiled(&'static str),
}

impl Program {
    /// What the set-up calls it.
    pub fn name(self) -> &'static str {
        match self {
            Program::Rust(name) | Program::Compiled(name) => name,
            Program::Python | Program::PythonCouple => "python",
        }
    }
}

#[derive(Debug)]
pub struct Contender {
    /// As the worker knows it.
    pub system: &'static str,
    /// As it stands in the tables.
    pub shown: &'static str,
    pub language: &'static str,
    pub role: Role,
    pub program: Program,
    pub works: &'static [Work],
    pub waits: &'static [Wait],
    /// The largest message; sizes above it are not asked for.
    pub bytes_max: u64,
}

impl Contender {
    /// What it is called in messages; the language only where it is not Rust.
    pub fn title(&self) -> String {
        match self.language {
            "rust" => self.shown.to_owned(),
            language => format!("{} ({language})", self.shown),
        }
    }

    /// Whether one process is both ends.
    pub fn is_couple(&self) -> bool {
        self.program == Program::PythonCouple
    }

    /// Whether the functional check runs it: what builds with nothing but a compiler.
    pub fn is_checked(&self) -> bool {
        matches!(
            self.program,
            Program::Rust("simpleipc") | Program::Rust("sockets") | Program::Rust("limits")
        )
    }

    /// Whether `word` on the command line means this one.
    pub fn is_called(&self, word: &str) -> bool {
        [self.system, self.shown, self.language, self.program.name()].contains(&word)
    }
}

const ALL: &[Work] = &Work::ALL;
/// What every system is asked for; a call without a partner is a question about a library alone.
const WITH_PARTNER: &[Work] = &[
    Work::Pingpong,
    Work::Wake,
    Work::Stream,
    Work::Fanout,
    Work::Producers,
    Work::Queue,
    Work::Frame,
    Work::Start,
    Work::Idle,
    Work::Hold,
];
const BINDING_WITH_PARTNER: &[Work] = &[
    Work::Pingpong,
    Work::Wake,
    Work::Stream,
    Work::Frame,
    Work::Start,
    Work::Idle,
];
const BOTH: &[Wait] = &[Wait::Spin, Wait::Block];
const BLOCK: &[Wait] = &[Wait::Block];
const ANY_SIZE: u64 = u64::MAX;
/// What other languages are asked for; the rest is about the library and not about its bindings.
const BINDING: &[Work] = &[
    Work::Pingpong,
    Work::Wake,
    Work::Stream,
    Work::Frame,
    Work::Start,
    Work::Idle,
    Work::Call,
];

const fn limit(system: &'static str, works: &'static [Work], waits: &'static [Wait]) -> Contender {
    Contender {
        system,
        shown: system,
        language: "rust",
        role: Role::Limit,
        program: Program::Rust("limits"),
        works,
        waits,
        bytes_max: ANY_SIZE,
    }
}

const fn peer(system: &'static str, shown: &'static str, program: Program) -> Contender {
    Contender {
        system,
        shown,
        language: "rust",
        role: Role::Peer,
        program,
        works: WITH_PARTNER,
        waits: BOTH,
        bytes_max: ANY_SIZE,
    }
}

const fn python(system: &'static str, shown: &'static str, program: Program) -> Contender {
    Contender {
        language: "python",
        works: BINDING_WITH_PARTNER,
        ..peer(system, shown, program)
    }
}

const fn subject(language: &'static str, program: Program) -> Contender {
    Contender {
        language,
        role: Role::Subject,
        works: BINDING,
        ..peer("simpleipc", "SimpleIPC", program)
    }
}

/// In the order of the tables, limits first.
pub static CONTENDERS: &[Contender] = &[
    limit("bounce", &[Work::Pingpong], &[Wait::Spin]),
    limit("futex", &[Work::Pingpong, Work::Wake], BLOCK),
    limit("ring", &[Work::Stream], &[Wait::Spin]),
    limit("memcpy", &[Work::Frame], BLOCK),
    Contender {
        works: ALL,
        ..subject("rust", Program::Rust("simpleipc"))
    },
    Contender {
        // As it is unless told otherwise: each message bears the time of its publication.
        shown: "SimpleIPC, stamped",
        system: "simpleipc-stamped",
        works: &[Work::Pingpong, Work::Stream, Work::Call],
        ..subject("rust", Program::Rust("simpleipc"))
    },
    peer("pipe", "pipe", Program::Rust("sockets")),
    peer("unix", "Unix socket", Program::Rust("sockets")),
    peer("tcp", "TCP", Program::Rust("sockets")),
    Contender {
        // The kernel's default for a message; more needs its administrator.
        bytes_max: 8192,
        ..peer("mq", "POSIX mq", Program::Rust("sockets"))
    },
    peer("iceoryx2", "iceoryx2", Program::Rust("iceoryx2")),
    peer("zeromq", "ZeroMQ", Program::Rust("zeromq")),
    peer("nng", "nng", Program::Rust("nng")),
    peer("redis", "Redis", Program::Rust("redis")),
    peer("zenoh", "Zenoh", Program::Rust("zenoh")),
    Contender {
        bytes_max: 16 << 20,
        ..peer("aeron", "Aeron", Program::Rust("aeron"))
    },
    subject("python", Program::Python),
    python("connection", "multiprocessing.Pipe", Program::PythonCouple),
    python("queue", "multiprocessing.Queue", Program::PythonCouple),
    python("mmap", "mmap by hand", Program::Python),
    python("pyzmq", "pyzmq", Program::Python),
    python("redis", "redis-py", Program::Python),
    python("iceoryx2", "iceoryx2", Program::Python),
    subject("c", Program::Compiled("c-worker")),
    subject("pascal", Program::Compiled("pascal-worker")),
];

/// Where the workers lie.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The folder of the compiled ones.
    pub programs: PathBuf,
    /// The folder `bench/compare`.
    pub home: PathBuf,
    /// An interpreter that can import what the Python systems need; None if there is none.
    pub python: Option<PathBuf>,
    /// Programs that could not be had, and why.
    pub missing: Vec<(String, String)>,
}

impl Workers {
    /// The command that starts a worker, but for its words; an error says what is missing.
    pub fn command(&self, contender: &Contender) -> Result<Command, String> {
        let known = self
            .missing
            .iter()
            .find(|(name, _)| name == contender.program.name());
        if let Some((_, why)) = known {
            return Err(why.clone());
        }
        let found = |path: PathBuf| match path.is_file() {
            true => Ok(Command::new(&path)),
            false => Err(format!("its worker {} is not built", name_of(&path))),
        };
        match contender.program {
            Program::Rust(name) => found(self.programs.join(format!("{name}-worker"))),
            Program::Compiled(name) => found(self.programs.join(name)),
            Program::Python | Program::PythonCouple => {
                let python = self.python.as_ref().ok_or("there is no Python for it")?;
                let worker = self.home.join("languages/python/worker.py");
                found(worker.clone())?;
                let mut command = Command::new(python);
                command.arg(worker);
                Ok(command)
            }
        }
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_stands_once_for_each_language() {
        for (index, one) in CONTENDERS.iter().enumerate() {
            let twice = CONTENDERS[..index]
                .iter()
                .any(|other| (other.shown, other.language) == (one.shown, one.language));
            assert!(!twice, "{} in {}", one.shown, one.language);
        }
    }

    #[test]
    fn a_worker_that_is_not_there_is_named() {
        let nowhere = Path::new("nowhere").to_owned();
        let workers = Workers {
            programs: nowhere.clone(),
            home: nowhere,
            python: None,
            missing: Vec::new(),
        };
        let why = workers.command(&CONTENDERS[0]).expect_err("missing");
        assert_eq!(why, "its worker limits-worker is not built");
    }
}
