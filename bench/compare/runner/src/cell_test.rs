use super::*;
use crate::catalogue::{CONTENDERS, Contender};
use crate::plan::{self, Wait};

/// Workers that are all the script of the tests, in a folder that goes with the value.
struct Fake {
    folder: std::path::PathBuf,
    workers: Workers,
}

impl Fake {
    fn new(name: &str, fault: &str) -> Fake {
        let own = format!("sipc-compare-test-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(own);
        std::fs::create_dir_all(&folder).expect("folder");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/worker.sh");
        let program = folder.join("simpleipc-worker");
        let text = format!("#!/bin/sh\nFAKE={fault} exec {script} \"$@\"\n");
        std::fs::write(&program, text).expect("write");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("mode");
        let workers = Workers {
            programs: folder.clone(),
            home: folder.clone(),
            python: None,
            missing: Vec::new(),
        };
        Fake { folder, workers }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn library() -> &'static Contender {
    CONTENDERS
        .iter()
        .find(|contender| contender.system == "simpleipc")
        .expect("the library")
}

fn first_cell(work: Work) -> Cell {
    plan::cells(&plan::CHECK, &[work], &[library()]).remove(0)
}

fn measured(outcome: Outcome) -> Vec<Sample> {
    match outcome {
        Outcome::Measured(samples) => samples,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_round_trip_has_a_sample_for_each_size() {
    let fake = Fake::new("pingpong", "");
    let samples = measured(run(&first_cell(Work::Pingpong), &fake.workers));
    assert_eq!(samples.len(), 5);
    assert_eq!(
        (samples[2].case.as_str(), samples[2].size),
        ("64 B", Some(64))
    );
    assert_eq!((samples[2].p50, samples[2].p99), (100.0, Some(200.0)));
    assert!(samples.iter().all(|sample| sample.verified));
}

#[test]
fn a_rate_is_what_arrived_by_the_time_from_the_first_start_to_the_last_end() {
    let fake = Fake::new("stream", "");
    let samples = measured(run(&first_cell(Work::Stream), &fake.workers));
    assert_eq!(samples[0].p50, 100.0);
    assert!(samples[0].verified);
}

#[test]
fn messages_that_are_damaged_or_lost_are_not_verified() {
    let damaging = Fake::new("damages", "damages");
    for work in [Work::Pingpong, Work::Stream, Work::Wake] {
        let samples = measured(run(&first_cell(work), &damaging.workers));
        assert!(samples.iter().all(|sample| !sample.verified), "{work:?}");
    }
    let losing = Fake::new("loses", "loses");
    let samples = measured(run(&first_cell(Work::Stream), &losing.workers));
    assert!(samples.iter().all(|sample| !sample.verified));
}

#[test]
fn shares_of_a_queue_must_add_up() {
    // Four times 25 messages are 100, but their sequences do not add up to 4950.
    let fake = Fake::new("queue", "");
    let samples = measured(run(&first_cell(Work::Queue), &fake.workers));
    assert!(!samples[0].verified);
    assert_eq!(sum_below(100), 4950);
    assert_eq!(sum_below(0), 0);
}

#[test]
fn idleness_is_counted_per_second() {
    let fake = Fake::new("idle", "");
    let samples = measured(run(&first_cell(Work::Idle), &fake.workers));
    let values: Vec<f64> = samples.iter().map(|sample| sample.p50).collect();
    assert_eq!(values, [1000.0, 6.0]);
}

#[test]
fn memory_is_looked_at_while_the_workers_are_there() {
    let fake = Fake::new("hold", "");
    let samples = measured(run(&first_cell(Work::Hold), &fake.workers));
    assert_eq!((samples.len(), samples[0].case.as_str()), (1, "only open"));
    assert!(samples[0].p50 > 4096.0, "two shells take more than a page");
}

#[test]
fn a_sender_is_started_for_each_sample_of_a_start() {
    let fake = Fake::new("start", "");
    let samples = measured(run(&first_cell(Work::Start), &fake.workers));
    assert_eq!(samples.last().map(|sample| sample.p50), Some(100.0));
}

#[test]
fn what_goes_wrong_before_it_begins_is_refused_and_afterwards_has_failed() {
    let cell = first_cell(Work::Pingpong);
    for fault in ["refuses", "dies"] {
        let fake = Fake::new(fault, fault);
        let outcome = run(&cell, &fake.workers);
        assert!(
            matches!(outcome, Outcome::Refused(_)),
            "{fault}: {outcome:?}"
        );
    }
    let fake = Fake::new("breaks", "breaks");
    let outcome = run(&cell, &fake.workers);
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
}

#[test]
fn a_worker_that_is_not_built_is_refused() {
    let mut fake = Fake::new("missing", "");
    fake.workers.programs = fake.folder.join("nowhere");
    let outcome = run(&first_cell(Work::Call), &fake.workers);
    assert!(matches!(outcome, Outcome::Refused(why) if why.contains("not built")));
    fake.workers.missing = vec![("simpleipc".to_owned(), "no linker".to_owned())];
    let outcome = run(&first_cell(Work::Call), &fake.workers);
    assert!(matches!(outcome, Outcome::Refused(why) if why == "no linker"));
}

#[test]
fn every_cell_of_the_plan_says_all_words() {
    let cells = plan::cells(&plan::FULL, &Work::ALL, &[library()]);
    assert!(cells.iter().any(|cell| cell.wait == Wait::Spin));
    for cell in cells {
        let words = cell.words("a", 0);
        let is_pair = |word: &String| word.split_once('=').is_some();
        assert!(words.iter().all(is_pair) && words.len() >= 12, "{words:?}");
    }
}
