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

/// Endings of the files people write programs in, besides those of the bindings: a language's files
/// end as its declarations do.
const CODE_ENDINGS: [&str; 20] = [
    "rs", "c", "h", "cpp", "hpp", "pas", "lpr", "inc", "py", "pyi", "pl", "pm", "t", "mjs", "ts",
    "asd", "adb", "mli", "sh", "toml",
];

/// Endings of other files that are read.
const PROSE_ENDINGS: [&str; 2] = ["md", "yml"];

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
    /// Whether it is of a language people write programs in.
    pub is_code: bool,
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
        let is_code = CODE_ENDINGS.contains(&ending(&path));
        Source {
            path,
            text,
            code,
            lines_before_tests,
            is_code,
        }
    }

    /// Every text file below `root`, sorted by path.
    pub fn read_all(root: &Path) -> Result<Vec<Source>, String> {
        let mut sources = Vec::new();
        read_folder(root, "", &endings_of_bindings(root)?, &mut sources)?;
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(sources)
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// `rs`, `h`, ...
    pub fn ending(&self) -> &str {
        ending(&self.path)
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

fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// How the declarations of each language end.
fn endings_of_bindings(root: &Path) -> Result<Vec<String>, String> {
    let languages = languages::all(root)?;
    let printed = languages.iter().filter_map(|one| one.generated.as_ref());
    Ok(printed.map(|one| ending(&one.file).to_owned()).collect())
}

fn read_folder(
    root: &Path,
    folder: &str,
    endings: &[String],
    sources: &mut Vec<Source>,
) -> Result<(), String> {
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
            read_folder(root, &path, endings, sources)?;
        } else if kind.is_file() {
            let ending = ending(&path);
            let is_code = CODE_ENDINGS.contains(&ending) || endings.iter().any(|e| e == ending);
            if is_code || PROSE_ENDINGS.contains(&ending) {
                let bytes = fs::read(entry.path()).map_err(failed)?;
                let mut source = Source::new(path, String::from_utf8_lossy(&bytes));
                source.is_code = is_code;
                sources.push(source);
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
    fn the_files_of_a_binding_are_read() {
        let sources = Source::read_all(&crate::repository::root()).unwrap();
        let is_code = |path: &str| {
            let found = sources.iter().find(|source| source.path == path);
            found.map(|source| source.is_code)
        };
        assert_eq!(is_code("bindings/ruby/driver.rb"), Some(true));
        assert_eq!(is_code("bindings/lua/driver.lua"), Some(true));
        assert_eq!(is_code("README.md"), Some(false));
        assert_eq!(is_code("Cargo.lock"), None);
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
