//! What is measured: the cells, each one work by one system in one way of waiting on given cores,
//! with the time it is granted. The plan is a list; in which order it runs, and how often, is
//! `round.rs`'s business.

use std::time::Duration;

use crate::catalogue::{Contender, Role};

/// Message sizes of round trips, and of streams, in bytes.
const PINGPONG_SIZES: [u64; 5] = [8, 48, 64, 256, 1024];
const STREAM_SIZES: [u64; 5] = [8, 48, 64, 1024, 65_536];
/// Frames: 1280 x 720 and 3840 x 2160 pixels of three bytes.
const FRAME_SIZES: [u64; 2] = [2_764_800, 24_883_200];
/// The message of everything that is not about sizes.
const SMALL: u64 = 64;
/// What starting, connecting, warming up and ending a cell takes, beside its budget; and the same
/// with an interpreter.
const CELL_OVERHEAD: Duration = Duration::from_millis(60);
const INTERPRETER_OVERHEAD: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Work {
    Pingpong,
    Wake,
    Stream,
    Fanout,
    Producers,
    Queue,
    Frame,
    Start,
    Idle,
    Hold,
    Call,
}

impl Work {
    pub const ALL: [Work; 11] = [
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
        Work::Call,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Work::Pingpong => "pingpong",
            Work::Wake => "wake",
            Work::Stream => "stream",
            Work::Fanout => "fanout",
            Work::Producers => "producers",
            Work::Queue => "queue",
            Work::Frame => "frame",
            Work::Start => "start",
            Work::Idle => "idle",
            Work::Hold => "hold",
            Work::Call => "call",
        }
    }

    pub fn named(name: &str) -> Option<Work> {
        Work::ALL.into_iter().find(|work| work.name() == name)
    }
}

/// How a receiver waits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Wait {
    Spin,
    Block,
}

impl Wait {
    pub fn name(self) -> &'static str {
        match self {
            Wait::Spin => "spin",
            Wait::Block => "block",
        }
    }
}

/// Where the workers run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cores {
    /// Senders on the first core, receivers on the second.
    Two,
    /// All on the first core.
    One,
    /// Where the kernel puts them.
    Any,
}

impl Cores {
    pub fn name(self) -> &'static str {
        match self {
            Cores::Two => "0/1",
            Cores::One => "0/0",
            Cores::Any => "any",
        }
    }

    pub fn of_sender(self) -> Option<usize> {
        (self != Cores::Any).then_some(0)
    }

    pub fn of_receiver(self) -> Option<usize> {
        match self {
            Cores::Two => Some(1),
            Cores::One => Some(0),
            Cores::Any => None,
        }
    }
}

/// One thing to measure.
#[derive(Clone, Debug)]
pub struct Cell {
    pub work: Work,
    pub contender: &'static Contender,
    pub wait: Wait,
    pub cores: Cores,
    pub inputs: u32,
    pub outputs: u32,
    pub sizes: Vec<u64>,
    /// How a frame is received; empty for other works.
    pub kind: &'static str,
    /// Time for each size.
    pub budget_ms: u64,
    /// Number of messages, where the work counts and does not look at the clock.
    pub count: u64,
    pub gap_ms: u64,
}

impl Cell {
    fn new(work: Work, contender: &'static Contender) -> Cell {
        Cell {
            work,
            contender,
            wait: Wait::Block,
            cores: Cores::Two,
            inputs: 1,
            outputs: 1,
            sizes: vec![SMALL],
            kind: "",
            budget_ms: 0,
            count: 0,
            gap_ms: 0,
        }
    }

    /// The words for the worker, but for those that name its place.
    pub fn words(&self, role: &str, index: u32) -> Vec<String> {
        let sizes: Vec<String> = self.sizes.iter().map(u64::to_string).collect();
        let pattern = match self.work {
            Work::Queue => "queue",
            _ => "stream",
        };
        let mut words = vec![
            format!("work={}", self.work.name()),
            format!("role={role}"),
            format!("system={}", self.contender.system),
            format!("wait={}", self.wait.name()),
            format!("pattern={pattern}"),
            format!("sizes={}", sizes.join(",")),
            format!("budget_ms={}", self.budget_ms),
            format!("count={}", self.count),
            format!("gap_ms={}", self.gap_ms),
            format!("inputs={}", self.inputs),
            format!("outputs={}", self.outputs),
            format!("index={index}"),
        ];
        if !self.kind.is_empty() {
            words.push(format!("kind={}", self.kind));
        }
        words
    }

