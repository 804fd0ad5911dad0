//! What every pair of languages has to do together, one function a promise.

use crate::cases::{self, canonical};
use crate::driver::Stop;
use crate::pair::{Pair, Roles};
use crate::taken::Taken;
use crate::{later, locks, misuse, plugins, presence, services, speed, states};

/// One promise, tried.
pub struct Scenario {
    /// What failures call it.
    pub name: &'static str,
    /// Tries it. An error means that the drivers are of no more use.
    pub run: fn(&mut Pair) -> Result<(), Stop>,
    /// Whether every handle is closed at its end, so that no file may be left.
    pub closes_all: bool,
    /// Whether it is only for a language with itself: the other one would have no part in it.
    pub is_within_one: bool,
}

impl Scenario {
    const fn within_one(self) -> Scenario {
        Scenario {
            is_within_one: true,
            ..self
        }
    }
}

const fn closing(name: &'static str, run: fn(&mut Pair) -> Result<(), Stop>) -> Scenario {
    Scenario {
        name,
        run,
        closes_all: true,
        is_within_one: false,
    }
}

/// One that leaves a state, which is what states are for.
const fn lasting(name: &'static str, run: fn(&mut Pair) -> Result<(), Stop>) -> Scenario {
    Scenario {
        name,
        run,
        closes_all: false,
        is_within_one: false,
    }
}

/// All of them, in the order they are run.
pub const SCENARIOS: &[Scenario] = &[
    closing("values on a topic", |pair| values(pair, Roles::Topic)),
    closing("values through a queue", |pair| values(pair, Roles::Queue)),
    closing("capture time", capture_time),
    closing("a message wakes a waiting subscriber", |pair| {
        wakes(pair, Roles::Topic)
    }),
    closing("a message wakes a waiting receiver", |pair| {
        wakes(pair, Roles::Queue)
    }),
    closing("a lossless subscriber gets all", lossless),
    closing(
        "an overwritten subscriber knows what it missed",
        overwritten,
    ),
    closing("latest skips to the newest", latest),
    closing("history for a late joiner", history),
    closing(
        "a queue outlives its sender's handle",
        queue_outlives_sender,
    ),
    closing("a queue is shared by its receivers", queue_shared),
    closing("errors and names", errors),
    closing(
        "a receiver is killed while it holds a message",
        receiver_killed,
    ),
    lasting("values of a state", states::values),
    lasting("compare and set", states::compare_and_set),
    lasting("a killed setter leaves its value", states::setter_killed),
    closing("notifications are counted", states::notifications),
    lasting("the wrong verb on later patterns", states::wrong_verbs),
    closing("a lock is held by one", locks::exclusion),
    closing("the next owner is told of a death", locks::owner_killed),
    closing("a semaphore has so many permits", locks::permits),
    closing("calls and their results", services::results),
    closing("errors of a service's program", services::errors),
    closing("streams, and calls that are cancelled", services::streams),
    closing(
        "a server is killed in the middle of a call",
        services::server_killed,
    ),
    closing("a host and its plugin", plugins::life),
    closing("peers come and go", presence::coming_and_going),
    lasting("values of a later version", later::values).within_one(),
    closing("statuses of a later version", later::statuses).within_one(),
    closing("values that no message carries", misuse::values).within_one(),
    closing("handles that are misused", misuse::handles).within_one(),
    closing("a handler that fails", misuse::handler).within_one(),
    closing("loops that are measured", speed::loops),
    // The one-call helpers keep their channels open until the process ends.
    lasting("one-call helpers", one_call),
    lasting("one-call helpers of states and signals", states::one_call),
];

fn values(pair: &mut Pair, roles: Roles) -> Result<(), Stop> {
    pair.open(roles, &format!("values-{}", roles.producer()), "")?;
    for case in cases::all() {
        let name = format!("{}: {}", roles.producer(), case.name);
        let command = format!("{} p {}", case.verb, case.value);
        pair.pass(&name, &command, Taken::plain(&case.expected(), 0))?;
    }
    pair.close()
}

