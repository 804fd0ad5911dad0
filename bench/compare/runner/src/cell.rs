//! One cell from beginning to end: its place, its workers in the right order, and the samples that
//! their lines amount to.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::catalogue::Workers;
use crate::place::Place;
use crate::plan::{Cell, Work, counted};
use crate::process::{Crew, Fields};

/// What one cell gave once.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What distinguishes it from others of the same work: `64 B`, `4 receivers`, `seen 720p`.
    pub case: String,
    pub size: Option<u64>,
    pub unit: Unit,
    pub p50: f64,
    pub p99: Option<f64>,
    /// Whether everything arrived once, in order and undamaged.
    pub verified: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    Nanoseconds,
    MessagesPerSecond,
    Bytes,
    /// Nanoseconds of processor time per second of waiting.
    BusyPerSecond,
    SwitchesPerSecond,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::MessagesPerSecond => "msg/s",
            Unit::Bytes => "bytes",
            Unit::BusyPerSecond => "ns/s",
            Unit::SwitchesPerSecond => "switches/s",
        }
    }
}

/// How a cell went.
#[derive(Clone, Debug)]
pub enum Outcome {
    Measured(Vec<Sample>),
    /// It never came to measuring: not built, not installed, not supported.
    Refused(String),
    /// It began, and then went wrong.
    Failed(String),
}

/// Runs a cell once.
pub fn run(cell: &Cell, workers: &Workers) -> Outcome {
    if let Err(why) = workers.command(cell.contender) {
        return Outcome::Refused(why);
    }
    let place = match Place::new() {
        Ok(place) => place,
        Err(why) => return Outcome::Failed(format!("{why:#}")),
    };
    let mut cast = Cast {
        cell,
        workers,
        place: &place,
        crew: Crew::new(),
    };
    if let Err(why) = cast.open() {
        return Outcome::Refused(format!("{why:#}"));
    }
    match cast.perform() {
        Ok(samples) => Outcome::Measured(samples),
        Err(why) => Outcome::Failed(format!("{why:#}")),
    }
}

struct Cast<'a> {
    cell: &'a Cell,
    workers: &'a Workers,
    place: &'a Place,
    crew: Crew,
}

impl Cast<'_> {
    /// Starts the workers; receivers first, since they may be the ones that listen.
    fn open(&mut self) -> Result<()> {
        let (inputs, outputs) = (self.cell.inputs, self.cell.outputs);
        if self.cell.contender.is_couple() {
            self.start("ab", 0)?;
        } else if self.cell.work == Work::Call {
            self.start("a", 0)?;
        } else {
            for index in 0..inputs {
                self.start("b", index)?;
            }
            self.crew.wait_ready()?;
            // The senders of the work `start` are started while it runs.
            let outputs = if self.cell.work == Work::Start {
                0
            } else {
                outputs
            };
            for index in 0..outputs {
                self.start("a", index)?;
            }
        }
        self.crew.wait_ready()
    }

    fn start(&mut self, role: &str, index: u32) -> Result<usize> {
        let started = self.workers.command(self.cell.contender);
        let mut command: Command = started.map_err(anyhow::Error::msg)?;
        command.args(self.cell.words(role, index));
        if role == "ab" {
            let core = self.cell.cores.of_receiver();
            command.args(core.map(|core| format!("core_b={core}")));
        }
        command.arg(format!("dir={}", self.place.directory().display()));
        command.env("BENCH_PORT", self.place.port().to_string());
        let core = match role {
            "b" => self.cell.cores.of_receiver(),
            // A couple is one process before it forks, and pins the other half itself.
            _ => self.cell.cores.of_sender(),
        };
        self.crew.start(&format!("{role}{index}"), command, core)
    }

    /// From `go` to the samples.
    fn perform(&mut self) -> Result<Vec<Sample>> {
        let mut samples = Vec::new();
        self.crew.go_all();
        if self.cell.work == Work::Start && !self.cell.contender.is_couple() {
            self.start_senders()?;
        }
        self.crew.wait_done(self.cell.expected())?;
        if self.cell.work == Work::Hold {
            samples.push(self.memory()?);
        }
        self.crew.finish()?;
        let results = Results::of(self.cell, &self.crew);
        samples.extend(results.samples()?);
        ensure!(!samples.is_empty(), "the workers reported nothing");
        Ok(samples)
    }

    /// One sender after the other, each of which sends its first message and ends.
    fn start_senders(&mut self) -> Result<()> {
        for index in 0..self.cell.count {
            let number = self.start("a", 0)?;
            // What the sender does before it is told to go would count: it is told at once.
            self.crew.go(number);
            let outcome = self.crew.finish_one(number, Duration::ZERO);
            outcome.with_context(|| format!("sender {index}"))?;
        }
        Ok(())
    }

    /// What the workers hold, now that they are done and have not ended.
    fn memory(&self) -> Result<Sample> {
        let processes = self.crew.processes();
        let private: Result<Vec<u64>> = processes.into_iter().map(private_bytes).collect();
        let bytes = self.place.bytes() + private?.iter().sum::<u64>();
        Ok(Sample {
            case: case(self.cell, None),
            size: None,
            unit: Unit::Bytes,
            p50: bytes as f64,
            p99: None,
            verified: true,
        })
    }
}

