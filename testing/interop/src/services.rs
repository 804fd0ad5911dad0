//! Services between two languages: the producer calls, the consumer serves.

use crate::cases::canonical;
use crate::driver::Stop;
use crate::pair::Pair;

/// Arguments and results of many kinds; several calls in flight; calls without a result.
pub fn results(pair: &mut Pair) -> Result<(), Stop> {
    // The client may be first.
    pair.producer.must("open p call echo")?;
    let early = call(pair, "call p echo [i1]")?;
    pair.consumer.must("open c serve echo")?;
    pair.consumer_says("a call before its server", "serve c 10000", &asked("[i1]"))?;
    pair.consumer.must("reply n")?;
    result(pair, &early, "reply n more=0")?;
    let args = [
        "n",
        "[i1,u2,b1,n,d3ff8000000000000]",
        "{s6b6579:i5,s6f74686572:s68c3a9}",
        "[tu8:2x2:67726579:01020304,x00ff]",
        "[X100000:3]",
        "[Tf32:64x64::7]",
        "[S5000:2]",
    ];
    for args in args {
        let number = call(pair, &format!("call p echo {args}"))?;
        pair.consumer_says("arguments", "serve c 10000", &asked(&canonical(args)))?;
        pair.consumer.must(&format!("reply {args}"))?;
        result(pair, &number, &format!("reply {} more=0", canonical(args)))?;
    }
    let numbers = [
        call(pair, "call p echo [i1]")?,
        call(pair, "call p echo [i2]")?,
    ];
    for index in 1..=2 {
        pair.consumer_says("in order", "serve c 10000", &asked(&format!("[i{index}]")))?;
        pair.consumer.must(&format!("reply i{index}"))?;
    }
    result(pair, &numbers[1], "reply i2 more=0")?;
    result(pair, &numbers[0], "reply i1 more=0")?;
    pair.producer_says(
        "a call without a result",
        "call p echo [i9] oneway",
        "call 0",
    )?;
    let expected = "request echo [i9] oneway=1";
    pair.consumer_says("a call without a result", "serve c 10000", expected)?;
    pair.consumer.must("reply n")?;
    pair.close()
}

/// What the program says no with arrives as it was made, and what it forgets is an error, too.
pub fn errors(pair: &mut Pair) -> Result<(), Stop> {
    open(pair, "bank")?;
    let number = call(pair, "call p withdraw [i5]")?;
    pair.consumer.ask("serve c 10000")?;
    pair.consumer.must("fail 17 s656d707479 {s6c656674:i3}")?;
    result(pair, &number, "failed 17 s656d707479 {s6c656674:i3}")?;
    let number = call(pair, "call p withdraw [i5]")?;
    pair.consumer.ask("serve c 10000")?;
    let answer = pair.consumer.ask("serve c 0")?; // which lets go of the one before
    pair.check_refused("no other call", &answer, 1, "");
    let answer = pair.producer.ask(&format!("result p {number} 10000"))?;
    let code = answer.split(' ').take(2).collect::<Vec<_>>().join(" ");
    pair.tally
        .check("a call that is left unanswered", "failed -32603", &code);
    pair.close()
}

/// Replies one by one; time-outs after which one may ask again; the server sees a cancel.
pub fn streams(pair: &mut Pair) -> Result<(), Stop> {
    open(pair, "log")?;
    let number = call(pair, "call p tail [i3]")?;
    pair.consumer.ask("serve c 10000")?;
    let answer = pair.producer.ask(&format!("result p {number} 20"))?;
    pair.check_refused("no reply yet", &answer, 1, "");
    for index in 0..3 {
        pair.consumer.must(&format!("reply i{index} more"))?;
        result(pair, &number, &format!("reply i{index} more=1"))?;
    }
    pair.consumer.must("reply s656e64")?;
    result(pair, &number, "reply s656e64 more=0")?;
    let number = call(pair, "call p tail [i3]")?;
    pair.consumer.ask("serve c 10000")?;
    pair.consumer_says("somebody waits", "cancelled", "cancelled 0")?;
    pair.producer.must(&format!("cancel p {number}"))?;
    pair.consumer_says("nobody waits", "cancelled", "cancelled 1")?;
    let answer = pair.consumer.ask("reply i1 more")?;
    pair.check_refused("a reply nobody waits for", &answer, 6, "");
    pair.consumer.must("reply n")?;
    let answer = pair.producer.ask(&format!("result p {number} 10000"))?;
    pair.check_refused("the result of a cancelled call", &answer, 6, "");
    pair.close()
}

/// The client is told at once; an idempotent call goes to a server that lives.
pub fn server_killed(pair: &mut Pair) -> Result<(), Stop> {
    pair.producer.must("open p call work")?;
    let mut victim = pair.third.start("server to be killed")?;
    victim.must("open v serve work")?;
    let number = call(pair, "call p do [i1]")?;
    let taken = victim.ask("serve v 10000")?;
    pair.tally
        .check("the victim's request", "request do [i1] oneway=0", &taken);
    victim.kill();
    let answer = pair.producer.ask(&format!("result p {number} 10000"))?;
    pair.check_refused("the server was killed", &answer, 14, "");
    let mut victim = pair.third.start("second server to be killed")?;
    victim.must("open v serve work")?;
    let number = call(pair, "call p do [i2] idempotent")?;
    victim.ask("serve v 10000")?;
    let waiting = format!("result p {number} 20000");
    pair.producer.tell(&waiting)?;
    victim.kill();
    pair.consumer.must("open c serve work")?;
    let expected = "request do [i2] oneway=0";
    pair.consumer_says("the call of the killed server", "serve c 20000", expected)?;
    pair.consumer.must("reply i3")?;
    let answer = pair.producer.answer(&waiting)?;
    pair.tally
        .check("the result of another server", "reply i3 more=0", &answer);
    pair.close()
}

fn open(pair: &mut Pair, name: &str) -> Result<(), Stop> {
    pair.producer.must(&format!("open p call {name}"))?;
    pair.consumer.must(&format!("open c serve {name}"))
}

/// How a server has to say that `echo` was called.
fn asked(args: &str) -> String {
    format!("request echo {args} oneway=0")
}

/// Starts a call; its number.
fn call(pair: &mut Pair, command: &str) -> Result<String, Stop> {
    let answer = pair.producer.ask(command)?;
    match answer.strip_prefix("call ") {
        Some(number) => Ok(number.to_owned()),
        None => Err(Stop(format!("`{command}` was answered `{answer}`"))),
    }
}

fn result(pair: &mut Pair, number: &str, expected: &str) -> Result<(), Stop> {
    pair.producer_says("a reply", &format!("result p {number} 10000"), expected)
}
