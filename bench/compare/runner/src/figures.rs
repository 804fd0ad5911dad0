//! Figures from the rounds: medians with their spread, and ratios to the limit and to the best
//! peer. Ratios are taken within each round, between cells measured shortly after one another, and
//! then their median; a slow minute thus cancels out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Contender, Role};
use crate::cell::{Outcome, Sample, Unit};
use crate::plan::{Cell, Wait, Work, counted};
use crate::round::Run;

/// One line of the tables, and one object of results.json.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Row {
    pub work: String,
    /// What distinguishes it from others of the same work; may be empty.
    pub case: String,
    pub system: String,
    pub language: String,
    /// `limit`, `subject` or `peer`.
    pub role: String,
    /// How the receiver waits: `spin` or `block`.
    pub mode: String,
    pub cores: String,
    pub size: Option<u64>,
    pub unit: String,
    /// Medians over the rounds; None if the row has failed.
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    /// The smallest and the greatest p50 of a round.
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub rounds: u32,
    /// How many times worse than the limit; 1 is as good.
    pub limit_ratio: Option<f64>,
    /// The best of the systems that are neither limits nor SimpleIPC, in the same language, and how
    /// many times worse than it this one is; below 1 is better.
    pub best_peer: Option<String>,
    pub best_peer_ratio: Option<f64>,
    /// False: it failed, and has no figures.
    pub verified: bool,
    pub note: Option<String>,
}

/// What was not measured, and why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Missing {
    pub system: String,
    pub language: String,
    pub what: String,
    pub why: String,
}

/// The same thing done by different systems.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Question {
    work: Work,
    case: String,
    unit: &'static str,
    wait: Wait,
    cores: &'static str,
}

/// One system's answers to it, by round.
struct Answers {
    /// A cell that gave them.
    cell: usize,
    size: Option<u64>,
    unit: Unit,
    by_round: BTreeMap<u32, Sample>,
}

/// All rows, in the order of the plan, failures included.
pub fn rows(cells: &[Cell], run: &Run) -> Vec<Row> {
    let mut order: Vec<(Question, usize)> = Vec::new();
    let mut answers: BTreeMap<(Question, usize), Answers> = BTreeMap::new();
    let mut failures = Vec::new();
    for record in &run.records {
        let cell = &cells[record.cell];
        match &record.outcome {
            Outcome::Measured(samples) => {
                for sample in samples {
                    let key = (question(cell, sample), system_of(cell));
                    let entry = answers.entry(key.clone()).or_insert_with(|| {
                        order.push(key);
                        Answers {
                            cell: record.cell,
                            size: sample.size,
                            unit: sample.unit,
                            by_round: BTreeMap::new(),
                        }
                    });
                    entry.by_round.insert(record.round, sample.clone());
                }
            }
            Outcome::Failed(why) => failures.push((record.cell, why.clone())),
            Outcome::Refused(_) => {}
        }
    }
    let mut rows: Vec<Row> = order.iter().map(|key| row(cells, &answers, key)).collect();
    let failed = failures
        .iter()
        .map(|(cell, why)| failed_row(&cells[*cell], why));
    rows.extend(failed);
    let place = |row: &Row| Work::ALL.iter().position(|work| work.name() == row.work);
    rows.sort_by_key(place);
    rows
}

/// What was refused or not asked for, the same reasons of one system put together.
pub fn missing(cells: &[Cell], run: &Run) -> Vec<Missing> {
    let mut missing = refused(cells, run);
    let mut contenders: Vec<&Contender> = cells.iter().map(|cell| cell.contender).collect();
    contenders.sort_by_key(|contender| std::ptr::from_ref(*contender));
    contenders.dedup_by_key(|contender| std::ptr::from_ref(*contender));
    let limited = contenders
        .into_iter()
        .filter(|contender| contender.bytes_max < u64::MAX);
    missing.extend(limited.map(|contender| Missing {
        system: contender.shown.to_owned(),
        language: contender.language.to_owned(),
        what: format!("messages above {} bytes", contender.bytes_max),
        why: "more than it carries".to_owned(),
    }));
    missing
}

fn refused(cells: &[Cell], run: &Run) -> Vec<Missing> {
    let mut found: Vec<(usize, String, Vec<String>)> = Vec::new();
    for record in &run.records {
        let Outcome::Refused(why) = &record.outcome else {
            continue;
        };
        let cell = &cells[record.cell];
        let what = what(cell);
        match found.iter_mut().find(|(first, reason, _)| {
            system_of(&cells[*first]) == system_of(cell) && reason == why
        }) {
            Some((_, _, all)) if all.contains(&what) => {}
            Some((_, _, all)) => all.push(what),
            None => found.push((record.cell, why.clone(), vec![what])),
        }
    }
    let missing = found.into_iter().map(|(first, why, all)| {
        let contender = cells[first].contender;
        let planned = cells
            .iter()
            .filter(|cell| system_of(cell) == system_of(&cells[first]));
        let mut planned: Vec<String> = planned.map(what).collect();
        planned.dedup();
        Missing {
            system: contender.shown.to_owned(),
            language: contender.language.to_owned(),
            what: match all.len() == planned.len() {
                true => "everything".to_owned(),
                false => all.join(", "),
            },
            why,
        }
    });
    missing.collect()
}

fn what(cell: &Cell) -> String {
    let work = cell.work.name();
    match cell.work {
        Work::Fanout | Work::Queue => format!("{work} ({})", counted(cell.inputs, "receiver")),
        Work::Producers => format!("{work} ({})", counted(cell.outputs, "sender")),
        Work::Frame => format!("{work} ({})", cell.kind),
        Work::Pingpong | Work::Stream => format!("{work} ({})", cell.wait.name()),
        _ => work.to_owned(),
    }
}

