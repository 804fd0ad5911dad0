//! `sipc bench`: the ways for two processes to talk, measured on this machine.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use simpleipc::{Options, Publisher, Receiver, Sender, Subscriber, Value};

use crate::failure::{Exit, Failure};
use crate::output::print;
use crate::table::{Table, span};

/// Measure round trips between two processes: pipe, socket, file, and the channels of this library.
///
/// Half of a round trip, the median of many; the echo runs as a process of its own.
#[derive(clap::Args)]
pub struct Arguments {
    /// Bytes of a message
    #[arg(long, value_name = "N", default_value_t = 64)]
    bytes: usize,
    /// Round trips of each kind
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    rounds: u32,
    #[arg(long, hide = true)]
    echo: Option<String>,
}

const KINDS: [&str; 5] = ["pipe", "socket", "file", "queue", "topic"];
const PATIENCE: Option<Duration> = Some(Duration::from_secs(10));
/// A file is no way to wait; who looks for a change must look again and again.
const FILE_ROUNDS: u32 = 2000;

/// One end of a way to talk.
trait Line {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    fn receive(&mut self, bytes: &mut [u8]) -> Result<(), Failure>;
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    if !(1..=1 << 20).contains(&arguments.bytes) || arguments.rounds == 0 {
        return Err(Failure::usage(
            "--bytes may be 1 to 1048576, --rounds 1 and more",
        ));
    }
    if let Some(kind) = &arguments.echo {
        return echo(kind, arguments, dir);
    }
    let place = Place::new()?;
    let mut table = Table::new(
        &[false, true, true, true],
        &["WAY", "MEDIAN", "P99", "WORST"],
    );
    for kind in KINDS {
        let mut times = measure(kind, arguments, &place.0)?;
        times.sort_unstable();
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        let name = match kind {
            "queue" | "topic" => format!("sipc {kind}"),
            kind => kind.to_owned(),
        };
        table.row(vec![name, span(at(0.5)), span(at(0.99)), span(at(1.0))]);
    }
    let head = format!("one way, {} bytes\n", arguments.bytes);
    print(&(head + &table.text()))
}

/// A directory of its own, gone at the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Result<Self, Failure> {
        let path = PathBuf::from(format!("/dev/shm/sipc-bench-{}", std::process::id()));
        fs::create_dir(&path).map_err(|why| Failure::io(&path.display().to_string(), &why))?;
        Ok(Self(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn measure(kind: &str, arguments: &Arguments, place: &Path) -> Result<Vec<i64>, Failure> {
    let failed = |why| Failure::io("the echo process", &why);
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    let (bytes, rounds) = (arguments.bytes.to_string(), rounds(kind, arguments));
    let rounds_text = rounds.to_string();
    command
        .arg("--dir")
        .arg(place)
        .args(["bench", "--echo", kind]);
    command.args(["--bytes", &bytes, "--rounds", &rounds_text]);
    let (mut line, mut child): (Box<dyn Line>, Child) = match kind {
        "pipe" => {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            let child = child
                .as_mut()
                .map_err(|why| failed(std::io::Error::from(why.kind())))?;
            let (input, output) = (child.stdin.take(), child.stdout.take());
            let missing = || Failure::new(Exit::System, "the echo process has no pipes");
            let line = Streams(output.ok_or_else(missing)?, input.ok_or_else(missing)?);
            let child = std::mem::replace(child, Command::new("true").spawn().map_err(failed)?);
            (Box::new(line), child)
        }
        "socket" => {
            let (ours, theirs) = UnixStream::pair().map_err(failed)?;
            let theirs = std::os::fd::OwnedFd::from(theirs);
            let other = theirs.try_clone().map_err(failed)?;
            let child = command
                .stdin(theirs)
                .stdout(other)
                .spawn()
                .map_err(failed)?;
            let output = ours.try_clone().map_err(failed)?;
            (Box::new(Streams(ours, output)), child)
        }
        kind => {
            let line = end(kind, place, true)?;
            let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            (line, child.map_err(failed)?)
        }
    };
    let outcome = rally(&mut *line, arguments.bytes, rounds);
    if outcome.is_err() {
        let _ = child.kill();
    }
    let _ = child.wait();
    outcome
}

fn rounds(kind: &str, arguments: &Arguments) -> u32 {
    match kind {
        "file" => arguments.rounds.min(FILE_ROUNDS),
        _ => arguments.rounds,
    }
}

/// Half of each round trip, in ns.
fn rally(line: &mut dyn Line, bytes: usize, rounds: u32) -> Result<Vec<i64>, Failure> {
    let (mut out, mut back) = (vec![0; bytes], vec![0; bytes]);
    let mut times = Vec::new();
    for round in 0..rounds {
        out[0] = round as u8;
        let began = Instant::now();
        line.send(&out)?;
        line.receive(&mut back)?;
        times.push(began.elapsed().as_nanos() as i64 / 2);
        if out != back {
            return Err(Failure::new(
                Exit::System,
                "what came back is not what was sent",
            ));
        }
    }
    Ok(times)
}

fn echo(kind: &str, arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut line: Box<dyn Line> = match kind {
        "pipe" | "socket" => Box::new(Streams(std::io::stdin(), std::io::stdout())),
        kind => end(kind, dir.unwrap_or(Path::new(".")), false)?,
    };
    let mut bytes = vec![0; arguments.bytes];
    for _ in 0..arguments.rounds {
        line.receive(&mut bytes)?;
        line.send(&bytes)?;
    }
    Ok(Exit::Done)
}

struct Streams<R, W>(R, W);

impl<R: Read, W: Write> Line for Streams<R, W> {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sent = self.1.write_all(bytes).and_then(|()| self.1.flush());
        sent.map_err(|why| Failure::io("a stream", &why))
    }

    fn receive(&mut self, bytes: &mut [u8]) -> Result<(), Failure> {
        self.0
            .read_exact(bytes)
            .map_err(|why| Failure::io("a stream", &why))
    }
}

/// Two files, each with a number that grows and then the message.
struct Files {
    to: File,
    from: File,
    sent: u64,
    received: u64,
}

impl Line for Files {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.sent += 1;
        let number = self.sent.to_ne_bytes();
        let sent = self
            .to
            .write_all_at(bytes, 8)
            .and_then(|()| self.to.write_all_at(&number, 0));
        sent.map_err(|why| Failure::io("a file", &why))
    }

    fn receive(&mut self, bytes: &mut [u8]) -> Result<(), Failure> {
        let failed = |why| Failure::io("a file", &why);
        self.received += 1;
        let mut number = [0; 8];
        while u64::from_ne_bytes(number) < self.received {
            self.from.read_at(&mut number, 0).map_err(failed)?;
            std::thread::yield_now();
        }
        self.from.read_exact_at(bytes, 8).map_err(failed)
    }
}

