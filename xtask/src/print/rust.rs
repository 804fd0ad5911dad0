//! crates/simpleipc-capi/src/generated.rs: the contract in Rust, so that rustc checks each
//! hand-written body against it.

use std::io::Write;
use std::process::{Command, Stdio};

use super::wrap;
use crate::api::{Api, Function, Struct, Variable};
use crate::generate::COMMAND;

/// The whole module, formatted.
pub fn print(api: &Api) -> Result<String, String> {
    let mut out = format!(
        "// Made from spec/api.toml by `{COMMAND}`; edit that file instead.\n\n\
         //! The C surface in Rust: numbers, structs, and a type for each function.\n\n\
         #![allow(non_camel_case_types)] // the names are those of the header\n\n\
         use std::ffi::{{CStr, c_char, c_void}};\n\n"
    );
    out += "/// The ABI the header describes.\n";
    out += &format!(
        "pub const SIPC_ABI_VERSION: u32 = {};\n\n",
        api.library.abi_version
    );
    out += &statuses(api);
    out += &constants(api);
    out += "/// An open channel; only pointers to it exist.\n#[repr(C)]\n";
    out += "#[derive(Debug)]\npub struct sipc_channel {\n    _opaque: [u8; 0],\n}\n\n";
    for record in &api.structs {
        out += &structure(record);
    }
    for function in &api.functions {
        out += &function_type(function);
    }
    out += &contract(api);
    format(&out)
}

fn statuses(api: &Api) -> String {
    let mut out = String::new();
    for status in &api.statuses {
        out += &doc("", &format!("{} ({}).", status.text, status.class));
        out += &format!("pub const SIPC_{}: i32 = {};\n", status.name, status.value);
    }
    out += "\n/// Every status: its number, name, class and text.\n";
    out += &format!(
        "pub const STATUSES: [(i32, &str, &str, &CStr); {}] = [\n",
        api.statuses.len()
    );
    for status in &api.statuses {
        out += &format!(
            "(SIPC_{}, {:?}, {:?}, c{:?}),\n",
            status.name, status.name, status.class, status.text
        );
    }
    out += "];\n\n/// The text of a status, or \"unknown status\".\n";
    out += "pub fn status_text(status: i32) -> &'static CStr {\n";
    out += "let known = STATUSES.iter().find(|(number, ..)| *number == status);\n";
    out += "known.map_or(c\"unknown status\", |(.., text)| text)\n}\n\n";
    out
}

fn constants(api: &Api) -> String {
    let mut out = String::new();
    for group in &api.groups {
        out += &wrap::paragraph("// ", "// ", &group.doc);
        for value in &group.values {
            out += &doc("", &value.doc);
            let name = format!("SIPC_{}_{}", group.name, value.name);
            out += &format!("pub const {name}: u32 = {};\n", value.value);
        }
        out += "\n";
    }
    for constant in &api.constants {
        out += &doc("", &constant.doc);
        out += &format!(
            "pub const SIPC_{}: u32 = {};\n\n",
            constant.name, constant.value
        );
    }
    out
}

fn structure(record: &Struct) -> String {
    let name = format!("sipc_{}", record.name);
    // A struct that owns something through a pointer must not be copied by accident.
    let is_owner = record.fields.iter().any(|field| field.kind == "mutptr");
    let derives = if is_owner {
        "Debug"
    } else {
        "Clone, Copy, Debug"
    };
    let mut out = doc("", &record.doc);
    out += &format!("#[repr(C)]\n#[derive({derives})]\npub struct {name} {{\n");
    for field in &record.fields {
        out += &doc("    ", &field.doc);
        out += &format!("    pub {}: {},\n", field.name, field_type(field));
    }
    out += "}\n\n";
    let constant = format!("SIPC_{}_INIT", record.name.to_uppercase());
    out += &format!("/// Starts a {name}: its size is set, all else is 0.\n");
    out += &format!("pub const {constant}: {name} = {name} {{\n");
    for field in &record.fields {
        out += &format!("{}: {},\n", field.name, initial(&name, field));
    }
    out + "};\n\n"
}

