//! Goal: what a head says is read back, its length is a multiple of 64 where promised, and no
//! payload is believed beyond its own bytes.

use super::*;
use crate::error::Status;

#[test]
fn a_tensor_head_has_the_bytes_of_the_specification() {
    let head = TensorHead::new(Dtype::U8, &[2, 3, 3], None, "rgb8").unwrap();
    assert_eq!((head.len(), head.data_len()), (64, 18));
    let mut payload = [0xee; 82];
    assert_eq!(head.write(&mut payload), 64);
    let mut expected = vec![2, 3, 0, 4, 64, 0, 0, 0];
    for dim in [2u64, 3, 3] {
        expected.extend(dim.to_le_bytes());
    }
    expected.extend(b"rgb8");
    expected.resize(64, 0);
    assert_eq!(payload[..64], expected);
    assert_eq!(payload[64..], [0xee; 18]);
}

#[test]
fn strides_travel_only_where_there_are_gaps() {
    let len = |strides| {
        let head = TensorHead::new(Dtype::U8, &[4, 4, 4], strides, "").unwrap();
        let mut payload = [0; 128];
        head.write(&mut payload);
        (payload[2], head.data_len())
    };
    assert_eq!(len(None), (0, 64));
    assert_eq!(len(Some(&[16, 4, 1])), (0, 64));
    assert_eq!(len(Some(&[32, 8, 1])), (1, 96 + 24 + 4));
}

#[test]
fn the_largest_tensor_head_fits_its_reader() {
    let format = "f".repeat(255);
    let strides = [128, 64, 32, 16, 8, 4, 2, 2];
    let shape = [2, 2, 2, 2, 2, 2, 2, 1];
    let head = TensorHead::new(Dtype::U8, &shape, Some(&strides), &format).unwrap();
    assert_eq!(head.len(), 448);
    let mut payload = vec![0; 448 + head.data_len() as usize];
    head.write(&mut payload);
    let tensor = read_tensor(&payload).unwrap();
    assert_eq!(*tensor.shape, shape);
    assert_eq!(*tensor.strides, strides);
    assert_eq!(tensor.format, format);
    assert_eq!(tensor.data.as_ptr(), payload[448..].as_ptr());
}

#[test]
fn a_tensor_ignores_what_follows_its_data() {
    let head = TensorHead::new(Dtype::U32, &[2], None, "").unwrap();
    let mut payload = [7; 64 + 100];
    head.write(&mut payload);
    let tensor = read_tensor(&payload).unwrap();
    assert_eq!(*tensor.data, [7; 8]);
}

#[test]
fn a_longer_head_of_a_later_version_is_skipped() {
    let head = TensorHead::new(Dtype::U8, &[2], None, "").unwrap();
    let mut payload = [7; 128 + 2];
    head.write(&mut payload);
    payload[4] = 128;
    payload[64..128].fill(0xee);
    assert_eq!(*read_tensor(&payload).unwrap().data, [7; 2]);
}

#[test]
fn hostile_tensor_heads_are_refused() {
    let head = TensorHead::new(Dtype::U8, &[2, 2], Some(&[4, 1]), "ab").unwrap();
    let mut good = [0; 64 + 6];
    head.write(&mut good);
    read_tensor(&good).unwrap();
    let cases: [(usize, u8, &str); 10] = [
        (0, 0, "unknown element type 0"),
        (0, 15, "unknown element type 15"),
        (0, 14, "overlap"),
        (1, 9, "9 dimensions"),
        (2, 3, "unknown flags 0x3"),
        (3, 255, "ends inside"),
        (4, 0, "inside its own description"),
        (4, 32, "begins at byte 32"),
        (4, 128, "beyond its end"),
        (31, 0x80, "negative stride along dimension 0"),
    ];
    for (at, byte, sentence) in cases {
        let mut bad = good;
        bad[at] = byte;
        let error = read_tensor(&bad).unwrap_err();
        assert!(error.message().contains(sentence), "{at}: {error}");
    }
    let mut bad = good;
    bad[8..16].fill(0xff);
    assert!(
        read_tensor(&bad)
            .unwrap_err()
            .message()
            .contains("too large")
    );
    let mut bad = good;
    bad[40] = 0xff;
    assert!(
        read_tensor(&bad)
            .unwrap_err()
            .message()
            .contains("not UTF-8")
    );
}

#[test]
fn small_opaque_data_is_packed_and_large_data_aligned() {
    for (len, data_at) in [(0, 4 + 3), (63, 4 + 3), (64, 64), (1000, 64)] {
        let head = OpaqueHead::new("a/b", len as u64).unwrap();
        let mut payload = vec![9; data_at + len];
        assert_eq!(head.len(), data_at);
        assert_eq!(head.write(&mut payload), data_at);
        assert_eq!(payload[..7], [3, 0, data_at as u8, 0, b'a', b'/', b'b']);
        assert!(payload[7..data_at].iter().all(|&byte| byte == 0));
        let (content_type, data) = read_opaque(&payload).unwrap();
        assert_eq!((content_type.as_str(), data), ("a/b", &vec![9; len][..]));
    }
    let longest = "x".repeat(255);
    assert_eq!(OpaqueHead::new(&longest, 64).unwrap().len(), 320);
    let error = OpaqueHead::new(&"x".repeat(256), 0).err().unwrap();
    assert_eq!(error.status(), Status::BadValue);
}

#[test]
fn hostile_opaque_heads_are_refused() {
    let refused = |payload: &[u8], sentence: &str| {
        let error = read_opaque(payload).unwrap_err();
        assert!(error.message().contains(sentence), "{error}");
    };
    refused(&[], "ends inside");
    refused(&[1, 0, 5], "ends inside");
    refused(&[1, 0, 5, 0], "ends inside");
    refused(&[1, 1, 5, 0, b'a'], "unknown flags");
    refused(&[1, 0, 4, 0, b'a'], "inside its own description");
    refused(&[1, 0, 6, 0, b'a'], "beyond its end");
    refused(&[1, 0, 5, 0, 0xff], "not UTF-8");
}