struct Queues(Sender, Receiver);

impl Line for Queues {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.0.put(&Value::from(bytes), 0, PATIENCE)?)
    }

    fn receive(&mut self, bytes: &mut [u8]) -> Result<(), Failure> {
        copy(&self.1.receive_timeout(PATIENCE)?, bytes)
    }
}

struct Topics(Publisher, Subscriber);

impl Line for Topics {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.0.put(&Value::from(bytes), 0, PATIENCE)?)
    }

    fn receive(&mut self, bytes: &mut [u8]) -> Result<(), Failure> {
        copy(&self.1.receive_timeout(PATIENCE)?, bytes)
    }
}

fn copy(message: &simpleipc::Message, bytes: &mut [u8]) -> Result<(), Failure> {
    match message.value()? {
        Value::Bytes(data) if data.len() == bytes.len() => bytes.copy_from_slice(&data),
        _ => {
            return Err(Failure::new(
                Exit::System,
                "a message of somebody else came",
            ));
        }
    }
    Ok(())
}

/// An end of a way that has names: the one who measures, or the echo.
fn end(kind: &str, place: &Path, measures: bool) -> Result<Box<dyn Line>, Failure> {
    let (there, back) = match measures {
        true => ("there", "back"),
        false => ("back", "there"),
    };
    let options = Options {
        directory: Some(place.to_path_buf()),
        unstamped: true,
        ..Options::default()
    };
    Ok(match kind {
        "file" => {
            let open = |name: &str| {
                let path = place.join(name);
                let mut options = OpenOptions::new();
                let file = options
                    .read(true)
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(&path);
                file.map_err(|why| Failure::io(&path.display().to_string(), &why))
            };
            Box::new(Files {
                to: open(there)?,
                from: open(back)?,
                sent: 0,
                received: 0,
            })
        }
        "queue" => {
            let sender = Sender::open(&format!("queue-{there}"), &options)?;
            Box::new(Queues(
                sender,
                Receiver::open(&format!("queue-{back}"), &options)?,
            ))
        }
        "topic" => {
            // Nobody may miss a message because he comes late.
            let early = Options {
                lossless: true,
                history: 1,
                ..options.clone()
            };
            let subscriber = Subscriber::open(&format!("topic-{back}"), &early)?;
            let late = Options {
                history: 1,
                ..options
            };
            Box::new(Topics(
                Publisher::open(&format!("topic-{there}"), &late)?,
                subscriber,
            ))
        }
        other => return Err(Failure::usage(format!("there is no way {other:?}"))),
    })
}
