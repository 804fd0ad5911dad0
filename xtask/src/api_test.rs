//! Each rule of the contract refuses a contract that breaks it.

use super::Api;

const GOOD: &str = r#"
[library]
abi_version = 1
doc = "A library."

[[status]]
name = "OK"
value = 0
class = "ok"
text = "success"

[[status]]
name = "FULL"
value = 2
class = "retry"
text = "no room"

[[group]]
name = "ROLE"
doc = "A verb."
values = [["SEND", 3, "put"]]

[[constant]]
name = "DIMS_MAX"
value = 8
doc = "Most dimensions."

[[struct]]
name = "value"
doc = "One value."
fields = [["size", "u32", "sizeof"], ["shape", "u64[8]", "elements"]]

[[fn]]
name = "send"
args = [["name", "cstr", "channel"]]
returns = ["FULL"]
threads = "any"
peer_death = "not affected"
doc = "Sends."

[[fn]]
name = "send_int"
args = []
same_as = "send"
doc = "Sends an int."
"#;

fn faults_after(find: &str, replace: &str) -> String {
    assert!(GOOD.contains(find), "the test replaces nothing");
    Api::parse(&GOOD.replace(find, replace))
        .err()
        .expect("the contract must be refused")
}

#[test]
fn a_good_contract_is_accepted_and_same_as_inherits() {
    let api = Api::parse(GOOD).unwrap_or_else(|why| panic!("{why}"));
    let heir = &api.functions[1];
    assert_eq!(heir.returns(), ["FULL"]);
    assert_eq!((heir.threads(), heir.peer_death()), ("any", "not affected"));
}

#[test]
fn a_function_without_its_four_descriptions_is_refused() {
    assert!(faults_after("doc = \"Sends.\"", "").contains("fn send: its description"));
    assert!(faults_after("threads = \"any\"", "").contains("fn send: `threads`"));
    assert!(faults_after("peer_death = \"not affected\"", "").contains("fn send: `peer_death`"));
    assert!(faults_after("returns = [\"FULL\"]", "").contains("fn send: `returns`"));
}

#[test]
fn a_reused_number_is_refused() {
    let faults = faults_after(
        "[\"SEND\", 3, \"put\"]",
        "[\"SEND\", 3, \"put\"], [\"GET\", 3, \"x\"]",
    );
    assert!(
        faults.contains("GET reuses the number 3 of SEND"),
        "{faults}"
    );
}

#[test]
fn a_status_outside_the_numbers_of_its_class_is_refused() {
    assert!(faults_after("value = 2\n", "value = 12\n").contains("outside 1..9"));
}

#[test]
fn an_unknown_status_type_or_model_is_refused() {
    assert!(faults_after("[\"FULL\"]", "[\"EMPTY\"]").contains("returns `EMPTY`"));
    assert!(faults_after("\"u64[8]\"", "\"u16[8]\"").contains("no type `u16[8]`"));
    assert!(
        faults_after("same_as = \"send\"", "same_as = \"put\"").contains("same_as names `put`")
    );
}

#[test]
fn a_struct_must_begin_with_its_size() {
    assert!(faults_after("[\"size\", \"u32\", \"sizeof\"], ", "").contains("first field"));
}

#[test]
fn more_than_48_functions_are_refused() {
    let more: String = (0..47)
        .map(|n| format!("[[fn]]\nname = \"f{n}\"\nargs = []\nsame_as = \"send\"\ndoc = \"x\"\n"))
        .collect();
    let faults = Api::parse(&format!("{GOOD}{more}"))
        .err()
        .expect("49 functions");
    assert!(faults.contains("49 functions"), "{faults}");
}
