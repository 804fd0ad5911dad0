//! Tables: the rows of one work and one way of waiting, a line for each system and a column for
//! each case. The terminal shows them as they are here; `markdown.rs` prints the same.

use std::fmt;

use crate::figures::Row;
use crate::plan::Work;

/// From this size on a stream is about bytes and not about messages.
const BYTES_MATTER_FROM: u64 = 1024;
/// The case that the columns at the right speak about, where there are several.
const PRINCIPAL_CASES: [&str; 3] = ["64 B", "copied 720p", "4 receivers"];

/// What a column shows of a row.
type Figure = fn(&Row) -> String;

/// One table, all text.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub title: String,
    /// One sentence about what is shown.
    pub meaning: &'static str,
    pub head: Vec<String>,
    pub lines: Vec<Vec<String>>,
}

/// What rows have in common that stand in one table.
#[derive(Clone, Debug, PartialEq)]
struct Topic {
    work: String,
    mode: String,
    cores: String,
    unit: String,
    is_binding: bool,
}

impl Topic {
    fn of(row: &Row) -> Topic {
        Topic {
            work: row.work.clone(),
            // A limit has a way of waiting of its own and belongs to both tables.
            mode: row.mode.clone(),
            cores: row.cores.clone(),
            unit: row.unit.clone(),
            is_binding: row.language != "rust",
        }
    }

    fn title(&self) -> String {
        let cores = match self.cores.as_str() {
            "0/1" => "one core each".to_owned(),
            "0/0" => "both on one core".to_owned(),
            _ => "cores left to the kernel".to_owned(),
        };
        let languages = if self.is_binding {
            ", other languages"
        } else {
            ""
        };
        let unit = match self.unit.as_str() {
            "ns/s" => ": processor time",
            "switches/s" => ": context switches",
            _ => "",
        };
        match self.work.as_str() {
            "pingpong" | "stream" => format!("{}, {}, {cores}{languages}", self.work, self.mode),
            "frame" | "wake" => format!("{}, {cores}{languages}", self.work),
            work => format!("{work}{unit}{languages}"),
        }
    }
}

/// All tables, in the order of the rows. Rows that failed are in none.
pub fn tables(rows: &[Row]) -> Vec<Table> {
    let mut topics: Vec<Topic> = Vec::new();
    // A limit alone is no comparison.
    for row in rows
        .iter()
        .filter(|row| !row.unit.is_empty() && row.role != "limit")
    {
        let topic = Topic::of(row);
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics.iter().map(|topic| table(topic, rows)).collect()
}

/// Sentences about what failed, for below the tables.
pub fn failures(rows: &[Row]) -> Vec<String> {
    let failed = rows.iter().filter(|row| !row.verified);
    let sentence = |row: &Row| {
        let why = row.note.as_deref().unwrap_or("no reason given");
        // A row that has no unit is one of a cell that failed, and its case says everything.
        let what = match row.unit.is_empty() {
            true => row.case.clone(),
            false => format!("{} {}", row.work, row.case),
        };
        let (mode, cores) = (&row.mode, &row.cores);
        format!("{}, {what}, {mode}, cores {cores}: {why}", system(row))
    };
    failed.map(sentence).collect()
}

fn table(topic: &Topic, rows: &[Row]) -> Table {
    let ours: Vec<&Row> = rows.iter().filter(|row| Topic::of(row) == *topic).collect();
    let cases = distinct(ours.iter().map(|row| row.case.clone()));
    let systems = distinct(ours.iter().map(|row| system(row)));
    let principal = PRINCIPAL_CASES
        .into_iter()
        .find(|case| cases.iter().any(|c| c == case));
    let principal = principal
        .or(cases.first().map(String::as_str))
        .unwrap_or_default();
    let has = |figure: fn(&Row) -> bool| ours.iter().any(|row| figure(row));
    let of_case = match cases.len() {
        1 => String::new(),
        _ => format!(", {principal}"),
    };
    let about = ours.iter().filter(|row| row.case == principal);
    let peers = distinct(about.filter_map(|row| row.best_peer.clone()));
    let best_peer = match &peers[..] {
        [peer] => format!("x best peer ({peer})"),
        _ => "x best peer".to_owned(),
    };
    let extras: Vec<(String, Figure)> = [
        (has(|row| row.p99.is_some()), "p99", p99 as Figure),
        (has(|row| row.rounds > 1), "rounds from..to", spread),
        (has(|row| row.limit_ratio.is_some()), "x limit", |row| {
            ratio(row.limit_ratio)
        }),
        (!peers.is_empty(), &best_peer, |row| {
            ratio(row.best_peer_ratio)
        }),
    ]
    .into_iter()
    .filter(|(is_there, _, _)| *is_there)
    .map(|(_, name, figure)| (format!("{name}{of_case}"), figure))
    .collect();
    let find = |name: &str, case: &str| {
        let mut found = ours
            .iter()
            .filter(|row| system(row) == name && row.case == case);
        found.next().copied()
    };
    let line = |name: &String| {
        let figures = cases
            .iter()
            .map(|case| find(name, case).map(p50).unwrap_or_default());
        let about = find(name, principal);
        let more = extras
            .iter()
            .map(|(_, figure)| about.map(figure).unwrap_or_default());
        let shown = match ours.iter().find(|row| system(row) == *name) {
            Some(row) if row.role == "limit" => format!("limit: {name}"),
            _ => name.clone(),
        };
        [shown].into_iter().chain(figures).chain(more).collect()
    };
    let named = |case: &String| match case.is_empty() {
        true => "p50".to_owned(),
        false => case.clone(),
    };
    let extra_names = extras.iter().map(|(name, _)| name.clone());
    Table {
        title: topic.title(),
        meaning: meaning(topic),
        head: ["system".to_owned()]
            .into_iter()
            .chain(cases.iter().map(named))
            .chain(extra_names)
            .collect(),
        lines: systems.iter().map(line).collect(),
    }
}

fn meaning(topic: &Topic) -> &'static str {
    match Work::named(&topic.work) {
        Some(Work::Pingpong) => "Half of a round trip, every message checked; the median.",
        Some(Work::Wake) => {
            "From just before the send until a receiver that had slept for so long has the message."
        }
        Some(Work::Stream) => "What arrives of messages sent as fast as it goes, none dropped.",
        Some(Work::Fanout) => "Messages of 64 B, each to every receiver, none dropped.",
        Some(Work::Producers) => "Messages of 64 B from so many senders to one receiver.",
        Some(Work::Queue) => "Messages of 64 B, each to one of four receivers.",
        Some(Work::Frame) => {
            "From before a frame is filled until it is seen, read, copied, or copied while it is \
             still being filled (follow)."
        }
        Some(Work::Start) => "From the first line of a sender's main to its first message there.",
        Some(Work::Idle) => "What a receiver costs that waits and gets nothing, for each second.",
        Some(Work::Hold) => {
            "Shared memory and private memory of a sender and a receiver with their servers; \
             buffers in the kernel are not seen."
        }
        Some(Work::Call) => "Putting, taking and releasing a message within one process.",
        None => "",
    }
}

