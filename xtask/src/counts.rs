//! `cargo xtask counts [LOG ...]`: the figures in docs/reliability.md.
//!
//! Some are counted in the source. The others are what suites said when they last ran: they are
//! taken from the output of `cargo xtask test` or `crash` (LOG) and kept in testing/counts.txt.
//! `tidy` fails when the page claims clearly more than there is, or has fallen far behind; not with
//! every line that comes or goes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::tidy::source::{Finding, Source};

const PAGE: &str = "docs/reliability.md";
const KEPT: &str = "testing/counts.txt";
const BEGIN: &str = "<!-- counts: written by cargo xtask counts -->\n";
const END: &str = "<!-- /counts -->\n";
const HEAD: &str =
    "# What the suites said when they last ran; written by `cargo xtask counts LOG`.\n";

/// Where tests are.
const TEST_PLACES: [&str; 3] = ["crates/", "testing/", "bindings/"];

/// A row of the page: what, and how many.
type Row = (String, u64);

pub fn run(root: &Path, logs: &[String]) -> Result<(), String> {
    let mut kept = read_kept(root);
    for log in logs {
        let text = fs::read_to_string(log).map_err(|why| format!("{log}: {why}"))?;
        kept.extend(said_in(&text));
    }
    let lines = kept
        .iter()
        .map(|(what, count)| format!("{what}: {count}\n"));
    write(root, KEPT, &format!("{HEAD}{}", lines.collect::<String>()))?;
    let path = root.join(PAGE);
    let page = fs::read_to_string(&path).map_err(|why| format!("{PAGE}: {why}"))?;
    let (before, _, after) = split(&page).ok_or(format!("{PAGE}: no {BEGIN}"))?;
    let mut rows = counted(&Source::read_all(root)?);
    rows.extend(kept);
    let rows = rows
        .iter()
        .map(|(what, count)| format!("| {what} | {count} |\n"));
    let table = format!(
        "\n| what | how many |\n|---|---|\n{}\n",
        rows.collect::<String>()
    );
    write(root, PAGE, &format!("{before}{BEGIN}{table}{END}{after}"))
}

fn write(root: &Path, path: &str, text: &str) -> Result<(), String> {
    if fs::read_to_string(root.join(path)).ok().as_deref() == Some(text) {
        return Ok(());
    }
    println!("wrote {path}");
    fs::write(root.join(path), text).map_err(|why| format!("{path}: {why}"))
}

/// What is before, in and after the table.
fn split(page: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (table, after) = rest.split_once(END)?;
    Some((before, table, after))
}

/// For tidy: rows that claim too much, or far too little.
pub fn check(root: &Path, sources: &[Source]) -> Vec<Finding> {
    let Some(page) = sources.iter().find(|source| source.path == PAGE) else {
        let missing = Source::new(PAGE, "");
        return vec![Finding::new(
            &missing,
            1,
            "is missing: it says how all this is tested",
        )];
    };
    let table = split(&page.text).map_or("", |(_, table, _)| table);
    let found: BTreeMap<&str, u64> = table.lines().filter_map(row_of).collect();
    let mut due: Vec<(Row, bool)> = counted(sources)
        .into_iter()
        .map(|row| (row, false))
        .collect();
    due.extend(read_kept(root).into_iter().map(|row| (row, true)));
    let mut findings = Vec::new();
    for ((what, count), exact) in &due {
        let claimed = found.get(what.as_str()).copied().unwrap_or(0);
        let slack = u64::from(!exact);
        let (least, most) = (count - slack * count / 5, count + slack * count / 20);
        if !(least..=most).contains(&claimed) {
            let text = format!("says {claimed} of {what:?}: run `cargo xtask counts` ({count})");
            findings.push(Finding::new(page, 1, text));
        }
    }
    if found.len() != due.len() {
        findings.push(Finding::new(
            page,
            1,
            "has other rows than `cargo xtask counts` writes",
        ));
    }
    findings
}

/// The figures of `| what | 7 |`.
fn row_of(line: &str) -> Option<(&str, u64)> {
    let (what, count) = line
        .strip_prefix("| ")?
        .strip_suffix(" |")?
        .split_once(" | ")?;
    Some((what, count.parse().ok()?))
}

fn read_kept(root: &Path) -> BTreeMap<String, u64> {
    kept_in(&fs::read_to_string(root.join(KEPT)).unwrap_or_default())
}

fn kept_in(text: &str) -> BTreeMap<String, u64> {
    let pair = |line: &str| {
        let (what, count) = line.rsplit_once(": ")?;
        Some((what.to_owned(), count.parse().ok()?))
    };
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(pair)
        .collect()
}

/// What the suites of a log did; only what went well counts.
fn said_in(log: &str) -> BTreeMap<String, u64> {
    let mut said = BTreeMap::new();
    let mut scenes = 0;
    for line in log.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["explorer:", steps, "steps,", pairs, "pairs,", "0", "failed"] => {
                said.insert("explorer: scenes".to_owned(), scenes);
                said.extend(number("explorer: deaths at a step", steps));
                said.extend(number("explorer: deaths at two steps", pairs));
            }
            [.., _steps, "steps", _pairs, "pairs", "0", "failed"] => scenes += 1,
            // Of the summary at the end.
            [ref name @ .., passed, "passed,", "0", "failed", _time, "s)"] if !name.is_empty() => {
                said.extend(number(&format!("suite {}: passed", name.join(" ")), passed));
            }
            _ => {}
        }
    }
    said
}

