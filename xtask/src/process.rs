//! Starting other programs: every step is announced, nothing runs in silence.
//!
//! `cargo run` puts its own folders first in LD_LIBRARY_PATH, before the folder a program was
//! linked with. Nothing started here inherits that: it would load whichever library an earlier
//! debug build has left there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// What a watched command did.
pub struct Watched {
    pub succeeded: bool,
    pub output: String,
}

/// Says what happens next.
pub fn announce(what: &str) {
    println!("==> {what}");
    // Best effort: a closed standard output must not stop the work.
    let _ = std::io::stdout().flush();
}

/// Whether `command` runs and succeeds, in silence.
pub fn succeeds(command: &mut Command) -> bool {
    let silent = without_library_path(command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Whether this is the superuser.
pub fn is_root() -> bool {
    succeeds(Command::new("sh").args(["-c", "test $(id -u) = 0"]))
}

/// Runs `command` with our own output; an error names it.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = without_library_path(command)
        .status()
        .map_err(|why| format!("{}: {why}", spelled(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed: {status}", spelled(command)))
    }
}

/// Runs `command`, showing nothing; an error is the last line of what it complained of.
pub fn try_run(command: &mut Command) -> Result<(), String> {
    let output = without_library_path(command).stdin(Stdio::null()).output();
    let output = output.map_err(|why| format!("{}: {why}", spelled(command)))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.unwrap_or("it failed and said nothing").to_owned())
}

/// The standard output of a command that must succeed.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = without_library_path(command)
        .output()
        .map_err(|why| format!("{}: {why}", spelled(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "{} failed: {}\n{complaint}",
            spelled(command),
            output.status
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `command`, shows its standard output line by line as it comes, and keeps it.
pub fn watch(command: &mut Command) -> Result<Watched, String> {
    let failed = |command: &Command, why| format!("{}: {why}", spelled(command));
    let started = without_library_path(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|why| failed(command, why))?;
    let mut output = String::new();
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|pipe| BufReader::new(pipe).split(b'\n'))
    {
        let line = line.map_err(|why| failed(command, why))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        output.push_str(&line);
        output.push('\n');
    }
    let status = child.wait().map_err(|why| failed(command, why))?;
    Ok(Watched {
        succeeded: status.success(),
        output,
    })
}

/// The command, to look for libraries where it was linked to.
fn without_library_path(command: &mut Command) -> &mut Command {
    command.env_remove("LD_LIBRARY_PATH")
}

/// The command as one would type it.
fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_program_inherits_the_library_path_of_cargo() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo ${LD_LIBRARY_PATH-unset}"]);
        command.env("LD_LIBRARY_PATH", "somewhere");
        assert_eq!(output(&mut command).as_deref(), Ok("unset\n"));
        let watched = watch(command.env("LD_LIBRARY_PATH", "somewhere"));
        assert_eq!(
            watched.map(|watched| watched.output).as_deref(),
            Ok("unset\n")
        );
    }
}
