//! The programs that get killed in the midst of calls: clients and servers of one service.

use crate::actor::{Part, say};
use simpleipc::{Client, Request, Server, Value};
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

/// The service everybody meets on.
pub const SERVICE: &str = "service";
/// The file in which servers note what they have done, 8 bytes for each call.
pub const DONE: &str = "done";

const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

/// Calls `work` so often, and waits for none of the calls for long.
pub fn call(part: &Part, count: u64) -> simpleipc::Result<()> {
    let mut client = Client::open(SERVICE, &part.options())?;
    say(format_args!("ready"));
    let wait = Duration::from_millis(part.number("wait", 20));
    for number in 0..count {
        let args = vec![number as u8; part.bytes(number)];
        match client.call("work", &args, Some(wait)) {
            Ok(reply) => say(format_args!("result {:?}", reply.value()?)),
            Err(error) => say(format_args!("error {:?}", error.status())),
        }
    }
    Ok(())
}

/// Starts one call, and waits for its end.
pub fn hold_call(part: &Part) -> simpleipc::Result<()> {
    let mut client = Client::open(SERVICE, &part.options())?;
    let mut call = client.start("hold", ())?;
    say(format_args!("ready"));
    let mut parts = 0;
    while call.next(PATIENCE)?.is_some() {
        parts += 1;
    }
    let result = call.result(PATIENCE)?;
    say(format_args!("{parts} parts and {:?}", result.value()?));
    Ok(())
}

/// Serves until it is killed. The method says how: `work` is answered at once, with the process
/// id; `note` after it was noted in a file; `hold` never, unless this is a `survivor=1`; `several`
/// not yet, while others are taken; `half` not after a first part.
pub fn serve(part: &Part) -> simpleipc::Result<()> {
    let options = part.options();
    let directory = options.directory.clone().expect("a directory");
    let mut done = OpenOptions::new()
        .append(true)
        .create(true)
        .open(directory.join(DONE))
        .expect("a file");
    let mut server = Server::open(SERVICE, &options)?;
    if part.number("declared", 0) == 1 {
        server.method("hold").idempotent();
    }
    let survives = part.number("survivor", 0) == 1;
    let me = Value::Int(i64::from(std::process::id()));
    say(format_args!("ready"));
    let mut held: Vec<Request> = Vec::new();
    loop {
        let request = server.receive(None)?;
        match request.method() {
            "note" => {
                let Value::Int(number) = request.args()? else {
                    panic!("note takes an int");
                };
                done.write_all(&number.to_le_bytes()).expect("noted");
                // Time to be killed in.
                std::thread::sleep(Duration::from_micros(300));
                request.reply(me.clone())?;
                continue;
            }
            "work" => {
                request.reply(me.clone())?;
                continue;
            }
            _ if survives => {
                request.reply(me.clone())?;
                continue;
            }
            "half" => request.push("first")?,
            _ => {}
        }
        let holds = request.method() == "hold";
        say(format_args!("got {}", request.method()));
        if holds {
            std::thread::sleep(Duration::from_secs(1000));
        }
        held.push(request);
    }
}