fn capture_time(pair: &mut Pair) -> Result<(), Stop> {
    let captures = [
        ("i1", 1),
        ("X300:1", 1_700_000_000_000_000_000),
        ("[]", 5),
        ("n", 0),
    ];
    for roles in [Roles::Topic, Roles::Queue] {
        pair.open(roles, &format!("capture-{}", roles.producer()), "")?;
        for (value, capture) in captures {
            let mut expected = Taken::plain(&canonical(value), 0);
            expected.capture = capture;
            let command = format!("put p {value} capture={capture}");
            pair.pass("capture time", &command, expected)?;
        }
        pair.close()?;
    }
    Ok(())
}

fn wakes(pair: &mut Pair, roles: Roles) -> Result<(), Stop> {
    pair.open(roles, &format!("wakes-{}", roles.producer()), "")?;
    let take = "take c 10000";
    for value in ["i1", "S300:4"] {
        // The take is under way, most often asleep, by the time the producer has its command.
        pair.consumer.tell(take)?;
        std::thread::sleep(std::time::Duration::from_millis(20));
        pair.producer.must(&format!("put p {value}"))?;
        let answer = pair.consumer.answer(take)?;
        pair.check_taken("a message for a waiting take", &answer, plain(value));
    }
    pair.close()
}

fn lossless(pair: &mut Pair) -> Result<(), Stop> {
    const MESSAGES: usize = 2_000;
    const DEPTH: usize = 256;
    let depth = format!("depth={DEPTH}");
    pair.consumer
        .must(&format!("open c subscribe lossless lossless {depth}"))?;
    pair.producer
        .must(&format!("open p publish lossless {depth}"))?;
    let puts: Vec<String> = (0..MESSAGES)
        .map(|index| format!("put p i{index}"))
        .collect();
    for put in &puts {
        pair.producer.tell(put)?;
    }
    // With the channel full before the first take, the producer has to wait for room.
    for put in &puts[..DEPTH / 2] {
        expect_ok(pair, put)?;
    }
    let take = "take c 10000";
    for _ in &puts {
        pair.consumer.tell(take)?;
    }
    let mut wrong = None;
    let mut sequence = None;
    for index in 0..MESSAGES {
        let answer = pair.consumer.answer(take)?;
        if answer.starts_with("error") {
            return Err(Stop(format!("message {index} of {MESSAGES}: `{answer}`")));
        }
        let first = || Taken::parse(&answer).map_or(0, |taken| taken.sequence);
        let expected = *sequence.get_or_insert_with(first) + index as u64;
        let expected = Taken::plain(&format!("i{index}"), expected).to_string();
        if answer != expected && wrong.is_none() {
            wrong = Some((expected, answer));
        }
    }
    for put in &puts[DEPTH / 2..] {
        expect_ok(pair, put)?;
    }
    match wrong {
        None => pair.tally.pass(),
        Some((expected, got)) => pair.tally.fail("2,000 messages in order", &expected, &got),
    }
    pair.close()
}

fn expect_ok(pair: &mut Pair, command: &str) -> Result<(), Stop> {
    match pair.producer.answer(command)? {
        answer if answer == "ok" => Ok(()),
        answer => Err(Stop(format!(
            "the producer answered `{command}` with `{answer}`"
        ))),
    }
}

