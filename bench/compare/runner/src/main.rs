//! `compare`: runs the comparison and writes down what it found. `cargo xtask bench compare` builds
//! what it needs and calls it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

use crate::catalogue::{CONTENDERS, Contender, Role, Workers};
use crate::cell::Outcome;
use crate::figures::{Missing, Row};
use crate::json::Facts;
use crate::machine::Machine;
use crate::plan::{Cell, Effort, Work};
use crate::round::Record;

mod catalogue;
mod cell;
mod chart;
mod figures;
mod interrupt;
mod json;
mod machine;
mod markdown;
mod place;
mod plan;
mod process;
mod round;
mod table;

/// Runs the comparison.
#[derive(Parser)]
#[command(name = "compare")]
struct Options {
    /// One short round instead of three long ones.
    #[arg(long)]
    quick: bool,
    /// Only whether everything works: the library, sockets and limits once; no figures.
    #[arg(long, conflicts_with_all = ["quick", "json", "results"])]
    check: bool,
    /// Only these, as `simpleipc,zeromq`; limits are always there.
    #[arg(long, value_delimiter = ',')]
    systems: Vec<String>,
    /// Only these, as `pingpong,stream`.
    #[arg(long, value_delimiter = ',')]
    works: Vec<String>,
    /// Also the workers in C, Python and Object Pascal, beside what these use otherwise.
    #[arg(long)]
    foreign: bool,
    /// Write the rows to this file as well.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write results.json, facts.json, results.md and the charts to this folder.
    #[arg(long)]
    results: Option<PathBuf>,
    /// Measure nothing: print results.md and the charts anew from the figures in `results`.
    #[arg(long, requires = "results")]
    render: bool,
    /// Measure nothing: put the main tables of `results` between the marks of this file.
    #[arg(long, requires = "results")]
    readme: Option<PathBuf>,
    /// The folder of the workers.
    #[arg(long)]
    workers: Option<PathBuf>,
    /// The interpreter for the Python workers.
    #[arg(long)]
    python: Option<PathBuf>,
    /// A worker that could not be built, and why, as `zenoh=linker not found`.
    #[arg(long)]
    missing: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("compare: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well, as far as that was the question.
fn run(options: &Options) -> Result<bool> {
    if let Some(results) = &options.results
        && (options.render || options.readme.is_some())
    {
        let (rows, facts) = json::read_run(results)?;
        if options.render {
            render(results, &rows, &facts)?;
        }
        if let Some(readme) = &options.readme {
            markdown::embed(readme, &rows, &facts)?;
        }
        return Ok(true);
    }
    place::remove_leftovers();
    interrupt::watch();
    let works = works(options)?;
    let contenders = contenders(options)?;
    let workers = workers(options)?;
    if options.check {
        return Ok(check(&works, &contenders, &workers));
    }
    let effort = if options.quick {
        plan::QUICK
    } else {
        plan::FULL
    };
    measure(options, &effort, &works, &contenders, &workers)?;
    Ok(true)
}

fn works(options: &Options) -> Result<Vec<Work>> {
    if options.works.is_empty() {
        return Ok(Work::ALL.to_vec());
    }
    let named = |name: &String| {
        let all: Vec<&str> = Work::ALL.iter().map(|work| work.name()).collect();
        let unknown = || format!("there is no work {name}; there are {}", all.join(", "));
        Work::named(name).with_context(unknown)
    };
    options.works.iter().map(named).collect()
}

fn contenders(options: &Options) -> Result<Vec<&'static Contender>> {
    let is_asked = |contender: &Contender| {
        options.systems.is_empty() || options.systems.iter().any(|word| contender.is_called(word))
    };
    for word in &options.systems {
        if !CONTENDERS.iter().any(|contender| contender.is_called(word)) {
            bail!("there is no system {word}");
        }
    }
    let is_wanted = |contender: &&'static Contender| match options.check {
        true => contender.is_checked() && is_asked(contender),
        false => {
            let is_in_language = contender.language == "rust" || options.foreign;
            is_in_language && (contender.role == Role::Limit || is_asked(contender))
        }
    };
    Ok(CONTENDERS.iter().filter(is_wanted).collect())
}