    /// How long the workers should take from `go` to `done`.
    pub fn expected(&self) -> Duration {
        let budget = self.budget_ms * self.sizes.len() as u64;
        let gaps = self.gap_ms * self.count.max(1);
        Duration::from_millis(budget.max(gaps))
    }

    /// How long the cell should take in all.
    pub fn estimated(&self) -> Duration {
        let overhead = match self.contender.language {
            "python" => INTERPRETER_OVERHEAD,
            _ => CELL_OVERHEAD,
        };
        let starts = match self.work {
            Work::Start => self.count as u32,
            _ => 1,
        };
        self.expected() + overhead * starts
    }

    /// What the cell is called in messages.
    pub fn title(&self) -> String {
        let mut words = vec![self.work.name().to_owned(), self.contender.title()];
        words.push(self.wait.name().to_owned());
        words.push(self.cores.name().to_owned());
        match self.work {
            Work::Wake => words.push(format!("{} ms", self.gap_ms)),
            Work::Fanout | Work::Queue => words.push(counted(self.inputs, "receiver")),
            Work::Producers => words.push(counted(self.outputs, "sender")),
            Work::Frame => words.push(self.kind.to_owned()),
            _ => {}
        }
        words.join(" ")
    }
}

/// `1 sender`, `2 senders`.
pub fn counted(number: u32, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// How much time is spent.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub name: &'static str,
    pub rounds: u32,
    /// The whole run takes no longer; rounds are left out if they would.
    pub time_max: Duration,
    /// For each size of a round trip or of a stream.
    size_ms: u64,
    frame_ms: u64,
    call_ms: u64,
    idle_ms: u64,
    /// Messages after 1 ms, and after 100 ms.
    wakes: [u64; 2],
    starts: u64,
    /// Also where the kernel puts the workers, and both on one core.
    has_placements: bool,
}

pub const FULL: Effort = Effort {
    name: "full",
    rounds: 3,
    time_max: Duration::from_secs(15 * 60),
    size_ms: 60,
    frame_ms: 150,
    call_ms: 60,
    idle_ms: 2000,
    wakes: [150, 10],
    starts: 10,
    has_placements: true,
};

pub const QUICK: Effort = Effort {
    name: "quick",
    rounds: 1,
    time_max: Duration::from_secs(2 * 60),
    size_ms: 20,
    frame_ms: 50,
    call_ms: 20,
    idle_ms: 300,
    wakes: [40, 5],
    starts: 4,
    has_placements: false,
};

/// Only whether it works.
pub const CHECK: Effort = Effort {
    name: "check",
    rounds: 1,
    // It takes half a minute; a machine with other work must not fail by it.
    time_max: Duration::from_secs(15 * 60),
    size_ms: 5,
    frame_ms: 5,
    call_ms: 5,
    idle_ms: 50,
    wakes: [5, 3],
    starts: 2,
    has_placements: false,
};

/// All cells of the given works and contenders. The contenders of one work stand together, so that
/// what is compared is measured within a short time.
pub fn cells(effort: &Effort, works: &[Work], contenders: &[&'static Contender]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for work in works {
        // One turn for each way to do the work; each turn has a cell of every contender.
        for turn in turns(*work, effort) {
            let all = contenders.iter().map(|contender| turn(contender));
            cells.extend(all.filter_map(supported));
        }
    }
    cells
}

