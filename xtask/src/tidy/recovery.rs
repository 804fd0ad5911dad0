//! spec/recovery.md: every state a dead process can leave behind has a number and a test.

use super::source::{Finding, Source};

const TABLE: &str = "spec/recovery.md";

/// Where the tests named there may stand.
const TEST_PLACES: [&str; 2] = ["crates/", "testing/"];

/// All findings about rows without a living test and numbers out of order.
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
        let tests = tests_in(line);
        if tests.is_empty() {
            let what = format!("R{number} names no test: write `test: name` into its row");
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
    findings
}

/// 7 for `| R7 | ...`.
fn row_number(line: &str) -> Option<usize> {
    line.strip_prefix("| R")?.split_once(' ')?.0.parse().ok()
}

/// The names in all `test: name` of a row.
fn tests_in(line: &str) -> Vec<&str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.strip_prefix("test: "))
        .map(str::trim)
        .collect()
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
        let sources = [
            Source::new(TABLE, table),
            Source::new("crates/simpleipc/tests/dead.rs", test),
        ];
        check(&sources).iter().map(ToString::to_string).collect()
    }

    const GOOD: &str = "| R1 | x | `test: a_lane_is_freed` |\n";

    #[test]
    fn rows_with_a_living_test_are_accepted() {
        assert_eq!(
            findings(&format!("{GOOD}| R2 | y | `test: a_lane_is_freed` |\n")).len(),
            0
        );
    }

    #[test]
    fn a_row_without_a_living_test_is_found() {
        assert!(findings("| R1 | x | none |\n")[0].contains("R1 names no test"));
        assert!(findings("| R1 | x | `test: gone` |\n")[0].contains("no function `gone`"));
    }

    #[test]
    fn gaps_repetitions_and_an_empty_or_missing_table_are_found() {
        assert!(findings(&GOOD.repeat(2))[0].contains(":2: R1 stands where R2 belongs"));
        assert!(findings(&GOOD.replace("R1", "R3"))[0].contains("R3 stands where R1 belongs"));
        assert!(findings("words\n")[0].contains("has no row"));
        assert!(check(&[])[0].to_string().contains("is missing"));
    }
}
