//! The driver of Rust: does what lines on standard input say, answers each with one line.

mod loops;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::process;
use std::str::FromStr;
use std::time::Duration;

use simpleipc::{
    CallError, Client, Error, Failure, Handlers, Happening, Host, LoanKind, Lock, Manner, Message,
    Notifier, Options, PeerWatcher, Plugin, Publisher, Receiver, Request, Result, Semaphore,
    Sender, Server, Setter, Status, Subscriber, Tensor, Value, Waiter, Watcher,
};

use crate::notation;
use crate::taken::Taken;

/// How long a put waits for room.
const ROOM: Option<Duration> = Some(Duration::from_secs(10));

/// Serves standard input until `quit` or its end.
pub fn run() -> io::Result<()> {
    let mut driver = Driver::default();
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = driver.obey(&words).unwrap_or_else(|error| {
            let sentence = error.to_string().replace('\n', " ");
            format!("error {} {sentence}", error.status().code())
        });
        writeln!(output, "{answer}")?;
        output.flush()?;
        if words == ["quit"] {
            break;
        }
    }
    Ok(())
}

/// As a plugin: serves `add` and `crash`, until its host ends it.
pub fn be_a_plugin() -> Result<()> {
    println!("hello from rust");
    let mut handlers = Handlers::new();
    handlers
        .on("add", |request| match request.args()? {
            Value::List(list) => match list[..] {
                [Value::Int(a), Value::Int(b)] => Ok((a + b).into()),
                _ => Err(Failure::new(1, "add takes two ints")),
            },
            _ => Err(Failure::new(1, "add takes a list")),
        })
        .on("crash", |_| process::abort());
    Server::open(&simpleipc::plugin_service()?, &Options::default())?.run(&mut handlers)
}

/// An open channel.
enum Handle {
    Publisher(Publisher),
    Sender(Sender),
    Subscriber(Subscriber),
    Receiver(Receiver),
    Setter(Setter),
    Watcher(Watcher),
    Notifier(Notifier),
    Waiter(Waiter),
    Lock(Lock),
    Semaphore(Semaphore),
    Client(Client),
    Server(Server),
    Host(Host),
    Peers(PeerWatcher),
}

#[derive(Default)]
struct Driver {
    handles: HashMap<String, Handle>,
    /// What `hold` took, until the next message.
    held: Option<Message>,
    /// What `serve` took, until it is answered.
    request: Option<Request>,
}

