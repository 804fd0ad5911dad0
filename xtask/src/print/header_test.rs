//! The header is code: compilers accept it, and every macro and every field of every struct means
//! in C and C++ what it means in Rust and, where FreePascal is there, in Pascal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::api::{Api, Constant};
use crate::process::{output, succeeds};
use crate::{print, repository};

const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// A folder that goes away with the test.
struct Workshop(PathBuf);

impl Workshop {
    fn new(name: &str) -> Workshop {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sipc-{name}-{}-{unique}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder for the test");
        Workshop(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file for the test");
        path
    }

    /// Compiles with the given command, runs the result and returns what it prints.
    fn build_and_run(&self, compiler: &mut Command) -> String {
        let program = self.0.join("program");
        output(compiler.current_dir(&self.0)).unwrap_or_else(|why| panic!("{why}"));
        output(&mut Command::new(program)).unwrap_or_else(|why| panic!("{why}"))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn contract() -> Api {
    Api::load(&repository::root()).unwrap_or_else(|why| panic!("{why}"))
}

/// Every number of the contract by its full name.
fn number_names(api: &Api) -> Vec<String> {
    let grouped = |prefix: String, values: &[Constant]| -> Vec<String> {
        values
            .iter()
            .map(|value| format!("SIPC_{prefix}{}", value.name))
            .collect()
    };
    let mut names = vec!["SIPC_ABI_VERSION".to_owned()];
    names.extend(
        api.statuses
            .iter()
            .map(|status| format!("SIPC_{}", status.name)),
    );
    names.extend(
        api.groups
            .iter()
            .flat_map(|g| grouped(format!("{}_", g.name), &g.values)),
    );
    names.extend(grouped(String::new(), &api.constants));
    names
}

/// A program that prints every number, and the size and the offsets of every struct.
fn c_program(api: &Api) -> String {
    let mut out = "#include \"simpleipc.h\"\n#include <stdio.h>\n#include <string.h>\n".to_owned();
    for record in &api.structs {
        let macro_name = format!("SIPC_{}_INIT", record.name.to_uppercase());
        out += &format!("static sipc_{0} static_{0} = {macro_name};\n", record.name);
    }
    out += "int main(void) {\n";
    for name in number_names(api) {
        out += &format!("printf(\"{name} %ld\\n\", (long){name});\n");
    }
    for record in &api.structs {
        let name = format!("sipc_{}", record.name);
        out += &format!("printf(\"{name} %ld\\n\", (long)sizeof({name}));\n");
        for field in record.fields.iter().map(|field| &field.name) {
            let offset = format!("(long)offsetof({name}, {field})");
            out += &format!("printf(\"{name}.{field} %ld\\n\", {offset});\n");
        }
        out += &initialised(&record.name);
    }
    out + "return 0;\n}\n"
}

/// Prints 1 if an initialiser sets the size, also of an embedded value, and leaves all else 0.
fn initialised(record: &str) -> String {
    let sizes = match record {
        "message" => "fresh.size = 0; fresh.value.size -= sizeof(sipc_value);",
        _ => "fresh.size = 0;",
    };
    format!(
        "{{ sipc_{record} fresh = SIPC_{}_INIT; sipc_{record} zero; size_t size = fresh.size;\n\
         memset(&zero, 0, sizeof zero); {sizes} static_{record}.size = (uint32_t)size;\n\
         printf(\"fresh_{record} %d\\n\", size == sizeof fresh\n\
         && memcmp(&fresh, &zero, sizeof zero) == 0); }}\n",
        record.to_uppercase()
    )
}

/// The same program in Rust, around the generated module.
fn rust_program(api: &Api) -> String {
    let mut out = "#[allow(dead_code, unused)]\nmod generated;\nuse generated::*;\n\
                   use std::mem::offset_of;\nfn main() {\n"
        .to_owned();
    for name in number_names(api) {
        out += &format!("println!(\"{name} {{}}\", {name});\n");
    }
    for record in &api.structs {
        let name = format!("sipc_{}", record.name);
        out += &format!("println!(\"{name} {{}}\", size_of::<{name}>());\n");
        for field in record.fields.iter().map(|field| &field.name) {
            out += &format!("println!(\"{name}.{field} {{}}\", offset_of!({name}, {field}));\n");
        }
        let size = format!("SIPC_{}_INIT.size", record.name.to_uppercase());
        let is_right = format!("({size} == size_of::<{name}>() as u32) as u32");
        out += &format!("println!(\"fresh_{} {{}}\", {is_right});\n", record.name);
    }
    out + "}\n"
}

/// The same program in Pascal, around the generated include file.
fn pascal_program(api: &Api) -> String {
    let mut out = "program program_;\n{$MODE OBJFPC}{$H+}\n{$I generated.inc}\n".to_owned();
    for record in &api.structs {
        out += &format!("var a_{0}: sipc_{0};\n", record.name);
    }
    out += "begin\n";
    for name in number_names(api) {
        out += &format!("WriteLn('{name} ', {name});\n");
    }
    for record in &api.structs {
        let name = format!("sipc_{}", record.name);
        out += &format!("WriteLn('{name} ', SizeOf({name}));\n");
        for field in record.fields.iter().map(|field| &field.name) {
            out += &format!(
                "WriteLn('{name}.{field} ', PtrUInt(@a_{0}.&{field}) - PtrUInt(@a_{0}));\n",
                record.name
            );
        }
        out += &format!("WriteLn('fresh_{} 1');\n", record.name);
    }
    out + "end.\n"
}

fn rust_output(api: &Api) -> String {
    let workshop = Workshop::new("rust");
    let module = print::rust::print(api).unwrap_or_else(|why| panic!("{why}"));
    workshop.write("generated.rs", &module);
    let main = workshop.write("main.rs", &rust_program(api));
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    workshop.build_and_run(rustc.args(["--edition", "2024", "-o", "program"]).arg(main))
}

fn is_installed(program: &str) -> bool {
    succeeds(Command::new("sh").args(["-c", &format!("command -v {program}")]))
}

/// Compiles the C program as `standard` and returns what it prints.
fn c_output(api: &Api, compiler: &str, standard: &str) -> String {
    let workshop = Workshop::new(&format!("{compiler}-{standard}"));
    workshop.write("simpleipc.h", &print::header::print(api));
    let source = workshop.write("main.c", &c_program(api));
    let language = if standard.starts_with("c++") {
        "c++"
    } else {
        "c"
    };
    let mut command = Command::new(compiler);
    command
        .args(STRICT)
        .arg(format!("-std={standard}"))
        .args(["-x", language]);
    workshop.build_and_run(command.args(["-o", "program"]).arg(source))
}

#[test]
fn every_macro_and_struct_means_the_same_in_c_and_cxx_and_rust() {
    let api = contract();
    let expected = rust_output(&api);
    assert!(expected.lines().count() > 100, "{expected}");
    let mut compiled = 0;
    let compilers = [("gcc", "g++"), ("clang", "clang++")];
    for (c, cxx) in compilers
        .into_iter()
        .filter(|(c, cxx)| is_installed(c) && is_installed(cxx))
    {
        for standard in ["c99", "c11", "c17"] {
            assert_eq!(c_output(&api, c, standard), expected, "{c} -std={standard}");
            compiled += 1;
        }
        for standard in ["c++11", "c++17"] {
            assert_eq!(
                c_output(&api, cxx, standard),
                expected,
                "{cxx} -std={standard}"
            );
            compiled += 1;
        }
    }
    assert!(compiled > 0, "no C compiler: install gcc and g++");
}

#[test]
fn every_constant_and_struct_means_the_same_in_pascal_and_rust() {
    if !is_installed("fpc") {
        println!("skipped: FreePascal is not installed");
        return;
    }
    let api = contract();
    let workshop = Workshop::new("pascal");
    workshop.write("generated.inc", &print::pascal::print(&api));
    let source = workshop.write("program.pas", &pascal_program(&api));
    // The declared functions are not called, but the linker asks for their library all the same.
    output(
        Command::new("ar")
            .args(["rc", "libsimpleipc.a"])
            .current_dir(&workshop.0),
    )
    .unwrap_or_else(|why| panic!("{why}"));
    let mut fpc = Command::new("fpc");
    let printed = workshop.build_and_run(fpc.args(["-v0", "-Fl.", "-oprogram"]).arg(source));
    assert_eq!(printed, rust_output(&api));
}

#[test]
fn the_committed_header_is_the_one_tested() {
    let committed = fs::read_to_string(repository::root().join(Path::new("include/simpleipc.h")));
    assert_eq!(committed.ok(), Some(print::header::print(&contract())));
}
