//! The paths of topics. Subscribers are lossless, so that a message that were missed by mistake
//! would not make a path shorter.

use std::time::Duration;

use simpleipc::{Dtype, Options, Publisher, Subscriber, Value};

use crate::path::{BURST, Path, Result, exchange, expect_bytes, expect_nothing};
use crate::place::Place;

/// A frame of 1280 by 720 pixels: 2.7 MB.
const FRAME_SHAPE: [u64; 3] = [720, 1280, 3];

/// Larger messages at a time: they are to take turns in a small number of chunks, as they do
/// between programs.
const LARGE_BURST: u64 = 4;

pub const PATHS: &[Path] = &[
    Path {
        name: "topic-8",
        take: |place, operations| bytes(place, operations, 8),
    },
    Path {
        name: "topic-48",
        take: |place, operations| bytes(place, operations, 48),
    },
    Path {
        name: "topic-64",
        take: |place, operations| bytes(place, operations, 64),
    },
    Path {
        name: "topic-104",
        take: |place, operations| bytes(place, operations, 104),
    },
    Path {
        name: "topic-1k",
        take: |place, operations| bytes(place, operations, 1 << 10),
    },
    Path {
        name: "topic-64k",
        take: |place, operations| large(place, operations, 64 << 10),
    },
    Path {
        name: "topic-frame",
        take: frame,
    },
    Path {
        name: "topic-stamped",
        take: stamped,
    },
    Path {
        name: "topic-descriptor",
        take: descriptor,
    },
    Path {
        name: "topic-int",
        take: int,
    },
    Path {
        name: "topic-map",
        take: map,
    },
    Path {
        name: "topic-each",
        take: each,
    },
    Path {
        name: "topic-nobody",
        take: nobody,
    },
    Path {
        name: "topic-nothing",
        take: nothing,
    },
];

/// Both ends of one topic.
fn open(options: &Options) -> Result<(Publisher, Subscriber)> {
    let lossless = Options {
        lossless: true,
        ..options.clone()
    };
    let subscriber = Subscriber::open("path", &lossless)?;
    Ok((Publisher::open("path", options)?, subscriber))
}

fn bytes(place: &Place, operations: u64, size: usize) -> Result<()> {
    exchange_bytes(&place.options(), operations, BURST, size)
}

fn large(place: &Place, operations: u64, size: usize) -> Result<()> {
    exchange_bytes(&place.options(), operations, LARGE_BURST, size)
}

/// With the time of publication.
fn stamped(place: &Place, operations: u64) -> Result<()> {
    let options = Options {
        unstamped: false,
        ..place.options()
    };
    exchange_bytes(&options, operations, BURST, 48)
}

/// To a subscriber whose descriptor has been asked for, and which has more to take.
fn descriptor(place: &Place, operations: u64) -> Result<()> {
    let (mut publisher, mut subscriber) = open(&place.options())?;
    subscriber.fd()?;
    let value = Value::Bytes((&[1; 48]).into());
    exchange(
        operations,
        BURST,
        || publisher.put(&value, 0, None),
        || expect_bytes(&subscriber.receive()?, 48),
    )
}

fn exchange_bytes(options: &Options, operations: u64, burst: u64, size: usize) -> Result<()> {
    let (mut publisher, mut subscriber) = open(options)?;
    let data = vec![1; size];
    let value = Value::Bytes((&data).into());
    exchange(
        operations,
        burst,
        || publisher.put(&value, 0, None),
        || expect_bytes(&subscriber.receive()?, size),
    )
}

/// A frame that is lent, sent and looked at, but neither filled nor read.
fn frame(place: &Place, operations: u64) -> Result<()> {
    let (mut publisher, mut subscriber) = open(&place.options())?;
    exchange(
        operations,
        1,
        || {
            let mut loan = publisher.loan_tensor(Dtype::U8, &FRAME_SHAPE, "rgb8", None)?;
            publisher.put_loan(&mut loan, 0, None)
        },
        || match subscriber.receive()?.value()? {
            Value::Tensor(tensor) if tensor.shape[..] == FRAME_SHAPE => Ok(()),
            other => Err(format!("a frame was put, {:?} was taken", other.kind()).into()),
        },
    )
}

/// A value that has to be encoded and decoded.
fn int(place: &Place, operations: u64) -> Result<()> {
    let (mut publisher, mut subscriber) = open(&place.options())?;
    let (mut put, mut taken) = (0, 0);
    exchange(
        operations,
        BURST,
        || {
            put += 1;
            publisher.publish(put)
        },
        || {
            taken += 1;
            match subscriber.receive()?.value()? {
                Value::Int(number) if number == taken => Ok(()),
                other => Err(format!("{taken} was put, {other:?} was taken").into()),
            }
        },
    )
}

/// A value that needs the heap at both ends: CBOR.
fn map(place: &Place, operations: u64) -> Result<()> {
    let (mut publisher, mut subscriber) = open(&place.options())?;
    let number = |n| Value::Float(n);
    let value = Value::Map(vec![
        ("label".into(), Value::Str("cat".into())),
        (
            "box".into(),
            Value::List([0.1, 0.2, 0.3, 0.4].map(number).into()),
        ),
    ]);
    exchange(
        operations,
        BURST,
        || publisher.put(&value, 0, None),
        || match subscriber.receive()?.value()? == value {
            true => Ok(()),
            false => Err("another map was taken than was put".into()),
        },
    )
}

/// Taken as many at once.
fn each(place: &Place, operations: u64) -> Result<()> {
    let (mut publisher, mut subscriber) = open(&place.options())?;
    let data = [1; 48];
    let value = Value::Bytes((&data).into());
    let mut taken = 0;
    for _ in 0..operations / BURST {
        for _ in 0..BURST {
            publisher.put(&value, 0, None)?;
        }
        subscriber.receive_each(Some(Duration::ZERO), BURST as usize, |message| {
            taken += u64::from(expect_bytes(message, data.len()).is_ok());
        })?;
    }
    match taken == operations {
        true => Ok(()),
        false => Err(format!("{operations} messages were put, {taken} were taken").into()),
    }
}

/// Nobody has subscribed.
fn nobody(place: &Place, operations: u64) -> Result<()> {
    let mut publisher = Publisher::open("path", &place.options())?;
    let value = Value::Bytes((&[1; 48]).into());
    for _ in 0..operations {
        publisher.put(&value, 0, None)?;
    }
    Ok(())
}

/// A look where nothing is.
fn nothing(place: &Place, operations: u64) -> Result<()> {
    let (_publisher, mut subscriber) = open(&place.options())?;
    for _ in 0..operations {
        expect_nothing(subscriber.receive_timeout(Some(Duration::ZERO)))?;
    }
    Ok(())
}
