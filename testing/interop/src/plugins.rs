//! Plugins between two languages: the producer is the host, the plugin is of the consumer's.

use crate::driver::Stop;
use crate::pair::{Pair, Plugin};

/// The first pause before a restart, in milliseconds.
const PAUSE: &str = "event restarting calc i50";

/// A plugin is started, called, crashes, lives again, crashes again, and is given up; another one
/// of its name is stopped.
pub fn life(pair: &mut Pair) -> Result<(), Stop> {
    let Some(Plugin { language, script }) = pair.plugin else {
        return Ok(());
    };
    let program = format!("{} [{},{}] 1", text("sh"), text("-c"), text(script));
    let start = format!("start h calc {program}");
    pair.producer.must("open h host editor")?;
    pair.producer.must("open p call editor.calc")?;
    pair.consumer.must("open c call editor.calc")?;
    pair.producer.must(&start)?;
    let answer = pair.producer.ask(&start)?;
    pair.check_refused("a plugin that runs is started again", &answer, 25, "calc");
    for (life, next) in [("first", PAUSE), ("second", "event given_up calc n")] {
        let mut events = until(pair, &["ready"])?;
        sum(pair, life)?;
        let call = pair.producer.ask("call p crash n")?;
        let call = call.strip_prefix("call ").unwrap_or(&call);
        let answer = pair.producer.ask(&format!("result p {call} 20000"))?;
        pair.check_refused("the call that it crashes in", &answer, 14, "");
        events.extend(until(pair, &["killed", "ended"])?);
        events.extend(pair.producer.ask("event h 20000"));
        // What it prints is told by the side of the rest.
        let hello = format!(
            "[{},{}]",
            text("stdout"),
            text(&format!("hello from {language}"))
        );
        let hello = format!("event output calc {hello}");
        pair.tally.check(
            &format!("the {life} life: its output"),
            &hello,
            events
                .iter()
                .find(|event| **event == hello)
                .unwrap_or(&events.join("; ")),
        );
        events.retain(|event| !event.starts_with("event output"));
        let [add, crash] = ["add", "crash"].map(text);
        let expected = [
            "event started calc n",
            &format!("event ready calc [{add},{crash}]"),
            "event killed calc i6",
            next,
        ];
        let case = format!("the {life} life: events");
        pair.tally
            .check(&case, &expected.join("; "), &events.join("; "));
    }
    pair.producer.must(&start)?;
    until(pair, &["ready"])?;
    pair.producer.must("stop h calc")?;
    until(pair, &["killed", "ended"])?;
    let answer = pair.producer.ask("stop h calc")?;
    pair.check_refused("a plugin that does not run is stopped", &answer, 25, "calc");
    pair.producer.must("close h")?;
    pair.close()
}

/// The host calls its plugin, and so does anybody else.
fn sum(pair: &mut Pair, life: &str) -> Result<(), Stop> {
    let case = format!("the {life} life: a call");
    for (driver, id) in [(&mut pair.producer, "p"), (&mut pair.consumer, "c")] {
        let call = driver.ask(&format!("call {id} add [i2,i40]"))?;
        let call = call.strip_prefix("call ").unwrap_or(&call);
        let answer = driver.ask(&format!("result {id} {call} 20000"))?;
        pair.tally.check(&case, "reply i42 more=0", &answer);
    }
    Ok(())
}

/// Takes events until one of these, and returns them all.
fn until(pair: &mut Pair, wanted: &[&str]) -> Result<Vec<String>, Stop> {
    let mut events = Vec::new();
    loop {
        let event = pair.producer.ask("event h 20000")?;
        let Some(name) = event.strip_prefix("event ") else {
            let before = events.join("; ");
            return Err(Stop(format!("no {wanted:?} but `{event}` after {before}")));
        };
        let is_wanted = wanted.contains(&name.split(' ').next().unwrap_or(name));
        events.push(event);
        if is_wanted {
            return Ok(events);
        }
    }
}

/// A string in the notation of commands, however long.
fn text(text: &str) -> String {
    let digits = text.bytes().map(|byte| format!("{byte:02x}"));
    format!("s{}", digits.collect::<String>())
}
