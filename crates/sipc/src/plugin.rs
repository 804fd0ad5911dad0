//! `sipc plugin`: a program that loads no library becomes a plugin, or a service, by lines of JSON
//! on its standard streams.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use simpleipc::{Failure as Refusal, Publisher, Request, Server, Status, Subscriber, Value};

use crate::channels::options;
use crate::encoding::{Encoding, Subject};
use crate::failure::{Exit, Failure};

/// Serve with a program that speaks lines of JSON. A host starts it as a plugin: `sipc plugin --
/// ./spell.awk`.
///
/// It gets {"id": 1, "method": "check", "args": [...]} for each call, and answers {"id": 1,
/// "result": ...} or {"id": 1, "error": {"code": 7, "message": "..."}}, in any order. It may also
/// print {"methods": ["check"]}, {"publish": "topic", "value": ...} and {"subscribe": "topic"};
/// after that it gets {"topic": "topic", "value": ...}. When it ends, this ends with its exit
/// status.
#[derive(clap::Args)]
pub struct Arguments {
    /// The name of the service; otherwise that of the plugin that a host has started
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// The program
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What the threads share: the program's input, and the calls that it works on.
struct Shared {
    input: Mutex<ChildStdin>,
    calls: Mutex<HashMap<i64, Request>>,
    /// The program has closed its output.
    is_over: AtomicBool,
    dir: Option<PathBuf>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// A line for the program; one that it does not read any more is lost with it.
    fn tell(&self, pairs: Vec<(&str, Value<'_>)>) {
        let mut line = Vec::new();
        let value = Value::from(pairs);
        let written = Encoding::Json.write(&Subject::Value(&value), &mut line);
        line.push(b'\n');
        if written.is_ok() {
            let _ = locked(&self.input).write_all(&line);
        }
    }
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let service = match &arguments.service {
        Some(name) => name.clone(),
        None => simpleipc::plugin_service()?,
    };
    let mut server = Server::open(&service, &options(dir))?;
    let program = &arguments.command[0];
    let mut child = Command::new(program)
        .args(&arguments.command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| Failure::io(program, &why))?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::new(Exit::System, "the program has no pipes"));
    };
    let shared = Arc::new(Shared {
        input: Mutex::new(input),
        calls: Mutex::default(),
        is_over: AtomicBool::new(false),
        dir: dir.map(Path::to_path_buf),
    });
    // Before the first line there are no methods to tell of; most programs print them first.
    let (first, output) = first_line(output);
    if let Some(Value::List(names)) = first.as_ref().and_then(|line| find(line, "methods")) {
        for name in names.iter().filter_map(text) {
            server.method(name);
        }
    } else if let Some(line) = &first {
        obey(&shared, line);
    }
    let interrupter = server.interrupter();
    let listening = Arc::clone(&shared);
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            match Encoding::Json.read(line.into_bytes()) {
                Ok(line) => obey(&listening, &line),
                Err(failure) => eprintln!("sipc: the program's line is {}", failure.sentence),
            }
        }
        // sync plugin-over/release: in this order, so that whoever is woken finds the mark.
        listening.is_over.store(true, Ordering::Release);
        interrupter.interrupt();
    });
    let outcome = serve(&mut server, &shared);
    locked(&shared.calls).clear();
    if outcome.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|why| Failure::io(program, &why))?;
    outcome?;
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code as u8),
        (None, signal) => Exit::Code(128 + signal.unwrap_or(0) as u8),
    })
}

/// Hands calls to the program until it has closed its output.
fn serve(server: &mut Server, shared: &Shared) -> Result<(), Failure> {
    let mut id = 0;
    loop {
        let request = match server.receive(None) {
            Ok(request) => request,
            Err(error) if error.status() == Status::Interrupted => {
                // sync plugin-over/acquire: set before the interruption that ended the wait.
                if shared.is_over.load(Ordering::Acquire) {
                    return Ok(());
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        id += 1;
        let (method, args) = (request.method().to_owned(), request.args()?.into_owned());
        locked(&shared.calls).insert(id, request);
        let pairs = vec![
            ("id", Value::Int(id)),
            ("method", Value::from(method)),
            ("args", args),
        ];
        shared.tell(pairs);
    }
}

fn first_line(output: ChildStdout) -> (Option<Value<'static>>, BufReader<ChildStdout>) {
    let mut output = BufReader::new(output);
    let mut line = String::new();
    let read = output.read_line(&mut line);
    let value = read
        .ok()
        .and_then(|_| Encoding::Json.read(line.into_bytes()).ok());
    (value, output)
}

fn find<'a>(map: &'a Value<'static>, key: &str) -> Option<&'a Value<'static>> {
    let Value::Map(pairs) = map else {
        return None;
    };
    pairs
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value)
}

fn text<'a>(value: &'a Value<'static>) -> Option<&'a str> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

/// Does what a line of the program says.
fn obey(shared: &Arc<Shared>, line: &Value<'static>) {
    if let Some(Value::Int(id)) = find(line, "id") {
        let Some(request) = locked(&shared.calls).remove(id) else {
            return eprintln!("sipc: the program answers call {id}, which there is not");
        };
        // A caller that has gone is no reason to end.
        let _ = match find(line, "error") {
            None => request.reply(find(line, "result").cloned().unwrap_or(Value::Null)),
            Some(error) => request.fail(&refusal(error)),
        };
    } else if let Some(topic) = find(line, "publish").and_then(text) {
        let value = find(line, "value").cloned().unwrap_or(Value::Null);
        let publisher = Publisher::open(topic, &options(shared.dir.as_deref()));
        if let Err(error) = publisher.and_then(|mut publisher| publisher.publish(value)) {
            eprintln!("sipc: {error}");
        }
    } else if let Some(topic) = find(line, "subscribe").and_then(text) {
        match Subscriber::open(topic, &options(shared.dir.as_deref())) {
            Ok(subscriber) => follow(shared, topic, subscriber),
            Err(error) => eprintln!("sipc: {error}"),
        }
    } else {
        eprintln!("sipc: the program says {line:?}, which means nothing here");
    }
}

/// Tells the program of all messages of a topic, for as long as it lives.
fn follow(shared: &Arc<Shared>, topic: &str, mut subscriber: Subscriber) {
    let (shared, topic) = (Arc::clone(shared), topic.to_owned());
    thread::spawn(move || {
        while let Ok(message) = subscriber.receive() {
            if let Ok(value) = message.value() {
                shared.tell(vec![("topic", Value::from(&topic)), ("value", value)]);
            }
        }
    });
}

fn refusal(error: &Value<'static>) -> Refusal {
    let code = match find(error, "code") {
        Some(Value::Int(code)) => *code,
        _ => Refusal::BROKEN,
    };
    let message = find(error, "message")
        .and_then(text)
        .unwrap_or("no reason given");
    let refusal = Refusal::new(code, message);
    match find(error, "data") {
        Some(data) => refusal.with_data(data.clone()),
        None => refusal,
    }
}
