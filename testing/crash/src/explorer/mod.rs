//! The explorer: a process dies before every step of every operation, and whoever recovers dies
//! before every step of that, too.
//!
//! A step is a store to a word in shared memory, or a system call that others may notice
//! (`simpleipc::crash::set_step_hook`). Every run begins anew: a channel with survivors, a child
//! that dies before its step k, perhaps another one that recovers and dies before its step j, and
//! then the survivors, who must be able to go on, and an audit. Nothing is left to chance: the
//! same scene, k and j are the same run.

mod coverage;
mod fate;
mod lock;
mod lock_scenes;
mod page;
mod queue;
mod queue_scenes;
mod scenes;
mod service;
mod service_scenes;
mod shortage;
mod signal;
mod signal_scenes;
mod stage;
mod starve;
mod state;
mod state_scenes;
mod topic;
mod topic_life;
mod topic_put;
mod topic_scenes;
mod topic_take;

use coverage::Visited;
use fate::Fate;
use page::Page;
use scenes::{Scene, World};
use stage::{End, play};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Scenes there may be; the shared table has a fixed length.
const SCENES_MAX: usize = 256;
/// Failures shown of one scene; more of them say no more.
const SHOWN_MAX: u64 = 3;
/// Steps after which an operation is taken for an endless loop.
const STEPS_MAX: u64 = 100_000;

/// Which runs there are to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every so many-th pair; 0 for none.
    pub every: u64,
    /// Only scenes whose name contains this.
    pub only: String,
    /// Only this step of the first, and of the second.
    pub step: Option<u64>,
    pub second: Option<u64>,
}

/// What the workers have counted, in memory that they share.
struct Table {
    /// The next piece of work nobody has taken yet.
    next: AtomicU64,
    visited: Visited,
    scenes: [Counts; SCENES_MAX],
}

#[derive(Default)]
struct Counts {
    steps: AtomicU64,
    pairs: AtomicU64,
    failed: AtomicU64,
}

fn shared_table() -> &'static Table {
    // SAFETY: a fresh mapping, never unmapped; its zeros are a valid value of these atomics.
    unsafe {
        let memory = libc::mmap(
            std::ptr::null_mut(),
            size_of::<Table>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        assert_ne!(memory, libc::MAP_FAILED, "no memory");
        &*memory.cast::<Table>()
    }
}

/// Explores, prints a table and what failed, and ends with the count.
pub fn run(plan: &Plan) -> ExitCode {
    let table = shared_table();
    fate::watch_steps(&table.visited);
    let chosen = chosen(plan, table);
    let mut broken = in_workers(|page| explore_steps(plan, table, page, &chosen));
    table.next.store(0, Relaxed);
    broken += in_workers(|page| explore_pairs(plan, table, page, &chosen));
    let (mut steps, mut pairs, mut failed) = (0, 0, broken);
    for (scene, counts) in chosen {
        let [s, p, f] = [&counts.steps, &counts.pairs, &counts.failed].map(|n| n.load(Relaxed));
        println!("{:<52} {s:>5} steps {p:>7} pairs {f:>5} failed", scene.name);
        (steps, pairs, failed) = (steps + s, pairs + p, failed + f);
    }
    println!("explorer: {steps} steps, {pairs} pairs, {failed} failed");
    let mut places = 0;
    // Some places belong to repairs only.
    if plan.only.is_empty() && plan.step.is_none() && plan.every > 0 {
        let (count, missed) = table.visited.compare();
        println!("explorer: {count} places that change something, not visited: {missed:?}");
        places = count as u64;
        failed += missed.len() as u64;
    }
    let tried = steps + pairs + places;
    println!("{} passed, {failed} failed", tried.saturating_sub(failed));
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Has every call refused once, prints a table and what failed, and returns how many refusals and
/// failures there were.
pub fn starve(plan: &Plan) -> (u64, u64) {
    let table = shared_table();
    fate::watch_steps(&table.visited);
    let chosen = chosen(plan, table);
    let mut failed = in_workers(|page| starve::explore_calls(plan, table, page, &chosen));
    let mut refused = 0;
    let mut lines: Vec<(&str, &Counts)> = chosen.iter().map(|(s, c)| (s.name, *c)).collect();
    if plan.only.is_empty() {
        let shortages = &table.scenes[scenes::all().count()..];
        table.next.store(0, Relaxed);
        failed += in_workers(|page| shortage::explore_shortages(table, page, shortages));
        lines.extend(shortage::names().zip(shortages));
    }
    for (name, counts) in lines {
        let [r, f] = [&counts.steps, &counts.failed].map(|count| count.load(Relaxed));
        println!("{name:<52} {r:>5} refusals {f:>5} failed");
        (refused, failed) = (refused + r, failed + f);
    }
    (refused, failed)
}

fn chosen(plan: &Plan, table: &'static Table) -> Vec<(&'static Scene, &'static Counts)> {
    scenes::all()
        .zip(&table.scenes)
        .filter(|(scene, _)| scene.name.contains(&plan.only))
        .collect()
}

/// Has as many processes do `work` as there are processors; how many of them failed.
fn in_workers(work: impl Fn(&Page)) -> u64 {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let _ = std::io::stdout().flush();
    let mut workers = Vec::new();
    for _ in 0..count {
        // SAFETY: this process has one thread, so the child may do anything.
        let worker = unsafe { libc::fork() };
        assert!(worker >= 0, "cannot fork");
        if worker == 0 {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&Page::new())));
            let _ = std::io::stdout().flush();
            // SAFETY: ends this process without running anything of its parent's.
            unsafe { libc::_exit(i32::from(outcome.is_err())) };
        }
        workers.push(worker);
    }
    let mut broken = 0;
    for worker in workers {
        let mut status = 0;
        // SAFETY: our own child, waited for once.
        unsafe { libc::waitpid(worker, &mut status, 0) };
        broken += u64::from(status != 0);
    }
    broken
}

