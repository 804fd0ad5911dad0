//! Goal: the numbers are those of the contract, and every type of a program becomes the kind it
//! promises.

use super::*;

const CONTRACT: &str = include_str!("../../../../spec/api.toml");

/// The `["NAME", number, ...]` rows of a group of the contract.
fn group(name: &str) -> Vec<(String, u8)> {
    let header = format!("[[group]]\nname = \"{name}\"");
    let block = CONTRACT.split(&header).nth(1).unwrap();
    let block = block.split("[[").next().unwrap();
    let rows = block.split("[\"").skip(1).map(|row| {
        let mut fields = row.split(',');
        let name = fields.next().unwrap().trim_end_matches('"').to_owned();
        (name, fields.next().unwrap().trim().parse().unwrap())
    });
    rows.collect()
}

#[test]
fn kinds_and_dtypes_are_those_of_the_contract() {
    let kinds = Kind::ALL.map(|kind| (format!("{kind:?}").to_uppercase(), kind.code()));
    assert_eq!(group("KIND"), kinds);
    let dtypes = Dtype::ALL.map(|dtype| (dtype.name().to_uppercase(), dtype.code()));
    assert_eq!(group("DTYPE"), dtypes);
}

#[test]
fn codes_go_there_and_back_and_others_are_unknown() {
    for code in 0..=255 {
        let kind = Kind::from_code(code);
        assert_eq!(kind.is_some(), code <= 10);
        assert!(kind.is_none_or(|kind| kind.code() == code));
        let dtype = Dtype::from_code(code);
        assert_eq!(dtype.is_some(), (1..=14).contains(&code));
        assert!(dtype.is_none_or(|dtype| dtype.code() == code));
    }
}

#[test]
fn the_kind_depends_on_the_type_and_not_on_the_number() {
    assert_eq!(Value::from(5i8), Value::Int(5));
    assert_eq!(Value::from(5i64), Value::Int(5));
    assert_eq!(Value::from(5u8), Value::Uint(5));
    assert_eq!(Value::from(usize::MAX), Value::Uint(usize::MAX as u64));
    assert_eq!(Value::from(-1isize), Value::Int(-1));
    assert_eq!(Value::from(0.5f32), Value::Float(0.5));
    assert_eq!(Value::from(()), Value::Null);
    assert_eq!(Value::from(None::<i32>), Value::Null);
    assert_eq!(Value::from(Some("x")), Value::from("x"));
    assert_eq!(Value::from(&String::from("x")), Value::from("x"));
    assert_eq!(Value::from(b"x"), Value::from(vec![b'x']));
    assert_eq!(Value::from(&b"x"[..]).kind(), Kind::Bytes);
    assert_eq!(Value::from(vec![Value::Null]).kind(), Kind::List);
    assert_eq!(
        Value::from(vec![("k", Value::Null)]),
        Value::from(vec![(String::from("k"), Value::Null)])
    );
}

#[test]
fn equal_means_arrives_as_the_same() {
    assert_ne!(Value::Int(5), Value::Uint(5));
    assert_ne!(Value::Float(0.0), Value::Float(-0.0));
    assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    assert_ne!(
        Value::from(vec![("a", Value::Null), ("b", Value::Null)]),
        Value::from(vec![("b", Value::Null), ("a", Value::Null)])
    );
}

#[test]
fn an_owned_value_is_equal_and_outlives_its_source() {
    let kept = {
        let text = String::from("text");
        let data = vec![1, 2, 3];
        let value = Value::from(vec![
            ("text", Value::from(&text)),
            ("data", Value::from(&data)),
            ("opaque", Opaque::new("a/b", &data[..]).into()),
            (
                "list",
                vec![Value::from(1), Value::from(2u8), Value::from(0.5)].into(),
            ),
        ]);
        let kept = value.clone().into_owned();
        assert_eq!(kept, value);
        kept
    };
    assert_eq!(kept.kind(), Kind::Map);
}
