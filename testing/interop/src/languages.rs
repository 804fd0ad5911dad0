//! The table of languages: how each one's driver is built and started.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things are on this machine.
pub struct Place {
    root: PathBuf,
    include: PathBuf,
    libraries: PathBuf,
    products: PathBuf,
    /// This program, which is also the Rust driver.
    program: PathBuf,
}

impl Place {
    /// Finds them from the environment, or else beside this program as cargo built it.
    pub fn find() -> std::io::Result<Place> {
        let program = env::current_exe()?;
        let beside = program.parent().unwrap_or(Path::new("/")).to_owned();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .canonicalize()?;
        let products = beside.join("interop-drivers");
        std::fs::create_dir_all(&products)?;
        let given = |name: &str, default: PathBuf| env::var_os(name).map_or(default, PathBuf::from);
        Ok(Place {
            include: given("SIPC_INCLUDE", root.join("include")),
            libraries: given("SIPC_LIB_DIR", beside),
            root,
            products,
            program,
        })
    }

    fn product(&self, name: &str) -> PathBuf {
        self.products.join(name)
    }

    fn binding(&self, language: &str) -> PathBuf {
        self.root.join("bindings").join(language)
    }
}

/// One row of the table.
pub struct Language {
    /// As in `--langs`, and as the driver's greeting says it.
    pub name: &'static str,
    build: fn(&Place) -> Option<Command>,
    run: fn(&Place) -> Command,
}

/// Every language that has a driver.
pub const LANGUAGES: [Language; 5] = [
    Language {
        name: "rust",
        build: |_| None,
        run: run_rust,
    },
    Language {
        name: "c",
        build: build_c,
        run: |place| Command::new(place.product("driver-c")),
    },
    Language {
        name: "cpp",
        build: build_cpp,
        run: |place| Command::new(place.product("driver-cpp")),
    },
    Language {
        name: "python",
        build: |_| None,
        run: run_python,
    },
    Language {
        name: "pascal",
        build: build_pascal,
        run: |place| Command::new(place.product("driver-pascal")),
    },
];

impl Language {
    /// Builds the driver if the language needs that; the error is the compiler's own words.
    pub fn build(&self, place: &Place) -> Result<(), String> {
        let Some(mut command) = (self.build)(place) else {
            return Ok(());
        };
        let output = command
            .output()
            .map_err(|error| format!("{command:?}: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        // Free Pascal complains on its standard output, everyone else on the error output.
        let words = [output.stdout, output.stderr].concat();
        Err(format!(
            "{command:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&words).trim()
        ))
    }

    /// The command that starts the driver.
    pub fn command(&self, place: &Place) -> Command {
        (self.run)(place)
    }
}

fn tool(variable: &str, default: &str) -> Command {
    Command::new(env::var_os(variable).unwrap_or_else(|| OsString::from(default)))
}

/// `flag` and `path` in one word, as compilers want it.
fn joined(flag: &str, path: &Path) -> OsString {
    let mut word = OsString::from(flag);
    word.push(path);
    word
}

fn run_rust(place: &Place) -> Command {
    let mut command = Command::new(&place.program);
    command.arg("driver");
    command
}

fn build_c(place: &Place) -> Option<Command> {
    let mut command = tool("CC", "cc");
    command.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]);
    command.arg(joined("-I", &place.include));
    command.arg(place.binding("c").join("driver.c"));
    link(&mut command, place, "driver-c");
    Some(command)
}

fn build_cpp(place: &Place) -> Option<Command> {
    let mut command = tool("CXX", "c++");
    command.args(["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror"]);
    command
        .arg(joined("-I", &place.include))
        .arg(joined("-I", &place.binding("cpp")));
    command.arg(place.binding("cpp").join("driver.cpp"));
    link(&mut command, place, "driver-cpp");
    Some(command)
}

fn link(command: &mut Command, place: &Place, product: &str) {
    command.arg("-o").arg(place.product(product));
    command
        .arg(joined("-L", &place.libraries))
        .arg("-lsimpleipc");
    command.arg(joined("-Wl,-rpath,", &place.libraries));
}

fn run_python(place: &Place) -> Command {
    let mut command = tool("SIPC_PYTHON", "python3");
    command.arg(place.binding("python").join("driver.py"));
    command
}

fn build_pascal(place: &Place) -> Option<Command> {
    let mut command = tool("SIPC_FPC", "fpc");
    command.args(["-O2", "-v0ewn", "-l-"]);
    command.arg(joined("-Fu", &place.binding("pascal")));
    command
        .arg(joined("-Fl", &place.libraries))
        .arg("-k-rpath")
        .arg(joined("-k", &place.libraries));
    command
        .arg(joined("-FU", &place.products))
        .arg(joined("-o", &place.product("driver-pascal")));
    command.arg(place.binding("pascal").join("driver.pas"));
    Some(command)
}
