//! Starting other programs: every step is announced, nothing runs in silence.

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
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Runs `command` with our own output; an error names it.
pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command
        .status()
        .map_err(|why| format!("{}: {why}", spelled(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed: {status}", spelled(command)))
    }
}

/// The standard output of a command that must succeed.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command
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
    let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
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

/// The command as one would type it.
fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
