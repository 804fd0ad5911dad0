//! `results.md`, and the part of it that stands between two marks in a README, so that no figure
//! there is typed by hand.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::figures::Row;
use crate::json::Facts;
use crate::table::{self, Table};

const MARK_BEGIN: &str = "<!-- bench -->";
const MARK_END: &str = "<!-- /bench -->";

/// The titles of the tables that a README shows.
const SUMMARY: [&str; 5] = [
    "pingpong, spin, one core each",
    "pingpong, block, one core each",
    "stream, block, one core each",
    "wake, one core each",
    "frame, one core each",
];

/// The whole report.
pub fn report(rows: &[Row], facts: &Facts) -> String {
    let mut text = String::from(
        "# Comparison\n\nPrinted by `cargo xtask bench compare`; not to be edited. Rows are in \
         `results.json`, the machine is in `facts.json`.\n\n",
    );
    text += &head(facts);
    for chart in crate::chart::FILES {
        let _ = writeln!(text, "\n![{}]({})", chart.title, chart.file);
    }
    for table in table::tables(rows) {
        let _ = write!(
            text,
            "\n## {}\n\n{}\n\n{}",
            table.title,
            table.meaning,
            grid(&table)
        );
    }
    text += &list("## Failed", &table::failures(rows));
    let missing = facts.not_measured.iter().map(|missing| {
        let language = match missing.language.as_str() {
            "rust" => String::new(),
            language => format!(" ({language})"),
        };
        format!(
            "{}{language}, {}: {}",
            missing.system, missing.what, missing.why
        )
    });
    text += &list("## Not measured", &missing.collect::<Vec<_>>());
    ascii(&text)
}

/// What stands in a README.
fn summary(rows: &[Row], facts: &Facts) -> String {
    let mut text = head(facts);
    let tables = table::tables(rows);
    for title in SUMMARY {
        if let Some(table) = tables.iter().find(|table| table.title == title) {
            let _ = write!(
                text,
                "\n**{}.** {}\n\n{}",
                table.title,
                table.meaning,
                grid(table)
            );
        }
    }
    ascii(&text)
}

/// Puts the summary between the marks of the file at `path`.
pub fn embed(path: &Path, rows: &[Row], facts: &Facts) -> Result<()> {
    let name = path.display();
    let page = fs::read_to_string(path).with_context(|| name.to_string())?;
    let page = with_summary(&page, &summary(rows, facts))
        .with_context(|| format!("{name}: no lines {MARK_BEGIN} and {MARK_END} in this order"))?;
    fs::write(path, page).with_context(|| name.to_string())
}

fn with_summary(page: &str, summary: &str) -> Option<String> {
    let (before, rest) = page.split_once(MARK_BEGIN)?;
    let (_, after) = rest.split_once(MARK_END)?;
    Some(format!("{before}{MARK_BEGIN}\n{summary}{MARK_END}{after}"))
}

fn head(facts: &Facts) -> String {
    let machine = &facts.machine;
    let versions: Vec<String> = machine
        .versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let mut text = format!(
        "{}, {} cores, Linux {}, frequency governor {}, {}. {} run, median of {} round{}, {:.0} s \
         in all. \"x limit\" and \"x best peer\" say how many times worse than the machine's limit \
         and than the best other system; below 1 is better.\n",
        machine.processor,
        machine.cores,
        machine.kernel,
        machine.governor,
        machine.rustc,
        capitalized(&facts.effort),
        facts.rounds,
        if facts.rounds == 1 { "" } else { "s" },
        facts.seconds,
    );
    if !versions.is_empty() {
        let _ = writeln!(text, "\nVersions: {}.", versions.join(", "));
    }
    for remark in &facts.remarks {
        let _ = writeln!(text, "\nNote: {remark}.");
    }
    text
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn grid(table: &Table) -> String {
    let line = |words: &[String]| format!("| {} |\n", words.join(" | "));
    let mut text = line(&table.head);
    text += "|---|";
    text += &"---:|".repeat(table.head.len().saturating_sub(1));
    text.push('\n');
    for words in &table.lines {
        // What the comparison is about should catch the eye.
        let is_subject = words[0].contains("SimpleIPC");
        let bold = |word: &String| match is_subject && !word.is_empty() {
            true => format!("**{word}**"),
            false => word.clone(),
        };
        text += &line(&words.iter().map(bold).collect::<Vec<_>>());
    }
    text
}

fn list(title: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let items: Vec<String> = sentences.iter().map(|line| format!("- {line}\n")).collect();
    format!("\n{title}\n\n{}", items.concat())
}

/// What other programs have said may contain anything; the repository is ASCII.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_ascii() { letter } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_replaced_and_nothing_else() {
        let page = format!("a\n{MARK_BEGIN}\nold\n{MARK_END}\nb\n");
        let new = with_summary(&page, "new\n");
        assert_eq!(new, Some(format!("a\n{MARK_BEGIN}\nnew\n{MARK_END}\nb\n")));
        assert_eq!(with_summary("a\n", "new\n"), None);
        assert_eq!(with_summary(&format!("{MARK_END}{MARK_BEGIN}"), ""), None);
    }
}
