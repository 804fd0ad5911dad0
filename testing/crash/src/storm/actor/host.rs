//! A host with a plugin that it calls and that crashes now and then, and the plugin.

use super::{CALL, Words, hush, is_passing, open};
use crate::storm::page::{Page, order, state, word};
use simpleipc::{
    CallError, Client, Happening, Host, Options, Plugin, Server, Status, Value, plugin_service,
};
use std::time::Duration;

const PLUGIN: &str = "plugin";
/// It never gives its plugin up.
const RESTARTS: u32 = 1_000_000;

pub fn host(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let name = format!("{}-{}", words.text("channel"), words.number("id"));
    let Some(mut host) = open(words, page, |_, options| Host::open(&name, options))? else {
        return Ok(());
    };
    // Not by its path: another user may not come to where it is built.
    let program = "/proc/self/exe";
    // By the page's path the conductor finds those who have outlived their host.
    let args = ["actor", "storm", "role=plugin"].map(str::to_owned);
    let marks = ["page", "dir", "lives"].map(|key| format!("{key}={}", words.text(key)));
    let plugin = Plugin::new(PLUGIN, program).args(args.into_iter().chain(marks));
    // Within no time at all: it may crash as often as it likes, and is there again at once.
    host.start(plugin.restarts(RESTARTS, Duration::ZERO))?;
    let Some(mut client) = open(words, page, |_, _| host.client(PLUGIN))? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    let mut crashes = 0;
    while page.read(word::ORDER) == order::PLAY {
        let number = page.read(word::BEGUN);
        page.write(word::BEGUN, number + 1);
        if call(page, &mut client, number)? {
            page.count(word::DONE);
        }
        loop {
            page.count(word::TURNS);
            match host.event(Some(Duration::ZERO)) {
                Ok(event) => crashes += u64::from(matches!(event.happening, Happening::Killed(_))),
                Err(error) if is_passing(&error) => break,
                Err(error) => return Err(error),
            }
        }
        page.write(word::CRASHES, crashes);
        std::thread::sleep(Duration::from_micros(words.number("pause_us")));
    }
    hush(page);
    Ok(())
}

/// Whether the plugin has answered; if not, it has crashed, or this process is to go.
fn call(page: &Page, client: &mut Client, number: u64) -> simpleipc::Result<bool> {
    let mut call = match client.start("echo", number as i64) {
        Ok(call) => call,
        Err(error) if is_passing(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    loop {
        page.count(word::TURNS);
        match call.result(CALL) {
            Ok(reply) => {
                let is_it = reply.value()? == Value::Int(number as i64);
                page.write(word::CHANGED, page.read(word::CHANGED) + u64::from(!is_it));
                return Ok(true);
            }
            Err(CallError::Lost(error)) => match error.status() {
                Status::ServerDied => return Ok(false),
                _ if is_passing(&error) => {
                    page.count(word::RETRIES);
                    if page.read(word::ORDER) != order::PLAY {
                        return Ok(false);
                    }
                }
                _ => return Err(error),
            },
            Err(error) => return Err(error.into()),
        }
    }
}

/// Answers, and crashes after so many calls.
pub fn plugin(words: &Words) -> simpleipc::Result<()> {
    let mut server = Server::open(&plugin_service()?, &Options::default())?;
    for _ in 0..words.number("lives") {
        let request = loop {
            match server.receive(None) {
                Err(error) if is_passing(&error) => {}
                other => break other?,
            }
        };
        let answer = request.args()?.into_owned();
        request.reply(answer)?;
    }
    // SAFETY: kills only this process.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    unreachable!("it was killed")
}
