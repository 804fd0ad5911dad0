//! `sipc call`, `sipc methods` and `sipc serve`: asking services, and being one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use simpleipc::{CallError, Client, Failure as Refusal, Request, Server, Status, Value};

use crate::channels::{options, seconds};
use crate::encoding::Encoding;
use crate::failure::{Exit, Failure};
use crate::output::{Printer, Unwritten};
use crate::stop::Stop;

/// Call a method of a service and print what it answers.
///
/// Exit status 7 if the service answers with an error of its own, which goes to the standard error.
#[derive(clap::Args)]
pub struct Calling {
    /// The name of the service
    service: String,
    /// The method
    method: String,
    /// Its arguments, in order
    #[arg(allow_negative_numbers = true)]
    values: Vec<String>,
    /// All arguments as one value, as '{"a": 1}'
    #[arg(long, value_name = "VALUE", conflicts_with = "values")]
    args: Option<String>,
    /// Give up after so long; exit status 1, and the call is cancelled
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// It may be done twice: if the server dies, another one is asked
    #[arg(long)]
    idempotent: bool,
    /// Do not wait for an answer
    #[arg(long, conflicts_with_all = ["timeout", "idempotent"])]
    one_way: bool,
    /// How values are read and written
    #[arg(
        long = "as",
        short = 'a',
        value_enum,
        value_name = "ENCODING",
        default_value = "json"
    )]
    encoding: Encoding,
}

/// List what a service offers.
#[derive(clap::Args)]
pub struct Listing {
    /// The name of the service
    service: String,
    /// Give up after so long
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    timeout: Duration,
}

/// Be a service: for each call of METHOD run a command, which gets the arguments on its standard
/// input and prints the result.
///
/// A command that fails is an error to the caller, whose code is its exit status and whose message
/// is what it printed on the standard error. Start several of these to answer several calls at
/// once.
#[derive(clap::Args)]
pub struct Serving {
    /// The name of the service
    service: String,
    /// The method; calls of others are refused
    method: String,
    /// The command
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// End after this many calls
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
    /// How arguments and results are written for the command
    #[arg(
        long = "as",
        short = 'a',
        value_enum,
        value_name = "ENCODING",
        default_value = "json"
    )]
    encoding: Encoding,
}

pub fn call(arguments: &Calling, dir: Option<&Path>) -> Result<Exit, Failure> {
    let args = match &arguments.args {
        Some(text) => arguments.encoding.read(text.clone().into_bytes())?,
        None => {
            let read = |text: &String| arguments.encoding.read(text.clone().into_bytes());
            Value::List(
                arguments
                    .values
                    .iter()
                    .map(read)
                    .collect::<Result<_, _>>()?,
            )
        }
    };
    let mut client = Client::open(&arguments.service, &options(dir))?;
    let method = &arguments.method;
    if arguments.one_way {
        client.send(method, args)?;
        return Ok(Exit::Done);
    }
    let interrupter = client.interrupter();
    let stop = Stop::on_signal(move || interrupter.interrupt())?;
    let mut printer = Printer::new(arguments.encoding, false, false)?;
    let mut call = match arguments.idempotent {
        true => client.start_idempotent(method, args)?,
        false => client.start(method, args)?,
    };
    loop {
        // The parts of a stream, and at last the result.
        let part = call.next(arguments.timeout);
        let (reply, is_last) = match part {
            Ok(Some(part)) => (part, false),
            Ok(None) => match call.result(arguments.timeout) {
                Ok(reply) => (reply, true),
                Err(error) => return refused(error, &stop),
            },
            Err(error) => return refused(error, &stop),
        };
        let value = reply.value()?;
        let printed = printer
            .print_value(&value, None)
            .and_then(|()| printer.flush());
        match printed {
            Err(unwritten) => return Unwritten::exit(unwritten),
            Ok(()) if is_last => return Ok(Exit::Done),
            Ok(()) => {}
        }
    }
}

