//! The languages there are: what each `bindings/<language>/binding.toml` says.
//!
//! A language is added by its folder alone. The set-up of tools, the generated declarations, the
//! suites of tests and the drivers of `interop` all follow from this one table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// Where the languages are, relative to the root of the repository.
pub const FOLDER: &str = "bindings";

/// What a language's folder says of it; the folder's name is the language's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// As in `--langs`, and as the driver's greeting says it.
    #[serde(skip)]
    pub name: String,
    /// The folder itself, absolute.
    #[serde(skip)]
    pub folder: PathBuf,
    /// As people write it: `C++`.
    pub title: String,
    /// 1: a package in the language's own way; 2: a file to copy.
    pub tier: u8,
    /// Whether `check`, its own tests, is a suite of `cargo xtask test`.
    #[serde(default)]
    pub check: bool,
    /// Whether it needs the Python package with its interpreter (SIPC_PYTHON).
    #[serde(default)]
    pub python: bool,
    /// What has to be there before it is built or run.
    #[serde(default, rename = "tool")]
    pub tools: Vec<Tool>,
    /// Its program for testing/interop.
    pub driver: Driver,
    /// Its raw declarations, unless a printer of its own makes them.
    pub generated: Option<Generated>,
}

/// Something to have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    /// A shell command that succeeds when it is there. It runs in the language's folder.
    pub probe: String,
    /// Debian packages that bring it.
    #[serde(default)]
    pub packages: Vec<String>,
    /// A shell command that brings the rest, below $OUT.
    pub install: Option<String>,
}

/// Shell commands, run in the language's folder with the variables of [`Place::variables`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Makes the driver, if it has to be made; its products go below $OUT.
    pub build: Option<String>,
    /// Becomes the driver: the process that is started is the one that is killed.
    pub run: String,
    /// Becomes the driver as a plugin. Without it the language takes no part in what hosts and
    /// plugins have to do.
    pub plugin: Option<String>,
    /// What handles of this language say they are written in (`sipc_identify`). Without it the
    /// language takes no part in what watchers of peers have to do.
    pub presence: Option<String>,
}

/// A file that `cargo xtask gen` prints from spec/api.toml through a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// Both relative to the language's folder.
    pub template: String,
    pub file: String,
    /// How the language spells each type word of spec/api.toml.
    pub types: BTreeMap<String, String>,
    /// Words that cannot be names; `name | safe` puts an underscore behind them.
    #[serde(default)]
    pub reserved: Vec<String>,
}

/// Where things are on this machine.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder of simpleipc.h.
    pub include: PathBuf,
    /// The folder of libsimpleipc.so and libsimpleipc.a.
    pub libraries: PathBuf,
    /// An interpreter that can `import simpleipc`.
    pub python: PathBuf,
    /// Each language may write below a folder of its name in here.
    pub products: PathBuf,
}

impl Place {
    /// What the shell commands of a language may refer to.
    pub fn variables(&self, language: &Language) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("SIPC_INCLUDE", self.include.clone()),
            ("SIPC_LIB_DIR", self.libraries.clone()),
            ("LD_LIBRARY_PATH", self.libraries.clone()),
            ("SIPC_PYTHON", self.python.clone()),
            ("OUT", self.products.join(&language.name)),
        ]
    }

    /// A shell command of a language that needs neither its folder nor its variables.
    pub fn script(&self, language: &Language, script: &str) -> String {
        let quoted =
            |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
        let mut text = format!("cd {} && ", quoted(&language.folder));
        for (name, value) in self.variables(language) {
            text += &format!("export {name}={} && ", quoted(&value));
        }
        text + script
    }

    /// A shell command of a language.
    pub fn shell(&self, language: &Language, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&language.folder);
        command.envs(self.variables(language));
        command
    }
}

/// Every language, those of the first tier first, each by name.
pub fn all(root: &Path) -> Result<Vec<Language>, String> {
    let folder = root.join(FOLDER);
    let entries =
        std::fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut languages = Vec::new();
    for entry in entries.flatten() {
        if let Some(language) = read(&entry.path())? {
            languages.push(language);
        }
    }
    languages.sort_by(|a, b| (a.tier, &a.name).cmp(&(b.tier, &b.name)));
    Ok(languages)
}

/// The language of a folder; None if it is none.
fn read(folder: &Path) -> Result<Option<Language>, String> {
    let path = folder.join("binding.toml");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok(None);
    };
    let mut language: Language =
        toml::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    let name = folder.file_name().unwrap_or_default();
    language.name = name.to_string_lossy().into_owned();
    language.folder = folder.to_owned();
    Ok(Some(language))
}

/// Those of `all` that are named, in the order of their names; without names all of them.
pub fn named(all: Vec<Language>, names: Option<&str>) -> Result<Vec<Language>, String> {
    let Some(names) = names else {
        return Ok(all);
    };
    let known: Vec<String> = all.iter().map(|language| language.name.clone()).collect();
    let mut rest = all;
    let take = |name: &str| {
        let found = rest.iter().position(|language| language.name == name);
        let missing = || format!("no language `{name}`; there are {}", known.join(", "));
        found.map(|index| rest.remove(index)).ok_or_else(missing)
    };
    names.split(',').map(take).collect()
}

/// The names with this one first, whether it is among them or not.
pub fn first(name: &str, names: &str) -> String {
    let others = names.split(',').filter(|other| *other != name);
    let names: Vec<&str> = std::iter::once(name).chain(others).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_the_repository_can_be_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let languages = all(&root).unwrap();
        let names: Vec<&str> = languages.iter().map(|language| &*language.name).collect();
        assert!(names.starts_with(&["c", "cpp"]), "{names:?}");
        let picked = named(languages, Some("python,c")).unwrap();
        assert_eq!(picked[0].title, "Python");
        assert_eq!(picked[1].name, "c");
    }

    #[test]
    fn a_name_comes_first_and_once() {
        assert_eq!(first("c", "python,c,d"), "c,python,d");
        assert_eq!(first("c", "python"), "c,python");
    }

    #[test]
    fn an_unknown_language_is_named_with_those_there_are() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let error = named(all(&root).unwrap(), Some("c,latin")).unwrap_err();
        assert!(
            error.starts_with("no language `latin`; there are c, cpp"),
            "{error}"
        );
    }
}