impl Driver {
    fn obey(&mut self, words: &[&str]) -> Result<String> {
        if let Some(answer) = self.repeat(words) {
            return answer;
        }
        match *words {
            ["hello"] => return Ok(format!("ok rust {}", env!("CARGO_PKG_VERSION"))),
            ["open", id, "lock", name, permits] => {
                let permits = number(permits, "permits=")?;
                let semaphore = Semaphore::open(name, permits, &Options::default())?;
                self.handles
                    .insert(id.to_owned(), Handle::Semaphore(semaphore));
            }
            ["open", id, role, name, ref options @ ..] => {
                let handle = open(role, name, &read_options(options)?)?;
                self.handles.insert(id.to_owned(), handle);
            }
            ["put", id, value] => self.put(id, value, 0)?,
            ["put", id, value, capture] => self.put(id, value, number(capture, "capture=")?)?,
            ["loan", id, value] => self.loan(id, value)?,
            ["put_if", id, value, expected] => self.put_if(id, value, expected)?,
            ["notify", id] => match self.handle(id)? {
                Handle::Notifier(notifier) => notifier.notify()?,
                _ => return Err(misuse(format!("`{id}` does not notify"))),
            },
            ["wait", id, timeout] => {
                let Handle::Waiter(waiter) = self.handle(id)? else {
                    return Err(misuse(format!("`{id}` does not wait")));
                };
                return Ok(format!("count {}", waiter.wait(milliseconds(timeout)?)?));
            }
            ["lock", id, timeout] => return self.lock(id, timeout),
            ["unlock", id] => match self.handle(id)? {
                Handle::Lock(lock) => lock.unlock()?,
                Handle::Semaphore(semaphore) => semaphore.release()?,
                _ => return Err(misuse(format!("`{id}` is no lock"))),
            },
            ["call", id, method, args, ref manner @ ..] => {
                return self.call(id, method, args, manner);
            }
            ["result", id, call, timeout] => return self.result(id, call, timeout),
            ["cancel", id, call] => self.client(id)?.cancel(number(call, "")?),
            ["serve", id, timeout] => return self.serve(id, timeout),
            ["reply", value, "more"] => self.request()?.push(read(value)?)?,
            ["reply", value] => {
                self.request()?.reply(read(value)?)?;
                self.request = None;
            }
            ["fail", code, message, data] => {
                let Value::Str(message) = read(message)? else {
                    return Err(misuse(format!("`{message}` is no text")));
                };
                let failure = Failure::new(number(code, "")?, message).with_data(read(data)?);
                self.request()?.fail(&failure)?;
                self.request = None;
            }
            ["cancelled"] => {
                let is_cancelled = self.request()?.is_cancelled();
                return Ok(format!("cancelled {}", u8::from(is_cancelled)));
            }
            ["start", id, plugin, program, args, restarts] => {
                let plugin = plugin_of(plugin, program, args, number(restarts, "")?)?;
                self.host(id)?.start(plugin)?;
            }
            ["stop", id, plugin] => match self.host(id)?.stop(plugin) {
                true => {}
                false => return Err(misuse(format!("no plugin `{plugin}`"))),
            },
            ["event", id, timeout] => return self.event(id, timeout),
            ["peer", id, timeout] => return self.peer(id, timeout),
            ["misuse", kind, id] => return self.misuse(kind, id),
            ["once", "get", name, timeout] => {
                return Ok(describe(&simpleipc::get(name, milliseconds(timeout)?)?)?.to_string());
            }
            ["once", "wait", name, timeout] => {
                let count = simpleipc::wait(name, milliseconds(timeout)?)?;
                return Ok(format!("count {count}"));
            }
            ["once", "notify", name] => simpleipc::notify(name)?,
            ["once", verb, name, value] => once(verb, name, read(value)?)?,
            ["take", id, timeout] => return Ok(self.take(id, timeout)?.1),
            ["get", id, timeout] => {
                let Handle::Watcher(watcher) = self.handle(id)? else {
                    return Err(misuse(format!("`{id}` does not watch")));
                };
                let message = watcher.get_timeout(milliseconds(timeout)?)?;
                return Ok(describe(&message)?.to_string());
            }
            ["hold", id, timeout] => {
                let (message, answer) = self.take(id, timeout)?;
                self.held = Some(message);
                return Ok(answer);
            }
            ["close", id] => {
                self.handles
                    .remove(id)
                    .ok_or_else(|| misuse(format!("no handle `{id}`")))?;
            }
            ["quit"] => {}
            _ => return Err(misuse(format!("`{}` is no command", words.join(" ")))),
        }
        Ok("ok".to_owned())
    }

    fn handle(&mut self, id: &str) -> Result<&mut Handle> {
        self.handles
            .get_mut(id)
            .ok_or_else(|| misuse(format!("no handle `{id}`")))
    }

    fn put(&mut self, id: &str, value: &str, capture_time_ns: i64) -> Result<()> {
        let value = read(value)?;
        match self.handle(id)? {
            Handle::Publisher(publisher) => publisher.put(&value, capture_time_ns, ROOM),
            Handle::Sender(sender) => sender.put(&value, capture_time_ns, ROOM),
            Handle::Setter(setter) => setter.put(&value, capture_time_ns, ROOM),
            _ => Err(misuse(format!("`{id}` only takes"))),
        }
    }

