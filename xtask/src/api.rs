//! spec/api.toml as data: the C surface every generated file is printed from.
//!
//! `Api::load` reads it and refuses what the rules at its top forbid, so no printer has to check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Most functions the C surface may ever have; raising it needs a line in CHANGELOG.md.
const FUNCTIONS_MAX: usize = 48;

/// Where the contract lies, relative to the root of the repository.
pub const API_PATH: &str = "spec/api.toml";

/// The number range of each class, so that a binding can class a status it does not know yet.
pub const CLASSES: [(&str, i32, i32); 6] = [
    ("ok", 0, 0),
    ("retry", 1, 9),
    ("gone", 10, 19),
    ("misuse", 20, 29),
    ("corrupt", 30, 39),
    ("system", 40, 59),
];

const FIELD_TYPES: [&str; 10] = [
    "u32",
    "i32",
    "u64",
    "i64",
    "f64",
    "ptr",
    "cstr",
    "value_ptr",
    "mutptr",
    "value",
];
const ARRAY_TYPES: [&str; 3] = ["char", "u64", "i64"];
const ARG_TYPES: [&str; 20] = [
    "cstr",
    "i32",
    "i64",
    "u32",
    "u64",
    "f64",
    "ptr",
    "mutptr",
    "buffer",
    "err",
    "ch",
    "ch_out",
    "channels",
    "value_in",
    "value_inout",
    "message",
    "options",
    "i32_out",
    "u32_out",
    "u64_out",
];
const RESULT_TYPES: [&str; 5] = ["status", "u32", "i64", "cstr", "void"];

/// The whole contract.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    pub library: Library,
    #[serde(rename = "status")]
    pub statuses: Vec<Status>,
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    #[serde(rename = "constant")]
    pub constants: Vec<Constant>,
    #[serde(rename = "struct")]
    pub structs: Vec<Struct>,
    #[serde(rename = "fn")]
    pub functions: Vec<Function>,
}

/// What holds for the library as a whole.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    pub abi_version: u32,
    pub doc: String,
}

/// A result code: SIPC_<name>.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub name: String,
    pub value: i32,
    pub class: String,
    pub text: String,
}

/// Constants that belong together: SIPC_<group>_<value>.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub name: String,
    pub doc: String,
    pub values: Vec<Constant>,
}

/// One number.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    pub name: String,
    pub value: u32,
    pub doc: String,
}

/// A struct of the caller: sipc_<name>.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Struct {
    pub name: String,
    pub doc: String,
    pub fields: Vec<Variable>,
}

/// A field of a struct or an argument of a function, with the type word of spec/api.toml.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    pub kind: String,
    pub doc: String,
}

/// A function: sipc_<name>.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    pub name: String,
    pub args: Vec<Variable>,
    #[serde(default = "status_result")]
    pub result: String,
    #[serde(default)]
    pub same_as: Option<String>,
    #[serde(default)]
    pub returns: Option<Vec<String>>,
    #[serde(default)]
    pub threads: Option<String>,
    #[serde(default)]
    pub peer_death: Option<String>,
    #[serde(default)]
    pub doc: String,
}

fn status_result() -> String {
    "status".to_owned()
}

impl Api {
    /// Reads and checks the contract below `root`.
    pub fn load(root: &Path) -> Result<Api, String> {
        let path = root.join(API_PATH);
        let text =
            std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        let located = |why: String| {
            let lines: Vec<String> = why
                .lines()
                .map(|why| format!("{API_PATH}: {why}"))
                .collect();
            lines.join("\n")
        };
        Api::parse(&text).map_err(located)
    }

    /// Checks the text of a contract. All faults are named at once, one a line.
    pub fn parse(text: &str) -> Result<Api, String> {
        let mut api: Api = toml::from_str(text).map_err(|why| why.to_string())?;
        let inherited = api.inherit();
        let mut faults = inherited.err().unwrap_or_default();
        api.check_statuses(&mut faults);
        api.check_constants(&mut faults);
        api.check_structs(&mut faults);
        api.check_functions(&mut faults);
        if faults.is_empty() {
            Ok(api)
        } else {
            Err(faults.join("\n"))
        }
    }

