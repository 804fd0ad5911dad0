//! What was checked and what it showed: per pair, and for the whole run.

use std::fmt::{Display, Write};

/// One check that did not come out as it should.
#[derive(Debug)]
pub struct Failure {
    case: String,
    expected: String,
    got: String,
}

/// The checks of one pair, or of what comes before and after all pairs.
#[derive(Debug, Default)]
pub struct Tally {
    passed: usize,
    failures: Vec<Failure>,
}

impl Tally {
    /// Records one check: `expected` and `got` have to be the same text.
    pub fn check(&mut self, case: &str, expected: &str, got: &str) {
        if expected == got {
            self.pass();
        } else {
            self.fail(case, expected, got);
        }
    }

    /// Records one check that came out as it should.
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    /// Records one check that failed.
    pub fn fail(&mut self, case: &str, expected: &str, got: &str) {
        let [case, expected, got] = [case, expected, got].map(str::to_owned);
        self.failures.push(Failure {
            case,
            expected,
            got,
        });
    }

    /// Checks that went well, and checks that did not.
    pub fn counts(&self) -> (usize, usize) {
        (self.passed, self.failures.len())
    }

    /// Both numbers, as short as a cell of the matrix.
    pub fn summary(&self) -> String {
        match (self.passed, self.failures.len()) {
            (passed, 0) => passed.to_string(),
            (passed, failed) => format!("{failed} of {} FAILED", passed + failed),
        }
    }
}

/// One producer language with one consumer language.
pub struct Cell {
    /// The language that puts.
    pub producer: String,
    /// The language that takes.
    pub consumer: String,
    /// What the pair showed.
    pub tally: Tally,
}

/// The whole run.
#[derive(Default)]
pub struct Report {
    /// Building and greeting the drivers, and the state everything was left in.
    pub house: Tally,
    /// Languages that took no part, each with the reason.
    pub skipped: Vec<String>,
    /// The pairs that were run, as they ended.
    pub cells: Vec<Cell>,
}

impl Report {
    /// Whether nothing failed.
    pub fn is_clean(&self) -> bool {
        self.tallies().all(|tally| tally.failures.is_empty())
    }

    /// What a pair showed, if it was run.
    pub fn cell(&self, producer: &str, consumer: &str) -> Option<&Tally> {
        let is_it = |cell: &&Cell| cell.producer == producer && cell.consumer == consumer;
        self.cells.iter().find(is_it).map(|cell| &cell.tally)
    }

    fn tallies(&self) -> impl Iterator<Item = &Tally> {
        std::iter::once(&self.house).chain(self.cells.iter().map(|cell| &cell.tally))
    }

    /// The matrix, every failure in full, and the sum as the last line.
    pub fn text(&self, languages: &[&str]) -> String {
        let mut text = self.matrix(languages);
        for language in &self.skipped {
            add(&mut text, format_args!("skipped {language}"));
        }
        let titled = self.cells.iter().map(|cell| {
            (
                format!("{} -> {}", cell.producer, cell.consumer),
                &cell.tally,
            ) //
        });
        for (title, tally) in std::iter::once(("set-up".to_owned(), &self.house)).chain(titled) {
            for Failure {
                case,
                expected,
                got,
            } in &tally.failures
            {
                add(&mut text, format_args!("\nFAILED {title}, {case}"));
                add(&mut text, format_args!("  expected {expected}"));
                add(&mut text, format_args!("  got      {got}"));
            }
        }
        let passed: usize = self.tallies().map(|tally| tally.passed).sum();
        let failed: usize = self.tallies().map(|tally| tally.failures.len()).sum();
        add(
            &mut text,
            format_args!("\n{passed} passed, {failed} failed"),
        );
        text
    }

    fn matrix(&self, languages: &[&str]) -> String {
        let cell = |producer: &str, consumer: &str| {
            self.cell(producer, consumer)
                .map_or_else(|| "not run".to_owned(), Tally::summary)
        };
        let mut rows = vec![vec!["from \\ to".to_owned()]];
        rows[0].extend(languages.iter().map(|&name| name.to_owned()));
        for &producer in languages {
            let mut row = vec![producer.to_owned()];
            row.extend(languages.iter().map(|&consumer| cell(producer, consumer)));
            rows.push(row);
        }
        let width = rows.iter().flatten().map(String::len).max().unwrap_or(0);
        let mut text = String::new();
        for row in rows {
            let line: Vec<String> = row.iter().map(|word| format!("{word:width$}")).collect();
            add(&mut text, line.join("  ").trim_end());
        }
        text
    }
}

fn add(text: &mut String, line: impl Display) {
    writeln!(text, "{line}").expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_has_a_row_for_each_producer_and_the_sum_comes_last() {
        let mut report = Report::default();
        report.house.check("hello", "ok", "ok");
        let mut tally = Tally::default();
        tally.check("one", "value i1", "value i1");
        report.cells.push(Cell {
            producer: "c".to_owned(),
            consumer: "rust".to_owned(),
            tally,
        });
        let mut tally = Tally::default();
        tally.check("one", "value i1", "value u1");
        report.cells.push(Cell {
            producer: "rust".to_owned(),
            consumer: "c".to_owned(),
            tally,
        });
        let text = report.text(&["c", "rust"]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("c ") && lines[1].ends_with(" 1"),
            "{text}"
        );
        assert!(lines[1].contains("not run"), "{text}");
        assert!(lines[2].contains("1 of 1 FAILED"), "{text}");
        assert!(text.contains("FAILED rust -> c, one\n  expected value i1\n  got      value u1"));
        assert_eq!(lines.last(), Some(&"2 passed, 1 failed"));
        assert!(!report.is_clean());
    }
}
