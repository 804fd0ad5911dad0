//! include/simpleipc.h: C99 to C++17, every item with its description.

use super::wrap;
use crate::api::{Api, CLASSES, Function, Struct, Variable};
use crate::generate::COMMAND;

/// The whole header.
pub fn print(api: &Api) -> String {
    let mut out = String::new();
    out += &format!("/* Made from spec/api.toml by `{COMMAND}`; edit that file instead.\n *\n");
    out += &wrap::text(" * ", &api.library.doc);
    out += " */\n\n#ifndef SIMPLEIPC_H\n#define SIMPLEIPC_H\n\n";
    out += "#include <stddef.h>\n#include <stdint.h>\n\n";
    out += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    out += "/* Marks what the library exports. */\n#if defined(__GNUC__)\n";
    out += "#define SIPC_API __attribute__((visibility(\"default\")))\n";
    out += "#else\n#define SIPC_API\n#endif\n\n";
    out +=
        "/* The ABI this header describes; compare it with sipc_abi_version() after loading. */\n";
    out += &format!("#define SIPC_ABI_VERSION {}u\n\n", api.library.abi_version);
    out += &statuses(api);
    out += &constants(api);
    out += "/* An open channel. What it points to is the library's alone. */\n";
    out += "typedef struct sipc_channel sipc_channel;\n\n";
    for record in &api.structs {
        out += &structure(record);
    }
    for function in &api.functions {
        out += &declaration(function);
    }
    out += "#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
    out
}

fn statuses(api: &Api) -> String {
    let mut out = String::new();
    let ranges: Vec<String> = CLASSES
        .iter()
        .map(|(class, first, last)| match first == last {
            true => format!("{first} {class}"),
            false => format!("{first}..{last} {class}"),
        })
        .collect();
    out += "/* Statuses. The number tells the class, also of a status added later:\n";
    out += &format!(" * {}. */\n", ranges.join(", "));
    for status in &api.statuses {
        out += &format!("/* {} ({}). */\n", status.text, status.class);
        out += &format!("#define SIPC_{} {}\n", status.name, status.value);
    }
    out + "\n"
}

fn constants(api: &Api) -> String {
    let mut out = String::new();
    for group in &api.groups {
        out += &comment(&group.doc);
        for value in &group.values {
            out += &comment(&value.doc);
            out += &format!(
                "#define SIPC_{}_{} {}u\n",
                group.name, value.name, value.value
            );
        }
        out += "\n";
    }
    for constant in &api.constants {
        out += &comment(&constant.doc);
        out += &format!("#define SIPC_{} {}u\n\n", constant.name, constant.value);
    }
    out
}

fn comment(doc: &str) -> String {
    wrap::paragraph("/* ", " * ", &format!("{} */", doc.trim()))
}

fn structure(record: &Struct) -> String {
    let mut out = comment(&record.doc);
    out += &format!("typedef struct sipc_{} {{\n", record.name);
    for field in &record.fields {
        out += &wrap::paragraph("    /* ", "     * ", &format!("{} */", field.doc));
        out += &match field.array() {
            Some((element, count)) => {
                format!("    {} {}[{count}];\n", c_type(element), field.name)
            }
            None => format!("    {};\n", declarator(&c_type(&field.kind), &field.name)),
        };
    }
    out += &format!("}} sipc_{};\n\n", record.name);
    out += &format!(
        "/* Starts a sipc_{}: its size is set, all else is 0. */\n",
        record.name
    );
    let values: Vec<String> = record.fields.iter().map(|f| initial(record, f)).collect();
    let head = format!("#define SIPC_{}_INIT {{ ", record.name.to_uppercase());
    out += &wrap::list(&head, &values, " }", "        ").replace(",\n", ", \\\n");
    out + "\n"
}

/// The value a fresh struct holds in `field`.
fn initial(record: &Struct, field: &Variable) -> String {
    match field.kind.as_str() {
        _ if field.name == "size" => format!("sizeof(sipc_{})", record.name),
        _ if field.array().is_some() => "{ 0 }".to_owned(),
        "ptr" | "mutptr" | "cstr" | "value_ptr" => "NULL".to_owned(),
        "value" => "SIPC_VALUE_INIT".to_owned(),
        _ => "0".to_owned(),
    }
}

fn declaration(function: &Function) -> String {
    let mut out = wrap::paragraph("/* ", " * ", &function.doc);
    let explained: Vec<&Variable> = function
        .args
        .iter()
        .filter(|arg| !arg.explanation().is_empty())
        .collect();
    if !explained.is_empty() {
        out += " *\n";
        let width = explained
            .iter()
            .map(|arg| arg.name.len())
            .max()
            .unwrap_or(0);
        for arg in explained {
            let first = format!(" *   {:width$}  ", arg.name);
            let rest = format!(" *   {:width$}  ", "");
            out += &wrap::paragraph(&first, &rest, arg.explanation());
        }
    }
    out += " *\n";
    if function.result == "status" {
        let returns = match function.returns() {
            [] => "OK".to_owned(),
            statuses => format!("OK, {}", statuses.join(", ")),
        };
        out += &wrap::paragraph(" * Returns: ", " *          ", &format!("{returns}."));
    }
    out += &wrap::paragraph(
        " * Threads: ",
        " *          ",
        &format!("{}.", function.threads()),
    );
    let death = format!("{}. */", function.peer_death());
    out += &wrap::paragraph(" * If a peer dies: ", " *          ", &death);
    out + &prototype(function, "SIPC_API ") + "\n"
}

/// The C declaration with its semicolon, broken at 100 columns.
pub fn prototype(function: &Function, prefix: &str) -> String {
    let result = match function.result.as_str() {
        "status" => "int32_t".to_owned(),
        "void" => "void".to_owned(),
        other => c_type(other),
    };
    let mut args: Vec<String> = function
        .args
        .iter()
        .map(|arg| declarator(&c_type(&arg.kind), &arg.name))
        .collect();
    if args.is_empty() {
        args.push("void".to_owned());
    }
    let head = declarator(
        &format!("{prefix}{result}"),
        &format!("sipc_{}(", function.name),
    );
    wrap::list(&head, &args, ");", &" ".repeat(8))
}

fn declarator(c_type: &str, name: &str) -> String {
    if c_type.ends_with('*') {
        format!("{c_type}{name}")
    } else {
        format!("{c_type} {name}")
    }
}

/// The C spelling of a type word of spec/api.toml.
pub fn c_type(kind: &str) -> String {
    let spelling = match kind {
        "char" => "char",
        "u32" => "uint32_t",
        "i32" => "int32_t",
        "u64" => "uint64_t",
        "i64" => "int64_t",
        "f64" => "double",
        "ptr" => "const void *",
        "mutptr" => "void *",
        "cstr" => "const char *",
        "buffer" => "char *",
        "err" => "sipc_error *",
        "ch" => "sipc_channel *",
        "ch_out" => "sipc_channel **",
        "channels" => "sipc_channel *const *",
        "value" => "sipc_value",
        // The type's short name does not exist yet inside of its own struct.
        "value_ptr" => "const struct sipc_value *",
        "value_in" => "const sipc_value *",
        "value_inout" => "sipc_value *",
        "message" => "sipc_message *",
        "options" => "const sipc_options *",
        "i32_out" => "int32_t *",
        "u32_out" => "uint32_t *",
        "u64_out" => "uint64_t *",
        other => unreachable!("Api::parse accepts no type `{other}`"),
    };
    spelling.to_owned()
}

#[cfg(test)]
#[path = "header_test.rs"]
mod tests;
