//! Waiting on several consumers at once.

use super::consumer::{Consumer, LOOK_AROUND};
use super::wait::{Deadline, Spin};
use crate::error::{Error, Result, Status};
use crate::os::{self, Waited};

/// Waits until one of several consumers has a message; returns its index. Looks from `first` on,
/// so that a caller who counts up starves nobody.
pub fn wait_any(
    consumers: &mut [&mut Consumer],
    first: usize,
    deadline: Deadline,
) -> Result<usize> {
    let count = consumers.len();
    if count == 0 || count > os::WAIT_WORDS_MAX {
        return Err(Error::new(
            Status::BadArgument,
            format!(
                "can wait on 1 to {} channels, not {count}",
                os::WAIT_WORDS_MAX
            ),
        ));
    }
    let first = first % count;
    let look = |consumers: &mut [&mut Consumer]| -> Result<Option<usize>> {
        for index in (first..first + count).map(|index| index % count) {
            if consumers[index].is_ready()? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    };
    for consumer in consumers.iter() {
        consumer.attachment.check_process()?;
        consumer.end_lease();
    }
    if let Some(index) = look(consumers)? {
        return Ok(index);
    }
    let deadline = deadline.begun();
    if !deadline.is_now()
        && let Some(index) = Spin::new().until(1, || look(consumers))?
    {
        return Ok(index);
    }
    loop {
        let expected: Vec<u32> = consumers
            .iter()
            .map(|consumer| {
                consumer
                    .attachment
                    .announce(consumer.attachment.control.bell())
            })
            .collect();
        if let Some(index) = look(consumers)? {
            return Ok(index);
        }
        for consumer in consumers.iter() {
            consumer.attachment.check_interrupt()?;
        }
        let slice = consumers.iter().map(|consumer| consumer.slice()).min();
        let Some(slice) = deadline.left(slice.unwrap_or(LOOK_AROUND)) else {
            return Err(Error::new(
                Status::Timeout,
                format!("nothing arrived on any of {count} channels in the time given"),
            ));
        };
        let controls: Vec<_> = consumers
            .iter()
            .map(|consumer| consumer.attachment.control.clone())
            .collect();
        let words: Vec<_> = controls
            .iter()
            .zip(&expected)
            .map(|(c, expected)| (c.bell().0, *expected))
            .collect();
        match os::wait_on_any(&words, slice) {
            Waited::Interrupted => {
                for consumer in consumers.iter() {
                    consumer.attachment.check_interrupt()?; // the one that was asked for, if any
                }
                return Err(consumers[0].attachment.interrupted());
            }
            Waited::Look => consumers.iter_mut().for_each(|c| c.slices.shorten()),
            Waited::TimedOut => {
                for consumer in consumers.iter_mut() {
                    consumer.slices.lengthen();
                    consumer.look_around()?;
                }
            }
        }
    }
}
