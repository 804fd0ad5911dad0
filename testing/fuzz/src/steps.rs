//! Inputs as lists of steps on a damaged channel: what the targets `opening`, `receiving`,
//! `repairing` and `upkeep` do, which differ in the steps there are.

use crate::damage::{damage, damage_identity, resize_data, seal};
use crate::fault;
use crate::feed::Feed;
use crate::image::{Image, NAME};
use crate::judge::{Neighbours, call};
use crate::stage::Stage;
use simpleipc::{ChannelReport, audit, audit_all, clean};
use std::fs;
use std::time::Duration;

/// Longer inputs say nothing new.
const STEPS_MAX: usize = 60;

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A word of a file gets another value.
    Damage,
    /// Bytes of the header's identity do.
    Identity,
    /// The header's checksum becomes right again.
    Seal,
    /// A data file gets other sizes.
    ResizeData,
    /// The control file becomes shorter.
    Cut,
    /// A file loses its name.
    Unlink,
    /// An idle member appears, or the owner of an endpoint.
    Lock,
    Open,
    Close,
    Put,
    Loan,
    PutLoan,
    Take,
    TakeEach,
    WaitAny,
    Audit,
    Clean,
}

use Step::*;

/// A file that may be no channel at all.
pub const OPENING: &[Step] = &[Identity, Seal, Damage, Cut, Lock, Open, Audit, Clean];

/// Messages that are not what they should be.
pub const RECEIVING: &[Step] = &[
    Damage, Damage, Damage, ResizeData, Cut, Unlink, Lock, Open, Put, Take, Take, TakeEach, WaitAny,
];

/// Handles of the dead, and programs that come and go.
pub const REPAIRING: &[Step] = &[
    Damage, Damage, Damage, ResizeData, Unlink, Lock, Open, Open, Close, Put, Loan, PutLoan, Take,
    TakeEach,
];

/// Looking from outside, and cleaning up.
pub const UPKEEP: &[Step] = &[
    Damage, Damage, Damage, ResizeData, Cut, Unlink, Lock, Open, Close, Audit, Audit, Clean,
];

/// Takes the steps that `bytes` says, of those there are.
pub fn run(bytes: &[u8], steps: &[Step]) {
    fault::mend();
    let mut neighbours = Neighbours::of_this_process();
    let mut feed = Feed::new(bytes);
    let images = Image::all();
    let mut stage = Stage::new(&images[feed.below(images.len())]);
    for _ in 0..STEPS_MAX {
        if feed.is_empty() {
            break;
        }
        let step = feed.pick(steps);
        take(step, &mut stage, &mut feed);
    }
    drop(stage);
    neighbours.check();
}

pub fn take(step: Step, stage: &mut Stage, feed: &mut Feed<'_>) {
    match step {
        Damage => damage(feed, &stage.laid),
        Identity => damage_identity(feed, &stage.laid),
        Seal => seal(&stage.laid),
        ResizeData => resize_data(feed, &stage.laid),
        Cut => {
            let bytes = u64::from(feed.u16()) << 4;
            stage.laid.control.set_len(bytes).expect("it can be cut");
        }
        Unlink => unlink(stage, feed),
        Lock => {
            let bits = feed.byte();
            stage.lock((bits & 1 != 0).then_some(usize::from(bits >> 1)));
        }
        Open => stage.open(feed),
        Close => stage.close(feed),
        Put => stage.put(feed),
        Loan => stage.loan(feed),
        PutLoan => stage.put_loan(),
        Take => stage.take(),
        TakeEach => stage.take_each(feed),
        WaitAny => stage.wait_any(),
        Audit => look(stage),
        Clean => {
            let age = feed.pick(&[Duration::ZERO, Duration::MAX]);
            call("clean", || clean(Some(&stage.directory), age));
        }
    }
}

fn unlink(stage: &Stage, feed: &mut Feed<'_>) {
    let entries = fs::read_dir(&stage.directory).expect("a directory");
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    if !paths.is_empty() {
        let _ = fs::remove_file(&paths[feed.below(paths.len())]);
    }
}

fn look(stage: &Stage) {
    let one = call("audit", || audit(NAME, Some(&stage.directory)));
    let all = call("audit all", || audit_all(Some(&stage.directory)));
    let reports = all.unwrap_or_default();
    for report in one.flatten().iter().chain(&reports) {
        check(report);
    }
}

/// A report says something, and is no longer than anybody would read.
fn check(report: &ChannelReport) {
    assert!(!report.name.is_empty());
    assert!(report.chunks_in_use <= report.chunks);
    assert!(report.leaks.iter().all(|leak| leak.len() > 15));
}
