//! Starvation: each call of the system that an operation makes is refused once, with each error
//! that it can have when something has run out.
//!
//! The operation may succeed all the same, if it can do without. Else it fails with a sentence
//! that names the channel or its directory and a remedy, has left nothing, and succeeds when it
//! is tried again. Those beside it go on, and an audit finds nothing.

use super::fate::Fate;
use super::page::{NO_SUCH_ERROR, Page};
use super::scenes::Scene;
use super::{Counts, Plan, STEPS_MAX, Table, guarded, show};
use std::sync::atomic::Ordering::Relaxed;

/// Takes scenes until there are none, and refuses each of their calls with each error.
pub fn explore_calls(plan: &Plan, table: &Table, page: &Page, chosen: &[(&Scene, &Counts)]) {
    while let Some((scene, counts)) = chosen.get(table.next.fetch_add(1, Relaxed) as usize) {
        for call in plan.step.unwrap_or(1)..=plan.step.unwrap_or(STEPS_MAX) {
            if !refuse_call(scene, counts, page, call) {
                break;
            }
        }
    }
}

/// False if the scene does not make so many calls.
fn refuse_call(scene: &Scene, counts: &Counts, page: &Page, call: u64) -> bool {
    for error in 0.. {
        let outcome = guarded(scene, page, Fate::Starves(call, error), None);
        let code = page.parts()[0].refused.load(Relaxed);
        if let Err(why) = outcome {
            let error = std::io::Error::from_raw_os_error(code as i32);
            let why = format!("{why} ({error})");
            show(counts, scene, page, &format!("starve --step={call}"), &why);
        }
        match code {
            0 => return false,
            NO_SUCH_ERROR => break,
            _ => counts.steps.fetch_add(1, Relaxed),
        };
    }
    true
}
