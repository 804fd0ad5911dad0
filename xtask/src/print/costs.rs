//! The figures of docs/languages/index.md: what each language costs, from the file that
//! `cargo xtask bench compare --languages` writes.

use serde::Deserialize;

use super::replace_part;

/// The page whose marked part is printed, and what it is printed from.
pub const PAGE: &str = "docs/languages/index.md";
pub const RESULTS: &str = "bench/results/languages.json";

const BEGIN: &str =
    "<!-- figures: printed by cargo xtask gen from bench/results/languages.json -->\n";
const END: &str = "<!-- /figures -->\n";

/// A table: its title, and the two deeds of which one language does one, and C the other.
const TABLES: [(&str, [&str; 2]); 3] = [
    ("Calls", ["call", "serve"]),
    ("Messages of 64 bytes", ["send", "receive"]),
    ("Frames of 900 KiB, in place", ["lend", "look"]),
];

#[derive(Deserialize)]
struct Results {
    processor: String,
    cores: usize,
    kernel: String,
    rounds: usize,
    seconds: u64,
    figures: Vec<Figure>,
    absent: Vec<Absence>,
}

#[derive(Deserialize)]
struct Figure {
    language: String,
    deed: String,
    ns: f64,
    from: f64,
    to: f64,
    over_c: Option<f64>,
}

#[derive(Deserialize)]
struct Absence {
    language: String,
    deed: String,
}

/// The page with its figures as they are in `results`.
pub fn print(page: &str, results: &str) -> Result<String, String> {
    let results: Results =
        serde_json::from_str(results).map_err(|why| format!("{RESULTS}: {why}"))?;
    let Results {
        processor,
        cores,
        kernel,
        rounds,
        seconds,
        ..
    } = &results;
    let mut text = format!(
        "\n{processor}, {cores} cores, Linux {kernel}. Median of {rounds} rounds, {seconds} s in \
         all.\n"
    );
    for (title, deeds) in TABLES {
        text += &format!("\n**{title}**\n\n{}", table(deeds, &results));
    }
    replace_part(page, PAGE, [BEGIN, END], &text)
}

fn table(deeds: [&str; 2], results: &Results) -> String {
    let [one, other] = deeds;
    let mut text = format!("| language | {one} | rounds | x C | {other} | rounds | x C |\n");
    text += &format!("|---|{}\n", "---:|".repeat(6));
    for language in languages_of(results) {
        let cells = deeds.map(|deed| cells(language, deed, results));
        text += &format!("| {language} | {} |\n", cells.join(" | "));
    }
    text
}

/// In the order of the results; those without figures come last.
fn languages_of(results: &Results) -> Vec<&str> {
    let measured = results.figures.iter().map(|figure| &*figure.language);
    let absent = results.absent.iter().map(|absence| &*absence.language);
    let mut languages: Vec<&str> = Vec::new();
    for language in measured.chain(absent) {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    languages
}

fn cells(language: &str, deed: &str, results: &Results) -> String {
    let is_it = |figure: &&Figure| figure.language == language && figure.deed == deed;
    if let Some(Figure {
        ns,
        from,
        to,
        over_c,
        ..
    }) = results.figures.iter().find(is_it)
    {
        let over = over_c.map_or(String::new(), |over| format!("{over:.2}"));
        return format!("{} | {}..{} | {over}", time(*ns), time(*from), time(*to));
    }
    let is_absent = |absence: &Absence| absence.language == language && absence.deed == deed;
    match results.absent.iter().any(is_absent) {
        true => "not measured | |".to_owned(),
        false => " | |".to_owned(),
    }
}

/// Three digits and a unit.
fn time(ns: f64) -> String {
    let (number, unit) = match ns {
        ns if ns < 999.5 => (ns, "ns"),
        ns if ns < 999.5e3 => (ns / 1e3, "us"),
        ns => (ns / 1e6, "ms"),
    };
    match number {
        number if number < 9.995 => format!("{number:.2} {unit}"),
        number if number < 99.95 => format!("{number:.1} {unit}"),
        number => format!("{number:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_a_row_also_one_that_was_not_measured() {
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        let results = r#"{ "processor": "P", "cores": 2, "kernel": "6", "rounds": 5, "seconds": 9,
            "figures": [
                { "language": "C", "deed": "call", "ns": 999.6, "from": 9.0, "to": 2e6,
                    "over_c": 1.0 }
            ],
            "absent": [ { "language": "D", "deed": "call", "why": "" } ] }"#;
        let printed = print(&page, results).unwrap();
        assert!(printed.starts_with("before\n"), "{printed}");
        assert!(
            printed.contains("| C | 1.00 us | 9.00 ns..2.00 ms | 1.00 |  | | |\n"),
            "{printed}"
        );
        assert!(
            printed.contains("| D | not measured | | |  | | |\n"),
            "{printed}"
        );
        assert!(
            !printed.contains("old") && printed.ends_with("after\n"),
            "{printed}"
        );
    }
}
