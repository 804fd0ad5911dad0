//! Rounds: all cells in turn, and the whole again, so that a machine that gets slower for a minute
//! does so for everybody. A run that is late does fewer rounds and says so.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::catalogue::Workers;
use crate::cell::{self, Outcome};
use crate::interrupt;
use crate::plan::{Cell, Effort};

/// One cell in one round.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its place in the plan.
    pub cell: usize,
    pub round: u32,
    pub outcome: Outcome,
}

/// A run, as it went.
#[derive(Debug, Default)]
pub struct Run {
    pub records: Vec<Record>,
    /// Rounds that were gone through to the end.
    pub rounds: u32,
    pub seconds: f64,
    /// What was left out, and why; for people.
    pub remarks: Vec<String>,
}

/// How long one round should take.
pub fn estimated(cells: &[Cell]) -> Duration {
    cells.iter().map(Cell::estimated).sum()
}

/// Runs the plan; `show` is told of every cell as it ends.
pub fn run(
    cells: &[Cell],
    effort: &Effort,
    workers: &Workers,
    mut show: impl FnMut(&Cell, &Record),
) -> Run {
    let started = Instant::now();
    let mut run = Run::default();
    // What failed once is not tried again: it may take long to fail, and has been reported.
    let mut given_up = BTreeSet::new();
    let mut longest = Duration::ZERO;
    for round in 0..effort.rounds {
        let begun = Instant::now();
        if round > 0 && started.elapsed() + longest > effort.time_max {
            run.remarks.push(format!(
                "{round} of {} rounds: another one would have taken longer than {} s in all",
                effort.rounds,
                effort.time_max.as_secs()
            ));
            break;
        }
        for (number, cell) in cells.iter().enumerate() {
            if given_up.contains(&number) {
                continue;
            }
            if interrupt::happened() {
                run.remarks.push("interrupted".to_owned());
                run.seconds = started.elapsed().as_secs_f64();
                return run;
            }
            let outcome = match started.elapsed() > effort.time_max {
                true if round > 0 => break,
                true => Outcome::Refused("the time was up before its turn".to_owned()),
                false => cell::run(cell, workers),
            };
            if !matches!(outcome, Outcome::Measured(_)) {
                given_up.insert(number);
            }
            let record = Record {
                cell: number,
                round,
                outcome,
            };
            show(cell, &record);
            run.records.push(record);
        }
        longest = longest.max(begun.elapsed());
        run.rounds = round + 1;
    }
    run.seconds = started.elapsed().as_secs_f64();
    run
}
