//! The paths of queues.

use std::time::Duration;

use simpleipc::{Receiver, Sender, Value};

use crate::path::{BURST, Path, Result, exchange, expect_bytes, expect_nothing};
use crate::place::Place;

pub const PATHS: &[Path] = &[
    Path {
        name: "queue-48",
        take: |place, operations| bytes(place, operations, 48),
    },
    Path {
        name: "queue-1k",
        take: |place, operations| bytes(place, operations, 1 << 10),
    },
    Path {
        name: "queue-nothing",
        take: nothing,
    },
];

/// Both ends of one queue.
fn open(place: &Place) -> Result<(Sender, Receiver)> {
    let receiver = Receiver::open("path", &place.options())?;
    Ok((Sender::open("path", &place.options())?, receiver))
}

fn bytes(place: &Place, operations: u64, size: usize) -> Result<()> {
    let (mut sender, mut receiver) = open(place)?;
    let data = vec![1; size];
    let value = Value::Bytes((&data).into());
    exchange(
        operations,
        BURST,
        || sender.put(&value, 0, None),
        || expect_bytes(&receiver.receive()?, size),
    )
}

/// A look where nothing is.
fn nothing(place: &Place, operations: u64) -> Result<()> {
    let (_sender, mut receiver) = open(place)?;
    for _ in 0..operations {
        expect_nothing(receiver.receive_timeout(Some(Duration::ZERO)))?;
    }
    Ok(())
}
