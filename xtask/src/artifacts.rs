//! What the suites, the interoperability run and the demo are built on: the library as C programs
//! see it, and the Python package in the virtual environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{announce, run};
use crate::{repository, setup};

/// The products, and with `environment` the names under which a check script finds them.
pub struct Artifacts {
    /// The folder of simpleipc.h: SIPC_INCLUDE.
    pub include: PathBuf,
    /// The folder of libsimpleipc.so and libsimpleipc.a: SIPC_LIB_DIR.
    pub libraries: PathBuf,
    /// An interpreter that can `import simpleipc`: SIPC_PYTHON.
    pub python: Option<PathBuf>,
}

impl Artifacts {
    /// The C library in its release build.
    pub fn library(root: &Path) -> Result<Artifacts, String> {
        announce("build: libsimpleipc (release)");
        run(repository::cargo(root).args(["build", "--release", "--package", "libsimpleipc"]))?;
        Ok(Artifacts {
            include: root.join("include"),
            libraries: repository::target(root).join("release"),
            python: None,
        })
    }

    /// Adds the Python package to the virtual environment, together with `packages`.
    pub fn add_python(&mut self, root: &Path, packages: &[&str]) -> Result<(), String> {
        let packages = [&setup::PYTHON_BUILD[..], packages].concat();
        let interpreter = setup::python(root, &packages)?;
        install_wheel(root, &interpreter)?;
        self.python = Some(interpreter);
        Ok(())
    }

    /// The variables a check script reads.
    pub fn environment(&self) -> Vec<(&'static str, &Path)> {
        let mut variables = vec![
            ("SIPC_INCLUDE", &*self.include),
            ("SIPC_LIB_DIR", &*self.libraries),
        ];
        variables.extend(self.python.as_deref().map(|python| ("SIPC_PYTHON", python)));
        variables
    }
}

/// Builds the Python package and installs it for `interpreter`, which must have maturin.
pub fn install_wheel(root: &Path, interpreter: &Path) -> Result<(), String> {
    announce("build: Python wheel (release)");
    let wheels = repository::target(root).join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels).map_err(|why| format!("{}: {why}", wheels.display()))?;
    }
    let mut maturin = Command::new(interpreter);
    maturin
        .args(["-m", "maturin", "build", "--release", "--quiet", "--out"])
        .arg(&wheels);
    run(maturin
        .arg("--interpreter")
        .arg(interpreter)
        .current_dir(root.join("bindings/python")))?;
    let mut pip = Command::new(interpreter);
    pip.args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]);
    pip.args(["--force-reinstall", "--no-deps", "--no-index"]);
    run(pip.args(files_of(&wheels)?))
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}
