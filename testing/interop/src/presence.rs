//! Presence between two languages: the consumer watches, the producer comes and goes.

use crate::driver::Stop;
use crate::pair::Pair;

/// A peer opens, another one is killed, the first one closes: each is told, with who it is.
pub fn coming_and_going(pair: &mut Pair) -> Result<(), Stop> {
    let Some(language) = pair.presence else {
        return Ok(());
    };
    let told = |event: &str, role: &str, pid: u32| format!("peer {event} {role} {language} {pid}");
    pair.consumer.must("open w peers roster")?;
    let answer = pair.consumer.ask("peer w 0")?;
    pair.check_refused("nobody is there", &answer, 1, "");
    pair.producer.must("open p subscribe roster")?;
    let pid = pair.producer.id();
    let came = told("up", "subscribe", pid);
    pair.consumer_says("it comes", "peer w 20000", &came)?;
    let mut victim = pair.third.start("peer to be killed")?;
    victim.must("open v publish roster")?;
    let killed = victim.id();
    let came = told("up", "publish", killed);
    pair.consumer_says("another one comes", "peer w 20000", &came)?;
    victim.kill();
    let went = told("down", "publish", killed);
    pair.consumer_says("it is killed", "peer w 20000", &went)?;
    pair.producer.must("close p")?;
    let went = told("down", "subscribe", pid);
    pair.consumer_says("the first one closes", "peer w 20000", &went)?;
    pair.consumer.must("close w")
}
