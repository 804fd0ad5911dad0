//! Storms: processes of all roles, languages and users that are killed, stopped and frozen at
//! random, and a ledger of what they have sent and received. README.md says what is proved.
//!
//! `kills` is the simple form: one role at a time is killed, a thousand times, beside survivors.
//! `round` is the whole: rounds of some hundred actions each, in a directory of its own.

pub mod actor;
mod call;
mod calm;
mod dice;
mod freezer;
mod judge;
mod kills;
mod languages;
mod page;
mod part;
mod player;
mod round;
mod witness;

use dice::Dice;
use freezer::Freezer;
use languages::{LANGUAGES, Programs};
use part::Setting;
use round::Round;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Actions of one round; a quarter of a minute, most of it in pauses.
const ACTIONS: u64 = 600;
/// Users and their group have numbers of their own, from here on.
const USERS_FROM: u32 = 20_000;

/// Runs the kill loops and then, with `minutes`, rounds of a storm until they are over.
pub fn run(kills: u32, minutes: Option<u32>) -> ExitCode {
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = given("SIPC_CRASH_SEED").unwrap_or(u64::from(std::process::id()) * 40_503 + 1);
    println!("seed {seed} (repeat with SIPC_CRASH_SEED={seed})");
    let (mut passed, mut failed) = match kills {
        0 => (0, 0),
        _ => kills::run(kills, seed),
    };
    if let Some(minutes) = minutes {
        let until = Instant::now() + Duration::from_secs(60 * u64::from(minutes));
        let (went_well, went_wrong) = storm(seed, until);
        passed += went_well;
        failed += went_wrong;
    }
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What this machine can do; what it cannot is said once.
fn machine() -> (Setting, Option<Freezer>) {
    // SAFETY: no arguments, cannot fail.
    let is_root = unsafe { libc::geteuid() } == 0;
    let setting = Setting {
        depth: 0,
        pool_bytes_max: 0,
        bytes_max: 0,
        actors_max: 50,
        users: if is_root { 3 } else { 0 },
        group: USERS_FROM + std::process::id() % 20_000 * 2,
        has_namespaces: is_root && player::can_make_namespaces(),
        languages: LANGUAGES.to_vec(),
    };
    let freezer = Freezer::find();
    let lacks = [
        (!is_root, "other users: not root"),
        (!setting.has_namespaces, "process namespaces: not permitted"),
        (freezer.is_none(), "freezing: no control group of ours"),
    ];
    for (_, what) in lacks.iter().filter(|(lacking, _)| *lacking) {
        println!("skipped {what}");
    }
    (setting, freezer)
}

/// Rounds until the time is over, or one fails; how many went well and how many did not.
fn storm(seed: u64, until: Instant) -> (u32, u32) {
    let (machine, freezer) = machine();
    let programs = match Programs::build(&machine.languages) {
        Ok(programs) => programs,
        Err(why) => {
            println!("FAILED storm: {why}");
            return (0, 1);
        }
    };
    let mut seeds = Dice::new(seed);
    // The first round has the seed itself, so that one that failed can be run alone.
    let (mut seed, mut passed) = (seed, 0);
    while Instant::now() < until {
        let began = Instant::now();
        match Round::new(seed, &machine, &programs, freezer.as_ref()).run(ACTIONS) {
            Ok((deeds, totals, setting)) => {
                passed += 1;
                println!(
                    "ok storm {seed}: up to {} actors in {:.1} s; {} started, {} killed, {} \
                     stopped, {} frozen, {} left; longest call {:.2} s",
                    setting.actors_max,
                    began.elapsed().as_secs_f64(),
                    deeds.started,
                    deeds.killed,
                    deeds.stopped,
                    deeds.frozen,
                    deeds.left,
                    deeds.longest.as_secs_f64(),
                );
                println!("  killed: {}", listed(&deeds.deaths));
                println!("  {totals}");
            }
            Err(faults) => {
                println!(
                    "FAILED storm {seed} (SIPC_CRASH_SEED={seed} crash --kills 0 --minutes 1)"
                );
                faults.iter().for_each(|fault| println!("  {fault}"));
                return (passed, 1);
            }
        }
        seed = seeds.next_seed();
    }
    (passed, 0)
}

fn listed(counts: &BTreeMap<&str, u64>) -> String {
    let counts = counts.iter().map(|(what, count)| format!("{count} {what}"));
    counts.collect::<Vec<_>>().join(", ")
}
