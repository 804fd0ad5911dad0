//! Goal: what is sent arrives, and whatever else arrives is an error and never a panic. Method:
//! round trips of edge values, every truncation of each, and many damaged and random messages
//! from a fixed seed.

use super::*;
use crate::value::{Dtype, Plan, Tensor};

fn encoded(value: &Value<'_>) -> (u8, Vec<u8>) {
    let plan = Plan::of(value).unwrap();
    let mut payload = vec![0xee; plan.len()];
    plan.write(&mut payload);
    (plan.tag(), payload)
}

/// Edge values of every kind.
fn samples() -> Vec<Value<'static>> {
    let numbers: Vec<u8> = (0..240).collect();
    let cube = Tensor::dense(Dtype::U16, &[4, 5, 6], "depth16", numbers.clone()).unwrap();
    let rows = Tensor::strided(Dtype::F32, &[3, 4], &[32, 4], "", numbers[..80].to_vec()).unwrap();
    let swapped = Tensor::strided(
        Dtype::C128,
        &[2, 3],
        &[16, 32],
        "\u{3b1}",
        numbers[..96].to_vec(),
    )
    .unwrap();
    let point = Tensor::dense(Dtype::F64, &[], "", vec![1; 8]).unwrap();
    let empty = Tensor::dense(Dtype::Bool, &[3, 0, 2], "", vec![]).unwrap();
    let nested = vec![
        ("", Value::Null),
        (
            "\u{1f600}",
            vec![Value::Int(5), Value::Uint(5), Value::Float(5.0)].into(),
        ),
        ("tensor", cube.clone().into()),
        (
            "map",
            vec![(
                "deep",
                vec![("deeper", vec![Value::Bool(true)].into())].into(),
            )]
            .into(),
        ),
    ];
    let mut samples: Vec<Value<'static>> = vec![().into(), false.into(), true.into()];
    samples.extend([i64::MIN, -1, 0, 1, i64::MAX].map(Value::from));
    samples.extend([0, 1, 1 << 63, u64::MAX].map(Value::from));
    samples.extend([0.0, -0.0, f64::MIN_POSITIVE / 2.0, f64::INFINITY].map(Value::from));
    samples.extend(
        [0x7ff0_0000_0000_0001, 0xfff8_dead_beef_0001]
            .map(f64::from_bits)
            .map(Value::from),
    );
    samples.extend(["", "\0", "a\0b", "gr\u{fc}\u{df}e \u{1f600}"].map(Value::from));
    samples.extend([vec![], vec![0], vec![0xff; 300]].map(Value::from));
    samples.extend([cube, rows, point, empty].map(Value::from));
    samples.push(swapped.into());
    samples.push(Opaque::new("", vec![]).into());
    samples.push(Opaque::new("application/json", &b"{}"[..]).into());
    samples.push(Opaque::new("x".repeat(255), vec![7; 1000]).into());
    samples.push(Value::List(vec![]));
    samples.push(Value::Map(vec![]));
    samples.push(nested.into());
    samples.push(Value::List(
        samples
            .iter()
            .filter(|value| !has_gaps(value))
            .cloned()
            .collect(),
    ));
    samples
}

/// Gaps in a tensor do not survive inside a list.
fn has_gaps(value: &Value<'_>) -> bool {
    matches!(value, Value::Tensor(tensor) if !tensor.is_dense())
}

/// Does with a received value what a program might; none of it may panic. What was accepted can
/// always be sent on.
fn use_up(value: &Value<'_>) {
    if let Value::Tensor(tensor) = value {
        tensor.to_dense().unwrap();
    }
    let (tag, payload) = encoded(value);
    decode(tag, &payload).unwrap();
}

#[test]
fn every_value_arrives_as_it_was_sent() {
    for value in samples() {
        let (tag, payload) = encoded(&value);
        assert_eq!(decode(tag, &payload).unwrap(), value);
        assert_eq!(decode_private(tag, &payload).unwrap(), value);
    }
}

