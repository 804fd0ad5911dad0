//! spec/layout.md draws the bytes of shared memory. It carries a hash of the code that lays them
//! out, so that nobody changes one without looking at the other.

use super::source::{Finding, Source};

const DRAWING: &str = "spec/layout.md";
const CODE: &str = "crates/simpleipc/src/layout/";
const MARK: &str = "layout-hash: ";

/// A finding if the drawing's hash is not that of the code.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let current = format!("{:016x}", hash(sources));
    let Some(drawing) = sources.iter().find(|source| source.path == DRAWING) else {
        return vec![Finding::new(
            &Source::new(DRAWING, ""),
            1,
            "is missing: it draws the layout",
        )];
    };
    let marked = drawing.text.lines().enumerate().find_map(|(index, line)| {
        let hash = line.split_once(MARK)?.1;
        Some((
            index + 1,
            hash.chars()
                .take_while(char::is_ascii_hexdigit)
                .collect::<String>(),
        ))
    });
    let advice = format!("compare the drawing with {CODE}, then write `{MARK}{current}`");
    match marked {
        None => vec![Finding::new(
            drawing,
            1,
            format!("has no line `{MARK}...`: {advice}"),
        )],
        Some((_, hash)) if hash == current => Vec::new(),
        Some((line, _)) => vec![Finding::new(drawing, line, format!("is stale: {advice}"))],
    }
}

/// FNV-1a of the names and texts of the layout's files; `sources` is sorted by path.
fn hash(sources: &[Source]) -> u64 {
    let is_layout = |source: &&Source| source.path.starts_with(CODE) && source.ending() == "rs";
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for source in sources.iter().filter(is_layout) {
        for byte in source
            .path
            .bytes()
            .chain([0])
            .chain(source.text.bytes())
            .chain([0])
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(drawing: &str, code: &str) -> [Source; 2] {
        [
            Source::new("crates/simpleipc/src/layout/lane.rs", code),
            Source::new(DRAWING, format!("# Layout\n\n{drawing}\n")),
        ]
    }

    #[test]
    fn the_finding_says_the_hash_that_mends_it_and_any_change_makes_it_stale() {
        let finding = check(&sources("layout-hash: 0123", "A"))[0].to_string();
        assert!(
            finding.starts_with("spec/layout.md:3: is stale"),
            "{finding}"
        );
        let mended = finding
            .rsplit_once(MARK)
            .map(|(_, hash)| hash.trim_end_matches('`'));
        let line = format!("{MARK}{}", mended.unwrap_or_default());
        assert_eq!(check(&sources(&line, "A")).len(), 0);
        assert_eq!(check(&sources(&line, "B")).len(), 1);
    }

    #[test]
    fn a_drawing_without_a_hash_and_no_drawing_are_found() {
        assert!(
            check(&sources("words", "A"))[0]
                .to_string()
                .contains("has no line")
        );
        assert!(check(&[])[0].to_string().contains("is missing"));
    }
}
