//! Tests that documents name must exist: a claim outlives its test easily.

use super::source::{Finding, Source};

/// Where the documents are.
const FOLDER: &str = "docs/";
/// Names of tests are sentences; names with fewer joints are of something else.
const JOINTS_MIN: usize = 3;
/// What stands before the name of a test: in Rust, in C and C++, and in Python.
const DEFINITIONS: [&str; 3] = ["fn", "void", "def"];

/// All findings about names of tests in documents that no function has.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in sources
        .iter()
        .filter(|source| source.path.starts_with(FOLDER) && source.ending() == "md")
    {
        for (index, line) in document.text.lines().enumerate() {
            for name in line
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|name| is_test(name))
            {
                let definitions = DEFINITIONS.map(|word| format!("{word} {name}("));
                let has_it = |source: &Source| {
                    let text = match source.ending() {
                        "rs" => &source.code, // without comments
                        _ => &source.text,
                    };
                    definitions
                        .iter()
                        .any(|definition| text.contains(definition))
                };
                if !sources.iter().any(has_it) {
                    let what = format!("names `{name}`, and there is no such test");
                    findings.push(Finding::new(document, index + 1, what));
                }
            }
        }
    }
    findings
}

fn is_test(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(is_word) && name.matches('_').count() >= JOINTS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_is_found_and_other_words_are_not() {
        let text = "`a_file_is_gone`, `a_file_is_there`\n`pool_bytes_max`, `SIPC_A_B_C`\n\
            `it_is_c_here`, `test_it_is_python`\n";
        let sources = [
            Source::new("docs/lock.md", text),
            Source::new(
                "crates/x/tests/a.rs",
                "fn a_file_is_there() {}\n// fn a_file_is_gone()\n",
            ),
            Source::new(
                "bindings/c/tests/a.c",
                "static void it_is_c_here(void)\n{\n}\n",
            ),
            Source::new(
                "tests/test_a.py",
                "def test_it_is_python(peer):\n    pass\n",
            ),
        ];
        let findings = check(&sources);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0]
                .to_string()
                .contains(":1: names `a_file_is_gone`")
        );
    }
}
