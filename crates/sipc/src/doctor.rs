//! `sipc doctor`: what this system can do, and what is in the way.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use simpleipc::{Options, Publisher, Subscriber};

use crate::failure::{Exit, Failure};
use crate::output::print;
use crate::peers::program;
use crate::table::{size, span};

/// Less shared memory than this is soon full of frames.
const SHARED_BYTES_LOW: u64 = 256 << 20;
/// Each open handle takes a descriptor, at 512 and above.
const DESCRIPTORS_LOW: u64 = 1024;

/// Look for what could be in the way: memory, rights, limits, containers, channels that are damaged
/// or that nobody uses. Each finding comes with what mends it. Exit status 6 if there is one.
#[derive(clap::Args)]
pub struct Arguments {}

/// What was found, in the order of the looks.
#[derive(Default)]
struct Report {
    text: String,
    findings: u32,
}

impl Report {
    fn fine(&mut self, what: &str, is: impl AsRef<str>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "ok       {what:<12} {}", is.as_ref());
    }

    fn finding(&mut self, what: &str, is: impl AsRef<str>, remedy: impl AsRef<str>) {
        self.findings += 1;
        let _ = writeln!(self.text, "FINDING  {what:<12} {}", is.as_ref());
        let _ = writeln!(
            self.text,
            "         {:<12} mend it: {}",
            "",
            remedy.as_ref()
        );
    }
}

