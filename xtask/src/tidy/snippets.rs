//! Programs shown in Markdown are programs that run: a block below `<!-- snippet: path -->` is
//! that file, or the part of it between a line with `snippet-begin` and one with `snippet-end`.

use super::source::{Finding, Source};

const MARK: &str = "<!-- snippet: ";
const FENCE: &str = "```";

/// All findings about blocks that differ from their file.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let pages = sources.iter().filter(|source| source.ending() == "md");
    pages.flat_map(|page| check_page(page, sources)).collect()
}

fn check_page(page: &Source, sources: &[Source]) -> Vec<Finding> {
    let lines: Vec<&str> = page.text.lines().collect();
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(path) = line.strip_prefix(MARK) else {
            continue;
        };
        let path = path.trim_end_matches("-->").trim();
        let wrong = match sources.iter().find(|source| source.path == path) {
            None => Some(format!("there is no file `{path}`")),
            Some(file) => difference(&lines[index + 1..], file),
        };
        findings.extend(wrong.map(|what| Finding::new(page, index + 1, what)));
    }
    findings
}

/// What is wrong with the block that begins at the first of `lines`.
fn difference(lines: &[&str], file: &Source) -> Option<String> {
    if !lines.first()?.starts_with(FENCE) {
        return Some(format!("`{}` is not followed by a block", file.path));
    }
    let shown: Vec<&str> = lines[1..]
        .iter()
        .copied()
        .take_while(|line| *line != FENCE)
        .collect();
    (shown != part(file)).then(|| {
        format!(
            "the block is not `{}` as it is now: copy it again",
            file.path
        )
    })
}

/// The lines of a file that are to be shown.
fn part(file: &Source) -> Vec<&str> {
    let lines: Vec<&str> = file.text.lines().collect();
    let find = |mark: &str| lines.iter().position(|line| line.contains(mark));
    match (find("snippet-begin"), find("snippet-end")) {
        (Some(begin), Some(end)) if begin < end => lines[begin + 1..end].to_vec(),
        _ => lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(page: &str, file: &str) -> Vec<String> {
        let sources = [
            Source::new("README.md", page),
            Source::new("bindings/c/quickstart.c", file),
        ];
        check(&sources).iter().map(ToString::to_string).collect()
    }

    const PAGE: &str = "text\n<!-- snippet: bindings/c/quickstart.c -->\n```c\na;\nb;\n```\nmore\n";

    #[test]
    fn a_block_equal_to_its_file_or_to_the_marked_part_is_accepted() {
        assert_eq!(findings(PAGE, "a;\nb;\n"), Vec::<String>::new());
        let marked = "x;\n/* snippet-begin */\na;\nb;\n/* snippet-end */\ny;\n";
        assert_eq!(findings(PAGE, marked), Vec::<String>::new());
    }

    #[test]
    fn a_block_that_differs_or_lacks_its_file_is_found() {
        assert!(findings(PAGE, "a;\nc;\n")[0].starts_with("README.md:2: the block is not"));
        assert!(findings(PAGE, "a;\nb;\nc;\n")[0].contains("copy it again"));
        assert!(findings(&PAGE.replace("start.c", "start.d"), "")[0].contains("no file"));
        assert!(findings(&PAGE.replace("```c\n", ""), "a;\nb;\n")[0].contains("not followed"));
    }
}
