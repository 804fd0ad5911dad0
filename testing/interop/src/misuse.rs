//! What a program does wrong in its own language: refused in that language's way, and nothing is
//! left behind.

use std::time::{Duration, Instant};

use crate::driver::Stop;
use crate::pair::{Pair, Roles};
use crate::scenarios::plain;

/// How long a collector may take to let go of a message, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a driver may answer: how the misuse ended.
#[derive(Clone, Copy)]
enum End {
    /// The language's own error was caught; its sentence holds one of these.
    Refused(&'static [&'static str]),
    /// By promise nothing is wrong with it.
    Harmless,
    /// The language does not let it be written, for the reason given.
    Impossible,
}

use End::{Harmless, Impossible, Refused};

/// Values that no message carries.
pub fn values(pair: &mut Pair) -> Result<(), Stop> {
    open(pair)?;
    for kind in ["type", "range", "text"] {
        let before = ledger(pair);
        let answer = pair.producer.ask(&format!("misuse {kind} p"))?;
        judge(pair, kind, &answer, &[Refused(&[""]), Impossible]);
        nothing_left(pair, kind, &before)?;
    }
    pair.close()
}

/// Handles that are closed, or somebody else's, and messages that are forgotten.
pub fn handles(pair: &mut Pair) -> Result<(), Stop> {
    open(pair)?;
    let before = ledger(pair);
    let answer = pair.producer.ask("misuse closed misused")?;
    judge(pair, "closed", &answer, &[Refused(&["closed"]), Impossible]);
    nothing_left(pair, "closed", &before)?;
    let answer = pair.consumer.ask("misuse thread c")?;
    let busy = Refused(&["another thread", "another goroutine"]);
    judge(pair, "thread", &answer, &[busy, Harmless, Impossible]);
    nothing_left(pair, "thread", &before)?;
    pair.producer.must("put p X100000:1")?;
    pair.sequence = pair.sequence.map(|sequence| sequence + 1);
    let answer = pair.consumer.ask("misuse forgotten c")?;
    judge(pair, "forgotten", &answer, &[Harmless, Impossible]);
    if answer.starts_with("impossible") {
        pair.consumer.ask("take c 10000")?; // nobody has done that yet
    }
    nothing_left(pair, "forgotten", &before)?;
    pair.close()
}

/// A handler that fails is an error for its caller, and the server goes on.
pub fn handler(pair: &mut Pair) -> Result<(), Stop> {
    pair.producer.must("open p call misused-calls")?;
    pair.consumer.must("open c serve misused-calls")?;
    good_call(pair)?; // with the first one the server opens the way back
    let before = ledger(pair);
    let call = call(pair, "boom")?;
    let answer = pair.consumer.ask("misuse handler c")?;
    judge(pair, "handler", &answer, &[Harmless]);
    let answer = pair.producer.ask(&format!("result p {call} 10000"))?;
    let is_told = answer.starts_with("failed -32603 s");
    let told = if is_told { "failed -32603" } else { &answer };
    let case = "the caller of a handler that fails";
    pair.tally.check(case, "failed -32603", told);
    good_call(pair)?;
    settle(pair, "handler", &before);
    pair.close()
}

fn good_call(pair: &mut Pair) -> Result<(), Stop> {
    let call = call(pair, "echo")?;
    let expected = "request echo [i2] oneway=0";
    pair.consumer_says("a call", "serve c 10000", expected)?;
    pair.consumer.must("reply i3")?;
    let result = format!("result p {call} 10000");
    pair.producer_says("a call", &result, "reply i3 more=0")
}

/// Starts a call; its number.
fn call(pair: &mut Pair, method: &str) -> Result<String, Stop> {
    let answer = pair.producer.ask(&format!("call p {method} [i2]"))?;
    Ok(answer.strip_prefix("call ").unwrap_or(&answer).to_owned())
}

fn open(pair: &mut Pair) -> Result<(), Stop> {
    pair.open(Roles::Queue, "misused", "")?;
    pair.pass(
        "before it is misused",
        "put p X100000:1",
        plain("X100000:1"),
    )
}

/// Checks that the answer says one of these.
fn judge(pair: &mut Pair, kind: &str, answer: &str, ends: &[End]) {
    let (word, reason) = answer.split_once(' ').unwrap_or((answer, ""));
    let is_one_of_them = ends.iter().any(|end| match end {
        Refused(words) => {
            word == "refused" && !reason.is_empty() && words.iter().any(|w| reason.contains(w))
        }
        Harmless => answer == "ok",
        Impossible => word == "impossible" && !reason.is_empty(),
    });
    if is_one_of_them {
        return pair.tally.pass();
    }
    let ends = ends.iter().map(|end| match end {
        Refused(words) => format!("refused <a sentence with `{}`>", words.join("` or `")),
        Harmless => "ok".to_owned(),
        Impossible => "impossible <why>".to_owned(),
    });
    let ends = ends.collect::<Vec<String>>().join(", or ");
    pair.tally.fail(&format!("misuse: {kind}"), &ends, answer);
}

/// The audit shows what it showed before, nothing was sent, and both handles still work.
fn nothing_left(pair: &mut Pair, kind: &str, before: &str) -> Result<(), Stop> {
    settle(pair, kind, before);
    pair.pass(&format!("after misuse: {kind}"), "put p i2", plain("i2"))
}

/// Waits until the audit shows what it showed before.
fn settle(pair: &mut Pair, kind: &str, before: &str) {
    let end = Instant::now() + PATIENCE;
    let mut now = ledger(pair);
    while now != before && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
        now = ledger(pair);
    }
    let case = format!("handles, loans and locks after misuse: {kind}");
    pair.tally.check(&case, before, &now);
}

/// What the audit shows of who has what.
fn ledger(pair: &Pair) -> String {
    let channels = match simpleipc::audit_all(Some(&pair.third.directory)) {
        Ok(channels) => channels,
        Err(error) => return error.to_string(),
    };
    let mut lines: Vec<String> = Vec::new();
    for channel in channels {
        let peer = |peer: &simpleipc::PeerReport| {
            let (verb, pid, holds) = (peer.verb(), peer.pid, u8::from(peer.holds_message));
            format!(
                "{verb} by {pid} holds={holds} alive={}",
                u8::from(peer.alive)
            )
        };
        let mut peers: Vec<String> = channel.peers.iter().map(peer).collect();
        peers.sort();
        lines.push(format!(
            "{}: [{}] producers={} waiting={} chunks={} leaks={:?}",
            channel.name,
            peers.join(", "),
            channel.producers,
            channel.waiting,
            channel.chunks_in_use,
            channel.leaks
        ));
    }
    lines.sort();
    lines.join("; ")
}