fn number(what: &str, text: &str) -> Option<Row> {
    Some((what.to_owned(), text.parse().ok()?))
}

/// What can be counted in the source.
fn counted(sources: &[Source]) -> Vec<Row> {
    let in_tests = |path: &str| TEST_PLACES.iter().any(|place| path.starts_with(place));
    let (mut tests, mut assertions, mut library, mut testing) = (0, 0, 0, 0);
    let (mut rows, mut points, mut models) = (0, 0, 0);
    for source in sources {
        let path = source.path.as_str();
        let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
        let shipped = match path.starts_with("testing/") || path.contains("/tests/") {
            true => 0,
            false if source.ending() == "rs" => source.lines_before_tests,
            false => lines.len(),
        };
        let code = matches!(
            source.ending(),
            "rs" | "c" | "h" | "cpp" | "hpp" | "pas" | "inc" | "py"
        );
        if in_tests(path) && code && !source.is_generated() {
            library += shipped;
            testing += lines.len() - shipped;
            let test_lines = &lines[shipped..];
            tests += test_lines.iter().filter(|line| is_test(line)).count();
            assertions += test_lines.iter().filter(|line| is_assertion(line)).count();
        }
        if path.starts_with("testing/model/") {
            models += lines.iter().filter(|line| **line == "#[test]").count();
        }
        if path.starts_with("crates/simpleipc/src/") && path != "crates/simpleipc/src/sync.rs" {
            let shipped = &lines[..source.lines_before_tests.min(lines.len())];
            points += shipped
                .iter()
                .filter(|line| line.contains("crash_point(\""))
                .count();
        }
        if path == "spec/recovery.md" {
            rows += lines.iter().filter(|line| is_row(line)).count();
        }
    }
    let rows = [
        ("test functions in the source, of all languages", tests),
        ("assertions in them", assertions),
        ("states in spec/recovery.md, each with its test", rows),
        ("named points to die at", points),
        ("models under loom", models),
        ("lines of the library and its bindings", library),
        ("lines of tests", testing),
    ];
    rows.map(|(what, count)| (what.to_owned(), count as u64))
        .to_vec()
}

fn is_row(line: &str) -> bool {
    let number = line
        .strip_prefix("| R")
        .and_then(|rest| rest.split_once(' '));
    number.is_some_and(|(number, _)| number.parse::<u32>().is_ok())
}

/// A Rust, Python, Pascal or C test.
fn is_test(line: &str) -> bool {
    line == "#[test]"
        || line.starts_with("def test_")
        || (line.starts_with("Test('") && line.ends_with(';'))
        || (line.starts_with("{\"") && line.ends_with("},") && line.contains("\", "))
}

fn is_assertion(line: &str) -> bool {
    let rust = ["assert!(", "assert_eq!(", "assert_ne!("];
    rust.iter().any(|name| line.contains(name))
        || ["assert ", "CHECK", "Check"]
            .iter()
            .any(|name| line.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_suites_say_is_found_and_failures_do_not_count() {
        let log = "topic: a subscriber joins    12 steps   40 pairs    0 failed\n\
            topic: it leaves    2 steps   4 pairs    0 failed\n\
            explorer: 14 steps, 44 pairs, 0 failed\n\
            house rules  ok (0 s)\nc++          31 passed, 0 failed (4 s)\n\
            rust         300 passed, 1 failed (90 s)\n331 passed, 1 failed\n";
        let said = said_in(log);
        let lines = said
            .iter()
            .map(|(what, count)| format!("{what}: {count}\n"));
        assert_eq!(
            kept_in(&format!("{HEAD}{}", lines.collect::<String>())),
            said
        );
        let said: Vec<Row> = said.into_iter().collect();
        let due = [
            ("explorer: deaths at a step", 14),
            ("explorer: deaths at two steps", 44),
            ("explorer: scenes", 2),
            ("suite c++: passed", 31),
        ];
        assert_eq!(said, due.map(|(what, count)| (what.to_owned(), count)));
    }

    #[test]
    fn tests_and_assertions_are_told_from_other_lines() {
        assert!(is_test("#[test]") && is_test("def test_echo(tmp_path):"));
        assert!(!is_test("fn test() {}"));
        assert!(is_assertion("let x = 1; assert_eq!(x, 1);") && is_assertion("CHECK(a == b);"));
        assert!(!is_assertion("let assertion = 1;"));
    }

    #[test]
    fn a_page_that_claims_too_much_is_found() {
        let tests = Source::new(
            "crates/x/tests/a.rs",
            "#[test]\nfn a() { assert!(true); }\n",
        );
        let claim = |count: u32| {
            let rows: String = counted(&[])
                .iter()
                .map(|(what, _)| match what.starts_with("test functions") {
                    true => format!("| {what} | {count} |\n"),
                    false if what.starts_with("assertions") => format!("| {what} | 1 |\n"),
                    false if what.starts_with("lines of tests") => format!("| {what} | 2 |\n"),
                    false => format!("| {what} | 0 |\n"),
                })
                .collect();
            let page = Source::new(PAGE, format!("{BEGIN}{rows}{END}"));
            let tests = Source::new(tests.path.clone(), tests.text.clone());
            check(Path::new("/nowhere"), &[page, tests]).len()
        };
        assert_eq!(claim(1), 0);
        assert_eq!(claim(2), 1);
        assert_eq!(claim(0), 1);
    }
}
