//! docs/c-reference.md: the C surface as a page to read.

use super::header;
use crate::api::{Api, Function, Struct};
use crate::generate::COMMAND;

/// The whole page.
pub fn print(api: &Api) -> String {
    let mut out = format!(
        "<!-- Made from spec/api.toml by `{COMMAND}`; edit that file instead. -->\n\n\
         # C reference\n\n"
    );
    out += &conventions(api);
    out += "\n## Statuses\n\nThe class tells what to do, also about a status added later: *retry* \
            (try again),\n*gone* (open the handle again), *misuse* (mend the call), *corrupt* \
            (remove the channel),\n*system* (look at the machine).\n\n";
    out += "| status | number | class | meaning |\n|---|---|---|---|\n";
    for status in &api.statuses {
        out += &format!(
            "| `SIPC_{}` | {} | {} | {} |\n",
            status.name,
            status.value,
            status.class,
            cell(&status.text)
        );
    }
    out += "\n## Constants\n\n| constant | value | meaning |\n|---|---|---|\n";
    out += &format!(
        "| `SIPC_ABI_VERSION` | {} | the ABI these pages describe |\n",
        api.library.abi_version
    );
    for constant in &api.constants {
        let meaning = cell(&constant.doc);
        out += &format!(
            "| `SIPC_{}` | {} | {meaning} |\n",
            constant.name, constant.value
        );
    }
    for group in &api.groups {
        out += &format!("\n### SIPC_{}_*\n\n{}\n\n", group.name, group.doc);
        out += "| constant | value | meaning |\n|---|---|---|\n";
        for value in &group.values {
            let name = format!("SIPC_{}_{}", group.name, value.name);
            out += &format!("| `{name}` | {} | {} |\n", value.value, cell(&value.doc));
        }
    }
    out += "\n## Structs\n\nEach has an initialiser that sets its size and leaves all else 0.\n";
    for record in &api.structs {
        out += &structure(record);
    }
    out += "\n## Functions\n";
    for function in &api.functions {
        out += &entry(function);
    }
    out
}

/// The words of the contract; its heading is a line of its own there.
fn conventions(api: &Api) -> String {
    let headed = |line: &str| match line {
        "Conventions" => "## Conventions\n\n".to_owned(),
        line => format!("{line}\n"),
    };
    api.library.doc.trim().lines().map(headed).collect()
}

fn structure(record: &Struct) -> String {
    let mut out = format!("\n### sipc_{}\n\n{}\n\n", record.name, record.doc.trim());
    out += &format!(
        "Initialiser: `SIPC_{}_INIT`.\n\n",
        record.name.to_uppercase()
    );
    out += "| field | type | meaning |\n|---|---|---|\n";
    for field in &record.fields {
        let spelling = match field.array() {
            Some((element, count)) => format!("{}[{count}]", header::c_type(element)),
            None => header::c_type(&field.kind),
        };
        out += &format!(
            "| `{}` | `{spelling}` | {} |\n",
            field.name,
            cell(&field.doc)
        );
    }
    out
}

fn entry(function: &Function) -> String {
    let mut out = format!("\n### sipc_{}\n\n", function.name);
    out += &format!(
        "```c\n{}```\n\n{}\n\n",
        header::prototype(function, ""),
        function.doc
    );
    for arg in &function.args {
        match arg.explanation() {
            "" => {}
            words => out += &format!("- `{}`: {words}\n", arg.name),
        }
    }
    if function.result == "status" {
        let names: Vec<String> = function
            .returns()
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let names = if names.is_empty() {
            String::new()
        } else {
            format!(", {}", names.join(", "))
        };
        out += &format!("- Returns: `OK`{names}.\n");
    }
    out += &format!("- Threads: {}.\n", function.threads());
    out + &format!("- If a peer dies: {}.\n", function.peer_death())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
