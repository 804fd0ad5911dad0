//! States and signals between two languages: the producer sets and notifies.

use crate::cases;
use crate::driver::Stop;
use crate::pair::Pair;
use crate::scenarios::plain;
use crate::taken::Taken;

/// Each value is what whoever comes later finds, and what is waited for.
pub fn values(pair: &mut Pair) -> Result<(), Stop> {
    pair.producer.must("open p set settings")?;
    pair.consumer.must("open c watch settings")?;
    let answer = pair.consumer.ask("get c 0")?;
    pair.check_refused("a state without a value", &answer, 1, "");
    pair.sequence = None;
    for case in cases::all() {
        let command = format!("{} p {}", case.verb, case.value);
        pair.pass(&case.name, &command, Taken::plain(&case.expected(), 0))?;
    }
    let answer = pair.consumer.ask("take c 0")?;
    pair.check_refused("a value is taken once", &answer, 1, "");
    for value in ["i1", "i2", "i3"] {
        pair.producer.must(&format!("put p {value}"))?;
    }
    let answer = pair.consumer.ask("take c 10000")?;
    let mut expected = plain("i3");
    expected.missed = 2;
    pair.sequence = pair.sequence.map(|sequence| sequence + 2);
    pair.check_taken("the newest of three", &answer, expected);
    pair.producer.must("close p")?;
    pair.consumer.must("close c")?;
    // Nobody has it open now; the latecomer has the value nevertheless.
    pair.consumer.must("open c watch settings")?;
    pair.sequence = None;
    for command in ["take c 10000", "get c 0"] {
        let answer = pair.consumer.ask(command)?;
        pair.sequence = None;
        pair.check_taken("the value for a latecomer", &answer, plain("i3"));
    }
    pair.consumer.must("close c")
}

/// Both count up one number, each only what it knows.
pub fn compare_and_set(pair: &mut Pair) -> Result<(), Stop> {
    pair.producer.must("open p set counter")?;
    pair.producer.must("open w watch counter")?;
    pair.consumer.must("open p set counter")?;
    pair.consumer.must("open w watch counter")?;
    let answer = pair.consumer.ask("put_if p i0 5")?;
    pair.check_refused("no value is known yet", &answer, 5, "");
    pair.producer_says("the first value", "put_if p i0 new", "ok")?;
    let answer = pair.consumer.ask("put_if p i0 new")?;
    pair.check_refused("there is a value", &answer, 5, "");
    for round in 0..20 {
        let (mine, its) = (pair.producer.ask("get w 0")?, pair.consumer.ask("get w 0")?);
        pair.tally.check("both see one value", &mine, &its);
        let Some(known) = Taken::parse(&mine).map(|taken| taken.sequence) else {
            return Err(Stop(format!(
                "the producer answered `get w 0` with `{mine}`"
            )));
        };
        let put = format!("put_if p i{} {known}", round + 1);
        let (first, second) = match round % 2 {
            0 => (pair.producer.ask(&put)?, pair.consumer.ask(&put)?),
            _ => {
                let first = pair.consumer.ask(&put)?;
                (first, pair.producer.ask(&put)?)
            }
        };
        pair.tally.check("the faster one sets", "ok", &first);
        pair.check_refused("the slower one is told", &second, 5, "");
    }
    let answer = pair.consumer.ask("get w 0")?;
    pair.sequence = None;
    pair.check_taken("the number of rounds", &answer, plain("i20"));
    for driver in [&mut pair.producer, &mut pair.consumer] {
        driver.must("close p")?;
        driver.must("close w")?;
    }
    Ok(())
}

/// SIGKILL does not take a value away, and the next setter goes on.
pub fn setter_killed(pair: &mut Pair) -> Result<(), Stop> {
    let mut victim = pair.third.start("setter to be killed")?;
    victim.must("open v set will")?;
    victim.must("put v X100000:3")?;
    victim.kill();
    pair.consumer.must("open c watch will")?;
    let answer = pair.consumer.ask("get c 10000")?;
    pair.sequence = None;
    pair.check_taken("the value of the dead", &answer, plain("X100000:3"));
    pair.producer.must("open p set will")?;
    pair.sequence = None;
    pair.pass("the value after it", "put p i2", plain("i2"))?;
    pair.close()
}

/// None is lost and none is made up.
pub fn notifications(pair: &mut Pair) -> Result<(), Stop> {
    pair.consumer.must("open c wait reload")?;
    pair.producer.must("open p notify reload")?;
    let answer = pair.consumer.ask("wait c 20")?;
    pair.check_refused("nothing has happened", &answer, 1, "");
    for count in [1, 2, 300] {
        for _ in 0..count {
            pair.producer.must("notify p")?;
        }
        pair.consumer_says("notifications", "wait c 10000", &format!("count {count}"))?;
    }
    pair.consumer.tell("wait c 10000")?;
    std::thread::sleep(std::time::Duration::from_millis(20)); // it is asleep by now, most often
    pair.producer.must("notify p")?;
    let answer = pair.consumer.answer("wait c 10000")?;
    pair.tally.check("a notification wakes", "count 1", &answer);
    pair.close()
}

/// Each pattern refuses the verbs of the others, and the sentence names the channel.
pub fn wrong_verbs(pair: &mut Pair) -> Result<(), Stop> {
    let roles = ["set", "notify", "lock", "call"];
    for (index, role) in roles.iter().enumerate() {
        let name = format!("wrong-{role}");
        pair.producer.must(&format!("open p {role} {name}"))?;
        for (other, verb) in roles.iter().enumerate() {
            if other != index {
                let answer = pair.consumer.ask(&format!("open wrong {verb} {name}"))?;
                pair.check_refused(&format!("{verb} on {role}"), &answer, 21, &name);
            }
        }
        let answer = pair.consumer.ask(&format!("open wrong subscribe {name}"))?;
        pair.check_refused(&format!("subscribe on {role}"), &answer, 21, &name);
        pair.producer.must("close p")?;
    }
    Ok(())
}

/// `set` and `notify` of one, `get` and `wait` of the other.
pub fn one_call(pair: &mut Pair) -> Result<(), Stop> {
    for value in [
        "i-7",
        "s68c3a9",
        "{s6b:[i1,n]}",
        "tu8:2x2::01020304",
        "X100000:3",
    ] {
        pair.producer
            .must(&format!("once set once-state {value}"))?;
        let answer = pair.consumer.ask("once get once-state 10000")?;
        pair.sequence = None;
        pair.check_taken("one-call get", &answer, plain(value));
    }
    let answer = pair.consumer.ask("once wait once-signal 0")?;
    pair.check_refused("nothing has happened", &answer, 1, "");
    pair.producer_says("one-call notify", "once notify once-signal", "ok")?;
    pair.producer_says("one-call notify", "once notify once-signal", "ok")?;
    pair.consumer_says("one-call wait", "once wait once-signal 10000", "count 2")?;
    let answer = pair.producer.ask("once set once-signal i1")?;
    pair.check_refused("one-call set on a signal", &answer, 21, "once-signal");
    Ok(())
}