    fn loan(&mut self, id: &str, value: &str) -> Result<()> {
        let value = read(value)?;
        let (kind, data) = loan_kind(&value)?;
        match self.handle(id)? {
            Handle::Publisher(publisher) => {
                let mut loan = publisher.loan(kind, ROOM)?;
                loan.copy_from_slice(data);
                publisher.put_loan(&mut loan, 0, ROOM)
            }
            Handle::Sender(sender) => {
                let mut loan = sender.loan(kind, ROOM)?;
                loan.copy_from_slice(data);
                sender.put_loan(&mut loan, 0, ROOM)
            }
            Handle::Setter(setter) => {
                let mut loan = setter.loan(kind, ROOM)?;
                loan.copy_from_slice(data);
                setter.put_loan(&mut loan, 0, ROOM)
            }
            _ => Err(misuse(format!("`{id}` only takes"))),
        }
    }

    fn take(&mut self, id: &str, timeout_ms: &str) -> Result<(Message, String)> {
        self.held = None;
        let timeout = milliseconds(timeout_ms)?;
        let message = match self.handle(id)? {
            Handle::Subscriber(subscriber) => subscriber.receive_timeout(timeout)?,
            Handle::Receiver(receiver) => receiver.receive_timeout(timeout)?,
            Handle::Watcher(watcher) => watcher.receive_timeout(timeout)?,
            _ => return Err(misuse(format!("`{id}` only puts"))),
        };
        let taken = describe(&message)?.to_string();
        Ok((message, taken))
    }