    /// Copies returns, threads and peer_death into the functions that are `same_as` another.
    fn inherit(&mut self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        for index in 0..self.functions.len() {
            let Some(model_name) = self.functions[index].same_as.clone() else {
                continue;
            };
            let model = self.functions.iter().find(|model| model.name == model_name);
            let Some(model) = model.filter(|model| model.same_as.is_none()) else {
                faults.push(format!(
                    "fn {}: same_as names `{model_name}`, which is no function of its own",
                    self.functions[index].name
                ));
                continue;
            };
            let (returns, threads, peer_death) = (
                model.returns.clone(),
                model.threads.clone(),
                model.peer_death.clone(),
            );
            let function = &mut self.functions[index];
            function.returns = function.returns.take().or(returns);
            function.threads = function.threads.take().or(threads);
            function.peer_death = function.peer_death.take().or(peer_death);
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    fn check_statuses(&self, faults: &mut Vec<String>) {
        check_numbers(
            "status",
            self.statuses.iter().map(|s| (&s.name, i64::from(s.value))),
            faults,
        );
        for status in &self.statuses {
            check_doc(&format!("status {}", status.name), &status.text, faults);
            let range = CLASSES.iter().find(|(class, _, _)| *class == status.class);
            match range {
                None => faults.push(format!(
                    "status {}: no class `{}`",
                    status.name, status.class
                )),
                Some((class, first, last)) if !(*first..=*last).contains(&status.value) => faults
                    .push(format!(
                        "status {}: {} is outside {first}..{last}, the numbers of class {class}",
                        status.name, status.value
                    )),
                Some(_) => {}
            }
        }
    }

    fn check_constants(&self, faults: &mut Vec<String>) {
        for group in &self.groups {
            check_doc(&format!("group {}", group.name), &group.doc, faults);
            let numbers = group.values.iter().map(|v| (&v.name, i64::from(v.value)));
            check_numbers(&format!("group {}", group.name), numbers, faults);
            for value in &group.values {
                check_doc(
                    &format!("{}_{}", group.name, value.name),
                    &value.doc,
                    faults,
                );
            }
        }
        for constant in &self.constants {
            check_doc(
                &format!("constant {}", constant.name),
                &constant.doc,
                faults,
            );
        }
    }

    fn check_structs(&self, faults: &mut Vec<String>) {
        for record in &self.structs {
            let what = format!("struct {}", record.name);
            check_doc(&what, &record.doc, faults);
            if !record
                .fields
                .first()
                .is_some_and(|f| f.name == "size" && f.kind == "u32")
            {
                faults.push(format!("{what}: its first field must be `size`, u32"));
            }
            for field in &record.fields {
                let known = match field.array() {
                    Some((element, _)) => ARRAY_TYPES.contains(&element),
                    None => FIELD_TYPES.contains(&field.kind.as_str()),
                };
                if !known {
                    faults.push(format!("{what}.{}: no type `{}`", field.name, field.kind));
                }
                check_doc(&format!("{what}.{}", field.name), &field.doc, faults);
            }
        }
    }

    fn check_functions(&self, faults: &mut Vec<String>) {
        if self.functions.len() > FUNCTIONS_MAX {
            faults.push(format!(
                "{} functions, at most {FUNCTIONS_MAX} are allowed",
                self.functions.len()
            ));
        }
        let mut names = BTreeSet::new();
        for function in &self.functions {
            let what = format!("fn {}", function.name);
            if !names.insert(&function.name) {
                faults.push(format!("{what}: declared twice"));
            }
            check_doc(&what, &function.doc, faults);
            for (key, text) in [
                ("threads", &function.threads),
                ("peer_death", &function.peer_death),
            ] {
                if text.as_deref().unwrap_or_default().is_empty() {
                    faults.push(format!("{what}: `{key}` is missing"));
                }
            }
            match &function.returns {
                None => faults.push(format!("{what}: `returns` is missing")),
                Some(returns) => {
                    for name in returns {
                        if !self.statuses.iter().any(|status| status.name == *name) {
                            faults.push(format!("{what}: returns `{name}`, which is no status"));
                        }
                    }
                }
            }
            if !RESULT_TYPES.contains(&function.result.as_str()) {
                faults.push(format!("{what}: no result type `{}`", function.result));
            }
            for arg in &function.args {
                if !ARG_TYPES.contains(&arg.kind.as_str()) {
                    faults.push(format!("{what}.{}: no type `{}`", arg.name, arg.kind));
                }
            }
        }
    }
}

impl Variable {
    /// `u64[8]` as ("u64", "8"); None for anything that is no array.
    pub fn array(&self) -> Option<(&str, &str)> {
        self.kind.strip_suffix(']')?.split_once('[')
    }

    /// What to say about an argument: its own words, else those of its type.
    pub fn explanation(&self) -> &str {
        match self.kind.as_str() {
            "err" if self.doc.is_empty() => "optional, may be NULL: receives the details",
            _ => &self.doc,
        }
    }
}

impl Function {
    /// `threads`, which the check has made sure of.
    pub fn threads(&self) -> &str {
        self.threads.as_deref().unwrap_or_default()
    }

    /// `peer_death`, which the check has made sure of.
    pub fn peer_death(&self) -> &str {
        self.peer_death.as_deref().unwrap_or_default()
    }

    /// The statuses besides OK.
    pub fn returns(&self) -> &[String] {
        self.returns.as_deref().unwrap_or_default()
    }
}

fn check_doc(what: &str, doc: &str, faults: &mut Vec<String>) {
    if doc.trim().is_empty() {
        faults.push(format!("{what}: its description is missing"));
    }
    if doc.contains("*/") || doc.contains("/*") {
        faults.push(format!("{what}: its description would end a C comment"));
    }
}

fn check_numbers<'a>(
    what: &str,
    numbers: impl Iterator<Item = (&'a String, i64)>,
    faults: &mut Vec<String>,
) {
    let mut by_number: BTreeMap<i64, &String> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (name, number) in numbers {
        if let Some(earlier) = by_number.insert(number, name) {
            faults.push(format!(
                "{what}: {name} reuses the number {number} of {earlier}"
            ));
        }
        if !names.insert(name) {
            faults.push(format!("{what}: {name} is declared twice"));
        }
    }
}

#[cfg(test)]
#[path = "api_test.rs"]
mod tests;
