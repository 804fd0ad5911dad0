//! Who watches a state, and who waits for a signal.

use super::{CALL, Words, is_over, is_passing, is_whole, open, release, work};
use crate::storm::page::{Entry, Page, state, word};
use simpleipc::{Message, Waiter, Watcher};
use std::collections::VecDeque;

/// Every so many turns it asks for the value as it is, whether it knows it or not.
const ASK_EVERY: u64 = 8;

/// Follows the values of a state, and holds the last ones for a while.
pub fn watch(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let Some(mut watcher) = open(words, page, Watcher::open)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    let mut held = VecDeque::new();
    for turn in 1u64.. {
        if is_over(page) {
            break;
        }
        let outcome = match turn.is_multiple_of(ASK_EVERY) {
            true => watcher.get_timeout(CALL),
            false => watcher.receive_timeout(CALL),
        };
        match outcome {
            Ok(value) => {
                log(page, &value);
                held.push_back(value);
            }
            Err(error) if is_passing(&error) => page.count(word::RETRIES),
            Err(error) => return Err(error),
        }
        if held.len() as u64 > words.number("hold") {
            held.pop_front()
                .into_iter()
                .for_each(|old| release(page, old));
        }
        work(words, page);
    }
    held.into_iter().for_each(|old| release(page, old));
    Ok(())
}

/// A value with its place in the order of all, on which all watchers must agree.
fn log(page: &Page, value: &Message) {
    page.append(Entry {
        stamp: value.capture_time_ns() as u64,
        is_torn: !is_whole(value),
        is_redelivered: false,
        missed: value.sequence(),
    });
}

/// Counts what it is notified of.
pub fn wait(words: &Words, page: &Page) -> simpleipc::Result<()> {
    let Some(mut waiter) = open(words, page, Waiter::open)? else {
        return Ok(());
    };
    page.write(word::STATE, state::PLAYING);
    while !is_over(page) {
        match waiter.wait(CALL) {
            Ok(count) => page.write(word::NOTED, page.read(word::NOTED) + count),
            Err(error) if is_passing(&error) => page.count(word::RETRIES),
            Err(error) => return Err(error),
        }
        work(words, page);
    }
    Ok(())
}