    fn put_if(&mut self, id: &str, value: &str, expected: &str) -> Result<()> {
        let expected = match expected {
            "new" => None,
            word => Some(number(word, "")?),
        };
        let Handle::Setter(setter) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` does not set")));
        };
        match setter.put_if(expected, &read(value)?, 0, ROOM)? {
            true => Ok(()),
            false => Err(Error::new(Status::Conflict, "the value is another one")),
        }
    }

    fn lock(&mut self, id: &str, timeout: &str) -> Result<String> {
        let timeout = milliseconds(timeout)?;
        let permit = match self.handle(id)? {
            Handle::Lock(lock) => lock.lock(timeout)?,
            Handle::Semaphore(semaphore) => semaphore.acquire(timeout)?,
            _ => return Err(misuse(format!("`{id}` is no lock"))),
        };
        let is_abandoned = permit.abandoned().is_some();
        std::mem::forget(permit); // until `unlock`
        Ok(format!("ok abandoned={}", u8::from(is_abandoned)))
    }

    fn client(&mut self, id: &str) -> Result<&mut Client> {
        match self.handle(id)? {
            Handle::Client(client) => Ok(client),
            _ => Err(misuse(format!("`{id}` does not call"))),
        }
    }

    fn call(&mut self, id: &str, method: &str, args: &str, manner: &[&str]) -> Result<String> {
        let manner = Manner {
            idempotent: manner == ["idempotent"],
            one_way: manner == ["oneway"],
        };
        let call = self.client(id)?.begin(method, &read(args)?, manner, ROOM)?;
        Ok(format!("call {call}"))
    }

    fn result(&mut self, id: &str, call: &str, timeout: &str) -> Result<String> {
        let (call, timeout) = (number(call, "")?, milliseconds(timeout)?);
        match self.client(id)?.take(call, timeout) {
            Ok(reply) => Ok(format!(
                "reply {} more={}",
                notation::print(&reply.value()?),
                u8::from(reply.has_more())
            )),
            Err(CallError::Failed(failure)) => Ok(format!(
                "failed {} {} {}",
                failure.code,
                notation::print(&Value::from(&*failure.message)),
                notation::print(failure.data())
            )),
            Err(CallError::Lost(error)) => Err(error),
        }
    }

    fn serve(&mut self, id: &str, timeout: &str) -> Result<String> {
        self.request = None;
        let timeout = milliseconds(timeout)?;
        let Handle::Server(server) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` does not serve")));
        };
        let request = server.receive(timeout)?;
        let answer = format!(
            "request {} {} oneway={}",
            request.method(),
            notation::print(&request.args()?),
            u8::from(request.is_one_way())
        );
        self.request = Some(request);
        Ok(answer)
    }

    fn host(&mut self, id: &str) -> Result<&mut Host> {
        match self.handle(id)? {
            Handle::Host(host) => Ok(host),
            _ => Err(misuse(format!("`{id}` is no host"))),
        }
    }

    fn event(&mut self, id: &str, timeout: &str) -> Result<String> {
        let event = self.host(id)?.event(milliseconds(timeout)?)?;
        let spoken = |stream: &str, text: &str| list(&[stream.to_owned(), text.to_owned()]);
        let (name, fact) = match &event.happening {
            Happening::Started => ("started", Value::Null),
            Happening::Failed(text) => ("failed", Value::from(text)),
            Happening::Ready(methods) => ("ready", list(methods)),
            Happening::Output(text) => ("output", spoken("stdout", text)),
            Happening::Complaint(text) => ("output", spoken("stderr", text)),
            Happening::Hung => ("hung", Value::Null),
            Happening::Ended(code) => ("ended", Value::from(*code)),
            Happening::Killed(signal) => ("killed", Value::from(*signal)),
            Happening::Restarting(after) => ("restarting", Value::Int(after.as_millis() as i64)),
            Happening::GivenUp => ("given_up", Value::Null),
        };
        let fact = notation::print(&fact);
        Ok(format!("event {name} {} {fact}", event.plugin))
    }

    fn peer(&mut self, id: &str, timeout: &str) -> Result<String> {
        let Handle::Peers(watcher) = self.handle(id)? else {
            return Err(misuse(format!("`{id}` watches no peers")));
        };
        let event = watcher.event(milliseconds(timeout)?)?;
        let (word, peer) = (if event.is_up() { "up" } else { "down" }, event.peer());
        let (role, language, pid) = (peer.verb(), &peer.language, peer.pid);
        Ok(format!("peer {word} {role} {language} {pid}"))
    }

    /// Most of what can be done wrong does not compile.
    fn misuse(&mut self, kind: &str, id: &str) -> Result<String> {
        let why = match kind {
            "type" => "what is no Value, nor converts into one, does not compile",
            "range" => "what converts into a Value has at most 64 bits",
            "text" => "a str is UTF-8",
            "closed" => "a handle is closed by being dropped, and then has no name",
            "thread" => "a wait borrows the handle for itself",
            "forgotten" => {
                self.take(id, "10000")?; // dropped at once
                return Ok("ok".to_owned());
            }
            "handler" => {
                let Handle::Server(server) = self.handle(id)? else {
                    return Err(misuse(format!("`{id}` does not serve")));
                };
                let after_this_call = server.interrupter();
                let mut handlers = Handlers::new();
                handlers.on("boom", |_| {
                    after_this_call.interrupt();
                    panic!("boom")
                });
                server.run(&mut handlers)?;
                return Ok("ok".to_owned());
            }
            _ => return Err(misuse(format!("`{kind}` is no misuse"))),
        };
        Ok(format!("impossible {why}"))
    }

    fn request(&self) -> Result<&Request> {
        self.request
            .as_ref()
            .ok_or_else(|| misuse("no request was taken".to_owned()))
    }
}

fn describe(message: &Message) -> Result<Taken> {
    let published = message.publish_time_ns();
    Ok(Taken {
        value: notation::print(&message.value()?),
        sequence: message.sequence(),
        missed: message.missed(),
        redelivered: message.is_redelivered(),
        capture: message.capture_time_ns(),
        aged: published > 0 && message.receive_time_ns() >= published,
    })
}

/// What a loan of this value is, and what goes into it.
fn loan_kind<'v>(value: &'v Value<'_>) -> Result<(LoanKind<'v>, &'v [u8])> {
    match value {
        Value::Bytes(data) => Ok((LoanKind::Bytes(data.len()), data)),
        Value::Tensor(Tensor {
            dtype,
            shape,
            format,
            data,
            ..
        }) => Ok((LoanKind::Tensor(*dtype, shape, format), data)),
        _ => Err(misuse("only bytes and tensors are lent".to_owned())),
    }
}