pub fn run(_: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut report = Report::default();
    let named = std::env::var_os("SIPC_DIR").map(PathBuf::from);
    let directory = dir.map(Path::to_path_buf).or(named);
    look_at_system(&mut report);
    look_at_directory(&mut report, directory.as_deref());
    look_at_memory(
        &mut report,
        directory.as_deref().unwrap_or(Path::new("/dev/shm")),
    );
    look_at_limits(&mut report);
    look_at_channels(&mut report, dir);
    try_it(&mut report, dir);
    let findings = report.findings;
    let _ = match findings {
        0 => writeln!(report.text, "nothing is in the way"),
        1 => writeln!(report.text, "1 finding"),
        more => writeln!(report.text, "{more} findings"),
    };
    print(&report.text)?;
    Ok(if findings == 0 {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn look_at_system(report: &mut Report) {
    let kernel = read("/proc/sys/kernel/osrelease");
    let mut numbers = kernel
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().ok());
    let version = numbers.next().flatten().zip(numbers.next().flatten());
    match version {
        Some((major, minor)) if (major, minor) < (4u32, 14u32) => report.finding(
            "kernel",
            format!("{kernel} is older than 4.14"),
            "update it; forks are not noticed and waits are slower",
        ),
        Some((major, minor)) if (major, minor) < (5, 16) => report.fine(
            "kernel",
            format!("{kernel}; waits on several channels look around every few ms before 5.16"),
        ),
        _ => report.fine("kernel", kernel),
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    match processors {
        1 => report.fine("processors", "1: whoever waits sleeps at once"),
        more => report.fine("processors", more.to_string()),
    }
    let is_container =
        Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists();
    if is_container {
        report.fine(
            "container",
            "this is one; to share channels with others mount one directory in all, and name it in \
             SIPC_DIR",
        );
    }
}

fn look_at_directory(report: &mut Report, directory: Option<&Path>) {
    let own = own_directory();
    let path = directory.unwrap_or(&own);
    let shown = path.display();
    let facts = match fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(_) if directory.is_none() => {
            return report.fine("directory", format!("{shown}, made when it is needed"));
        }
        Err(why) => {
            let remedy = format!("mkdir -m 700 {shown}");
            return report.finding("directory", format!("{shown}: {why}"), remedy);
        }
    };
    let mode = facts.permissions().mode() & 0o7777;
    if !facts.is_dir() {
        let remedy = format!("name a directory in SIPC_DIR, or move {shown} away");
        return report.finding("directory", format!("{shown} is none"), remedy);
    }
    let who = match mode & 0o070 {
        0o070 => format!("shared by group {}", facts.gid()),
        0o050 => format!("group {} may look", facts.gid()),
        _ => "for one user".to_owned(),
    };
    report.fine("directory", format!("{shown}, mode {mode:o}, {who}"));
    if directory.is_none() && mode != 0o700 {
        report.finding(
            "rights",
            format!("the default directory has mode {mode:o}"),
            format!("chmod 700 {shown}"),
        );
    }
}

fn own_directory() -> PathBuf {
    let user = fs::metadata("/proc/self").map_or(0, |facts| facts.uid());
    PathBuf::from(format!("/dev/shm/simpleipc-{user}"))
}

fn look_at_memory(report: &mut Report, directory: &Path) {
    let existing = directory.ancestors().find(|path| path.exists());
    let space = existing.map(fs_space).transpose();
    let Ok(Some((total, free))) = space else {
        let text = format!("{}: its size is not known", directory.display());
        return report.finding("memory", text, "mount a tmpfs there");
    };
    let text = format!("{} of {} free", size(free), size(total));
    if total < SHARED_BYTES_LOW {
        report.finding(
            "memory",
            format!("{text}: not much for large messages (containers have 64 MiB)"),
            "start the container with --shm-size=1g, or mount -o remount,size=1g /dev/shm",
        );
    } else if free < total / 20 {
        let remedy = "sipc clean, sipc ls to see who needs it, or a larger /dev/shm";
        report.finding("memory", format!("{text}: nearly full"), remedy);
    } else {
        report.fine("memory", text);
    }
}

/// Bytes of the file system that a path is on, and those that are free.
fn fs_space(path: &Path) -> std::io::Result<(u64, u64)> {
    let facts = rustix::fs::statvfs(path)?;
    Ok((
        facts.f_blocks * facts.f_frsize,
        facts.f_bavail * facts.f_frsize,
    ))
}

fn look_at_limits(report: &mut Report) {
    let limits = read("/proc/self/limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    match soft {
        Some(soft) if soft < DESCRIPTORS_LOW => report.finding(
            "descriptors",
            format!("a process may have {soft}"),
            "ulimit -n 4096",
        ),
        Some(soft) => report.fine("descriptors", format!("{soft} for each process")),
        None => report.fine("descriptors", "no limit is known"),
    }
}

fn look_at_channels(report: &mut Report, dir: Option<&Path>) {
    let channels = match simpleipc::audit_all(dir) {
        Ok(channels) => channels,
        Err(error) => {
            let remedy = "see the sentence; sipc --dir names another directory";
            return report.finding("channels", error.to_string(), remedy);
        }
    };
    let memory: u64 = channels
        .iter()
        .map(|c| c.control_bytes + c.pool_bytes)
        .sum();
    report.fine("channels", format!("{}, {}", channels.len(), size(memory)));
    for channel in &channels {
        let name = &channel.name;
        for leak in &channel.leaks {
            let remedy = match channel.pattern {
                Some(_) => format!("open and close the channel once, as by sipc peers {name}"),
                None => "remove the file, if no program needs it".to_owned(),
            };
            report.finding("channel", format!("{name}: {leak}"), remedy);
        }
        let alive = channel.peers.iter().any(|peer| peer.alive);
        if !alive && channel.pattern.is_some() {
            let old = channel
                .newest_age_ns
                .map(|ns| format!(", the newest {} old", span(ns)));
            let text = format!(
                "{name}: nobody uses it, {} wait in it{}",
                channel.waiting,
                old.unwrap_or_default()
            );
            match channel.waiting {
                0 => report.finding("stale", text, "sipc clean"),
                _ => report.fine("kept", text),
            }
        }
        for peer in channel
            .peers
            .iter()
            .filter(|peer| peer.alive && is_stopped(peer.pid))
        {
            let (pid, program) = (peer.pid, program(peer));
            let text = format!("{pid} ({program}), which uses {name}, is stopped");
            report.finding("stopped", text, format!("kill -CONT {pid}"));
        }
    }
}

fn is_stopped(pid: u32) -> bool {
    let stat = read(&format!("/proc/{pid}/stat"));
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

/// A message to ourselves.
fn try_it(report: &mut Report, dir: Option<&Path>) {
    let options = Options {
        directory: dir.map(Path::to_path_buf),
        ..Options::default()
    };
    let name = format!("sipc-doctor-{}", std::process::id());
    let outcome = (|| {
        let mut subscriber = Subscriber::open(&name, &options)?;
        Publisher::open(&name, &options)?.publish(1)?;
        subscriber
            .receive_timeout(Some(Duration::from_secs(2)))
            .map(|_| ())
    })();
    match outcome {
        Ok(()) => report.fine("try", "a message arrives"),
        Err(error) => report.finding("try", error.to_string(), "what the sentence says"),
    }
}
