use super::*;
use crate::catalogue::{CONTENDERS, Contender};
use crate::plan;
use crate::round::Record;

fn contender(system: &str) -> &'static Contender {
    let found = CONTENDERS
        .iter()
        .find(|contender| contender.system == system);
    found.expect("a contender")
}

/// A run in which the given systems did one work, with these values in the rounds.
fn run_of(work: Work, unit: Unit, values: &[(&str, &[f64])]) -> (Vec<Cell>, Run) {
    let mut cells = Vec::new();
    let mut records = Vec::new();
    for (system, rounds) in values {
        let planned = plan::cells(&plan::QUICK, &[work], &[contender(system)]);
        cells.push(planned[0].clone());
        for (round, value) in rounds.iter().enumerate() {
            let sample = Sample {
                case: "64 B".to_owned(),
                size: Some(64),
                unit,
                p50: *value,
                p99: Some(value * 2.0),
                verified: true,
            };
            records.push(Record {
                cell: cells.len() - 1,
                round: round as u32,
                outcome: Outcome::Measured(vec![sample]),
            });
        }
    }
    let run = Run {
        records,
        ..Run::default()
    };
    (cells, run)
}

#[test]
fn a_row_has_the_median_the_spread_and_ratios_within_rounds() {
    let values: [(&str, &[f64]); 4] = [
        ("bounce", &[50.0, 100.0, 50.0]),
        // Slow in the second round, like the limit: the ratio is the same in all.
        ("simpleipc", &[100.0, 200.0, 110.0]),
        ("iceoryx2", &[400.0, 800.0, 440.0]),
        ("pipe", &[1000.0, 1000.0, 1000.0]),
    ];
    let (cells, run) = run_of(Work::Pingpong, Unit::Nanoseconds, &values);
    let rows = rows(&cells, &run);
    let row = &rows[1];
    assert_eq!((row.system.as_str(), row.rounds), ("SimpleIPC", 3));
    assert_eq!((row.p50, row.p99), (Some(110.0), Some(220.0)));
    assert_eq!((row.min, row.max), (Some(100.0), Some(200.0)));
    assert_eq!(row.limit_ratio, Some(2.0));
    assert_eq!(row.best_peer.as_deref(), Some("iceoryx2"));
    assert_eq!(row.best_peer_ratio, Some(0.25));
    assert_eq!((rows[0].limit_ratio, rows[0].best_peer_ratio), (None, None));
}

#[test]
fn of_rates_more_is_better() {
    let values: [(&str, &[f64]); 4] = [
        ("ring", &[100.0]),
        ("simpleipc", &[50.0]),
        ("pipe", &[5.0]),
        ("tcp", &[10.0]),
    ];
    let (cells, run) = run_of(Work::Stream, Unit::MessagesPerSecond, &values);
    let row = &rows(&cells, &run)[1];
    assert_eq!(
        (row.limit_ratio, row.best_peer_ratio),
        (Some(2.0), Some(0.2))
    );
    assert_eq!(row.best_peer.as_deref(), Some("TCP"));
}

#[test]
fn a_row_that_is_not_verified_has_no_figures_and_is_nobodys_best_peer() {
    let values: [(&str, &[f64]); 3] = [
        ("simpleipc", &[100.0]),
        ("pipe", &[10.0]),
        ("tcp", &[200.0]),
    ];
    let (cells, mut run) = run_of(Work::Pingpong, Unit::Nanoseconds, &values);
    if let Outcome::Measured(samples) = &mut run.records[1].outcome {
        samples[0].verified = false;
    }
    let rows = rows(&cells, &run);
    assert_eq!(
        (rows[1].p50, rows[1].p99, rows[1].verified),
        (None, None, false)
    );
    assert_eq!(rows[0].best_peer.as_deref(), Some("TCP"));
}

#[test]
fn what_hangs_is_a_row_and_what_is_refused_is_missing() {
    let (cells, mut run) = run_of(
        Work::Pingpong,
        Unit::Nanoseconds,
        &[("simpleipc", &[1.0]), ("pipe", &[1.0])],
    );
    run.records[0].outcome = Outcome::Failed("b0 hangs".to_owned());
    run.records[1].outcome = Outcome::Refused("not installed".to_owned());
    let rows = rows(&cells, &run);
    assert_eq!((rows.len(), rows[0].verified), (1, false));
    assert_eq!(rows[0].note.as_deref(), Some("b0 hangs"));
    let missing = missing(&cells, &run);
    assert_eq!(
        (missing[0].system.as_str(), missing[0].what.as_str()),
        ("pipe", "everything")
    );
}

#[test]
fn a_median_is_in_the_middle() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0]), Some(3.0));
    assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
}
