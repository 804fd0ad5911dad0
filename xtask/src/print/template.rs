//! Declarations through a template: how a language gets them without a printer of its own.
//!
//! The template is Jinja, as minijinja has it. What it sees, named as in spec/api.toml:
//!
//! - `library.abi_version`, `library.doc`, and `command`, which prints the file
//! - `statuses`: name, value, class, text; `classes`: name, first, last
//! - `groups`: name, doc, values (name, value, doc); `constants`: name, value, doc
//! - `structs`: name, doc, fields (name, kind, doc; of an array element and count, else none)
//! - `functions`: name, doc, args (name, kind, doc), result (a type word, `status` or `void`)
//!
//! Filters: `kind | spelled` is the language's word for a type, `name | safe` avoids its reserved
//! words, `text | comment("# ")` breaks lines, and `name | words` gives the words of a name in
//! lower case, to be capitalized and joined.

use std::fs;
use std::path::Path;

use languages::Generated;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde::Serialize;

use super::wrap;
use crate::api::{Api, CLASSES, Constant, Struct};
use crate::generate::COMMAND;

/// A struct with the lengths of its arrays as numbers.
#[derive(Serialize)]
struct Record<'a> {
    name: &'a str,
    doc: &'a str,
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    doc: &'a str,
    kind: &'a str,
    element: Option<&'a str>,
    count: Option<u32>,
}

/// The whole file.
pub fn print(api: &Api, folder: &Path, generated: &Generated) -> Result<String, String> {
    let path = folder.join(&generated.template);
    let template = fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    let types = generated.types.clone();
    environment.add_filter("spelled", move |kind: &str| {
        let unknown = || {
            let text = format!("binding.toml: generated.types has no `{kind}`");
            Error::new(ErrorKind::InvalidOperation, text)
        };
        types.get(kind).cloned().ok_or_else(unknown)
    });
    let reserved = generated.reserved.clone();
    environment.add_filter("safe", move |name: String| match reserved.contains(&name) {
        true => name + "_",
        false => name,
    });
    environment.add_filter("comment", |text: &str, prefix: &str| {
        wrap::text(prefix, text).trim_end().to_owned()
    });
    environment.add_filter("words", |name: &str| {
        let words = name.split('_').map(str::to_lowercase);
        words.collect::<Vec<String>>()
    });
    let classes = CLASSES.map(|(name, first, last)| context! { name, first, last });
    let structs: Vec<Record<'_>> = api.structs.iter().map(|one| record(api, one)).collect();
    let text = environment.render_str(
        &template,
        context! {
            command => COMMAND, library => api.library, statuses => api.statuses, classes,
            groups => api.groups, constants => api.constants, structs, functions => api.functions,
        },
    );
    text.map_err(|why| format!("{}: {why:#}", path.display()))
}

fn record<'a>(api: &Api, record: &'a Struct) -> Record<'a> {
    let field = |field: &'a crate::api::Variable| {
        let array = field.array();
        Field {
            name: &field.name,
            doc: &field.doc,
            kind: &field.kind,
            element: array.map(|(element, _)| element),
            count: array.and_then(|(_, count)| length(api, count)),
        }
    };
    Record {
        name: &record.name,
        doc: &record.doc,
        fields: record.fields.iter().map(field).collect(),
    }
}

/// A number, or the name of a constant that holds it.
fn length(api: &Api, count: &str) -> Option<u32> {
    let named = |constant: &&Constant| format!("SIPC_{}", constant.name) == count;
    let constant = api.constants.iter().find(named).map(|found| found.value);
    count.parse().ok().or(constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
{{ library.abi_version }}
{% for status in statuses if status.value < 2 %}
{{ status.name | words | map('capitalize') | join }} = {{ status.value }} {{ status.class }}
{% endfor %}
{% for field in structs[0].fields if field.count %}
{{ field.name }} {{ field.element | spelled }} {{ field.count }}
{% endfor %}
{{ 'end' | safe }}
";

    #[test]
    fn a_template_sees_the_contract_and_the_words_of_its_language() {
        let folder = std::env::temp_dir().join(format!("template-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("t.jinja"), TEMPLATE).unwrap();
        let generated = |types: &[(&str, &str)]| Generated {
            template: "t.jinja".to_owned(),
            file: "t".to_owned(),
            types: types
                .iter()
                .map(|(kind, word)| (kind.to_string(), word.to_string()))
                .collect(),
            reserved: vec!["end".to_owned()],
        };
        let api = Api::load(&crate::repository::root()).unwrap();
        let printed = print(&api, &folder, &generated(&[("char", "Byte")]));
        let lacking = print(&api, &folder, &generated(&[])).unwrap_err();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            printed.as_deref(),
            Ok("1\nOk = 0 ok\nTimeout = 1 retry\nmessage Byte 496\nend_\n")
        );
        assert!(
            lacking.contains("generated.types has no `char`"),
            "{lacking}"
        );
    }
}
