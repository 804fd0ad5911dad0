//! Every language with every language: starts the drivers and runs all scenarios on each pair.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Order;
use crate::driver::{Driver, PATIENCE, Stop};
use crate::languages::{Absence, Language, Place};
use crate::pair::{Pair, Plugin, Starter};
use crate::report::{Cell, Report, Tally};
use crate::scenarios::SCENARIOS;

/// After this many drivers that died or fell silent, a pair is not worth more time.
const STOPS_MAX: usize = 3;

/// Builds the drivers of `languages` and runs the ordered pairs of those that work, with their
/// channels in private directories below `directory`.
pub fn run(languages: &[Language], order: &Order, place: &Place, directory: &Path) -> Report {
    let mut report = Report::default();
    let works = |language: &&Language| greet(language, order, place, &mut report);
    let working: Vec<&Language> = languages.iter().filter(works).collect();
    let later = match place.later() {
        Ok(later) => Some(later),
        Err(why) if order.all => {
            let case = "a library of a later version is made";
            report.house.fail(case, "ok", &why);
            None
        }
        Err(why) => {
            let what = format!("statuses of a later version: no such library: {why}");
            report.skipped.push(what);
            None
        }
    };
    let later = later.as_ref();
    let both = |producer| working.iter().map(move |&consumer| (producer, consumer));
    let pairs = working.iter().flat_map(|&producer| both(producer));
    let mut pairs = pairs.filter(|(producer, consumer)| order.wants(producer, consumer));
    // A pair waits for most of its time, so more run at once than there are processors.
    let at_once = 2 * thread::available_parallelism().map_or(1, |count| count.get());
    let next = Mutex::new(&mut pairs);
    let cells = Mutex::new(&mut report.cells);
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                let take = || unpoisoned(&next).next();
                while let Some((producer, consumer)) = take() {
                    let cell = run_pair([producer, consumer], place, later, directory);
                    unpoisoned(&cells).push(cell);
                }
            });
        }
    });
    report
}

/// A thread that panicked takes the whole run down when the scope ends.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Builds a driver and has it say its name and version.
fn greet(language: &Language, order: &Order, place: &Place, report: &mut Report) -> bool {
    let name = &language.name;
    let case = format!("{name}: the driver is built and greets");
    let greeting = match place.build(language) {
        Err(Absence::Skipped(why)) if !order.all => {
            report.skipped.push(format!("{name}: {why}"));
            return false;
        }
        Err(Absence::Skipped(why) | Absence::Broken(why)) => Err(why),
        Ok(()) => Driver::start(&mut place.command(language), name, PATIENCE)
            .and_then(|mut driver| driver.ask("hello"))
            .map_err(|Stop(text)| text),
    };
    if language.driver.plugin.is_none() {
        let what = format!("{name}: hosts and plugins, which its driver does not know");
        report.skipped.push(what);
    }
    if language.driver.presence.is_none() {
        let what = format!("{name}: peers, which its driver does not know");
        report.skipped.push(what);
    }
    let expected = format!("ok {name} {}", env!("CARGO_PKG_VERSION"));
    let got = greeting.unwrap_or_else(|complaint| complaint);
    report.house.check(&case, &expected, &got);
    got == expected
}

/// One pair with a directory of its own, and what it showed.
fn run_pair(
    [producer, consumer]: [&Language; 2],
    place: &Place,
    later: Option<&Place>,
    parent: &Path,
) -> Cell {
    let [from, to] = [&producer.name, &consumer.name];
    let directory = parent.join(format!("{from}-{to}"));
    let mut tally = Tally::default();
    let start = Instant::now();
    match fs::create_dir(&directory) {
        Ok(()) => run_scenarios([producer, consumer], place, later, directory, &mut tally),
        Err(error) => tally.fail("a directory for the channels", "", &error.to_string()),
    }
    let seconds = start.elapsed().as_secs_f32();
    eprintln!("{from} -> {to}: {} ({seconds:.1} s)", tally.summary());
    Cell {
        producer: from.clone(),
        consumer: to.clone(),
        tally,
    }
}

fn run_scenarios(
    [producer, consumer]: [&Language; 2],
    place: &Place,
    later: Option<&Place>,
    directory: PathBuf,
    tally: &mut Tally,
) {
    let [make_producer, make_consumer] =
        [producer, consumer].map(|language| move || place.command(language));
    let starters = Starters {
        producer: Starter {
            language: &producer.name,
            command: &make_producer,
            directory: directory.clone(),
        },
        consumer: Starter {
            language: &consumer.name,
            command: &make_consumer,
            directory: directory.clone(),
        },
    };
    let make_later = move || later.unwrap_or(place).command(consumer);
    let later = later.map(|_| Starter {
        language: &consumer.name,
        command: &make_later,
        directory: directory.clone(),
    });
    // A language that can be a plugin can also have some.
    let script = place.plugin(producer).and(place.plugin(consumer));
    let plugin = script.as_deref().map(|script| Plugin {
        language: &consumer.name,
        script,
    });
    let is_one_language = producer.name == consumer.name;
    let presence = consumer.driver.presence.as_ref();
    let presence = presence.and(producer.driver.presence.as_deref());
    let mut drivers = None;
    let mut stops = 0;
    for scenario in SCENARIOS {
        if scenario.is_within_one && !is_one_language {
            continue;
        }
        if stops == STOPS_MAX {
            tally.fail(
                scenario.name,
                "to be run",
                "not run: the drivers stopped too often",
            );
            continue;
        }
        let before = files(&directory);
        let outcome = drivers
            .take()
            .map_or_else(|| starters.start(), Ok)
            .and_then(|both| {
                let (producer, consumer) = both;
                let mut pair = Pair {
                    producer,
                    consumer,
                    third: &starters.producer,
                    plugin,
                    presence,
                    later: later.as_ref(),
                    tally,
                    sequence: None,
                };
                (scenario.run)(&mut pair)?;
                Ok((pair.producer, pair.consumer))
            });
        match outcome {
            Ok(both) => {
                if scenario.closes_all {
                    let case = format!("{}: files left by closed channels", scenario.name);
                    tally.check(&case, &before, &files(&directory));
                }
                drivers = Some(both);
            }
            Err(Stop(text)) => {
                stops += 1;
                tally.fail(scenario.name, "to be finished", &text);
            }
        }
    }
    if let Some((producer, consumer)) = drivers {
        for driver in [producer, consumer] {
            match driver.quit() {
                Ok(()) => tally.pass(),
                Err(Stop(text)) => tally.fail("quit", "ok, and exit status 0", &text),
            }
        }
    }
    check_emptied(&directory, tally);
}

struct Starters<'a> {
    producer: Starter<'a>,
    consumer: Starter<'a>,
}

impl Starters<'_> {
    fn start(&self) -> Result<(Driver, Driver), Stop> {
        Ok((
            self.producer.start("producer")?,
            self.consumer.start("consumer")?,
        ))
    }
}

/// With every process gone, cleaning has to leave nothing.
fn check_emptied(directory: &Path, tally: &mut Tally) {
    match simpleipc::clean(Some(directory), Duration::ZERO) {
        Ok(_) => tally.check("files left after cleaning", "", &files(directory)),
        Err(error) => tally.fail("cleaning", "no error", &error.to_string()),
    }
    if let Err(error) = fs::remove_dir_all(directory) {
        tally.fail(
            "removing the directory of the channels",
            "",
            &error.to_string(),
        );
    }
}

/// The names of the files in `directory`, sorted.
fn files(directory: &Path) -> String {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return format!("(cannot be read: {error})"),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.join(" ")
}
