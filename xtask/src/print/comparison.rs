//! The figures of docs/comparison.md: cut out of bench/results/results.md, so that the page cannot
//! say what was not measured.

use super::replace_part;

/// The page whose marked part is printed, and what it is printed from.
pub const PAGE: &str = "docs/comparison.md";
pub const RESULTS: &str = "bench/results/results.md";

const BEGIN: &str = "<!-- figures: printed by cargo xtask gen from bench/results/results.md -->\n";
const END: &str = "<!-- /figures -->\n";
/// Ours; of the second kind where both were measured, because that is what a program gets that asks
/// for nothing.
const OURS: [&str; 2] = ["SimpleIPC", "SimpleIPC, stamped"];

/// A column of a table of the page: its heading, and the section and column of the results.
struct Column(&'static str, &'static str, &'static str);

const SMALL: [Column; 5] = [
    Column("there, blocking", "pingpong, block, one core each", "64 B"),
    Column("there, spinning", "pingpong, spin, one core each", "64 B"),
    Column("wake from sleep", "wake, one core each", "1 ms"),
    Column("stream", "stream, block, one core each", "64 B"),
    Column("stream of 1 KiB", "stream, block, one core each", "1024 B"),
];
const LARGE: [Column; 4] = [
    Column(
        "frame 720p, copied out",
        "frame, one core each",
        "copied 720p",
    ),
    Column("frame 4K, copied out", "frame, one core each", "copied 4K"),
    Column("to 4 receivers", "fanout", "4 receivers"),
    Column("shared by 4 receivers", "queue", "4 receivers"),
];
const UPKEEP: [Column; 4] = [
    Column("start to first message", "start", "p50"),
    Column("idle, processor time", "idle: processor time", "p50"),
    Column("memory, open", "hold", "only open"),
    Column("memory, after use", "hold", "after use"),
];

/// The page with its figures as they are in `results`.
pub fn print(page: &str, results: &str) -> Result<String, String> {
    let machine = results
        .lines()
        .find(|line| line.contains(" cores, Linux "))
        .ok_or(format!("{RESULTS}: does not name the machine"))?;
    let machine = machine.split(" \"x limit\"").next().unwrap_or(machine);
    let mut figures = format!("\n{machine}\n");
    let tables = [
        ("Messages of 64 bytes, between two processes", &SMALL[..]),
        ("Frames, and several receivers", &LARGE[..]),
        ("What it costs to have it", &UPKEEP[..]),
    ];
    for (title, columns) in tables {
        figures += &format!("\n**{title}**\n\n{}", table(columns, results)?);
    }
    replace_part(page, PAGE, [BEGIN, END], &figures)
}

fn table(columns: &[Column], results: &str) -> Result<String, String> {
    let mut parts = Vec::new();
    for Column(_, section, column) in columns {
        let cells = column_of(results, section, column)?;
        let ours = OURS
            .iter()
            .rev()
            .find_map(|name| cells.iter().find(|(system, _)| system == name))
            .ok_or(format!(
                "{RESULTS}: {section} was not measured for SimpleIPC"
            ))?;
        let ours = ours.1.clone();
        parts.push((cells, ours));
    }
    let mut systems: Vec<&str> = Vec::new();
    for (system, _) in parts.iter().flat_map(|(cells, _)| cells) {
        if !systems.contains(&system.as_str()) && !system.starts_with("limit") {
            systems.push(system);
        }
    }
    // Ours first, as they come in the results.
    systems.sort_by_key(|system| !OURS.contains(system));
    let heads: Vec<&str> = columns.iter().map(|column| column.0).collect();
    let mut out = format!("| system | {} |\n", heads.join(" | "));
    out += &format!("|---|{}\n", "---:|".repeat(columns.len()));
    for system in systems {
        let row = parts.iter().map(|(cells, ours)| {
            let found = cells.iter().find(|(name, _)| name == system);
            match found {
                Some((_, cell)) if OURS.contains(&system) => cell.clone(),
                Some((_, cell)) => match times_worse(cell, ours) {
                    Some(times) => format!("{cell} ({times})"),
                    None => cell.clone(),
                },
                None => String::new(),
            }
        });
        let row: Vec<String> = row.collect();
        out += &format!("| {system} | {} |\n", row.join(" | "));
    }
    Ok(out)
}

/// A column of a section: each system, limits included, and its figure.
fn column_of(results: &str, section: &str, column: &str) -> Result<Vec<(String, String)>, String> {
    let missing = || format!("{RESULTS}: no column `{column}` in `{section}`");
    let begin = results
        .find(&format!("\n## {section}\n"))
        .ok_or_else(missing)?;
    let part = &results[begin + 1..];
    let part = &part[..part.find("\n## ").unwrap_or(part.len())];
    let mut rows = part
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(cells_of);
    let head = rows.next().ok_or_else(missing)?;
    let at = head
        .iter()
        .position(|cell| cell == column)
        .ok_or_else(missing)?;
    let figures = rows.filter_map(|row| Some((row.first()?.clone(), row.get(at)?.clone())));
    Ok(figures.filter(|(_, figure)| !figure.is_empty()).collect())
}

fn cells_of(line: &str) -> Vec<String> {
    let cells = line.trim_matches('|').split('|');
    cells
        .map(|cell| cell.trim().trim_matches('*').to_owned())
        .collect()
}

/// How many times worse than ours: below 1 it is better.
fn times_worse(theirs: &str, ours: &str) -> Option<String> {
    let (theirs, unit) = quantity(theirs)?;
    let (ours, _) = quantity(ours)?;
    // Of what comes in a second more is better, but not of what is spent in it.
    let is_rate = unit.ends_with("/s") && !unit.starts_with(['n', 'u', 'm']);
    let times = match is_rate {
        true => ours / theirs,
        false => theirs / ours,
    };
    Some(match times {
        t if t < 1.0 => format!("{t:.2}"),
        t if t < 10.0 => format!("{t:.1}"),
        t => format!("{t:.0}"),
    })
}

/// `35.4 us` in nanoseconds, `1.2 M/s` in so many a second, with its unit.
fn quantity(text: &str) -> Option<(f64, &str)> {
    let (number, unit) = text.split_once(' ')?;
    let scale = match unit {
        "ns" | "ns/s" | "/s" | "B/s" | "KiB" => 1.0,
        "us" | "us/s" | "k/s" | "kB/s" => 1e3,
        "MiB" => 1024.0,
        "ms" | "ms/s" | "M/s" | "MB/s" => 1e6,
        "s" | "GB/s" => 1e9,
        _ => return None,
    };
    Some((number.parse::<f64>().ok()? * scale, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS_MD: &str = "x, 2 cores, Linux 6. Full run. \"x limit\" is\n\n\
        ## fanout\n\nWords.\n\n| system | 1 receiver | 4 receivers |\n|---|---:|---:|\n\
        | limit: ring | 9 M/s | 9 M/s |\n| **SimpleIPC** | **4 M/s** | **2 M/s** |\n\
        | pipe | 1 M/s | 100 k/s |\n| mq | 1 M/s |  |\n\n## queue\n";

    #[test]
    fn a_table_is_cut_out_of_the_results_with_ratios_to_ours() {
        let columns = [Column("all", "fanout", "4 receivers")];
        assert_eq!(
            table(&columns, RESULTS_MD).as_deref(),
            Ok("| system | all |\n|---|---:|\n| SimpleIPC | 2 M/s |\n| pipe | 100 k/s (20) |\n")
        );
        assert!(column_of(RESULTS_MD, "fanout", "9 receivers").is_err());
        assert!(column_of(RESULTS_MD, "nothing", "p50").is_err());
    }

    #[test]
    fn losses_are_below_one_and_what_is_spent_is_no_rate() {
        assert_eq!(times_worse("50 ns", "0.1 us").as_deref(), Some("0.50"));
        assert_eq!(times_worse("4 GB/s", "1000 MB/s").as_deref(), Some("0.25"));
        assert_eq!(times_worse("30 us/s", "200 us/s").as_deref(), Some("0.15"));
        assert_eq!(times_worse("1 MiB", "512 KiB").as_deref(), Some("2.0"));
    }
}