#[test]
fn large_data_is_borrowed_and_judged_data_is_copied() {
    let payload = |value: Value<'_>| encoded(&value);
    let (tag, bytes) = payload(vec![1u8; 100].into());
    assert!(matches!(
        decode(tag, &bytes).unwrap(),
        Value::Bytes(Cow::Borrowed(_))
    ));
    let (tag, bytes) = payload(
        Tensor::dense(Dtype::U8, &[2], "", vec![1, 2])
            .unwrap()
            .into(),
    );
    let Value::Tensor(tensor) = decode(tag, &bytes).unwrap() else {
        panic!("not a tensor")
    };
    assert_eq!(tensor.data.as_ptr(), bytes[64..].as_ptr());
    let (tag, bytes) = payload("text".into());
    assert!(matches!(
        decode(tag, &bytes).unwrap(),
        Value::Str(Cow::Owned(_))
    ));
    assert!(matches!(
        decode_private(tag, &bytes).unwrap(),
        Value::Str(Cow::Borrowed(_))
    ));
}

#[test]
fn an_unknown_kind_is_named() {
    let error = decode(11, &[]).unwrap_err();
    assert_eq!(error.status(), Status::Corrupt);
    assert!(error.message().contains("kind 11"), "{error}");
}

#[test]
fn malformed_messages_are_corrupt() {
    let cases: [(u8, &[u8], &str); 11] = [
        (0, &[0], "its Null has 1 bytes, not 0"),
        (1, &[], "its Bool has 0 bytes, not 1"),
        (1, &[2], "its bool is 2"),
        (2, &[0; 7], "its Int has 7 bytes, not 8"),
        (3, &[0; 9], "its Uint has 9 bytes, not 8"),
        (4, &[0; 4], "its Float has 4 bytes, not 8"),
        (5, &[0xc3], "not UTF-8"),
        (7, &[0xa0], "says List and holds Map"),
        (8, &[0x01], "says Map and holds Int"),
        (9, &[0; 7], "ends inside"),
        (10, &[0; 3], "ends inside"),
    ];
    for (tag, payload, sentence) in cases {
        for decode in [decode, decode_private] {
            let error = decode(tag, payload).unwrap_err();
            assert_eq!(error.status(), Status::Corrupt);
            assert!(error.message().contains(sentence), "{error}");
        }
    }
}

/// Miri is some thousand times slower, and finds what it finds with few.
const STEP: usize = if cfg!(miri) { 31 } else { 1 };
const TRIES: u32 = if cfg!(miri) { 100 } else { 200_000 };

#[test]
fn every_truncation_is_an_error_or_another_value() {
    for value in samples() {
        let (tag, payload) = encoded(&value);
        for len in (0..payload.len()).step_by(STEP) {
            match decode(tag, &payload[..len]) {
                Ok(shorter) => use_up(&shorter),
                Err(error) => assert_eq!(error.status(), Status::Corrupt),
            }
        }
    }
}

struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    for _ in 0..TRIES {
        let tag = random.below(12) as u8;
        let len = random.below(120);
        let mut payload: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        if tag == 9 && len >= 8 {
            // Plausible fixed fields, so that the rest is looked at, too.
            payload[0] = payload[0] % 14 + 1;
            payload[1] %= 9;
            payload[2] &= 1;
            payload[4..8].copy_from_slice(&[64, 0, 0, 0]);
        }
        if let Ok(value) = decode(tag, &payload) {
            use_up(&value);
        }
    }
}

#[test]
fn damaged_messages_never_panic() {
    let messages: Vec<_> = samples().iter().map(encoded).collect();
    let mut random = Xorshift(0x2545_f491_4f6c_dd1d);
    for _ in 0..TRIES {
        let (tag, payload) = &messages[random.below(messages.len())];
        let mut payload = payload.clone();
        for _ in 0..=random.below(3) {
            if !payload.is_empty() {
                let at = random.below(payload.len());
                payload[at] = random.next() as u8;
            }
        }
        if let Ok(value) = decode(*tag, &payload) {
            use_up(&value);
        }
    }
}
