//! `sipc completions` and `sipc man`: what shells and readers want to know of the command line.

use std::path::PathBuf;

use clap::Command;
use clap_complete::{Shell, generate};

use crate::failure::{Exit, Failure};
use crate::output::print;

/// Print the completions for a shell: `sipc completions bash > /etc/bash_completion.d/sipc`.
#[derive(clap::Args)]
pub struct Completions {
    shell: Shell,
}

/// Write a manual page for each verb into a directory, as man1/sipc-send.1.
#[derive(clap::Args)]
pub struct Man {
    directory: PathBuf,
}

pub fn completions(arguments: &Completions, mut command: Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "sipc", &mut script);
    print(&String::from_utf8_lossy(&script))
}

pub fn man(arguments: &Man, command: Command) -> Result<Exit, Failure> {
    let failed = |why| Failure::io(&arguments.directory.display().to_string(), &why);
    std::fs::create_dir_all(&arguments.directory).map_err(failed)?;
    clap_mangen::generate_to(command, &arguments.directory).map_err(failed)?;
    Ok(Exit::Done)
}
