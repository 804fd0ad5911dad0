//! The files of the repository, and what a rule has to say about one.

use std::fmt;
use std::fs;
use std::path::Path;

use super::lexer;

/// Folders that hold nothing of ours.
const SKIPPED_FOLDERS: [&str; 6] = [
    "target",
    "node_modules",
    "__pycache__",
    "venv",
    "results",
    "wheels",
];

/// Endings of the files that are read; all others are data.
const TEXT_ENDINGS: [&str; 35] = [
    "rs", "c", "h", "cpp", "hpp", "pas", "lpr", "inc", "py", "pyi", "rb", "php", "pl", "pm", "t",
    "go", "js", "mjs", "ts", "java", "kt", "cs", "lua", "nim", "d", "f90", "lisp", "asd", "scm",
    "hs", "zig", "sh", "toml", "md", "yml",
];

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    Warning,
    Failure,
}

/// One broken rule: where, what, and how to mend it.
#[derive(Debug)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub severity: Severity,
    pub what: String,
}

impl Finding {
    /// A broken rule at line `line`, counted from 1.
    pub fn new(source: &Source, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: source.path.clone(),
            line,
            severity: Severity::Failure,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = if self.severity == Severity::Warning {
            "warning: "
        } else {
            ""
        };
        write!(f, "{}:{}: {hint}{}", self.path, self.line, self.what)
    }
}

/// One text file.
pub struct Source {
    /// Relative to the root, with slashes.
    pub path: String,
    pub text: String,
    /// For Rust: the text without comments and without what stands in quotes, line for line.
    pub code: String,
    /// For Rust: how many lines come before the tests in this file.
    pub lines_before_tests: usize,
}

impl Source {
    /// A source that need not exist on disk.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        let (path, text) = (path.into(), text.into());
        let code = if path.ends_with(".rs") {
            lexer::code_only(&text)
        } else {
            String::new()
        };
        let lines_before_tests = lines_before_tests(&path, &code);
        Source {
            path,
            text,
            code,
            lines_before_tests,
        }
    }

    /// Every text file below `root`, sorted by path.
    pub fn read_all(root: &Path) -> Result<Vec<Source>, String> {
        let mut sources = Vec::new();
        read_folder(root, "", &mut sources)?;
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(sources)
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// `rs`, `h`, ...
    pub fn ending(&self) -> &str {
        self.file_name()
            .rsplit_once('.')
            .map_or("", |(_, ending)| ending)
    }

    /// Printed by a program: its first line says by which command.
    pub fn is_generated(&self) -> bool {
        self.text
            .lines()
            .next()
            .is_some_and(|line| line.contains("Made from spec/api.toml by"))
    }

    /// The lines of Rust code that are no tests, counted from 1, without comments and quotes.
    pub fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self
            .code
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line));
        numbered.take(self.lines_before_tests)
    }
}

fn read_folder(root: &Path, folder: &str, sources: &mut Vec<Source>) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", root.join(folder).display());
    for entry in fs::read_dir(root.join(folder)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && !name.starts_with('.') && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            read_folder(root, &path, sources)?;
        } else if kind.is_file() {
            let source = Source::new(path, "");
            if TEXT_ENDINGS.contains(&source.ending()) {
                let bytes = fs::read(entry.path()).map_err(failed)?;
                sources.push(Source::new(source.path, String::from_utf8_lossy(&bytes)));
            }
        }
    }
    Ok(())
}

/// Tests are whole files, or the end of a file from `#[cfg(test)]` before a module.
fn lines_before_tests(path: &str, code: &str) -> usize {
    if path.ends_with("_test.rs") || path.contains("/tests/") || path.ends_with("/tests.rs") {
        return 0;
    }
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let begins = |index: &usize| {
        let next = lines
            .iter()
            .skip(index + 1)
            .find(|line| !line.starts_with("#["));
        lines[*index].starts_with("#[cfg(test)]")
            && next.is_some_and(|line| line.starts_with("mod "))
    };
    (0..lines.len()).find(begins).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_at_the_end_of_a_file_are_not_shipped() {
        let text =
            "fn a() {}\n#[cfg(test)]\nfn b() {}\n#[cfg(test)]\n#[path = \"x\"]\nmod tests;\n";
        let source = Source::new("crates/a/src/a.rs", text);
        assert_eq!(source.lines_before_tests, 3);
        assert_eq!(
            Source::new("crates/a/src/a_test.rs", text).lines_before_tests,
            0
        );
    }

    #[test]
    fn a_generated_file_is_known_by_its_first_line() {
        let text = format!(
            "/* Made from spec/api.toml by `{}`. */\n",
            crate::generate::COMMAND
        );
        assert!(Source::new("include/a.h", text).is_generated());
        assert!(!Source::new("include/a.h", "/* by hand */\n").is_generated());
    }
}
