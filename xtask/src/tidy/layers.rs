//! Imports go down only: the table of who may use whom, and where `unsafe` may stand.

use std::collections::BTreeSet;

use super::source::{Finding, Source};

const LIBRARY: &str = "crates/simpleipc/src/";

/// One module of the library: the modules it may use, and words it must not contain.
struct Layer {
    module: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

/// Only `sync` touches the standard library's atomics, so that there is one place to change.
const ATOMICS: &str = "std::sync::atomic";

/// `ring` neither waits nor asks the time nor touches files: its caller does.
const WORLD: &[&str] = &[
    ATOMICS,
    "std::time",
    "std::fs",
    "std::thread",
    "std::net",
    "std::process",
    "std::io",
    "libc::",
];

/// The layers, lowest first. A new module of the library needs a row here.
const LAYERS: &[Layer] = &[
    Layer {
        module: "layout",
        may_use: &["limits"],
        never: WORLD,
    },
    Layer {
        module: "sync",
        may_use: &[],
        never: &[],
    },
    Layer {
        module: "limits",
        may_use: &[],
        never: &[ATOMICS],
    },
    Layer {
        module: "error",
        may_use: &[],
        never: &[ATOMICS],
    },
    Layer {
        module: "mem",
        may_use: &["layout", "sync", "error"],
        never: &[ATOMICS],
    },
    Layer {
        module: "ring",
        may_use: &["layout", "mem", "sync", "limits", "error"],
        never: WORLD,
    },
    Layer {
        module: "os",
        may_use: &["error", "sync"],
        never: &[ATOMICS],
    },
    Layer {
        module: "value",
        may_use: &["error", "limits"],
        never: WORLD,
    },
    Layer {
        module: "carrier",
        may_use: &["ring", "mem", "layout", "os", "sync", "error", "limits"],
        never: &[ATOMICS],
    },
    Layer {
        module: "channel",
        may_use: &["carrier", "value", "error", "limits"],
        never: &[ATOMICS],
    },
    Layer {
        module: "plugin",
        may_use: &["channel", "os", "value", "error", "limits"],
        never: &[ATOMICS],
    },
];

/// Where `unsafe` may stand. Everywhere else the compiler's promises hold.
const UNSAFE_PLACES: &[&str] = &[
    "crates/simpleipc/src/mem/",
    "crates/simpleipc/src/ring/",
    "crates/simpleipc/src/os/",
    "crates/simpleipc/src/carrier/",
    "crates/simpleipc-capi/",
    "bindings/",
    "testing/",
    "bench/",
];

/// Who may use what the feature `testing` opens.
const TESTING_PLACES: &[&str] = &[
    "testing/",
    "crates/simpleipc/tests/",
    "crates/simpleipc-capi/",
];

/// Who sees only what a user sees: the public API, or the header.
const OUTSIDE_PLACES: &[&str] = &["bindings/", "examples/", "testing/interop/"];

/// All findings about imports and `unsafe`.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        findings.extend(check_outside(source));
        if source.ending() == "rs" {
            findings.extend(check_unsafe(source));
            findings.extend(check_testing(source));
            if let Some(path) = source.path.strip_prefix(LIBRARY) {
                findings.extend(check_layer(source, path));
            }
        }
    }
    findings
}

fn check_layer(source: &Source, path: &str) -> Vec<Finding> {
    let module = path.split(['/', '.']).next().unwrap_or_default();
    let module = module.strip_suffix("_test").unwrap_or(module);
    if module == "lib" {
        return Vec::new();
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.module == module) else {
        let what = format!(
            "module `{module}` has no row in LAYERS: add it in {}",
            file!()
        );
        return vec![Finding::new(source, 1, what)];
    };
    let mut findings = Vec::new();
    let uses: BTreeSet<(usize, String)> = uses(source, root_from(path)).into_iter().collect();
    for (line, used) in uses {
        let is_layer = LAYERS.iter().any(|layer| layer.module == used);
        if is_layer && used != module && !layer.may_use.contains(&used.as_str()) {
            let allowed = match layer.may_use {
                [] => "nothing".to_owned(),
                modules => modules.join(", "),
            };
            let what = format!(
                "`{module}` must not use `{used}`: move the code, or hand it in as an argument \
                 (allowed: {allowed})"
            );
            findings.push(Finding::new(source, line, what));
        }
    }
    for (line, code) in source.shipped_lines() {
        for word in layer.never.iter().filter(|word| contains_path(code, word)) {
            let what = format!("`{module}` must not use `{word}`: do this in a layer above");
            findings.push(Finding::new(source, line, what));
        }
    }
    findings
}

/// How a file of the library spells the root of its crate besides `crate`.
fn root_from(path: &str) -> &'static str {
    match path.split_once('/') {
        None | Some((_, "mod.rs")) => "super::",
        Some(_) => "super::super::",
    }
}

