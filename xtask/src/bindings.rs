//! The languages' tools: put in place when a command needs them, as each binding.toml says.

use std::fs;
use std::path::Path;

use languages::{Language, Place, Tool};

use crate::process::{announce, run, succeeds};
use crate::{repository, setup};

/// A language that cannot be used here, and why.
pub type Missing = (String, String);

/// Where the languages find things: the library as built, and a folder for each to write in.
pub fn place(root: &Path) -> Place {
    let target = repository::target(root);
    Place {
        include: root.join("include"),
        libraries: target.join("release"),
        python: target.join("venv/bin/python"),
        products: target.join("languages"),
    }
}

/// Makes sure that the tools of a language of this name work.
pub fn tools(root: &Path, names: &str) -> Result<(), String> {
    let languages = languages::named(languages::all(root)?, Some(names))?;
    match set_up(root, &languages)?.first() {
        None => Ok(()),
        Some((language, why)) => Err(format!("{language}: {why}")),
    }
}

/// Makes sure that the tools of all these languages work; those that do not are named.
pub fn set_up(root: &Path, languages: &[Language]) -> Result<Vec<Missing>, String> {
    let place = place(root);
    for language in languages {
        let folder = place.products.join(&language.name);
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    }
    let lacking: Vec<(&Language, Vec<&Tool>)> = languages
        .iter()
        .map(|language| (language, missing_tools(&place, language)))
        .filter(|(_, tools)| !tools.is_empty())
        .collect();
    // All in one go, because that is fast; one by one if that fails, so that a package which is
    // not to be had costs one language and not all.
    let all: Vec<&Tool> = lacking
        .iter()
        .flat_map(|(_, tools)| tools)
        .copied()
        .collect();
    let together = packages_of(&all);
    let mut missing = Vec::new();
    for (language, tools) in &lacking {
        let installed = together.clone().or_else(|_| packages_of(tools));
        let done = installed.and_then(|()| finish(&place, language, tools));
        missing.extend(done.err().map(|why| (language.name.clone(), why)));
    }
    Ok(missing)
}

fn missing_tools<'a>(place: &Place, language: &'a Language) -> Vec<&'a Tool> {
    let is_missing = |tool: &&Tool| !works(place, language, tool);
    language.tools.iter().filter(is_missing).collect()
}

fn works(place: &Place, language: &Language, tool: &Tool) -> bool {
    succeeds(&mut place.shell(language, &tool.probe))
}

fn packages_of(tools: &[&Tool]) -> Result<(), String> {
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    let packages: Vec<&str> = tools
        .iter()
        .flat_map(|tool| tool.packages.iter().map(|package| &**package))
        .collect();
    setup::install(&names, &packages)
}

/// What comes after the packages: the rest of the installation, and a look whether it works.
fn finish(place: &Place, language: &Language, tools: &[&Tool]) -> Result<(), String> {
    for tool in tools {
        if let Some(script) = &tool.install {
            announce(&format!("set-up: {} for {}", tool.name, language.title));
            run(&mut place.shell(language, script))?;
        }
        if !works(place, language, tool) {
            return Err(format!("{} does not work here", tool.name));
        }
    }
    Ok(())
}
