//! The path of calls.

use simpleipc::{Client, Server, Value};

use crate::path::{Path, Result};
use crate::place::Place;

pub const PATHS: &[Path] = &[Path {
    name: "call",
    take: call,
}];

/// Calls with two ints, receives that, answers with one, and takes the result.
fn call(place: &Place, operations: u64) -> Result<()> {
    let mut server = Server::open("path", &place.options())?;
    let mut client = Client::open("path", &place.options())?;
    for number in 0..operations as i64 {
        let mut call = client.start("add", (number, 1))?;
        let request = server.receive(None)?;
        match request.args()? {
            Value::List(args) if args.len() == 2 => request.reply(number + 1)?,
            other => return Err(format!("a call with {other:?}").into()),
        }
        drop(request);
        let result = call.result(None)?;
        if result.value()? != Value::Int(number + 1) {
            return Err(format!("{result:?} to call {number}").into());
        }
    }
    Ok(())
}
