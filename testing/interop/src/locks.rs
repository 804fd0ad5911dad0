//! Locks and semaphores between two languages.

use crate::driver::Stop;
use crate::pair::Pair;

const FREE: &str = "ok abandoned=0";

/// One at a time, and whoever waits gets it when it is given back.
pub fn exclusion(pair: &mut Pair) -> Result<(), Stop> {
    open(pair, "mutex", "")?;
    for _ in 0..3 {
        pair.producer_says("a free lock", "lock p 0", FREE)?;
        let answer = pair.consumer.ask("lock c 20")?;
        pair.check_refused("a lock somebody has", &answer, 1, "");
        pair.consumer.tell("lock c 10000")?;
        pair.producer.must("unlock p")?;
        let answer = pair.consumer.answer("lock c 10000")?;
        pair.tally
            .check("a lock that was waited for", FREE, &answer);
        let answer = pair.producer.ask("lock p 0")?;
        pair.check_refused("a lock somebody has", &answer, 1, "");
        pair.consumer.must("unlock c")?;
    }
    let answer = pair.consumer.ask("unlock c")?;
    pair.check_refused("unlocking what is not locked", &answer, 25, "");
    pair.close()
}

/// Its death frees the lock, and the next owner, but only that one, is told.
pub fn owner_killed(pair: &mut Pair) -> Result<(), Stop> {
    open(pair, "mortal", "")?;
    let mut victim = pair.third.start("owner to be killed")?;
    victim.must("open v lock mortal")?;
    let answer = victim.ask("lock v 0")?;
    pair.tally.check("the victim's lock", FREE, &answer);
    pair.consumer.tell("lock c 20000")?;
    victim.kill();
    let answer = pair.consumer.answer("lock c 20000")?;
    pair.tally
        .check("the lock of the dead", "ok abandoned=1", &answer);
    pair.consumer.must("unlock c")?;
    pair.producer_says("the lock after that", "lock p 10000", FREE)?;
    pair.producer.must("unlock p")?;
    pair.close()
}

/// Two of three have one, and all have to agree on how many there are.
pub fn permits(pair: &mut Pair) -> Result<(), Stop> {
    open(pair, "slots", " permits=2")?;
    pair.producer.must("open q lock slots permits=2")?;
    pair.producer_says("the first permit", "lock p 0", FREE)?;
    pair.consumer_says("the second permit", "lock c 0", FREE)?;
    let answer = pair.producer.ask("lock q 5")?;
    pair.check_refused("a third permit", &answer, 1, "");
    pair.consumer.must("unlock c")?;
    pair.producer_says("a permit that was given back", "lock q 10000", FREE)?;
    let answer = pair.consumer.ask("open wrong lock slots permits=3")?;
    pair.check_refused("another number of permits", &answer, 25, "slots");
    pair.producer.must("close q")?;
    pair.close()
}

fn open(pair: &mut Pair, name: &str, options: &str) -> Result<(), Stop> {
    pair.producer
        .must(&format!("open p lock {name}{options}"))?;
    pair.consumer.must(&format!("open c lock {name}{options}"))
}
