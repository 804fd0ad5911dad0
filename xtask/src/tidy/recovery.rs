//! spec/recovery.md: every state a dead process can leave behind has a number and a test or a
//! scene of the explorer; and every function that makes a step others may notice is listed.

use super::source::{Finding, Source};

const TABLE: &str = "spec/recovery.md";

/// Where the tests named there may stand, and the scenes.
const TEST_PLACES: [&str; 2] = ["crates/", "testing/"];
const SCENE_PLACE: &str = "testing/crash/src/explorer/";

/// Where steps are made, but in files whose words belong to the process alone.
const LIBRARY: &str = "crates/simpleipc/src/";
const STEP_PLACES: [&str; 3] = ["carrier/", "os/", "ring/"];
const PRIVATE: [&str; 2] = ["os/linux.rs", "os/linux_process.rs"];
/// Stores to atomic words, and calls of the system that a test can refuse.
const STEPS: [&str; 9] = [
    ".store(",
    ".swap(",
    ".compare_exchange(",
    ".fetch_add(",
    ".fetch_or(",
    ".fetch_and(",
    ".fetch_max(",
    "attempt(",
    "attempt_io(",
];

/// All findings about rows without a living test, numbers out of order, and steps not listed.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let Some(table) = sources.iter().find(|source| source.path == TABLE) else {
        let missing = Source::new(TABLE, "");
        return vec![Finding::new(
            &missing,
            1,
            "is missing: it lists what a dead process leaves",
        )];
    };
    let mut findings = Vec::new();
    let mut expected = 1;
    for (index, line) in table.text.lines().enumerate() {
        let Some(number) = row_number(line) else {
            continue;
        };
        if number != expected {
            let what = format!("R{number} stands where R{expected} belongs: number without gaps");
            findings.push(Finding::new(table, index + 1, what));
        }
        expected = number + 1;
        let (tests, scenes) = (named(line, "test: "), named(line, "scene: "));
        if tests.is_empty() && scenes.is_empty() {
            let what = format!("R{number} names no test: write `test: name` into its row");
            findings.push(Finding::new(table, index + 1, what));
        }
        for scene in scenes.iter().filter(|scene| !is_scene(sources, scene)) {
            let what = format!("R{number}: no scene \"{scene}\" in {SCENE_PLACE}");
            findings.push(Finding::new(table, index + 1, what));
        }
        for test in tests.iter().filter(|test| !exists(sources, test)) {
            let what = format!("R{number}: no function `{test}` in crates/ or testing/");
            findings.push(Finding::new(table, index + 1, what));
        }
    }
    if expected == 1 {
        findings.push(Finding::new(table, 1, "has no row `| R1 | ...`"));
    }
    findings.extend(unlisted_steps(sources, table));
    findings
}

/// The functions with steps that no row of the table lists, and rows of functions without.
fn unlisted_steps(sources: &[Source], table: &Source) -> Vec<Finding> {
    let mut listed: Vec<(usize, &str, &str)> = Vec::new();
    for (index, line) in table.text.lines().enumerate() {
        let quoted: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        if let [file, functions @ ..] = &quoted[..]
            && STEP_PLACES.iter().any(|place| file.starts_with(place))
            && line.starts_with("| `")
        {
            listed.extend(
                functions
                    .iter()
                    .map(|function| (index + 1, *file, *function)),
            );
        }
    }
    let mut findings = Vec::new();
    let mut found = Vec::new();
    for source in sources {
        let Some(file) = source.path.strip_prefix(LIBRARY) else {
            continue;
        };
        if !STEP_PLACES.iter().any(|place| file.starts_with(place)) || PRIVATE.contains(&file) {
            continue;
        }
        for (line, function) in steps(&source.code) {
            let is_listed = listed
                .iter()
                .any(|(_, f, name)| (*f, *name) == (file, function));
            if !is_listed && !found.contains(&(file, function)) {
                let what = format!("{function} makes a step that is not listed in {TABLE}");
                findings.push(Finding::new(source, line, what));
            }
            found.push((file, function));
        }
    }
    for (line, file, function) in listed {
        if !found.contains(&(file, function)) {
            let what = format!("{file} has no function `{function}` with a step");
            findings.push(Finding::new(table, line, what));
        }
    }
    findings
}