fn question(cell: &Cell, sample: &Sample) -> Question {
    Question {
        work: cell.work,
        case: sample.case.clone(),
        unit: sample.unit.name(),
        wait: cell.wait,
        cores: cell.cores.name(),
    }
}

/// Contenders are known by where they stand in memory: the catalogue is one static list.
fn system_of(cell: &Cell) -> usize {
    std::ptr::from_ref(cell.contender).addr()
}

fn row(
    cells: &[Cell],
    answers: &BTreeMap<(Question, usize), Answers>,
    key: &(Question, usize),
) -> Row {
    let own = &answers[key];
    let cell = &cells[own.cell];
    let contender = cell.contender;
    let limit = match contender.role {
        Role::Limit => None,
        _ => limit_of(cells, answers, &key.0),
    };
    let peer = best_peer(cells, answers, &key.0, own);
    let verified = own.by_round.values().all(|sample| sample.verified);
    let figure = |values: Vec<f64>| median(&values).filter(|_| verified);
    let medians = || own.by_round.values().map(|sample| sample.p50);
    Row {
        work: key.0.work.name().to_owned(),
        case: key.0.case.clone(),
        system: contender.shown.to_owned(),
        language: contender.language.to_owned(),
        role: role_name(contender.role).to_owned(),
        mode: key.0.wait.name().to_owned(),
        cores: key.0.cores.to_owned(),
        size: own.size,
        unit: own.unit.name().to_owned(),
        p50: figure(medians().collect()),
        p99: figure(
            own.by_round
                .values()
                .filter_map(|sample| sample.p99)
                .collect(),
        ),
        min: medians().reduce(f64::min).filter(|_| verified),
        max: medians().reduce(f64::max).filter(|_| verified),
        rounds: own.by_round.len() as u32,
        limit_ratio: limit.and_then(|limit| figure(ratios(own, limit))),
        best_peer: peer.map(|peer| cells[peer.cell].contender.shown.to_owned()),
        best_peer_ratio: peer.and_then(|peer| figure(ratios(own, peer))),
        verified,
        note: (!verified).then(|| "messages were lost, doubled, reordered or damaged".to_owned()),
    }
}

/// What the machine can do at best at this question. Which yardstick stands for which work is the
/// catalogue's business: it lists the works of each.
fn limit_of<'a>(
    cells: &[Cell],
    answers: &'a BTreeMap<(Question, usize), Answers>,
    asked: &Question,
) -> Option<&'a Answers> {
    // A stream is held against the same ring however its receiver waits.
    let fits = |question: &Question| {
        let is_same_wait = question.wait == asked.wait || asked.work == Work::Stream;
        let same = (&question.case, question.cores, question.unit);
        is_same_wait && same == (&asked.case, asked.cores, asked.unit)
    };
    let mut all = answers.iter().filter(|((question, _), own)| {
        let is_limit = cells[own.cell].contender.role == Role::Limit;
        is_limit && question.work == asked.work && fits(question)
    });
    all.next().map(|(_, own)| own)
}

/// The best other system of the same language that answered the same question.
fn best_peer<'a>(
    cells: &[Cell],
    answers: &'a BTreeMap<(Question, usize), Answers>,
    asked: &Question,
    own: &Answers,
) -> Option<&'a Answers> {
    let contender = cells[own.cell].contender;
    if contender.role == Role::Limit {
        return None;
    }
    let peers = answers.iter().filter(|((question, _), other)| {
        let peer = cells[other.cell].contender;
        question == asked
            && other.by_round.values().all(|sample| sample.verified)
            && peer.role == Role::Peer
            && peer.language == contender.language
    });
    let middle = |answers: &Answers| {
        let values: Vec<f64> = answers.by_round.values().map(|sample| sample.p50).collect();
        median(&values).unwrap_or(f64::NAN)
    };
    peers.map(|(_, other)| other).min_by(|a, b| {
        let order = middle(a).total_cmp(&middle(b));
        if is_more_better(own.unit) {
            order.reverse()
        } else {
            order
        }
    })
}

/// How many times worse `own` was than `other`, for each round that has both.
fn ratios(own: &Answers, other: &Answers) -> Vec<f64> {
    let pairs = own
        .by_round
        .iter()
        .filter_map(|(round, sample)| Some((sample.p50, other.by_round.get(round)?.p50)));
    let ratios = pairs.map(|(own_value, other_value)| match is_more_better(own.unit) {
        true => other_value / own_value,
        false => own_value / other_value,
    });
    ratios.filter(|ratio| ratio.is_finite()).collect()
}

fn is_more_better(unit: Unit) -> bool {
    unit == Unit::MessagesPerSecond
}

/// The row of a cell that failed: no figures, and why.
fn failed_row(cell: &Cell, why: &str) -> Row {
    Row {
        work: cell.work.name().to_owned(),
        case: what(cell),
        system: cell.contender.shown.to_owned(),
        language: cell.contender.language.to_owned(),
        role: role_name(cell.contender.role).to_owned(),
        mode: cell.wait.name().to_owned(),
        cores: cell.cores.name().to_owned(),
        size: None,
        unit: String::new(),
        p50: None,
        p99: None,
        min: None,
        max: None,
        rounds: 0,
        limit_ratio: None,
        best_peer: None,
        best_peer_ratio: None,
        verified: false,
        note: Some(why.to_owned()),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Subject => "subject",
        Role::Limit => "limit",
        Role::Peer => "peer",
    }
}

/// The middle value, or the mean of the two in the middle; None of none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[half]),
        _ => Some((sorted[half - 1] + sorted[half]) / 2.0),
    }
}

#[cfg(test)]
#[path = "figures_test.rs"]
mod tests;