fn workers(options: &Options) -> Result<Workers> {
    // The workers lie beside this program unless somebody says otherwise.
    let own = std::env::current_exe()?;
    let beside = own
        .parent()
        .context("this program lies nowhere")?
        .to_owned();
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(Workers {
        programs: options.workers.clone().unwrap_or(beside),
        home: home.context("the workspace lies nowhere")?.to_owned(),
        python: options.python.clone(),
        missing: options
            .missing
            .iter()
            .map(|word| {
                let (name, why) = word.split_once('=').context("--missing wants NAME=WHY")?;
                Ok((name.to_owned(), why.to_owned()))
            })
            .collect::<Result<_>>()?,
    })
}

/// Runs everything once, shortly; its last line is the count of cells that worked.
fn check(works: &[Work], contenders: &[&'static Contender], workers: &Workers) -> bool {
    let (mut passed, mut failed) = (0, 0);
    let cells = plan::cells(&plan::CHECK, works, contenders);
    round::run(&cells, &plan::CHECK, workers, |cell, record| {
        let complaint = match &record.outcome {
            Outcome::Measured(samples) if samples.iter().all(|sample| sample.verified) => None,
            Outcome::Measured(_) => Some("messages were lost, doubled, reordered or damaged"),
            Outcome::Refused(why) | Outcome::Failed(why) => Some(why.as_str()),
        };
        match complaint {
            None => passed += 1,
            Some(why) => {
                failed += 1;
                println!("{}: {why}", cell.title());
            }
        }
    });
    println!("{passed} passed, {failed} failed");
    failed == 0 && passed > 0 && !interrupt::happened()
}

fn measure(
    options: &Options,
    effort: &Effort,
    works: &[Work],
    contenders: &[&'static Contender],
    workers: &Workers,
) -> Result<()> {
    let cells = plan::cells(effort, works, contenders);
    ensure!(
        !cells.is_empty(),
        "nothing to measure: no such system does such a work"
    );
    let estimated = round::estimated(&cells).as_secs_f64() * f64::from(effort.rounds);
    println!(
        "{} cells, {} round{}: about {estimated:.0} s, at most {} s",
        cells.len(),
        effort.rounds,
        if effort.rounds == 1 { "" } else { "s" },
        effort.time_max.as_secs()
    );
    let run = round::run(&cells, effort, workers, show);
    ensure!(!interrupt::happened(), "interrupted; nothing is written");
    let rows = figures::rows(&cells, &run);
    let facts = Facts {
        machine: Machine::here(&workers.home, workers.python.as_deref()),
        effort: effort.name.to_owned(),
        rounds: run.rounds,
        seconds: run.seconds,
        remarks: run.remarks.clone(),
        not_measured: figures::missing(&cells, &run),
    };
    print(&rows, &facts);
    println!("\n{:.0} s, estimated were {estimated:.0} s", facts.seconds);
    write(options, &rows, &facts)
}

/// A line for what went wrong; the rest is in the tables.
fn show(cell: &Cell, record: &Record) {
    if let Outcome::Failed(why) = &record.outcome {
        println!(
            "{} failed in round {}: {why}",
            cell.title(),
            record.round + 1
        );
    }
}

fn print(rows: &[Row], facts: &Facts) {
    for table in table::tables(rows) {
        print!("{table}");
    }
    let failures = table::failures(rows);
    if !failures.is_empty() {
        println!("\nfailed\n  {}", failures.join("\n  "));
    }
    if !facts.not_measured.is_empty() {
        println!("\nnot measured");
    }
    for Missing {
        system,
        language,
        what,
        why,
    } in &facts.not_measured
    {
        println!("  {system} ({language}), {what}: {why}");
    }
    for remark in &facts.remarks {
        println!("\nnote: {remark}");
    }
}

fn write(options: &Options, rows: &[Row], facts: &Facts) -> Result<()> {
    if let Some(path) = &options.json {
        json::write(path, &rows)?;
    }
    let Some(folder) = &options.results else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    json::write(&folder.join(json::ROWS_FILE), &rows)?;
    json::write(&folder.join(json::FACTS_FILE), facts)?;
    render(folder, rows, facts)
}

/// What is made from the rows and facts alone.
fn render(folder: &Path, rows: &[Row], facts: &Facts) -> Result<()> {
    chart::draw(rows, folder)?;
    let path = folder.join("results.md");
    std::fs::write(&path, markdown::report(rows, facts)).with_context(|| path.display().to_string())
}
