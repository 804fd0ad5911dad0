//! Goal: every kind has the bytes of `spec/values.md`, and what cannot travel is refused with a
//! sentence before a byte is written.

use super::*;
use crate::value::{Dtype, Opaque, Tensor};

const SPECIFICATION: &str = include_str!("../../../../spec/values.md");

fn payload(value: &Value<'_>) -> (u8, Vec<u8>) {
    let plan = Plan::of(value).unwrap();
    let mut payload = vec![0xee; plan.len()];
    plan.write(&mut payload);
    (plan.tag(), payload)
}

fn refused(value: Value<'_>, sentence: &str) {
    let error = Plan::of(&value).err().unwrap();
    assert_eq!(error.status(), Status::BadValue);
    assert!(error.message().contains(sentence), "{error}");
}

#[test]
fn the_examples_of_the_specification_are_true() {
    let examples = SPECIFICATION.split("Examples, all").nth(1).unwrap();
    let examples = examples.split("\n## ").next().unwrap();
    let values: [Value<'_>; 10] = [
        Value::Null,
        true.into(),
        (-2).into(),
        258u16.into(),
        1.0.into(),
        "h\u{e9}\0".into(),
        b"\xff\0".into(),
        vec![Value::Int(1)].into(),
        vec![("a", Value::Null)].into(),
        Opaque::new("a/b", &b"{}"[..]).into(),
    ];
    let rows: Vec<&str> = examples
        .lines()
        .filter(|line| line.ends_with("` |"))
        .collect();
    assert_eq!(rows.len(), values.len());
    for (row, value) in rows.into_iter().zip(values) {
        let (tag, payload) = payload(&value);
        let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(row.ends_with(&format!("| {tag} | `{hex}` |")), "{row}");
    }
}

#[test]
fn scalars_have_a_short_way_with_the_same_bytes() {
    let scalars = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Uint(u64::MAX),
        Value::Float(-0.0),
    ];
    for value in scalars {
        let scalar = Scalar::of(&value).unwrap();
        assert_eq!(
            (value.kind().code(), scalar.bytes().to_vec()),
            payload(&value)
        );
    }
    assert!(Scalar::of(&"text".into()).is_none());
}

#[test]
fn tensors_and_opaque_values_are_a_head_and_their_data() {
    let pixels: Vec<u8> = (0..18).collect();
    let frame = Tensor::dense(Dtype::U8, &[2, 3, 3], "rgb8", &pixels).unwrap();
    let (tag, bytes) = payload(&frame.into());
    assert_eq!((tag, bytes.len()), (9, 64 + 18));
    assert_eq!(bytes[64..], pixels);

    let (tag, bytes) = payload(&Opaque::new("a/b", &b"{}"[..]).into());
    assert_eq!((tag, &bytes[..]), (10, &b"\x03\0\x07\0a/b{}"[..]));
}

#[test]
fn padding_inside_a_tensor_travels_and_what_follows_it_does_not() {
    let data: Vec<u8> = (0..8).collect();
    let padded = Tensor::strided(Dtype::U8, &[2, 3], &[4, 1], "", &data).unwrap();
    let (_, bytes) = payload(&padded.into());
    assert_eq!(bytes[64..], [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn what_cannot_travel_is_refused() {
    let mut tensor = Tensor::dense(Dtype::U8, &[2, 2], "", vec![0; 4]).unwrap();
    tensor.data = vec![0; 3].into();
    refused(tensor.clone().into(), "needs 4 bytes");
    refused(vec![Value::from(tensor)].into(), "needs 4 bytes");
    refused(Opaque::new("x".repeat(256), vec![]).into(), "at most 255");
    refused(
        vec![Value::from(Opaque::new("x".repeat(256), vec![]))].into(),
        "at most 255",
    );
    let twice = vec![("k", Value::Null), ("l", Value::Null), ("k", Value::Null)];
    refused(twice.into(), "the key \"k\" twice");
    let mut many: Vec<_> = (0..100).map(|n| (n.to_string(), Value::Null)).collect();
    many.push(("57".into(), Value::Null));
    refused(many.into(), "the key \"57\" twice");
}

#[test]
fn nesting_ends_at_its_limit() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| vec![inner].into());
    assert_eq!(payload(&nested(64)).1.len(), 65);
    refused(nested(65), "nested more than 64 deep");
    refused(nested(1000), "nested more than 64 deep");
}