fn refused(error: CallError, stop: &Stop) -> Result<Exit, Failure> {
    match error {
        CallError::Lost(error) if error.status() == Status::Interrupted => Ok(stop.interrupted()),
        CallError::Failed(refusal) => {
            let mut sentence = refusal.to_string();
            if *refusal.data() != Value::Null {
                sentence += &format!(" {:?}", refusal.data());
            }
            Err(Failure::new(Exit::Refused, sentence))
        }
        CallError::Lost(error) => Err(error.into()),
    }
}

pub fn methods(arguments: &Listing, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut client = Client::open(&arguments.service, &options(dir))?;
    let reply = client.methods(Some(arguments.timeout));
    let reply = reply.map_err(|error| Failure::from(simpleipc::Error::from(error)))?;
    let mut printer = Printer::new(Encoding::Json, false, false)?;
    let value = reply.value()?;
    let Value::List(methods) = &value else {
        return Ok(Exit::Nothing);
    };
    let mut printed = Ok(());
    for method in methods {
        printed = printed.and_then(|()| printer.print_value(method, None));
    }
    let printed = printed.and_then(|()| printer.flush());
    printed.map_or_else(Unwritten::exit, |()| Ok(Exit::Done))
}

pub fn serve(arguments: &Serving, dir: Option<&Path>) -> Result<Exit, Failure> {
    let mut server = Server::open(&arguments.service, &options(dir))?;
    server.method(&arguments.method);
    let interrupter = server.interrupter();
    let stop = Stop::on_signal(move || interrupter.interrupt())?;
    let mut count = 0;
    while arguments.count != Some(count) {
        let request = match server.receive(None) {
            Ok(request) => request,
            Err(error) if error.status() == Status::Interrupted => return Ok(stop.interrupted()),
            Err(error) => return Err(error.into()),
        };
        if request.method() != arguments.method {
            let text = format!("the service has no method '{}'", request.method());
            let _ = request.fail(&Refusal::new(Refusal::NO_SUCH_METHOD, text));
            continue;
        }
        // A caller that has gone is no reason to end.
        let _ = match answer(arguments, &request) {
            Ok(value) => request.reply(value),
            Err(refusal) => request.fail(&refusal),
        };
        count += 1;
    }
    Ok(Exit::Done)
}

/// Runs the command for one call.
fn answer(arguments: &Serving, request: &Request) -> Result<Value<'static>, Refusal> {
    let broken = |why: String| Refusal::new(Refusal::BROKEN, why);
    let encoding = arguments.encoding;
    let mut input = Vec::new();
    let subject = request.args()?;
    let subject = crate::encoding::Subject::Value(&subject);
    let written = encoding.write(&subject, &mut input);
    written.map_err(|failure| broken(failure.sentence))?;
    let mut child = Command::new(&arguments.command[0])
        .args(&arguments.command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|why| broken(format!("{}: {why}", arguments.command[0])))?;
    let stdin = child.stdin.take();
    // In a thread of its own: the command may print before it has read all.
    let feeding = thread::spawn(move || {
        let _ = stdin.map(|mut stdin| stdin.write_all(&input));
    });
    let output = child
        .wait_with_output()
        .map_err(|why| broken(why.to_string()))?;
    let _ = feeding.join();
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let text = match text.trim() {
            "" => format!("the command ended with {}", output.status),
            text => text.to_owned(),
        };
        return Err(Refusal::new(
            output.status.code().unwrap_or(-1).into(),
            text,
        ));
    }
    match (encoding, output.stdout) {
        (Encoding::Raw, stdout) => Ok(stdout.into()),
        (_, stdout) if stdout.trim_ascii().is_empty() => Ok(Value::Null),
        (Encoding::Text, mut stdout) => {
            stdout.pop_if(|last| *last == b'\n');
            encoding
                .read(stdout)
                .map_err(|failure| broken(failure.sentence))
        }
        (_, stdout) => encoding
            .read(stdout)
            .map_err(|failure| broken(failure.sentence)),
    }
}
