//! What a run leaves for other programs: `results.json`, a list of rows, and `facts.json`, what
//! they were measured on and what is missing among them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::figures::{Missing, Row};
use crate::machine::Machine;

pub const ROWS_FILE: &str = "results.json";
pub const FACTS_FILE: &str = "facts.json";

/// What is to be known about a run beside its rows.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Facts {
    pub machine: Machine,
    /// `full` or `quick`.
    pub effort: String,
    pub rounds: u32,
    pub seconds: f64,
    pub remarks: Vec<String>,
    pub not_measured: Vec<Missing>,
}

pub fn write(path: &Path, content: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(content)? + "\n";
    fs::write(path, text).with_context(|| path.display().to_string())
}

pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The rows and the facts of the last run that was written to `folder`.
pub fn read_run(folder: &Path) -> Result<(Vec<Row>, Facts)> {
    let rows = read(&folder.join(ROWS_FILE))?;
    Ok((rows, read(&folder.join(FACTS_FILE))?))
}