/// What a process has in memory for itself alone and not in a file: heap, stacks, its written data.
/// Shared memory is counted where it lies, and program text is not counted.
fn private_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = std::fs::read_to_string(&path).context(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss_Anon:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kilobytes.context("the kernel does not tell private memory")? * 1024)
}

/// The lines of all workers of a cell.
struct Results<'a> {
    cell: &'a Cell,
    senders: Vec<&'a Fields>,
    receivers: Vec<&'a Fields>,
}

impl<'a> Results<'a> {
    fn of(cell: &'a Cell, crew: &'a Crew) -> Results<'a> {
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for (role, fields) in crew.all_results() {
            // A couple reports the lines of both halves.
            let is_receiver = role.starts_with('b') || fields.contains_key("end_ns");
            if is_receiver {
                receivers.push(fields);
            } else {
                senders.push(fields);
            }
        }
        Results {
            cell,
            senders,
            receivers,
        }
    }

    fn samples(&self) -> Result<Vec<Sample>> {
        match self.cell.work {
            Work::Stream | Work::Fanout | Work::Producers | Work::Queue => self
                .cell
                .sizes
                .iter()
                .map(|size| self.rate(*size))
                .collect(),
            Work::Idle => self.idleness(),
            // What it holds was read from outside; lines of its own only say that nothing broke.
            Work::Hold => self.intact().map(|()| Vec::new()),
            _ => self.latencies(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &'a Fields> {
        self.senders.iter().chain(&self.receivers).copied()
    }

    fn intact(&self) -> Result<()> {
        ensure!(!self.all().any(is_damaged), "messages were damaged");
        Ok(())
    }

    /// Every line with a median.
    fn latencies(&self) -> Result<Vec<Sample>> {
        let lines = self.all().filter(|fields| fields.contains_key("p50"));
        lines.map(|fields| self.latency(fields)).collect()
    }

    fn latency(&self, fields: &Fields) -> Result<Sample> {
        let own_size = fields.get("size").map(|_| number(fields, "size"));
        let size = own_size.transpose()?.map(|size| size as u64);
        let same_size = self
            .all()
            .filter(|other| other.get("size") == fields.get("size"));
        Ok(Sample {
            case: case(self.cell, size),
            size: size.or(self.cell.sizes.first().copied()),
            unit: Unit::Nanoseconds,
            p50: number(fields, "p50")?,
            p99: number(fields, "p99").ok(),
            verified: fields.contains_key("verified") && !same_size.into_iter().any(is_damaged),
        })
    }

    /// Messages per second of one size, from the first sender's start to the last receiver's end.
    fn rate(&self, size: u64) -> Result<Sample> {
        let of_size = |fields: &&&Fields| number(fields, "size").is_ok_and(|s| s as u64 == size);
        let senders: Vec<&Fields> = self.senders.iter().filter(of_size).copied().collect();
        let receivers: Vec<&Fields> = self.receivers.iter().filter(of_size).copied().collect();
        let (outputs, inputs) = (self.cell.outputs as usize, self.cell.inputs as usize);
        ensure!(
            senders.len() == outputs && receivers.len() == inputs,
            "size {size}: {} of {outputs} senders and {} of {inputs} receivers reported",
            senders.len(),
            receivers.len()
        );
        let all = |lines: &[&Fields], key| -> Result<Vec<u64>> {
            lines.iter().map(|fields| whole(fields, key)).collect()
        };
        let sent: u64 = all(&senders, "count")?.iter().sum();
        let counts = all(&receivers, "count")?;
        let is_complete = match self.cell.work {
            Work::Queue => {
                let sums = all(&receivers, "sum")?;
                let sum = sums.iter().fold(0, |a: u64, b| a.wrapping_add(*b));
                counts.iter().sum::<u64>() == sent && sum == sum_below(sent)
            }
            _ => counts.iter().all(|count| *count == sent),
        };
        let start = all(&senders, "start_ns")?.into_iter().min();
        let end = all(&receivers, "end_ns")?.into_iter().max();
        let (start, end) = start.zip(end).context("nobody reported a time")?;
        if end <= start {
            bail!("size {size}: it ended before it began");
        }
        let damaged = senders
            .iter()
            .chain(&receivers)
            .any(|fields| is_damaged(fields));
        Ok(Sample {
            case: case(self.cell, Some(size)),
            size: Some(size),
            unit: Unit::MessagesPerSecond,
            p50: sent as f64 * 1e9 / (end - start) as f64,
            p99: None,
            verified: is_complete && !damaged && sent > 0,
        })
    }

    fn idleness(&self) -> Result<Vec<Sample>> {
        self.intact()?;
        let mut lines = self.all().filter(|fields| fields.contains_key("cpu_ns"));
        let fields = lines.next().context("nobody reported cpu_ns")?;
        let seconds = number(fields, "seconds")?;
        ensure!(seconds > 0.0, "it did not wait");
        let sample = |unit: Unit, key| -> Result<Sample> {
            Ok(Sample {
                case: case(self.cell, None),
                size: None,
                unit,
                p50: number(fields, key)? / seconds,
                p99: None,
                verified: true,
            })
        };
        Ok(vec![
            sample(Unit::BusyPerSecond, "cpu_ns")?,
            sample(Unit::SwitchesPerSecond, "switches")?,
        ])
    }
}

/// 0 + 1 + ... up to but without `count`, as the receivers add.
fn sum_below(count: u64) -> u64 {
    let sum = u128::from(count) * u128::from(count.saturating_sub(1)) / 2;
    sum as u64
}

/// What distinguishes a sample of this cell from others of the same work.
fn case(cell: &Cell, size: Option<u64>) -> String {
    match cell.work {
        Work::Wake => format!("{} ms", cell.gap_ms),
        Work::Fanout | Work::Queue => counted(cell.inputs, "receiver"),
        Work::Producers => counted(cell.outputs, "sender"),
        Work::Start | Work::Idle => String::new(),
        Work::Hold if cell.sizes.is_empty() => "only open".to_owned(),
        Work::Hold => "after use".to_owned(),
        Work::Frame => format!("{} {}", cell.kind, size.map(frame_name).unwrap_or_default()),
        _ => size.map(|size| format!("{size} B")).unwrap_or_default(),
    }
}

/// Frames are called by what they show.
pub fn frame_name(size: u64) -> String {
    match size {
        2_764_800 => "720p".to_owned(),
        24_883_200 => "4K".to_owned(),
        _ => format!("{size} B"),
    }
}

fn is_damaged(fields: &Fields) -> bool {
    fields.get("verified").is_some_and(|word| word != "1")
}

fn number(fields: &Fields, key: &str) -> Result<f64> {
    let word = fields
        .get(key)
        .with_context(|| format!("a result without {key}"))?;
    let value: f64 = word
        .parse()
        .with_context(|| format!("{key}={word} is no number"))?;
    ensure!(value.is_finite(), "{key}={word} is no number");
    Ok(value)
}

/// Times are too large for a float to hold exactly.
fn whole(fields: &Fields, key: &str) -> Result<u64> {
    let word = fields
        .get(key)
        .with_context(|| format!("a result without {key}"))?;
    word.parse()
        .with_context(|| format!("{key}={word} is no whole number"))
}

#[cfg(test)]
#[path = "cell_test.rs"]
mod tests;
