//! The values every language has to pass on to every other, edge values first among them.

use crate::notation;

/// One value and how it is put.
pub struct Case {
    /// What is special about it.
    pub name: String,
    /// `put` or, for data filled in place, `loan`.
    pub verb: String,
    /// The value as the producing driver is told it.
    pub value: String,
}

impl Case {
    fn new(verb: &str, value: &str, name: &str) -> Case {
        let [name, verb, value] = [name, verb, value].map(str::to_owned);
        Case { name, verb, value }
    }

    /// How a consuming driver has to print it.
    pub fn expected(&self) -> String {
        canonical(&self.value)
    }
}

/// Every case: the table in values.txt, and what is too long for its lines.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in include_str!("values.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row = line.split_once(' ').and_then(|(verb, rest)| {
            let (value, name) = rest.trim_start().split_once(' ')?;
            Some(Case::new(verb, value, name.trim_start()))
        });
        cases.push(row.expect("the table has three columns"));
    }
    let json = format!(
        "o6170706c69636174696f6e2f6a736f6e:5b{}315d",
        "312c".repeat(200)
    );
    cases.push(Case::new("put", &json, "opaque JSON longer than a slot"));
    let numbers: Vec<String> = (-150..150).map(|number| format!("i{number}")).collect();
    let list = format!("[{}]", numbers.join(","));
    cases.push(Case::new("put", &list, "list longer than a slot"));
    cases
}

/// A value as every driver has to print it. Only for notation that is known to be valid.
pub fn canonical(value: &str) -> String {
    match notation::parse(value) {
        Ok(value) => notation::print(&value),
        Err(complaint) => panic!("{complaint}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_are_expected_back_as_they_are_written() {
        for case in all() {
            let expected = case.expected();
            if !case.value.contains(['X', 'S', 'T']) && !expected.contains('#') {
                assert_eq!(expected, case.value, "{}", case.name);
            }
        }
    }

    #[test]
    fn every_case_is_named_once() {
        let names: std::collections::HashSet<_> = all().into_iter().map(|case| case.name).collect();
        assert_eq!(names.len(), all().len());
    }
}