/// The system, with its language unless that is Rust.
fn system(row: &Row) -> String {
    match row.language.as_str() {
        "rust" => row.system.clone(),
        language => format!("{language}: {}", row.system),
    }
}

fn p50(row: &Row) -> String {
    row.p50
        .map_or("failed".to_owned(), |value| figure(value, row))
}

fn p99(row: &Row) -> String {
    row.p99.map(|value| figure(value, row)).unwrap_or_default()
}

fn spread(row: &Row) -> String {
    match (row.min, row.max) {
        (Some(min), Some(max)) => format!("{}..{}", figure(min, row), figure(max, row)),
        _ => String::new(),
    }
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map(significant).unwrap_or_default()
}

fn figure(value: f64, row: &Row) -> String {
    quantity(value, &row.unit, row.size)
}

/// A value with its unit, in three digits.
pub fn quantity(value: f64, unit: &str, size: Option<u64>) -> String {
    match (unit, size) {
        ("ns", _) => scaled(value, &[(1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns")]),
        ("ns/s", _) => scaled(value, &[(1e6, "ms/s"), (1e3, "us/s"), (1.0, "ns/s")]),
        ("bytes", _) => scaled(value, &[(1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")]),
        ("msg/s", Some(size)) if size >= BYTES_MATTER_FROM => scaled(
            value * size as f64,
            &[(1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s")],
        ),
        ("msg/s", _) => scaled(value, &[(1e6, "M/s"), (1e3, "k/s"), (1.0, "/s")]),
        _ => significant(value),
    }
}

fn scaled(value: f64, scales: &[(f64, &str)]) -> String {
    let fits = scales.iter().find(|(least, _)| value >= *least);
    let (least, unit) = fits.or(scales.last()).copied().unwrap_or((1.0, ""));
    format!("{} {unit}", significant(value / least))
}

/// Three digits.
fn significant(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn distinct(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut found = Vec::new();
    for word in words {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "\n{}\n  {}", self.title, self.meaning)?;
        let lines = || std::iter::once(&self.head).chain(&self.lines);
        let width = |column: usize| lines().map(|line| line[column].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        for line in lines() {
            write!(f, "  {:<1$}", line[0], widths[0])?;
            for (word, width) in line.iter().zip(&widths).skip(1) {
                write!(f, "  {word:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "table_test.rs"]
mod tests;
