//! `crash [--minutes N] [--kills N]`: the kill loops. `crash actor ...`: a process to be killed.
//! `crash explore [--every=N] [--only=NAME] [--step=K] [--second=J]`: a death at every step.
//! `crash starve [--only=NAME] [--step=K]`: every system call is refused, and things run out.

use crash::{actor, explorer, storm};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "actor") {
        return actor::main(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "explore") {
        return explorer::run(&plan(&arguments[1..]));
    }
    if arguments.first().is_some_and(|first| first == "starve") {
        return starve(&plan(&arguments[1..]));
    }
    let number = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)?.parse::<u32>().ok()
    };
    // `--minutes=1` and `--minutes 1` alike.
    let minutes = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--minutes="))
        .and_then(|text| text.parse().ok())
        .or_else(|| number("--minutes"));
    storm::run(number("--kills").unwrap_or(1000), minutes)
}

fn starve(plan: &explorer::Plan) -> ExitCode {
    let (refused, failed) = explorer::starve(plan);
    println!("{} passed, {failed} failed", refused.saturating_sub(failed));
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// All pairs, unless the words say otherwise.
fn plan(words: &[String]) -> explorer::Plan {
    let word = |flag: &str| words.iter().find_map(|word| word.strip_prefix(flag));
    let number = |flag: &str| word(flag).map(|text| text.parse().expect("a number"));
    explorer::Plan {
        every: number("--every=").unwrap_or(1),
        only: word("--only=").unwrap_or_default().to_owned(),
        step: number("--step="),
        second: number("--second="),
    }
}
