//! What a file looks like: its name, its length, its characters, and words that mark leftovers.

use super::layers::has_word;
use super::source::{Finding, Severity, Source};

const LINES_WARN: usize = 600;
const LINES_MAX: usize = 900;
const COLUMNS_MAX: usize = 100;

/// Names that say nothing about what is inside.
const BANNED_NAMES: [&str; 9] = [
    "utils", "common", "misc", "helpers", "internal", "details", "types", "impl", "base",
];

/// Endings of the files whose lines need not fit a screen: TOML tables run on.
const WIDE_ENDINGS: [&str; 2] = ["sh", "toml"];

/// Marks of unfinished work. In two pieces, so that this file does not break its own rule.
const UNFINISHED_WORDS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const UNFINISHED_MACROS: [&str; 3] = [
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
    concat!("dbg", "!"),
];

/// Folders of the machine somebody worked on.
const MACHINE_PATHS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// All findings about the look of files.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        check_text(source, &mut findings);
        if source.is_code {
            check_name(source, &mut findings);
            check_unfinished(source, &mut findings);
            if !source.is_generated() {
                check_length(source, &mut findings);
            }
        }
    }
    findings
}

fn check_name(source: &Source, findings: &mut Vec<Finding>) {
    let name = source.file_name();
    let stem = name.split('.').next().unwrap_or(name);
    if BANNED_NAMES.contains(&stem) {
        let what = format!("a file named `{stem}` has no noun: name it after what is inside");
        findings.push(Finding::new(source, 1, what));
    }
}

fn check_length(source: &Source, findings: &mut Vec<Finding>) {
    let lines = source.text.lines().count();
    if lines > LINES_WARN {
        let what = format!("{lines} lines: split it by nouns (at most {LINES_MAX})");
        let severity = if lines > LINES_MAX {
            Severity::Failure
        } else {
            Severity::Warning
        };
        findings.push(Finding {
            severity,
            ..Finding::new(source, lines, what)
        });
    }
}

fn check_text(source: &Source, findings: &mut Vec<Finding>) {
    let is_narrow =
        source.is_code && !WIDE_ENDINGS.contains(&source.ending()) && !source.is_generated();
    for (index, line) in source.text.lines().enumerate() {
        if let Some(letter) = line.chars().find(|c| !c.is_ascii()) {
            let what = format!(
                "`{}` is not ASCII: spell or escape it",
                letter.escape_unicode()
            );
            findings.push(Finding::new(source, index + 1, what));
        }
        let columns = line.chars().count();
        if is_narrow && columns > COLUMNS_MAX {
            let what = format!("{columns} columns: break the line (at most {COLUMNS_MAX})");
            findings.push(Finding::new(source, index + 1, what));
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(*path)) {
            let what = format!("`{path}` exists on one machine only: write a relative path");
            findings.push(Finding::new(source, index + 1, what));
        }
    }
}

fn check_unfinished(source: &Source, findings: &mut Vec<Finding>) {
    for (index, line) in source.text.lines().enumerate() {
        let word = UNFINISHED_WORDS.iter().find(|word| has_word(line, word));
        let marked = word.or_else(|| UNFINISHED_MACROS.iter().find(|name| line.contains(*name)));
        if let Some(mark) = marked {
            let what = format!("`{mark}` marks unfinished work: finish it or take it out");
            findings.push(Finding::new(source, index + 1, what));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&[Source::new(path, text)])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_long_file_warns_and_a_very_long_one_fails_unless_generated() {
        assert_eq!(findings("a.rs", &"x\n".repeat(600)).len(), 0);
        assert_eq!(findings("a.rs", &"x\n".repeat(601)).len(), 1);
        let long = Source::new("a.rs", "x\n".repeat(901));
        assert_eq!(check(&[long])[0].severity, Severity::Failure);
        let generated = format!("// Made from spec/api.toml by x\n{}", "x\n".repeat(901));
        assert_eq!(findings("a.rs", &generated).len(), 0);
    }

    #[test]
    fn wide_lines_foreign_letters_and_empty_names_are_found() {
        assert!(findings("a.py", &"x".repeat(101))[0].contains("a.py:1: 101 columns"));
        assert_eq!(findings("a.md", &"x".repeat(101)).len(), 0);
        assert!(findings("a.md", "x\n\u{e9}")[0].contains("a.md:2: `\\u{e9}`"));
        assert!(findings("src/utils.rs", "")[0].contains("`utils`"));
        assert_eq!(findings("src/base64.rs", "").len(), 0);
    }

    #[test]
    fn leftovers_are_found() {
        for mark in UNFINISHED_WORDS.iter().chain(&UNFINISHED_MACROS) {
            assert_eq!(findings("a.rs", &format!("{mark}(x)\n")).len(), 1, "{mark}");
        }
        assert_eq!(findings("a.rs", "METHODOLOGY\n").len(), 0);
        for path in MACHINE_PATHS {
            assert_eq!(
                findings("README.md", &format!("see {path}x\n")).len(),
                1,
                "{path}"
            );
        }
    }
}