fn overwritten(pair: &mut Pair) -> Result<(), Stop> {
    const MESSAGES: u64 = 2_000;
    pair.open(Roles::Topic, "overwritten", "depth=16")?;
    pair.pass("the first message", "put p i-1", plain("i-1"))?;
    let first = pair.sequence.unwrap_or(0);
    // Large and small ones by turns: what is overwritten must not show in what is taken.
    let value = |index: u64| match index % 2 {
        0 => format!("i{index}"),
        _ => format!("X300:{}", index % 251),
    };
    let puts: Vec<String> = (0..MESSAGES)
        .map(|index| format!("put p {}", value(index)))
        .collect();
    let (ahead, along) = puts.split_at(puts.len() / 4);
    for put in ahead {
        pair.producer.must(put)?;
    }
    for put in along {
        pair.producer.tell(put)?;
    }
    let (mut received, mut missed) = (0, 0);
    let mut wrong = None;
    while received + missed < MESSAGES && wrong.is_none() {
        let answer = pair.consumer.ask("take c 10000")?;
        let taken = Taken::parse(&answer);
        missed += taken.map_or(0, |taken| taken.missed);
        let mut expected = plain(&value(received + missed));
        expected.missed = Taken::parse(&answer).map_or(0, |taken| taken.missed);
        expected.sequence = first + received + missed;
        if answer != expected.to_string() {
            wrong = Some((expected.to_string(), answer));
        }
        received += 1;
    }
    for put in along {
        expect_ok(pair, put)?;
    }
    match wrong {
        Some((expected, got)) => pair.tally.fail("each message after a gap", &expected, &got),
        None => pair.tally.pass(),
    }
    let sum = format!(
        "{received} received + {missed} missed = {}",
        received + missed
    );
    let expected = format!("{received} received + {missed} missed = {MESSAGES}");
    pair.tally.check("received and missed", &expected, &sum);
    pair.tally
        .check("something was missed", "true", &(missed > 0).to_string());
    nothing_more(pair)?;
    pair.close()
}

fn latest(pair: &mut Pair) -> Result<(), Stop> {
    pair.consumer.must("open c subscribe latest latest")?;
    pair.producer.must("open p publish latest")?;
    for index in 0..10 {
        pair.producer.must(&format!("put p i{index}"))?;
    }
    let mut expected = plain("i9");
    expected.missed = 9;
    pair.sequence = None;
    let answer = pair.consumer.ask("take c 10000")?;
    pair.check_taken("the newest of ten", &answer, expected);
    pair.pass("the next", "put p i10", plain("i10"))?;
    pair.close()
}

fn history(pair: &mut Pair) -> Result<(), Stop> {
    pair.producer.must("open p publish history history=5")?;
    for index in 0..20 {
        pair.producer
            .must(&format!("put p {}", history_value(index)))?;
    }
    pair.consumer.must("open c subscribe history history=5")?;
    pair.sequence = None;
    for index in 15..20 {
        let answer = pair.consumer.ask("take c 10000")?;
        let case = format!("past message {index} of 20");
        pair.check_taken(&case, &answer, plain(&history_value(index)));
    }
    nothing_more(pair)?;
    pair.pass(
        "a new message after the past ones",
        "put p s6e6577",
        plain("s6e6577"),
    )?;
    pair.consumer.must("close c")?;
    pair.consumer.must("open c subscribe history")?;
    pair.pass("no past for who does not ask", "put p i20", plain("i20"))?;
    pair.close()
}

fn history_value(index: u32) -> String {
    if index.is_multiple_of(2) {
        format!("i{index}")
    } else {
        format!("X1000:{index}")
    }
}

fn queue_outlives_sender(pair: &mut Pair) -> Result<(), Stop> {
    pair.producer.must("open p send mailbox")?;
    let values = ["i1", "s74776f", "X100000:3"];
    for value in values {
        pair.producer.must(&format!("put p {value}"))?;
    }
    pair.producer.must("close p")?;
    pair.consumer.must("open c receive mailbox")?;
    pair.sequence = None;
    for value in values {
        let answer = pair.consumer.ask("take c 10000")?;
        pair.check_taken("a message of a sender that left", &answer, plain(value));
    }
    nothing_more(pair)?;
    pair.consumer.must("close c")
}

fn queue_shared(pair: &mut Pair) -> Result<(), Stop> {
    const MESSAGES: usize = 200;
    let mut other = pair.third.start("second receiver")?;
    other.must("open o receive shared")?;
    pair.open(Roles::Queue, "shared", "")?;
    let values: Vec<String> = (0..MESSAGES)
        .map(|index| format!("i{}", 1000 + index))
        .collect();
    for value in &values {
        pair.producer.must(&format!("put p {value}"))?;
    }
    let mut taken = Vec::new();
    loop {
        other.tell("take o 100")?;
        pair.consumer.tell("take c 100")?;
        let answers = [
            other.answer("take o 100")?,
            pair.consumer.answer("take c 100")?,
        ];
        let messages = answers.iter().filter_map(|answer| Taken::parse(answer));
        let before = taken.len();
        taken.extend(messages.map(|message| message.value));
        if taken.len() == before {
            break;
        }
    }
    taken.sort();
    pair.tally.check(
        "each message to one receiver",
        &values.join(" "),
        &taken.join(" "),
    );
    other.must("close o")?;
    other.quit()?;
    pair.close()
}