type Turn = Box<dyn Fn(&'static Contender) -> Cell>;

/// The ways in which a work is done.
fn turns(work: Work, effort: &Effort) -> Vec<Turn> {
    let turn = move |change: Box<dyn Fn(&mut Cell)>| -> Turn {
        Box::new(move |contender| {
            let mut cell = Cell::new(work, contender);
            change(&mut cell);
            cell
        })
    };
    let effort = *effort;
    match work {
        Work::Pingpong => placements(&effort)
            .into_iter()
            .map(|(wait, cores)| {
                turn(Box::new(move |cell| {
                    cell.sizes = PINGPONG_SIZES.to_vec();
                    cell.budget_ms = effort.size_ms;
                    (cell.wait, cell.cores) = (wait, cores);
                }))
            })
            .collect(),
        Work::Wake => [1, 100]
            .into_iter()
            .zip(effort.wakes)
            .map(|(gap_ms, count)| {
                turn(Box::new(move |cell| {
                    cell.sizes = vec![16];
                    (cell.gap_ms, cell.count) = (gap_ms, count);
                }))
            })
            .collect(),
        Work::Stream => [Wait::Spin, Wait::Block]
            .into_iter()
            .map(|wait| {
                turn(Box::new(move |cell| {
                    cell.sizes = STREAM_SIZES.to_vec();
                    cell.budget_ms = effort.size_ms;
                    cell.wait = wait;
                }))
            })
            .collect(),
        Work::Fanout => [1, 2, 4, 8]
            .into_iter()
            .map(|inputs| {
                turn(Box::new(move |cell| {
                    cell.budget_ms = effort.size_ms;
                    (cell.inputs, cell.cores) = (inputs, Cores::Any);
                }))
            })
            .collect(),
        Work::Producers => [1, 2, 4]
            .into_iter()
            .map(|outputs| {
                turn(Box::new(move |cell| {
                    cell.budget_ms = effort.size_ms;
                    (cell.outputs, cell.cores) = (outputs, Cores::Any);
                }))
            })
            .collect(),
        Work::Queue => vec![turn(Box::new(move |cell| {
            cell.budget_ms = effort.size_ms;
            (cell.inputs, cell.cores) = (4, Cores::Any);
        }))],
        Work::Frame => ["seen", "read", "copied", "follow"]
            .into_iter()
            .map(|kind| {
                turn(Box::new(move |cell| {
                    cell.sizes = FRAME_SIZES.to_vec();
                    cell.budget_ms = effort.frame_ms;
                    cell.kind = kind;
                }))
            })
            .collect(),
        Work::Start => vec![turn(Box::new(move |cell| {
            cell.sizes = vec![16];
            cell.count = effort.starts;
        }))],
        Work::Idle => vec![turn(Box::new(move |cell| {
            cell.sizes = vec![16];
            (cell.count, cell.gap_ms) = (1, effort.idle_ms);
            cell.budget_ms = effort.idle_ms;
        }))],
        // Without sizes the ends are only open; with sizes they have been in use.
        Work::Hold => [&[][..], &STREAM_SIZES]
            .into_iter()
            .map(|sizes| {
                turn(Box::new(move |cell| {
                    cell.sizes = sizes.to_vec();
                    cell.budget_ms = effort.size_ms;
                }))
            })
            .collect(),
        Work::Call => vec![turn(Box::new(move |cell| {
            cell.sizes = vec![8, SMALL];
            cell.budget_ms = effort.call_ms;
            cell.wait = Wait::Spin;
        }))],
    }
}

/// How round trips wait, and where.
fn placements(effort: &Effort) -> Vec<(Wait, Cores)> {
    let mut placements = vec![(Wait::Spin, Cores::Two), (Wait::Block, Cores::Two)];
    if effort.has_placements {
        placements.extend([
            (Wait::Spin, Cores::Any),
            (Wait::Block, Cores::Any),
            (Wait::Block, Cores::One),
        ]);
    }
    placements
}

/// The cell as far as its contender can do it.
fn supported(mut cell: Cell) -> Option<Cell> {
    let contender = cell.contender;
    if !contender.works.contains(&cell.work) {
        return None;
    }
    // Both ends on one core is a question about the library and its limit alone.
    if cell.cores == Cores::One && contender.role == Role::Peer {
        return None;
    }
    if !contender.waits.contains(&cell.wait) {
        return None;
    }
    let had_sizes = !cell.sizes.is_empty();
    cell.sizes.retain(|size| *size <= contender.bytes_max);
    (cell.sizes.is_empty() != had_sizes).then_some(cell)
}
