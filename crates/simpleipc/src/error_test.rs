//! Goal: the statuses of this crate are exactly those of the contract. Method: read the contract
//! line by line and compare names, numbers, classes and texts in order.

use super::*;

const CONTRACT: &str = include_str!("../../../spec/api.toml");

/// The string or number after `key = `, without quotes.
fn field<'a>(block: &'a str, key: &str) -> &'a str {
    let line = block
        .lines()
        .find(|line| line.split(" = ").next() == Some(key))
        .unwrap_or_else(|| panic!("no {key} in {block}"));
    line.split_once(" = ").unwrap().1.trim_matches('"')
}

/// `TooManyPeers` as the contract writes it: `TOO_MANY_PEERS`.
fn contract_name(status: Status) -> String {
    let mut name = String::new();
    for letter in format!("{status:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[test]
fn the_statuses_are_those_of_the_contract() {
    let blocks: Vec<&str> = CONTRACT.split("[[status]]").skip(1).collect();
    assert_eq!(blocks.len(), Status::ALL.len());
    for (block, &status) in blocks.iter().zip(Status::ALL) {
        assert_eq!(contract_name(status), field(block, "name"));
        assert_eq!(status.code().to_string(), field(block, "value"));
        assert_eq!(
            format!("{:?}", status.class()).to_lowercase(),
            field(block, "class")
        );
        assert_eq!(status.text(), field(block, "text"));
        assert_eq!(Status::from_code(status.code()), Some(status));
    }
    assert_eq!(Status::from_code(9), None);
    assert_eq!(Status::from_code(-1), None);
}

#[test]
fn an_error_shows_its_sentence() {
    let error = Error::os(
        Status::NoPermission,
        13,
        format!("cannot open {}", "camera"),
    );
    assert_eq!(error.to_string(), "cannot open camera");
    assert_eq!(
        (error.status(), error.os_code()),
        (Status::NoPermission, 13)
    );
    assert_eq!(Error::new(Status::Timeout, "nothing came").os_code(), 0);
}