/// The steps of a file outside of its tests: line and function.
fn steps(code: &str) -> Vec<(usize, &str)> {
    let mut function = "";
    let mut steps = Vec::new();
    let lines = code
        .lines()
        .take_while(|line| line.trim_end() != "#[cfg(test)]");
    for (index, line) in lines.enumerate() {
        let after = line.split_once("fn ").map(|(_, after)| after);
        if let Some((name, _)) = after.and_then(|after| after.split_once(['(', '<'])) {
            function = name;
        } else if STEPS.iter().any(|step| line.contains(step)) {
            steps.push((index + 1, function));
        }
    }
    steps
}

/// 7 for `| R7 | ...`.
fn row_number(line: &str) -> Option<usize> {
    line.strip_prefix("| R")?.split_once(' ')?.0.parse().ok()
}

/// The names in all `test: name`, or `scene: name`, of a row.
fn named<'a>(line: &'a str, what: &str) -> Vec<&'a str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.strip_prefix(what))
        .map(str::trim)
        .collect()
}

fn is_scene(sources: &[Source], scene: &str) -> bool {
    let definition = format!("name: \"{scene}\",");
    let mut places = sources.iter().filter(|s| s.path.starts_with(SCENE_PLACE));
    places.any(|source| source.text.contains(&definition))
}

fn exists(sources: &[Source], test: &str) -> bool {
    let definition = format!("fn {test}(");
    let is_test_place = |source: &&Source| TEST_PLACES.iter().any(|p| source.path.starts_with(p));
    sources
        .iter()
        .filter(is_test_place)
        .any(|source| source.code.contains(&definition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(table: &str) -> Vec<String> {
        let test = "#[test]\nfn a_lane_is_freed() {}\n// fn gone()\n";
        let scene = "Scene {\n    name: \"topic: join\",\n}\n";
        let step = "fn look() {}\nfn ring(word: &W) {\n    word\n        .store(1);\n}\n\
                    #[cfg(test)]\nfn t(w: &W) { w.swap(2); }\n";
        let sources = [
            Source::new(TABLE, table),
            Source::new("crates/simpleipc/tests/dead.rs", test),
            Source::new("testing/crash/src/explorer/scenes.rs", scene),
            Source::new("crates/simpleipc/src/ring/bell.rs", step),
        ];
        check(&sources).iter().map(ToString::to_string).collect()
    }

    const GOOD: &str = "| R1 | x | `test: a_lane_is_freed` |\n";
    const STEPS_LISTED: &str = "| `ring/bell.rs` | `ring` | a bell | R1 |\n";

    #[test]
    fn rows_with_a_living_test_or_scene_are_accepted() {
        let table = format!("{GOOD}| R2 | y | `scene: topic: join` |\n{STEPS_LISTED}");
        assert_eq!(findings(&table), [""; 0]);
    }

    #[test]
    fn a_step_that_is_not_listed_and_a_row_without_a_step_are_found() {
        let unlisted = findings(GOOD);
        assert!(
            unlisted[0].contains("bell.rs:4: ring makes a step"),
            "{unlisted:?}"
        );
        let stale = STEPS_LISTED.replace("`ring`", "`ring`, `look`");
        let stale = findings(&format!("{GOOD}{stale}"));
        assert!(
            stale[0].contains("ring/bell.rs has no function `look`"),
            "{stale:?}"
        );
        assert_eq!((unlisted.len(), stale.len()), (1, 1));
    }

    #[test]
    fn a_row_without_a_living_test_is_found() {
        assert!(findings("| R1 | x | none |\n")[0].contains("R1 names no test"));
        assert!(findings("| R1 | x | `test: gone` |\n")[0].contains("no function `gone`"));
        assert!(findings("| R1 | x | `scene: gone` |\n")[0].contains("no scene \"gone\""));
    }

    #[test]
    fn gaps_repetitions_and_an_empty_or_missing_table_are_found() {
        assert!(findings(&GOOD.repeat(2))[0].contains(":2: R1 stands where R2 belongs"));
        assert!(findings(&GOOD.replace("R1", "R3"))[0].contains("R3 stands where R1 belongs"));
        assert!(findings("words\n")[0].contains("has no row"));
        assert!(check(&[])[0].to_string().contains("is missing"));
    }
}
