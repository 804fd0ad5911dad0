//! bindings/pascal/generated.inc: the contract for FreePascal 3.2 and Delphi.
//!
//! Pascal ignores case, and SIPC_VERSION is a status while sipc_version is a function. The raw
//! functions therefore carry a `c_` in front; the unit that includes this file hides them.

use super::wrap;
use crate::api::{Api, Function, Struct};
use crate::generate::COMMAND;

/// Pascal's reserved words among the names of the contract need an ampersand.
const RESERVED: [&str; 9] = [
    "label", "program", "string", "type", "unit", "file", "end", "begin", "set",
];

/// The whole include file; it belongs into the interface part of a unit.
pub fn print(api: &Api) -> String {
    let mut out =
        format!("// Made from spec/api.toml by `{COMMAND}`; edit that file instead.\n//\n");
    out += "// The C surface for Pascal. Include it in the interface part of a unit.\n\n";
    out += "{$IFDEF FPC}{$PACKRECORDS C}{$ELSE}{$ALIGN 8}{$ENDIF}\n\nconst\n";
    out += "  SIPC_LIBRARY = 'simpleipc';\n";
    out += &format!("  SIPC_ABI_VERSION = {};\n\n", api.library.abi_version);
    for status in &api.statuses {
        out += &wrap::paragraph(
            "  // ",
            "  // ",
            &format!("{} ({}).", status.text, status.class),
        );
        out += &format!("  SIPC_{} = {};\n", status.name, status.value);
    }
    for group in &api.groups {
        out += "\n";
        out += &wrap::paragraph("  // ", "  // ", &group.doc);
        for value in &group.values {
            out += &wrap::paragraph("  // ", "  // ", &value.doc);
            out += &format!("  SIPC_{}_{} = {};\n", group.name, value.name, value.value);
        }
    }
    out += "\n";
    for constant in &api.constants {
        out += &wrap::paragraph("  // ", "  // ", &constant.doc);
        out += &format!("  SIPC_{} = {};\n", constant.name, constant.value);
    }
    out += &types(api);
    out += &texts(api);
    for function in &api.functions {
        out += &declaration(function);
    }
    out
}

fn types(api: &Api) -> String {
    let mut out = String::from("\ntype\n  // An open channel; only pointers to it exist.\n");
    out += "  Psipc_channel = Pointer;\n  PPsipc_channel = ^Psipc_channel;\n\n";
    for record in &api.structs {
        out += &format!("  Psipc_{0} = ^sipc_{0};\n", record.name);
    }
    for record in &api.structs {
        out += "\n";
        out += &structure(record);
    }
    out + "\n"
}

fn structure(record: &Struct) -> String {
    let mut out = wrap::paragraph("  // ", "  // ", &record.doc);
    out += &format!("  sipc_{} = record\n", record.name);
    for field in &record.fields {
        out += &wrap::paragraph("    // ", "    // ", &field.doc);
        let spelling = match field.array() {
            Some((element, count)) => {
                let last = count.parse::<u32>().map_or(0, |count| count - 1);
                format!("array[0..{last}] of {}", pascal_type(element))
            }
            None => pascal_type(&field.kind).to_owned(),
        };
        out += &format!("    {}: {spelling};\n", identifier(&field.name));
    }
    out + "  end;\n"
}

fn texts(api: &Api) -> String {
    let mut out = String::from("  // A status with its text.\n  sipc_status_entry = record\n");
    out += "    Status: Int32;\n    Text: PAnsiChar;\n  end;\n\nconst\n";
    out += &format!(
        "  SIPC_STATUS_TEXTS: array[0..{}] of sipc_status_entry = (\n",
        api.statuses.len() - 1
    );
    for (index, status) in api.statuses.iter().enumerate() {
        let comma = if index + 1 == api.statuses.len() {
            ""
        } else {
            ","
        };
        let text = status.text.replace('\'', "''");
        out += &format!(
            "    (Status: SIPC_{};\n      Text: '{text}'){comma}\n",
            status.name
        );
    }
    out + "  );\n\n"
}

fn declaration(function: &Function) -> String {
    let mut out = wrap::paragraph("// ", "// ", &function.doc);
    let args: Vec<String> = function
        .args
        .iter()
        .map(|arg| format!("{}: {}", identifier(&arg.name), pascal_type(&arg.kind)))
        .collect();
    let (keyword, result) = match function.result.as_str() {
        "void" => ("procedure", String::new()),
        "status" => ("function", ": Int32".to_owned()),
        other => ("function", format!(": {}", pascal_type(other))),
    };
    let arguments = if args.is_empty() {
        String::new()
    } else {
        format!("({})", args.join("; "))
    };
    let head = format!("{keyword} c_sipc_{}{arguments}{result};", function.name);
    out += &wrap::paragraph("", "  ", &head);
    out + &format!(
        "  cdecl; external SIPC_LIBRARY name 'sipc_{}';\n\n",
        function.name
    )
}

fn identifier(name: &str) -> String {
    if RESERVED.contains(&name) {
        format!("&{name}")
    } else {
        name.to_owned()
    }
}

/// The Pascal spelling of a type word of spec/api.toml.
fn pascal_type(kind: &str) -> &'static str {
    match kind {
        "char" => "AnsiChar",
        "u32" => "UInt32",
        "i32" => "Int32",
        "u64" => "UInt64",
        "i64" => "Int64",
        "f64" => "Double",
        "ptr" | "mutptr" => "Pointer",
        "cstr" | "buffer" => "PAnsiChar",
        "err" => "Psipc_error",
        "ch" => "Psipc_channel",
        "ch_out" | "channels" => "PPsipc_channel",
        "value" => "sipc_value",
        "value_ptr" | "value_in" | "value_inout" => "Psipc_value",
        "message" => "Psipc_message",
        "options" => "Psipc_options",
        "i32_out" => "PInt32",
        "u32_out" => "PUInt32",
        "u64_out" => "PUInt64",
        other => unreachable!("Api::parse accepts no type `{other}`"),
    }
}