fn list(texts: &[String]) -> Value<'static> {
    Value::List(texts.iter().cloned().map(Value::from).collect())
}

fn plugin_of(name: &str, program: &str, args: &str, restarts: u32) -> Result<Plugin> {
    let text = |value: &Value<'_>| match value {
        Value::Str(text) => Ok(text.to_string()),
        _ => Err(misuse("a program and its arguments are texts".to_owned())),
    };
    let args = match read(args)? {
        Value::List(list) => list.iter().map(text).collect::<Result<Vec<_>>>()?,
        _ => return Err(misuse(format!("`{args}` is no list"))),
    };
    let plugin = Plugin::new(name, text(&read(program)?)?).args(args);
    Ok(plugin.restarts(restarts, Duration::from_secs(60)))
}

fn milliseconds(word: &str) -> Result<Option<Duration>> {
    Ok(Some(Duration::from_millis(number(word, "")?)))
}

fn open(role: &str, name: &str, options: &Options) -> Result<Handle> {
    match role {
        "publish" => Publisher::open(name, options).map(Handle::Publisher),
        "send" => Sender::open(name, options).map(Handle::Sender),
        "subscribe" => Subscriber::open(name, options).map(Handle::Subscriber),
        "receive" => Receiver::open(name, options).map(Handle::Receiver),
        "set" => Setter::open(name, options).map(Handle::Setter),
        "watch" => Watcher::open(name, options).map(Handle::Watcher),
        "notify" => Notifier::open(name, options).map(Handle::Notifier),
        "wait" => Waiter::open(name, options).map(Handle::Waiter),
        "lock" => Lock::open(name, options).map(Handle::Lock),
        "call" => Client::open(name, options).map(Handle::Client),
        "serve" => Server::open(name, options).map(Handle::Server),
        "host" => Host::open(name, options).map(Handle::Host),
        "peers" => PeerWatcher::open(name, options).map(Handle::Peers),
        _ => Err(misuse(format!("`{role}` is no role"))),
    }
}

fn read_options(words: &[&str]) -> Result<Options> {
    let mut options = Options::default();
    for &word in words {
        match word.split_once('=') {
            None if word == "lossless" => options.lossless = true,
            None if word == "latest" => options.latest = true,
            Some(("history", _)) => options.history = number(word, "history=")?,
            Some(("depth", _)) => options.depth = number(word, "depth=")?,
            _ => return Err(misuse(format!("`{word}` is no option"))),
        }
    }
    Ok(options)
}

/// The one-call helper, with the native type where Rust has one.
fn once(verb: &str, name: &str, value: Value<'_>) -> Result<()> {
    match value {
        Value::Bool(value) => once_native(verb, name, value),
        Value::Int(value) => once_native(verb, name, value),
        Value::Uint(value) => once_native(verb, name, value),
        Value::Float(value) => once_native(verb, name, value),
        Value::Str(value) => once_native(verb, name, &*value),
        Value::Bytes(value) => once_native(verb, name, &*value),
        value => once_native(verb, name, value),
    }
}

fn once_native<'a>(verb: &str, name: &str, value: impl Into<Value<'a>>) -> Result<()> {
    match verb {
        "send" => simpleipc::send(name, value),
        "publish" => simpleipc::publish(name, value),
        "set" => simpleipc::set(name, value),
        _ => Err(misuse(format!("`{verb}` has no one-call helper"))),
    }
}

fn read(text: &str) -> Result<Value<'static>> {
    notation::parse(text).map_err(misuse)
}

/// The number after `prefix`.
fn number<T: FromStr>(word: &str, prefix: &str) -> Result<T> {
    word.strip_prefix(prefix)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| misuse(format!("`{word}` is no number after `{prefix}`")))
}

fn misuse(sentence: String) -> Error {
    Error::new(Status::BadArgument, sentence)
}
