//! Tables and numbers as people read them.

use std::fmt::Write;

/// Columns of text: the first to the left, the others as they say.
pub struct Table {
    right: &'static [bool],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// `right[i]`: column i is aligned to the right, as numbers are.
    pub fn new(right: &'static [bool], head: &[&str]) -> Self {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Self {
            right,
            rows: vec![head],
        }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The text, each row a line.
    pub fn text(&self) -> String {
        let column = |at: usize| self.rows.iter().map(move |row| row[at].chars().count());
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns)
            .map(|at| column(at).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                let (width, gap) = (widths[at], if at == 0 { "" } else { "  " });
                let _ = match self.right.get(at) {
                    Some(true) => write!(line, "{gap}{cell:>width$}"),
                    _ => write!(line, "{gap}{cell:<width$}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Bytes as `512 B`, `44 KiB` or `2.6 MiB`.
pub fn size(bytes: u64) -> String {
    let mut amount = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if amount < 1024.0 || unit == "GiB" {
            let decimals = usize::from(unit != "B" && amount < 10.0 && amount.fract() != 0.0);
            return format!("{amount:.decimals$} {unit}");
        }
        amount /= 1024.0;
    }
    String::new()
}

/// A number of messages a second.
pub fn rate(per_second: f64) -> String {
    match per_second {
        r if r <= 0.0 => "0/s".to_owned(),
        r if r < 10.0 => format!("{r:.1}/s"),
        r if r < 10e3 => format!("{r:.0}/s"),
        r if r < 10e6 => format!("{:.0} k/s", r / 1e3),
        r => format!("{:.0} M/s", r / 1e6),
    }
}

/// A span of time as `850 ns`, `12 us`, `3.1 ms` or `2.0 s`.
pub fn span(ns: i64) -> String {
    let ns = ns.max(0) as f64;
    match ns {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 10e3 => format!("{:.1} us", n / 1e3),
        n if n < 1e6 => format!("{:.0} us", n / 1e3),
        n if n < 10e6 => format!("{:.1} ms", n / 1e6),
        n if n < 1e9 => format!("{:.0} ms", n / 1e6),
        n if n < 100e9 => format!("{:.1} s", n / 1e9),
        n if n < 2.0 * 3600e9 => format!("{:.0} min", n / 60e9),
        n => format!("{:.0} h", n / 3600e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_where_their_text_does() {
        let mut table = Table::new(&[false, true, false], &["NAME", "N", "WHAT"]);
        table.row(vec!["a".into(), "100".into(), "x".into()]);
        assert_eq!(table.text(), "NAME    N  WHAT\na     100  x\n");
    }

    #[test]
    fn numbers_have_three_digits_at_most() {
        assert_eq!(size(512), "512 B");
        assert_eq!(size(45056), "44 KiB");
        assert_eq!(size(2_764_800), "2.6 MiB");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(rate(59.94), "60/s");
        assert_eq!(rate(48e6), "48 M/s");
        assert_eq!(span(850), "850 ns");
        assert_eq!(span(3_100_000), "3.1 ms");
        assert_eq!(span(7_200_000_000_000), "2 h");
    }
}
