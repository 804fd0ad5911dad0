//! Goal: the CBOR is what the table in `spec/values.md` says, byte for byte, and hostile CBOR is
//! an error that costs neither stack nor memory.

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Writes the value as the only item of a list and compares it with `expected`, both ways.
fn same(value: impl Into<Value<'static>>, expected: &str) {
    let list = Value::List(vec![value.into()]);
    let cbor = write(&list).unwrap();
    assert_eq!(hex(&cbor[1..]), expected, "{list:?}");
    assert_eq!(read(&cbor).unwrap(), list);
}

fn refused(cbor: &str, sentence: &str) {
    let error = read(&unhex(cbor)).unwrap_err();
    assert!(error.message().contains(sentence), "{cbor}: {error}");
}

#[test]
fn scalars_keep_their_kind_and_all_their_bits() {
    same((), "f6");
    same(false, "f4");
    same(true, "f5");
    same(0, "00");
    same(24, "1818");
    same(-1, "20");
    same(i64::MAX, "1b7fffffffffffffff");
    same(i64::MIN, "3b7fffffffffffffff");
    same(0u8, "c240");
    same(5u8, "c24105");
    same(256u16, "c2420100");
    same(u64::MAX, "c248ffffffffffffffff");
    same(1.0, "fb3ff0000000000000");
    same(-0.0, "fb8000000000000000");
    same(f64::from_bits(0x7ff0_0000_0000_0001), "fb7ff0000000000001");
    same(f64::from_bits(0xfff8_dead_beef_0001), "fbfff8deadbeef0001");
    same("", "60");
    same("a\0\u{1f600}", "666100f09f9880");
    same(&[][..] as &[u8], "40");
    same(b"\x01\x02", "420102");
}

#[test]
fn containers_and_opaque_values() {
    same(Vec::<Value>::new(), "80");
    same(Vec::<(String, Value)>::new(), "a0");
    same(
        vec![("b", Value::from(1)), ("a", vec![Value::Null].into())],
        "a2616201616181f6",
    );
    same(
        Opaque::new("a/b", &b"{}"[..]),
        "d81b83666f706171756563612f62427b7d",
    );
}

#[cfg(target_endian = "little")]
#[test]
fn tensors_are_typed_arrays() {
    let tensor = |dtype: Dtype, shape: &[u64], format: &'static str| {
        let len = shape.iter().product::<u64>() as usize * dtype.size_bytes();
        let data: Vec<u8> = (1..=len as u8).collect();
        Tensor::dense(dtype, shape, format, data).unwrap()
    };
    same(tensor(Dtype::U8, &[2, 1], ""), "d82882820201d840420102");
    same(tensor(Dtype::U16, &[1], ""), "d828828101d845420102");
    same(tensor(Dtype::F32, &[], ""), "d8288280d8554401020304");
    same(tensor(Dtype::I8, &[0], ""), "d828828100d84840");
    same(
        tensor(Dtype::U8, &[1], "mono8"),
        "d81b836674656e736f72656d6f6e6f38d828828101d8404101",
    );
    same(
        tensor(Dtype::C64, &[1], ""),
        "d828828101d81b8269636f6d706c65783634d855480102030405060708",
    );
    same(
        tensor(Dtype::C128, &[1], ""),
        "d828828101d81b826a636f6d706c6578313238d856500102030405060708090a0b0c0d0e0f10",
    );
    let bools = Tensor::dense(Dtype::Bool, &[3], "", vec![1, 0, 1]).unwrap();
    same(bools, "d828828103d82983f5f4f5");
    for dtype in Dtype::ALL.into_iter().filter(|&dtype| dtype != Dtype::Bool) {
        let list = Value::List(vec![tensor(dtype, &[2, 3], "x").into()]);
        assert_eq!(read(&write(&list).unwrap()).unwrap(), list);
    }
}

