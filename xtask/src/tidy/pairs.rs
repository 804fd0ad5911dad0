//! Orderings come in named pairs: whoever makes something visible names who relies on it.
//!
//! `// sync <name>/release: why` stands at a store, `// sync <name>/acquire: why` at the load that
//! needs it, `// sync <name>/seqcst: why` at both ends of a store-then-load argument.

use std::collections::BTreeMap;

use super::layers::has_word;
use super::source::{Finding, Source};

const LIBRARY: &str = "crates/simpleipc/src/";

/// How many lines above an ordering its comment may stand.
const DISTANCE_MAX: usize = 6;

/// Orderings that need a comment, and the ends that explain them.
const ORDERINGS: [(&str, &[&str]); 4] = [
    ("Acquire", &["acquire"]),
    ("Release", &["release"]),
    ("AcqRel", &["acquire", "release"]),
    ("SeqCst", &["seqcst"]),
];

/// One end of a pair: where, which name, which end.
struct End<'a> {
    source: &'a Source,
    line: usize,
    name: &'a str,
    end: &'a str,
}

/// All findings about comments without a partner and orderings without a comment.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_name: BTreeMap<&str, Vec<End>> = BTreeMap::new();
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with(LIBRARY))
    {
        for (index, line) in source.text.lines().enumerate() {
            match end_in(line) {
                None => {}
                Some(Ok((name, end))) => {
                    let end = End {
                        source,
                        line: index + 1,
                        name,
                        end,
                    };
                    by_name.entry(name).or_default().push(end);
                }
                Some(Err(what)) => findings.push(Finding::new(source, index + 1, what)),
            }
        }
        findings.extend(unexplained(source));
    }
    findings.extend(by_name.values().flat_map(|ends| single(ends)));
    findings
}

/// The name and end in a pair comment, or what is wrong with it; None for any other line.
fn end_in(line: &str) -> Option<Result<(&str, &str), String>> {
    let rest = line.trim_start().strip_prefix("// sync ")?;
    let mark = rest.split_whitespace().next()?;
    if !mark.contains('/') {
        return None;
    }
    let known = |end: &str| ["release", "acquire", "seqcst"].contains(&end);
    match mark.strip_suffix(':').and_then(|mark| mark.split_once('/')) {
        Some((name, end)) if known(end) && !name.is_empty() => Some(Ok((name, end))),
        _ => Some(Err(format!(
            "`{mark}`: write `// sync <name>/release: why`, or acquire, seqcst"
        ))),
    }
}

/// Ends of one name that lack their partner.
fn single(ends: &[End]) -> Vec<Finding> {
    let count = |end: &str| ends.iter().filter(|e| e.end == end).count();
    let lonely = |end: &&End| match end.end {
        "release" => count("acquire") == 0,
        "acquire" => count("release") == 0,
        _ => count("seqcst") < 2,
    };
    let finding = |end: &End| {
        let partner = match end.end {
            "release" => "its /acquire comment at the load that relies on it",
            "acquire" => "its /release comment at the store it relies on",
            _ => "a second /seqcst comment at the other side",
        };
        let what = format!(
            "sync {}/{} has no partner: add {partner}",
            end.name, end.end
        );
        Finding::new(end.source, end.line, what)
    };
    ends.iter().filter(lonely).map(finding).collect()
}

/// Orderings stronger than Relaxed in shipped code without a fitting comment nearby.
fn unexplained(source: &Source) -> Vec<Finding> {
    let text: Vec<&str> = source.text.lines().collect();
    let mut findings = Vec::new();
    for (line, code) in source.shipped_lines() {
        let is_import = code.trim_start().starts_with("use ") || code.contains("pub use ");
        let used: Vec<&(&str, &[&str])> = ORDERINGS
            .iter()
            .filter(|(ordering, _)| has_word(code, ordering))
            .collect();
        if used.is_empty() || is_import {
            continue;
        }
        let first = line.saturating_sub(DISTANCE_MAX + 1);
        let mut comments = text[first..line]
            .iter()
            .filter_map(|line| trailing_end(line));
        if !comments.any(|end| used.iter().any(|(_, ends)| ends.contains(&end))) {
            let ordering = used[0].0;
            let what = format!(
                "{ordering} without its reason: write `// sync <name>/{}: why` above it",
                used[0].1[0]
            );
            findings.push(Finding::new(source, line, what));
        }
    }
    findings
}

/// The end named by a pair comment anywhere in the line.
fn trailing_end(line: &str) -> Option<&str> {
    let (_, comment) = line.split_at(line.find("// sync ")?);
    end_in(comment)?.ok().map(|(_, end)| end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let source = Source::new("crates/simpleipc/src/ring/slot.rs", text);
        check(&[source]).iter().map(ToString::to_string).collect()
    }

    const PAIR: &str = "// sync slot/release: the payload is in place\n\
        a.store(1, Ordering::Release);\n\
        // sync slot/acquire: the payload is read after this\n\
        a.load(Ordering::Acquire);\n";

    #[test]
    fn a_pair_is_accepted_and_each_half_alone_is_not() {
        assert_eq!(findings(PAIR), Vec::<String>::new());
        let release_only = PAIR.lines().take(2).collect::<Vec<_>>().join("\n");
        assert!(findings(&release_only)[0].contains(":1: sync slot/release has no partner"));
        let acquire_only = PAIR.lines().skip(2).collect::<Vec<_>>().join("\n");
        assert!(findings(&acquire_only)[0].contains("sync slot/acquire has no partner"));
        let once = "// sync bell/seqcst: why\nfence(SeqCst);\n";
        assert!(findings(once)[0].contains("sync bell/seqcst has no partner"));
        assert_eq!(findings(&once.repeat(2)), Vec::<String>::new());
    }

    #[test]
    fn an_ordering_needs_a_fitting_comment_nearby() {
        assert!(findings("a.load(Ordering::Acquire);\n")[0].contains(":1: Acquire without"));
        let wrong_end = format!("{PAIR}\n\n\n\n\n\n// sync slot/release: x\na.swap(1, SeqCst);\n");
        assert!(
            findings(&wrong_end)[0].contains("SeqCst without"),
            "{:?}",
            findings(&wrong_end)
        );
        let far = format!("{PAIR}{}a.load(Ordering::Acquire);\n", "b();\n".repeat(6));
        assert_eq!(findings(&far).len(), 1);
        let either = format!("{PAIR}a.swap(1, Ordering::AcqRel);\n");
        assert_eq!(findings(&either).len(), 0);
    }

    #[test]
    fn imports_tests_and_comments_need_none() {
        let text = "use std::sync::atomic::Ordering::{self, Acquire};\n// Acquire is a word\n\
            #[cfg(test)]\nmod tests { fn f() { a.load(Ordering::SeqCst); } }\n";
        assert_eq!(findings(text), Vec::<String>::new());
    }

    #[test]
    fn a_misspelt_comment_is_found() {
        assert!(findings("// sync slot/aquire: why\n")[0].contains("write `// sync <name>"));
        assert!(findings("// sync slot/acquire because\n")[0].contains("write `// sync <name>"));
    }
}
