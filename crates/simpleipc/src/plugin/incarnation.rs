//! One life of a plugin: its process, what it prints, and whether it answers.

use super::event::{Event, Happening};
use super::{PLUGIN_VARIABLE, Plugin};
use crate::channel::{CallError, Client, Options, Publisher};
use crate::error::{Error, Result, Status};
use crate::os::{self, Ended};
use crate::value::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longer lines are told in pieces.
const LINE_BYTES_MAX: u64 = 16 << 10;
/// What a plugin has printed before its end is told before its end, if that takes no longer.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// A plugin that does not serve yet is asked again this often.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// What all threads around a plugin share.
pub struct Shared {
    pub plugin: Plugin,
    pub service: String,
    pub directory: Option<PathBuf>,
    publisher: Arc<Mutex<Publisher>>,
    /// The living process; 0 if there is none. Its number is not reused while it is here.
    pid: Mutex<u32>,
    /// No other life follows: true before whoever waits for the last event has it.
    is_over: Mutex<bool>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(
        plugin: Plugin,
        service: String,
        directory: Option<PathBuf>,
        publisher: Arc<Mutex<Publisher>>,
    ) -> Self {
        Self {
            plugin,
            service,
            directory,
            publisher,
            pid: Mutex::new(0),
            is_over: Mutex::new(false),
        }
    }

    /// Tells the last event of the plugin; its name is free by then.
    pub fn tell_last(&self, pid: u32, happening: Happening) {
        *locked(&self.is_over) = true;
        self.tell(pid, happening);
    }

    pub fn is_over(&self) -> bool {
        *locked(&self.is_over)
    }

    /// Tells the host, and whoever else listens. Nobody is waited for.
    pub fn tell(&self, pid: u32, happening: Happening) {
        let event = Event {
            plugin: self.plugin.name.clone(),
            pid,
            happening,
            missed: 0,
        };
        // Who cannot be told cannot be told that either.
        let _ = locked(&self.publisher).put(&event.to_value(), 0, Some(Duration::ZERO));
    }

    pub fn pid(&self) -> u32 {
        *locked(&self.pid)
    }

    /// Asks the living process and its children to end, or with `force` ends them.
    pub fn end_process(&self, force: bool) {
        let pid = locked(&self.pid);
        if *pid != 0 {
            os::end_group(*pid, force);
        }
    }

    /// Removes the files of the service when nobody else has it open: a process that is killed
    /// does not do so, and who leaves in good order does.
    pub fn sweep(&self) {
        // What cannot be opened is somebody else's, or is left to `clean`.
        let _ = self.client();
    }

    fn client(&self) -> Result<Client> {
        let options = Options {
            directory: self.directory.clone(),
            ..Options::default()
        };
        Client::open(&self.service, &options)
    }

    fn end_life(&self, pid: u32, force: bool) {
        let now = locked(&self.pid);
        if *now == pid {
            os::end_group(pid, force);
        }
    }
}

/// Starts the plugin's program and stays until it has ended; how. The process ends with this
/// thread.
pub fn live(shared: &Arc<Shared>) -> Result<Ended> {
    let mut child = spawn(shared)?;
    let pid = child.id();
    *locked(&shared.pid) = pid;
    shared.tell(pid, Happening::Started);
    let printed = [
        child
            .stdout
            .take()
            .map(|stream| listen(shared, stream, Happening::Output)),
        child
            .stderr
            .take()
            .map(|stream| listen(shared, stream, Happening::Complaint)),
    ];
    let asking = {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || attend(&shared, pid))
    };
    let ended = os::wait_for_end(pid);
    {
        // Its children go with it; until it is waited for, the group is not somebody else's.
        let mut now = locked(&shared.pid);
        os::end_group(pid, true);
        *now = 0;
        let _ = child.wait();
    }
    // They end with the process; but a stray grandchild may keep a stream open for ever.
    let until = Instant::now() + LAST_WORDS;
    for thread in printed.into_iter().flatten().chain([asking]) {
        while !thread.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let ended = ended?;
    match ended {
        Ended::Code(0) => shared.tell_last(pid, Happening::Ended(0)),
        Ended::Code(code) => shared.tell(pid, Happening::Ended(code)),
        Ended::Signal(signal) => shared.tell(pid, Happening::Killed(signal)),
    }
    Ok(ended)
}

fn spawn(shared: &Shared) -> Result<Child> {
    let plugin = &shared.plugin;
    let mut command = Command::new(&plugin.program);
    command
        .args(&plugin.args)
        .env(PLUGIN_VARIABLE, &shared.service)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(directory) = &shared.directory {
        command.env("SIPC_DIR", directory);
    }
    os::bind_to_parent(&mut command);
    command.spawn().map_err(|error| {
        let program = plugin.program.to_string_lossy();
        let text = format!("the plugin's program '{program}' cannot be started: {error}");
        Error::os(Status::System, error.raw_os_error().unwrap_or(0), text)
    })
}

/// Tells each line that the plugin prints, until it has closed the stream.
fn listen(
    shared: &Arc<Shared>,
    stream: impl Read + Send + 'static,
    happening: impl Fn(String) -> Happening + Send + 'static,
) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    let pid = shared.pid();
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            match stream
                .by_ref()
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
            {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            shared.tell(
                pid,
                happening(text.trim_end_matches(['\r', '\n']).to_owned()),
            );
        }
    })
}

/// Asks the plugin what it offers, until it answers; and then, if it may not hang, again and again.
fn attend(shared: &Shared, pid: u32) {
    let Ok(mut client) = shared.client() else {
        return; // the channel is somebody else's, who has been told so
    };
    let patience = shared.plugin.hang_after;
    let mut heard = Instant::now();
    let mut is_ready = false;
    while shared.pid() == pid {
        match client.methods(Some(ASKED_EVERY)) {
            Ok(reply) => {
                heard = Instant::now();
                if !is_ready {
                    is_ready = true;
                    let methods = reply.value().map_or(Vec::new(), |value| names(&value));
                    shared.tell(pid, Happening::Ready(methods));
                }
                let Some(patience) = patience else {
                    return;
                };
                sleep_while(shared, pid, patience / 4);
            }
            Err(CallError::Lost(error)) if error.status() == Status::Timeout => {}
            Err(_) => sleep_while(shared, pid, ASKED_EVERY),
        }
        if patience.is_some_and(|patience| heard.elapsed() > patience) && shared.pid() == pid {
            shared.tell(pid, Happening::Hung);
            shared.end_life(pid, true);
            return;
        }
    }
}

fn sleep_while(shared: &Shared, pid: u32, time: Duration) {
    const STEP: Duration = Duration::from_millis(20);
    let until = Instant::now() + time;
    while shared.pid() == pid && Instant::now() < until {
        std::thread::sleep(STEP.min(time));
    }
}

/// The names in a list of methods.
fn names(methods: &Value<'_>) -> Vec<String> {
    let Value::List(methods) = methods else {
        return Vec::new();
    };
    let name = |method: &Value<'_>| {
        let Value::Map(pairs) = method else {
            return None;
        };
        pairs.iter().find_map(|(key, value)| match value {
            Value::Str(name) if key == "name" => Some(name.to_string()),
            _ => None,
        })
    };
    methods.iter().filter_map(name).collect()
}
