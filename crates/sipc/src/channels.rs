//! What the verbs' options have in common: spans of time, sizes, and how channels are opened.

use std::path::Path;
use std::time::Duration;

use simpleipc::Options;

/// Options of a handle in this directory.
pub fn options(dir: Option<&Path>) -> Options {
    Options {
        directory: dir.map(Path::to_path_buf),
        ..Options::default()
    }
}

/// Seconds as `2` or `0.25`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| format!("{text:?} is no number of seconds"))?;
    Duration::try_from_secs_f64(number).map_err(|why| format!("{text:?}: {why}"))
}

/// Bytes as `65536`, `64K`, `16M` or `2G`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let at = text
        .trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .len();
    let (digits, unit) = text.split_at(at);
    let factor = match unit {
        "" => Some(1),
        "K" | "k" | "KiB" => Some(1 << 10),
        "M" | "MiB" => Some(1 << 20),
        "G" | "GiB" => Some(1 << 30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor);
    bytes
        .and_then(|(number, factor)| number.checked_mul(factor))
        .ok_or_else(|| format!("{text:?} is no size; write it as 65536, 64K, 16M or 2G"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_are_numbers_with_units() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(seconds("-1").is_err() && seconds("soon").is_err());
        assert_eq!(bytes("64K"), Ok(65536));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert!(bytes("2T").is_err() && bytes("K").is_err() && bytes("99999999999G").is_err());
    }
}