fn initial(record: &str, field: &Variable) -> String {
    match field.kind.as_str() {
        _ if field.name == "size" => format!("size_of::<{record}>() as u32"),
        "ptr" | "cstr" | "value_ptr" => "std::ptr::null()".to_owned(),
        "mutptr" => "std::ptr::null_mut()".to_owned(),
        "value" => "SIPC_VALUE_INIT".to_owned(),
        "f64" => "0.0".to_owned(),
        _ => match field.array() {
            Some((_, count)) => format!("[0; {count}]"),
            None => "0".to_owned(),
        },
    }
}

fn function_type(function: &Function) -> String {
    let mut out = doc("", &function.doc);
    let args: Vec<String> = function
        .args
        .iter()
        .map(|arg| format!("{}: {}", arg.name, rust_type(&arg.kind)))
        .collect();
    let result = match function.result.as_str() {
        "void" => String::new(),
        "status" => " -> i32".to_owned(),
        other => format!(" -> {}", rust_type(other)),
    };
    let name = format!("sipc_{}_fn", function.name);
    let args = args.join(", ");
    out += &format!("pub type {name} = unsafe extern \"C\" fn({args}){result};\n\n");
    out
}

/// A macro rather than plain constants, so that this file also compiles outside of its crate.
fn contract(api: &Api) -> String {
    let mut out = String::from(
        "/// Has rustc compare each `crate::sipc_*` body with its type above.\n\
         macro_rules! check_bodies {\n    () => {\n",
    );
    for function in &api.functions {
        let name = format!("sipc_{}", function.name);
        out += &format!("        const _: $crate::generated::{name}_fn = $crate::{name};\n");
    }
    out + "    };\n}\npub(crate) use check_bodies;\n"
}

/// A Rust doc comment; square brackets are no links in the contract.
fn doc(indent: &str, text: &str) -> String {
    let prefix = format!("{indent}/// ");
    wrap::paragraph(
        &prefix,
        &prefix,
        &text.replace('[', "\\[").replace(']', "\\]"),
    )
}

fn field_type(field: &Variable) -> String {
    match field.array() {
        Some((element, count)) => format!("[{}; {count}]", rust_type(element)),
        None => rust_type(&field.kind).to_owned(),
    }
}

/// The Rust spelling of a type word of spec/api.toml.
fn rust_type(kind: &str) -> &'static str {
    match kind {
        "char" => "c_char",
        "u32" => "u32",
        "i32" => "i32",
        "u64" => "u64",
        "i64" => "i64",
        "f64" => "f64",
        "ptr" => "*const c_void",
        "mutptr" => "*mut c_void",
        "cstr" => "*const c_char",
        "buffer" => "*mut c_char",
        "err" => "*mut sipc_error",
        "ch" => "*mut sipc_channel",
        "ch_out" => "*mut *mut sipc_channel",
        "channels" => "*const *mut sipc_channel",
        "value" => "sipc_value",
        "value_ptr" | "value_in" => "*const sipc_value",
        "value_inout" => "*mut sipc_value",
        "message" => "*mut sipc_message",
        "options" => "*const sipc_options",
        "i32_out" => "*mut i32",
        "u32_out" => "*mut u32",
        "u64_out" => "*mut u64",
        other => unreachable!("Api::parse accepts no type `{other}`"),
    }
}

/// The text as rustfmt leaves it, so that `cargo fmt` never touches a generated file.
fn format(text: &str) -> Result<String, String> {
    let missing = |why| format!("rustfmt: {why}: run `rustup component add rustfmt`");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    let mut stdin = rustfmt
        .stdin
        .take()
        .ok_or("rustfmt has no standard input")?;
    stdin.write_all(text.as_bytes()).map_err(missing)?;
    drop(stdin);
    let output = rustfmt.wait_with_output().map_err(missing)?;
    if !output.status.success() {
        return Err(format!("rustfmt refuses what print/rust.rs wrote:\n{text}"));
    }
    String::from_utf8(output.stdout).map_err(|why| format!("rustfmt: {why}"))
}