/// Takes scenes until there are none, and has the first process die at each of their steps.
fn explore_steps(plan: &Plan, table: &Table, page: &Page, chosen: &[(&Scene, &Counts)]) {
    while let Some((scene, counts)) = chosen.get(table.next.fetch_add(1, Relaxed) as usize) {
        for k in 1.. {
            let skipped = plan.step.is_some_and(|step| step != k);
            let end = match skipped && plan.step > Some(k) {
                true => Ok(End::Died),
                false => guarded(scene, page, Fate::Dies(k), None),
            };
            counts.steps.fetch_add(u64::from(!skipped), Relaxed);
            match end {
                Err(why) => show(
                    counts,
                    scene,
                    page,
                    &format!("explore --step={k} --every=0"),
                    &why,
                ),
                Ok(End::Done) => break,
                Ok(End::Died) => {}
            }
            if plan.step == Some(k) || k > STEPS_MAX || counts.failed.load(Relaxed) > SHOWN_MAX {
                break;
            }
        }
    }
}

/// Takes steps of scenes until there are none, and has the second process die at each of its.
fn explore_pairs(plan: &Plan, table: &Table, page: &Page, chosen: &[(&Scene, &Counts)]) {
    let mut firsts = Vec::new();
    for (scene, counts) in chosen {
        let steps = counts.steps.load(Relaxed);
        match plan.step {
            Some(step) => firsts.push((*scene, *counts, step)),
            None => firsts.extend((1..=steps).map(|k| (*scene, *counts, k))),
        }
    }
    while let Some((scene, counts, k)) = firsts.get(table.next.fetch_add(1, Relaxed) as usize) {
        // Spread evenly over both: the first second-step grows with the first one.
        let (first, every) = match (plan.second, plan.every) {
            (Some(second), _) => (second, STEPS_MAX),
            (None, 0) => return,
            (None, every) => (1 + k % every, every),
        };
        let mut j = first;
        while counts.failed.load(Relaxed) <= SHOWN_MAX && j < STEPS_MAX {
            counts.pairs.fetch_add(1, Relaxed);
            match guarded(scene, page, Fate::Dies(*k), Some(j)) {
                Err(why) => show(
                    counts,
                    scene,
                    page,
                    &format!("explore --step={k} --second={j}"),
                    &why,
                ),
                Ok(End::Done) => break,
                Ok(End::Died) => {}
            }
            j += every;
        }
    }
}

/// Tells of a failure, and with which `words` to have it again.
fn show(counts: &Counts, scene: &Scene, page: &Page, words: &str, why: &str) {
    counts.failed.fetch_add(1, Relaxed);
    let [first, second, _] = page.parts();
    let (name, first, second) = (scene.name, first.met_at(), second.met_at());
    println!("FAILED {name}: {why}\n  at {first}, and {second}");
    println!("  again: cargo run --release -p crash -- {words} --only='{name}'");
}

/// As [`run_one`]; a panic is a failure like any other.
fn guarded(scene: &Scene, page: &Page, fate: Fate, j: Option<u64>) -> Result<End, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| run_one(scene, page, fate, j)));
    outcome.unwrap_or_else(|_| Err("a survivor panicked".to_owned()))
}

/// One run: the scene's process meets its fate, and one that recovers dies before its step `j`.
/// Tells whether the last of them came to its end.
fn run_one(scene: &Scene, page: &Page, fate: Fate, j: Option<u64>) -> Result<End, String> {
    page.clear();
    let mut world = (scene.world)(page)?;
    let options = world.options();
    let mut services = scene
        .services
        .iter()
        .map(|service| service(&mut world, page));
    let mut end = play(page, 0, fate, &options, scene.role, &mut services)?;
    if let Some(j) = j {
        let role = |stage: &stage::Stage| scenes::recover(&world, stage);
        end = play(
            page,
            1,
            Fate::Dies(j),
            &options,
            role,
            &mut std::iter::empty(),
        )?;
    }
    judge(world, page, j.is_none())?;
    Ok(end)
}

/// Those who survive go on, and everything is as it should be; in a queue with `patience` before
/// anybody joins.
fn judge(world: World, page: &Page, patience: bool) -> Result<(), String> {
    match world {
        World::Topic(topic) => topic.judge(page.parts()),
        World::Queue(queue) => queue.judge(page.parts(), patience),
        World::State(state) => state.judge(page.parts()),
        World::Signal(signal) => signal.judge(page.parts()),
        World::Lock(lock) => lock.judge(page.parts()),
        World::Service(service) => service.judge(),
    }
}
