//! The book: every page of docs/ is in its table of contents, what a Markdown file links to inside
//! the repository is there, headings included, and all languages' pages have the same parts.

use std::collections::BTreeSet;
use std::path::Path;

use super::source::{Finding, Source};

const CONTENTS: &str = "docs/SUMMARY.md";
/// The pages of languages; the first one lists the others.
const LANGUAGES: &str = "docs/languages/";
const LANGUAGES_LIST: &str = "docs/languages/index.md";
/// What each of them has, in this order; others may stand between.
const LANGUAGE_PARTS: [&str; 7] = [
    "## Install",
    "## Hello, world",
    "## Every pattern once",
    "## What each verb is called",
    "## Errors",
    "## Threads and waiting",
    "## Limits",
];

/// All findings about pages that nobody finds and links that lead nowhere.
pub fn check(root: &Path, sources: &[Source]) -> Vec<Finding> {
    let pages: Vec<&Source> = sources
        .iter()
        .filter(|source| source.ending() == "md")
        .collect();
    let mut findings = check_listed(&pages, CONTENTS, "docs/");
    findings.extend(check_listed(&pages, LANGUAGES_LIST, LANGUAGES));
    findings.extend(pages.iter().filter_map(|page| check_language(page)));
    for page in &pages {
        for (line, target) in links(&page.text) {
            let wrong = wrong_with(page, &target, &pages, |path| root.join(path).exists());
            findings.extend(wrong.map(|what| Finding::new(page, line, what)));
        }
    }
    findings
}

/// Whether the pages of a folder are all linked from the page that lists them.
fn check_listed(pages: &[&Source], list: &str, folder: &str) -> Vec<Finding> {
    let Some(contents) = pages.iter().find(|page| page.path == list) else {
        return Vec::new();
    };
    let listed: BTreeSet<String> = links(&contents.text)
        .filter_map(|(_, target)| resolved(list, &target))
        .collect();
    let in_folder = |page: &&&Source| page.path.starts_with(folder) && page.path != list;
    let unlisted = pages
        .iter()
        .filter(in_folder)
        .filter(|page| !listed.contains(&page.path));
    unlisted
        .map(|page| Finding::new(page, 1, format!("is not in {list}: add it there")))
        .collect()
}

/// Whether a language's page has all parts.
fn check_language(page: &Source) -> Option<Finding> {
    if !page.path.starts_with(LANGUAGES) || page.path == LANGUAGES_LIST {
        return None;
    }
    let mut lines = prose(&page.text).map(|(_, line)| line);
    let missing = LANGUAGE_PARTS
        .iter()
        .find(|part| !lines.any(|line| line == **part))?;
    let what = format!("lacks `{missing}`, or has it out of order: see {LANGUAGES_LIST}");
    Some(Finding::new(page, 1, what))
}

/// What is wrong with a link of `page`, if it leads into the repository.
fn wrong_with(
    page: &Source,
    target: &str,
    pages: &[&Source],
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    if target.contains(':') {
        return None; // another protocol: not ours to check
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => page.path.clone(),
        file => resolved(&page.path, file)?,
    };
    if !exists(&path) {
        return Some(format!("links to `{target}`, and there is no `{path}`"));
    }
    let linked = pages.iter().find(|page| page.path == path)?;
    let is_there = heading.is_empty() || headings(&linked.text).any(|slug| slug == heading);
    (!is_there).then(|| format!("links to `{target}`, and `{path}` has no such heading"))
}

/// The path that a relative link of the file `from` means; None if it leads out of the repository.
fn resolved(from: &str, link: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or(link);
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The lines that are prose, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((index + 1, line))
    })
}

/// The targets of all links and pictures, with their lines.
fn links(text: &str) -> impl Iterator<Item = (usize, String)> {
    prose(text).flat_map(|(number, line)| {
        // What stands in backticks shows how something is written.
        let shown: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let targets: Vec<(usize, String)> = shown
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| (number, target.trim().to_owned()))
            .collect();
        targets
    })
}

/// What headings are called in links.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| slug(line.trim_start_matches('#').trim()))
}

fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(pages: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = pages
            .iter()
            .map(|(path, text)| Source::new(*path, *text))
            .collect();
        let all: Vec<&Source> = sources.iter().collect();
        let mut findings = check_listed(&all, CONTENTS, "docs/");
        findings.extend(check_listed(&all, LANGUAGES_LIST, LANGUAGES));
        for page in &all {
            for (line, target) in links(&page.text) {
                let exists = |path: &str| all.iter().any(|page| page.path == path);
                let wrong = wrong_with(page, &target, &all, exists);
                findings.extend(wrong.map(|what| Finding::new(page, line, what)));
            }
        }
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_that_is_in_no_table_of_contents_is_found() {
        let contents = (CONTENTS, "- [A](a.md)\n- [B](in/b.md)\n");
        let pages = [contents, ("docs/a.md", ""), ("docs/in/b.md", "")];
        assert_eq!(findings(&pages), Vec::<String>::new());
        let more = [contents, pages[1], pages[2], ("docs/c.md", "")];
        assert!(findings(&more)[0].starts_with("docs/c.md:1: is not in"));
        let list = (LANGUAGES_LIST, "- [A](a.md)\n");
        let languages = [
            list,
            ("docs/languages/a.md", ""),
            ("docs/languages/b.md", ""),
        ];
        assert_eq!(findings(&languages[..2]), Vec::<String>::new());
        assert!(findings(&languages)[0].starts_with("docs/languages/b.md:1: is not in"));
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let spec = ("spec/b.md", "# B and `c`: d\n```\n# none\n```\n");
        let to = |link: &str| findings(&[("docs/a.md", &format!("\n[x]({link})\n")), spec]);
        assert!(to("../spec/b.md").is_empty() && to("../spec/b.md#b-and-c-d").is_empty());
        assert!(to("https://example.org/x.md").is_empty() && to("../../elsewhere").is_empty());
        assert!(to("../spec/c.md")[0].contains("docs/a.md:2: links to"));
        assert!(to("../spec/b.md#none")[0].contains("no such heading"));
        assert!(to("#none")[0].contains("`docs/a.md` has no such heading"));
    }

    #[test]
    fn a_page_of_a_language_has_all_parts_in_their_order() {
        let finding = |parts: &[&str]| {
            check_language(&Source::new("docs/languages/latin.md", parts.join("\n\n")))
        };
        assert!(finding(&LANGUAGE_PARTS).is_none());
        let (mut swapped, short) = (LANGUAGE_PARTS, &LANGUAGE_PARTS[..6]);
        swapped.swap(2, 3);
        assert!(finding(&swapped).is_some() && finding(short).is_some());
        assert!(check_language(&Source::new(LANGUAGES_LIST, "")).is_none());
    }

    #[test]
    fn what_is_shown_as_code_is_no_link() {
        assert_eq!(links("`[x](y)` [a](b)\n```\n[x](y)\n```\n").count(), 1);
    }
}
