//! The matrix for the book: a table, and a picture that shows at a glance what is missing.

use std::fs;
use std::path::Path;

use svg::Document;
use svg::node::element::{Group, Rectangle, Style, Text};

use crate::languages::Language;
use crate::report::Report;

const CELL: usize = 26;
/// Room for the longest title, beside the rows and above the columns.
const MARGIN: usize = 130;

/// Colours for light and dark pages.
const COLOURS: &str = "text{font:13px sans-serif;fill:#222}.passed{fill:#2e8b57}\
.failed{fill:#c62828}.absent{fill:#bbb}@media(prefers-color-scheme:dark){text{fill:#ddd}\
.absent{fill:#555}}";

/// Writes `interop.md` and `interop.svg` into the folder.
pub fn write(folder: &Path, languages: &[Language], report: &Report) -> Result<(), String> {
    let files = [
        ("interop.md", page(languages, report)),
        ("interop.svg", picture(languages, report)),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(())
}

fn page(languages: &[Language], report: &Report) -> String {
    let pairs = report.cells.len();
    let checks: usize = report.cells.iter().map(|cell| cell.tally.counts().0).sum();
    let mut text = format!(
        "<!-- Written by `cargo xtask interop --write`. -->\n# Every language with every other\n\n\
         {} languages, {pairs} ordered pairs, {checks} checks. In each pair one language puts and \
         calls, the\nother takes and serves: every verb, every kind of value with its edges, \
         errors, time-outs, and a\npeer that is killed on either side. Each language with \
         itself also does what is wrong, and\ntakes what comes from a later version. \
         `cargo xtask interop` sets up all languages and runs all\npairs.\n\n\
         ![The matrix as a picture](interop.svg)\n\n\
         Rows put, columns take; the numbers are checks that went well.\n\n",
        languages.len()
    );
    let titles = languages
        .iter()
        .map(|language| format!(" {} |", language.title));
    text += &format!("| |{}\n", titles.collect::<String>());
    text += &format!("|---|{}\n", "--:|".repeat(languages.len()));
    for producer in languages {
        let cell = |consumer: &Language| match report.cell(&producer.name, &consumer.name) {
            Some(tally) => format!(" {} |", tally.summary()),
            None => " not run |".to_owned(),
        };
        let cells = languages.iter().map(cell);
        text += &format!("| {} |{}\n", producer.title, cells.collect::<String>());
    }
    text
}

fn picture(languages: &[Language], report: &Report) -> String {
    let side = MARGIN + languages.len() * CELL + 10;
    let mut document = Document::new()
        .set("viewBox", (0, 0, side, side))
        .set("width", side)
        .set("role", "img")
        .set(
            "aria-label",
            "which languages talk to which: rows put, columns take",
        )
        .add(Style::new(COLOURS));
    for (row, producer) in languages.iter().enumerate() {
        let at = MARGIN + row * CELL;
        let middle = at + CELL / 2 + 4;
        document = document.add(title(producer, MARGIN - 8, middle)).add(
            Group::new()
                .set(
                    "transform",
                    format!("rotate(-90) translate({}, 0)", -(MARGIN as i64) + 8),
                )
                .add(Text::new(&producer.title).set("x", 0).set("y", middle)),
        );
        for (column, consumer) in languages.iter().enumerate() {
            let class = match report
                .cell(&producer.name, &consumer.name)
                .map(|tally| tally.counts())
            {
                Some((_, 0)) => "passed",
                Some(_) => "failed",
                None => "absent",
            };
            document = document.add(
                Rectangle::new()
                    .set("class", class)
                    .set("x", MARGIN + column * CELL + 1)
                    .set("y", at + 1)
                    .set("width", CELL - 2)
                    .set("height", CELL - 2)
                    .set("rx", 4),
            );
        }
    }
    format!("{document}\n")
}

fn title(language: &Language, x: usize, y: usize) -> Text {
    Text::new(&language.title)
        .set("x", x)
        .set("y", y)
        .set("text-anchor", "end")
}
