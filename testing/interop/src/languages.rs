//! The drivers: how each language's is built and started.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use languages::Language;

/// Functions of the static library get another name, and later.c stands in for them.
const MAKE_LATER: &str = r#"
mkdir -p "$OUT"
objcopy --redefine-sym sipc_take=sipc_take_of_today \
    --redefine-sym sipc_version=sipc_version_of_today "$TODAY" "$OUT/today.a"
${CC:-cc} -shared -fPIC -Wall -Wextra -Werror "-I$INCLUDE" "$SOURCE" -o "$OUT/libsimpleipc.so" \
    -Wl,--whole-archive "$OUT/today.a" -Wl,--no-whole-archive \
    -Wl,-soname,libsimpleipc.so -Wl,-z,nodelete -lpthread -ldl -lm -lgcc_s
"#;

/// Where things are on this machine.
pub struct Place {
    place: languages::Place,
    /// This program, which is also the Rust driver.
    program: PathBuf,
}

/// Why a language takes no part.
pub enum Absence {
    /// A tool of its own is not there.
    Skipped(String),
    /// Its driver cannot be built; the text is the compiler's.
    Broken(String),
}

impl Place {
    /// Finds them from the environment, or else beside this program as cargo built it.
    pub fn find() -> std::io::Result<Place> {
        let program = env::current_exe()?;
        let beside = program.parent().unwrap_or(Path::new("/")).to_owned();
        let products = beside.parent().unwrap_or(Path::new("/")).join("languages");
        let given = |name: &str, default: PathBuf| env::var_os(name).map_or(default, PathBuf::from);
        let place = languages::Place {
            include: given("SIPC_INCLUDE", root()?.join("include")),
            libraries: given("SIPC_LIB_DIR", beside),
            python: given("SIPC_PYTHON", PathBuf::from("python3")),
            products,
        };
        Ok(Place { place, program })
    }

    /// The same with a library of a later version, which is made of that of today.
    pub fn later(&self) -> Result<Place, String> {
        let folder = self.place.products.join("later");
        let mut shell = Command::new("sh");
        shell.args(["-euc", MAKE_LATER]).env("OUT", &folder);
        shell.env("INCLUDE", &self.place.include);
        shell.env(
            "SOURCE",
            concat!(env!("CARGO_MANIFEST_DIR"), "/src/later.c"),
        );
        shell.env("TODAY", self.place.libraries.join("libsimpleipc.a"));
        let output = shell.output().map_err(|why| why.to_string())?;
        if !output.status.success() {
            return Err(words(&output));
        }
        let place = languages::Place {
            libraries: folder,
            ..self.place.clone()
        };
        Ok(Place {
            place,
            program: self.program.clone(),
        })
    }

    /// Builds the driver if the language needs that.
    pub fn build(&self, language: &Language) -> Result<(), Absence> {
        let folder = self.place.products.join(&language.name);
        let broken = |why: std::io::Error| Absence::Broken(why.to_string());
        fs::create_dir_all(folder).map_err(broken)?;
        for tool in &language.tools {
            let output = self.shell(language, &tool.probe).output().map_err(broken)?;
            if !output.status.success() {
                return Err(Absence::Skipped(format!("{} is not here", tool.name)));
            }
        }
        let Some(script) = &language.driver.build else {
            return Ok(());
        };
        let output = self.shell(language, script).output().map_err(broken)?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Absence::Broken(words(&output))),
        }
    }

    /// The command that becomes the driver.
    pub fn command(&self, language: &Language) -> Command {
        self.shell(language, &format!("exec {}", language.driver.run.trim()))
    }

    /// A shell script that becomes the driver as a plugin, wherever it is run.
    pub fn plugin(&self, language: &Language) -> Option<String> {
        let run = language.driver.plugin.as_ref()?.trim();
        let program = self.program.display();
        let script = format!("export INTEROP='{program}' && exec {run}");
        Some(self.place.script(language, &script))
    }

    fn shell(&self, language: &Language, script: &str) -> Command {
        let mut command = self.place.shell(language, script);
        command.env("INTEROP", &self.program);
        command
    }
}

/// The root of the repository.
pub fn root() -> std::io::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
}

/// What a compiler has said. Free Pascal complains on its standard output, others on the error
/// output.
fn words(output: &Output) -> String {
    let words = [&output.stdout[..], &output.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    format!("{}\n{}", output.status, words.trim())
}
