//! What was measured, and what it comes to: medians, spreads, and how many times C's.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::PARTNER;
use super::bout::{Bout, Side};
use crate::languages::Language;

/// What one figure is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    language: String,
    title: String,
    deed: &'static str,
}

impl Key {
    pub fn new(language: &Language, bout: &Bout, side: Side) -> Key {
        Key {
            language: language.name.clone(),
            title: language.title.clone(),
            deed: bout.deed(side),
        }
    }
}

/// All of a run.
#[derive(Default)]
pub struct Figures {
    /// Nanoseconds, one for each round.
    times: Vec<(Key, Vec<f64>)>,
    absent: Vec<(Key, String)>,
    /// Whether something went wrong, and is not only missing on this machine.
    has_failed: bool,
}

impl Figures {
    /// One more round's.
    pub fn add(&mut self, key: Key, nanoseconds: f64) {
        match self.times.iter_mut().find(|(of, _)| *of == key) {
            Some((_, times)) => times.push(nanoseconds),
            None => self.times.push((key, vec![nanoseconds])),
        }
    }

    /// It could not be measured, or not to the end: there is no figure then.
    pub fn fail(&mut self, key: Key, why: &str) {
        self.has_failed = true;
        self.miss(key, why);
    }

    /// Nothing of this language can be measured here.
    pub fn miss_all(&mut self, language: &Language, why: &str) {
        for bout in Bout::ALL {
            for side in Side::BOTH {
                self.miss(Key::new(language, bout, side), why);
            }
        }
    }

    /// Nothing of this language can be measured, and it should.
    pub fn fail_all(&mut self, language: &Language, why: &str) {
        self.has_failed = true;
        self.miss_all(language, why);
    }

    fn miss(&mut self, key: Key, why: &str) {
        eprintln!("{}: {}: {why}", key.language, key.deed);
        self.times.retain(|(of, _)| *of != key);
        self.absent.push((key, why.to_owned()));
    }

    pub fn misses(&self, key: &Key) -> bool {
        self.absent.iter().any(|(of, _)| of == key)
    }

    /// Whether nothing went wrong.
    pub fn is_clean(&self) -> bool {
        !self.has_failed
    }

    fn of_partner(&self, deed: &str) -> Option<f64> {
        let is_it = |key: &Key| key.language == PARTNER && key.deed == deed;
        let (_, times) = self.times.iter().find(|(key, _)| is_it(key))?;
        Some(median(times))
    }

    /// A line for each figure.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (key, times) in &self.times {
            let (from, to) = spread(times);
            let over = self
                .of_partner(key.deed)
                .map_or(f64::NAN, |partner| median(times) / partner);
            let line = writeln!(
                text,
                "{:12} {:8} {:10.0} ns ({from:.0}..{to:.0}) {over:6.2}",
                key.language,
                key.deed,
                median(times),
            );
            line.expect("a String takes everything");
        }
        text
    }

    /// All of it, with the machine it was measured on.
    pub fn json(&self, rounds: usize, lasted: Duration) -> String {
        let figures = self.times.iter().map(|(key, times)| {
            let (from, to) = spread(times);
            let over = self
                .of_partner(key.deed)
                .map(|partner| rounded(median(times) / partner, 100.0));
            let [ns, from, to] = [median(times), from, to].map(|time| rounded(time, 10.0));
            json!({ "language": key.title, "deed": key.deed, "ns": ns, "from": from, "to": to,
                "over_c": over })
        });
        let absent = self
            .absent
            .iter()
            .map(|(key, why)| json!({ "language": key.title, "deed": key.deed, "why": why }));
        let all = json!({
            "processor": processor(),
            "cores": std::thread::available_parallelism().map_or(1, usize::from),
            "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
            "rounds": rounds,
            "seconds": lasted.as_secs(),
            "figures": figures.collect::<Vec<Value>>(),
            "absent": absent.collect::<Vec<Value>>(),
        });
        format!("{all:#}\n")
    }
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or("a processor without a name", |(_, name)| name.trim())
        .to_owned()
}

fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

fn spread(times: &[f64]) -> (f64, f64) {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    (least, times.iter().copied().fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(language: &str) -> Key {
        Key {
            language: language.to_owned(),
            title: language.to_uppercase(),
            deed: "send",
        }
    }

    #[test]
    fn figures_are_medians_over_those_of_the_partner() {
        let mut figures = Figures::default();
        for (language, time) in [
            ("c", 20.0),
            ("d", 90.0),
            ("c", 10.0),
            ("d", 30.0),
            ("c", 90.0),
        ] {
            figures.add(key(language), time);
        }
        let read: Value = serde_json::from_str(&figures.json(3, Duration::from_secs(1))).unwrap();
        let figure = |of: &str, [ns, from, to, over_c]: [f64; 4]| {
            json!({ "language": of, "deed": "send", "ns": ns, "from": from, "to": to,
                "over_c": over_c })
        };
        let expected = json!([
            figure("C", [20.0, 10.0, 90.0, 1.0]),
            figure("D", [60.0, 30.0, 90.0, 3.0]),
        ]);
        assert_eq!(read["figures"], expected);
    }

    #[test]
    fn what_failed_in_one_round_has_no_figure() {
        let mut figures = Figures::default();
        figures.add(key("d"), 30.0);
        figures.fail(key("d"), "it died");
        assert_eq!(figures.text(), "");
        assert!(figures.misses(&key("d")) && !figures.is_clean());
    }
}
