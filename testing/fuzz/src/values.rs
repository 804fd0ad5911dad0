//! Messages without a channel: what any sender may have written into one.

use crate::feed::Feed;
use crate::judge::{call, touch};
use simpleipc::bytes::{decode, decode_private, encode};
use simpleipc::{Dims, Dtype, Tensor, Value};

/// The first byte is the kind, the others are the payload.
pub fn decoding(bytes: &[u8]) {
    let mut feed = Feed::new(bytes);
    let tag = feed.byte();
    let payload = feed.bytes(usize::MAX);
    let shared = call("decode", || decode(tag, payload));
    let private = call("decode_private", || decode_private(tag, payload));
    assert_eq!(shared, private, "it counts where the bytes lie");
    let Some(value) = private else {
        return;
    };
    touch(&value);
    assert_eq!(value.kind().code(), tag);
    assert!(!format!("{value:?}").is_empty());
    assert_eq!(value.clone().into_owned(), value);
    stable(&value);
}

/// What has been decoded can be sent on, and arrives as it was sent.
fn stable(value: &Value<'_>) {
    let (tag, written) = encode(value).expect("what was read can be written");
    let read = decode_private(tag, &written).expect("what was written can be read");
    assert_eq!(read.kind(), value.kind());
    let again = encode(&read).expect("and written again");
    assert_eq!(again, (tag, written.clone()), "each writing is the same");
    assert_eq!(decode(tag, &written).expect("read"), read);
    // Strides along a dimension of one element say nothing, and do not travel.
    if !matches!(value, Value::Tensor(_)) {
        assert_eq!(&read, value);
    }
}

/// A tensor as a program makes it: dtype, dimensions, strides, format and data.
pub fn tensors(bytes: &[u8]) {
    let mut feed = Feed::new(bytes);
    let dtype = feed.pick(&Dtype::ALL);
    let ndim = feed.below(10);
    let shape: Vec<u64> = (0..ndim).map(|_| number(&mut feed)).collect();
    let ndim = if feed.byte() == 0 {
        feed.below(10)
    } else {
        ndim
    };
    let strides: Vec<i64> = (0..ndim).map(|_| number(&mut feed) as i64).collect();
    let format = "f".repeat(feed.below(300));
    let data = vec![1u8; feed.below(5000)]; // true, if they are bools
    call("row_major", || Dims::row_major(dtype, &shape));
    let dense = call("dense", || {
        Tensor::dense(dtype, &shape, format.as_str(), &data[..])
    });
    let strided = call("strided", || {
        Tensor::strided(dtype, &shape, &strides, format.as_str(), &data[..])
    });
    for tensor in [dense, strided].into_iter().flatten() {
        let elements: u64 = tensor.shape.iter().product();
        let copy = call("to_dense", || tensor.to_dense()).expect("a sound tensor");
        assert!(copy.is_dense());
        assert_eq!(copy.data.len() as u64, elements * dtype.size_bytes() as u64);
        assert!(
            copy.data.len() <= tensor.data.len(),
            "a copy takes no more memory"
        );
        let item = Value::Tensor(tensor.clone());
        stable(&item);
        let (tag, written) = encode(&Value::List(vec![item])).expect("a list of it");
        let read = decode(tag, &written).expect("read");
        let within = Value::List(vec![Value::Tensor(copy)]);
        assert_eq!(read, within, "in a list it is dense");
    }
}

/// Mostly small, sometimes any.
fn number(feed: &mut Feed<'_>) -> u64 {
    match feed.byte() {
        255 => feed.u64(),
        254 => u64::from(feed.u16()),
        small => u64::from(small),
    }
}
