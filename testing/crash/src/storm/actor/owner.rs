//! Who has a lock, or a permit of a semaphore, in turn with others, and says so to the witness.

use super::{CALL, Words, hush, is_passing, open};
use crate::storm::page::{Page, order, state, word};
use crate::storm::witness::Witness;
use simpleipc::Semaphore;
use std::path::Path;
use std::time::Duration;

pub fn own(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let (id, permits) = (words.number("id"), words.number("permits") as u32);
    let witness = Witness::open(Path::new(words.text("witness"))).expect("the witness");
    let opening = |name: &str, options: &_| Semaphore::open(name, permits, options);
    let Some(mut semaphore) = open(words, page, opening)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    let burst = words.number("burst").max(1);
    while page.read(word::ORDER) == order::PLAY {
        let number = page.read(word::DONE);
        page.write(word::BEGUN, number + 1);
        match semaphore.acquire(CALL) {
            Ok(permit) => {
                let is_told = permit.abandoned().is_some();
                if is_told {
                    page.count(word::TOLD);
                }
                let place = witness.enter(permits, id, is_told);
                std::thread::sleep(Duration::from_micros(words.number("work_us")));
                match place {
                    Ok(place) if witness.leave(place, id) => {}
                    Ok(_) => page.write(word::INTRUDER, u64::MAX),
                    Err(other) => page.write(word::INTRUDER, other),
                }
                drop(permit);
                page.write(word::DONE, number + 1);
            }
            Err(error) if is_passing(&error) => page.count(word::RETRIES),
            Err(error) => return Err(error),
        }
        page.count(word::TURNS);
        if page.read(word::DONE).is_multiple_of(burst) {
            std::thread::sleep(Duration::from_micros(words.number("pause_us")));
        }
    }
    hush(page);
    Ok(())
}
