//! `cargo xtask tidy`: the house rules that a program can check. STYLE.md says why they exist.
//!
//! One file per rule; each takes the sources and returns findings, one line `file:line: what`.

mod book;
mod claims;
mod layers;
mod layout_hash;
mod lexer;
mod pairs;
mod recovery;
mod shape;
mod snippets;
pub mod source;

use std::path::Path;

use crate::{counts, generate};
use source::{Severity, Source};

/// Checks everything, prints the findings and fails if one is more than a warning.
pub fn run(root: &Path) -> Result<(), String> {
    let sources = Source::read_all(root)?;
    let mut findings = layers::check(&sources);
    findings.extend(shape::check(&sources));
    findings.extend(pairs::check(&sources));
    findings.extend(recovery::check(&sources));
    findings.extend(layout_hash::check(&sources));
    findings.extend(snippets::check(&sources));
    findings.extend(claims::check(&sources));
    findings.extend(book::check(root, &sources));
    findings.extend(counts::check(root, &sources));
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for finding in &findings {
        println!("{finding}");
    }
    let stale = generate::stale(root)?;
    for line in &stale {
        println!("{line}");
    }
    let failures = findings
        .iter()
        .filter(|f| f.severity == Severity::Failure)
        .count()
        + stale.len();
    match failures {
        0 => Ok(()),
        _ => Err(format!("cargo xtask tidy: {failures} house rules broken")),
    }
}