fn errors(pair: &mut Pair) -> Result<(), Stop> {
    pair.open(Roles::Topic, "weather", "")?;
    for verb in ["receive", "send"] {
        let answer = pair.consumer.ask(&format!("open wrong {verb} weather"))?;
        pair.check_refused(&format!("{verb} on a topic"), &answer, 21, "weather");
    }
    nothing_more(pair)?;
    pair.close()?;
    pair.open(Roles::Queue, "errands", "")?;
    for verb in ["subscribe", "publish"] {
        let answer = pair.consumer.ask(&format!("open wrong {verb} errands"))?;
        pair.check_refused(&format!("{verb} on a queue"), &answer, 21, "errands");
    }
    nothing_more(pair)?;
    pair.close()?;
    let long = "n".repeat(200);
    pair.open(Roles::Topic, &long, "")?;
    pair.pass("the longest name", "put p X300:1", plain("X300:1"))?;
    pair.close()?;
    let long = "n".repeat(201);
    for name in ["a/b", ".hidden", &long] {
        let answer = pair.producer.ask(&format!("open bad publish {name}"))?;
        pair.check_refused("publish on a bad name", &answer, 20, "");
        let answer = pair.consumer.ask(&format!("open bad receive {name}"))?;
        pair.check_refused("receive on a bad name", &answer, 20, "");
    }
    Ok(())
}

fn receiver_killed(pair: &mut Pair) -> Result<(), Stop> {
    let mut victim = pair.third.start("receiver to be killed")?;
    pair.producer.must("open p send hospital")?;
    victim.must("open v receive hospital")?;
    pair.producer.must("put p X300:1")?;
    pair.sequence = None;
    let held = victim.ask("hold v 10000")?;
    pair.check_taken("the message the victim holds", &held, plain("X300:1"));
    pair.sequence = None;
    pair.consumer.must("open c receive hospital")?;
    let take = "take c 20000";
    pair.consumer.tell(take)?;
    victim.kill();
    let mut expected = plain("X300:1");
    expected.redelivered = true;
    let answer = pair.consumer.answer(take)?;
    pair.check_taken("the message of the killed receiver", &answer, expected);
    pair.pass("the message after it", "put p i2", plain("i2"))?;
    nothing_more(pair)?;
    pair.close()
}

fn one_call(pair: &mut Pair) -> Result<(), Stop> {
    let values = [
        "n",
        "b1",
        "i-7",
        "u7",
        "d400921fb54442d18",
        "s68c3a9",
        "x00ff",
        "{s6b:[i1,n]}",
        "tu8:2x2::01020304",
        "X100000:3",
    ];
    for roles in [Roles::Topic, Roles::Queue] {
        let name = format!("once-{}", roles.producer());
        pair.consumer
            .must(&format!("open c {} {name}", roles.consumer()))?;
        pair.sequence = None;
        for value in values {
            let command = format!("once {} {name} {value}", roles.producer());
            pair.pass("one-call helper", &command, plain(value))?;
        }
        pair.consumer.must("close c")?;
    }
    let answer = pair.producer.ask("once send once-publish i1")?;
    pair.check_refused("one-call send on a topic", &answer, 21, "once-publish");
    let answer = pair.producer.ask("once publish a/b i1")?;
    pair.check_refused("one-call publish on a bad name", &answer, 20, "");
    Ok(())
}

fn nothing_more(pair: &mut Pair) -> Result<(), Stop> {
    let answer = pair.consumer.ask("take c 20")?;
    pair.check_refused("a take that times out", &answer, 1, "");
    Ok(())
}

/// A message with nothing special but its value.
pub fn plain(value: &str) -> Taken {
    Taken::plain(&canonical(value), 0)
}