/// Top-level modules named in shipped code, each with its line.
fn uses(source: &Source, root: &str) -> Vec<(usize, String)> {
    let shipped: String = source
        .shipped_lines()
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    let mut found = Vec::new();
    for prefix in ["crate::", root] {
        for (at, _) in shipped.match_indices(prefix) {
            // `super::super::` must not also be read as `super::`, nor `$crate::` as `crate::`.
            let before = shipped[..at].chars().next_back();
            if before.is_some_and(|c| c == ':' || c == '$' || c == '_' || c.is_alphanumeric()) {
                continue;
            }
            let line = shipped[..at].lines().count().max(1);
            let line = if shipped[..at].ends_with('\n') {
                line + 1
            } else {
                line
            };
            let rest = &shipped[at + prefix.len()..];
            found.extend(first_names(rest).into_iter().map(|name| (line, name)));
        }
    }
    found
}

/// `a::b` gives a; `{a::{x, y}, b}` gives a and b.
fn first_names(path: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let mut names = vec![word(list)];
    let mut depth = 0;
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(&list[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn check_unsafe(source: &Source) -> Vec<Finding> {
    if UNSAFE_PLACES
        .iter()
        .any(|place| source.path.starts_with(place))
    {
        return Vec::new();
    }
    let with_unsafe = source
        .code
        .lines()
        .enumerate()
        .filter(|(_, code)| has_word(code, "unsafe"));
    let what = "`unsafe` is not allowed here: use a safe function of `mem`, `ring` or `os`";
    with_unsafe
        .map(|(index, _)| Finding::new(source, index + 1, what))
        .collect()
}

/// Only the test programs use what the feature `testing` opens.
fn check_testing(source: &Source) -> Vec<Finding> {
    let may_test = TESTING_PLACES
        .iter()
        .any(|place| source.path.starts_with(place));
    if may_test || source.path.starts_with(LIBRARY) {
        return Vec::new();
    }
    let lines = source.code.lines().enumerate();
    let using = lines.filter(|(_, code)| contains_path(code, "simpleipc::crash"));
    let what = "`simpleipc::crash` is for testing/ only: use the public API";
    using
        .map(|(index, _)| Finding::new(source, index + 1, what))
        .collect()
}

/// Nobody reaches around the public API by a path into the library's sources.
fn check_outside(source: &Source) -> Vec<Finding> {
    if !OUTSIDE_PLACES
        .iter()
        .any(|place| source.path.starts_with(place))
    {
        return Vec::new();
    }
    let lines = source.text.lines().enumerate();
    let reaching = lines.filter(|(_, line)| line.contains(LIBRARY) && source.ending() != "md");
    let what = "this reaches into the library: use simpleipc.h or the public API";
    reaching
        .map(|(index, _)| Finding::new(source, index + 1, what))
        .collect()
}

/// Whether `code` names `path`, not merely a longer word ending in it.
fn contains_path(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        !before.is_some_and(|c| is_word(c) || c == ':')
            && (path.ends_with(':') || !after.is_some_and(is_word))
    })
}

/// Whether `word` stands in `code` by itself.
pub fn has_word(code: &str, word: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let source = Source::new(path, text);
        check(&[source]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_import_upwards_is_found_in_every_spelling() {
        let ring = "crates/simpleipc/src/ring/lane.rs";
        for text in [
            "use crate::os;\n",
            "use crate::{mem::Region, os::{a, b}};\n",
            "use crate::{\n    mem,\n    channel::Publisher,\n};\n",
            "fn f() { crate::carrier::open() }\n",
            "use super::super::os::wake;\n",
            "use std::time::Instant;\n",
            "fn f() { std::thread::sleep(x) }\n",
        ] {
            assert_eq!(findings(ring, text).len(), 1, "{text}");
        }
        let found = findings(
            "crates/simpleipc/src/os/mod.rs",
            "\n\nuse super::ring::Lane;\n",
        );
        assert!(found[0].starts_with("crates/simpleipc/src/os/mod.rs:3: `os` must not use `ring`"));
    }

    #[test]
    fn imports_downwards_and_tests_are_free() {
        let ring = "crates/simpleipc/src/ring/lane.rs";
        let text = "use crate::{layout, mem::Region};\nuse super::slot;\n// use crate::os\n\
            #[cfg(test)]\nmod tests { use std::thread; use crate::os; }\n";
        assert_eq!(findings(ring, text), Vec::<String>::new());
    }

    #[test]
    fn a_module_without_a_row_is_found() {
        assert!(findings("crates/simpleipc/src/cache.rs", "")[0].contains("no row in LAYERS"));
    }

    #[test]
    fn unsafe_outside_of_its_places_is_found() {
        let text = "// unsafe in words\nfn f() { unsafe { g() } }\n";
        assert!(findings("crates/simpleipc/src/channel/a.rs", text)[0].contains(":2: `unsafe`"));
        assert_eq!(
            findings("crates/simpleipc/src/mem/region.rs", text).len(),
            0
        );
        assert_eq!(
            findings("examples/a.rs", "#![forbid(unsafe_code)]").len(),
            0
        );
    }

    #[test]
    fn the_test_door_is_closed_to_bindings_and_tools() {
        let text = "use simpleipc::crash::set_hook;\n";
        assert_eq!(findings("bindings/python/src/lib.rs", text).len(), 1);
        assert_eq!(findings("testing/crash/src/main.rs", text).len(), 0);
        let include = format!("#include \"../../{LIBRARY}layout/lane.rs\"\n");
        assert_eq!(findings("bindings/cpp/simpleipc.hpp", &include).len(), 1);
    }
}