#[test]
fn a_tensor_with_gaps_is_made_dense_inside_a_list() {
    let data: Vec<u8> = (0..8).collect();
    let padded = Tensor::strided(Dtype::U8, &[2, 3], &[4, 1], "", data).unwrap();
    let dense = Tensor::dense(Dtype::U8, &[2, 3], "", vec![0, 1, 2, 4, 5, 6]).unwrap();
    let cbor = write(&Value::List(vec![padded.into()])).unwrap();
    assert_eq!(read(&cbor).unwrap(), Value::List(vec![dense.into()]));
}

#[test]
fn hostile_counts_and_lengths_are_refused_at_once() {
    refused("9bffffffffffffffff", "claims 18446744073709551615 items");
    refused("9a7fffffff00", "claims 2147483647 items");
    refused("bb7fffffffffffffff", "items and ends before");
    refused("a26161", "claims 2 items");
    // A 32-bit process cannot even count to it.
    let too_long = match usize::BITS {
        64 => "end of input",
        _ => "overflows",
    };
    refused("5bffffffffffffffff", too_long);
    refused("7bffffffffffffffff", too_long);
    refused("d828829bffffffffffffffff", "claims");
    refused("d828828101d8299bffffffffffffffff", "claims");
    refused(
        "d82882891b0000000000000000000000000000000000000000",
        "9 dimensions",
    );
    refused("d82882821bffffffffffffffff02d84040", "too large");
    refused("d828828105d8404101", "needs 5 bytes");
    refused("d828828101d840420102", "has 1 bytes, not the 2 given");
}

#[test]
fn hostile_nesting_is_refused_before_the_stack_ends() {
    for head in [0x81u8, 0xc2, 0xd8] {
        let error = read(&vec![head; 1 << 20]).unwrap_err();
        assert_eq!(error.status(), Status::BadValue);
    }
    refused(&"81".repeat(65), "nested more than 64 deep");
    refused(&"a16161".repeat(65), "nested more than 64 deep");
    let deepest = unhex(&("81".repeat(64) + "f6"));
    // What limits.rs promises; code without optimisation takes several times as much.
    let stack_bytes = if cfg!(debug_assertions) {
        1 << 20
    } else {
        64 << 10
    };
    let reader = std::thread::Builder::new().stack_size(stack_bytes);
    let thread = reader.spawn(move || write(&read(&deepest).unwrap().into_owned()).unwrap().len());
    assert_eq!(thread.unwrap().join().unwrap(), 65);
}

#[test]
fn what_the_table_does_not_list_is_refused() {
    refused("", "end of input");
    refused("8000", "1 bytes after its end");
    refused("f7", "stands for no value"); // undefined
    refused("f0", "stands for no value"); // a simple value
    refused("f93c00", "stands for no value"); // half
    refused("fa3f800000", "stands for no value"); // single
    refused("9fff", "stands for no value"); // a list of unknown length
    refused("bfff", "stands for no value");
    refused("d828829f01ffd84040", "how many");
    refused("5f4101ff", "stands for no value");
    refused("7f6161ff", "stands for no value");
    refused("1b8000000000000000", "i64"); // above int
    refused("3b8000000000000000", "stands for no value"); // below int
    refused("c24100", "leading zeros");
    refused("c249010000000000000000", "more than 64 bits");
    refused("c34105", "unknown tag 3");
    refused("d9d9f7f6", "unknown tag 55799");
    refused("61ff", "utf-8");
    refused("a10000", "expected text"); // a key that is no text
    refused("a2616100616100", "the key \"a\" twice");
    refused("d81b82666f7061717565", "without 3 parts");
    refused("d81b83616161616161", "unknown object \"a\"");
    refused("d828828101f6", "expected tag");
    refused("d828828101d8444101", "unknown tag 68");
    refused("d828828101d81b826161d8554101", "holds \"a\"");
    refused("d828828101d8298102", "expected bool");
    #[cfg(target_endian = "little")]
    refused("d828828101d841420102", "unknown tag 65"); // the other byte order
}
