//! Goal: a tensor that exists describes only bytes it has. Method: shapes and strides at and
//! beyond every limit, and dense copies compared with a copy made element by element.

use super::*;

fn refused<T: fmt::Debug>(result: Result<T>, sentence: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), Status::BadValue);
    assert!(error.message().contains(sentence), "{error}");
}

/// The elements in row-major order, found one by one.
fn slow_dense(tensor: &Tensor<'_>) -> Vec<u8> {
    let size = tensor.dtype.size_bytes();
    let count: u64 = tensor.shape.iter().product();
    let mut dense = Vec::new();
    for number in 0..count {
        let mut rest = number;
        let mut at = 0;
        for dim in (0..tensor.shape.len()).rev() {
            at += (rest % tensor.shape[dim]) as usize * tensor.strides[dim] as usize;
            rest /= tensor.shape[dim];
        }
        dense.extend_from_slice(&tensor.data[at..at + size]);
    }
    dense
}

#[test]
fn row_major_strides_are_products_of_later_dimensions() {
    let strides = |shape: &[u64]| Dims::row_major(Dtype::F32, shape).unwrap();
    assert_eq!(*strides(&[]), []);
    assert_eq!(*strides(&[5]), [4]);
    assert_eq!(*strides(&[2, 3, 5]), [60, 20, 4]);
    assert_eq!(*strides(&[2, 0, 5]), [20, 20, 4]);
    assert_eq!(*strides(&[1; 8]), [4; 8]);
}

#[test]
fn a_dense_tensor_has_exactly_its_bytes() {
    let dense = |shape: &[u64], len: usize| Tensor::dense(Dtype::U16, shape, "", vec![0; len]);
    assert!(dense(&[], 2).unwrap().is_dense());
    assert!(dense(&[3, 2], 12).unwrap().is_dense());
    assert!(dense(&[3, 0], 0).unwrap().is_dense());
    refused(dense(&[3, 2], 11), "needs 12 bytes");
    refused(dense(&[3, 2], 13), "has 12 bytes, not the 13 given");
    refused(dense(&[0], 1), "has 0 bytes, not the 1 given");
    refused(dense(&[1; 9], 2), "9 dimensions");
    refused(dense(&[u64::MAX], 2), "too large");
    refused(dense(&[1 << 32, 1 << 31], 2), "too large");
    refused(dense(&[1 << 40, 1 << 40, 0], 0), "too large");
    let format = "f".repeat(256);
    refused(
        Tensor::dense(Dtype::U8, &[1], format, vec![0]),
        "at most 255",
    );
}

#[test]
fn strides_are_checked() {
    let strided = |shape: &[u64], strides: &[i64], len: usize| {
        Tensor::strided(Dtype::U8, shape, strides, "", vec![0; len])
    };
    assert!(!strided(&[2, 3], &[4, 1], 7).unwrap().is_dense());
    assert!(strided(&[2, 3], &[3, 1], 6).unwrap().is_dense());
    assert!(!strided(&[2, 3], &[1, 2], 6).unwrap().is_dense());
    refused(strided(&[2, 3], &[4, 1], 6), "needs 7 bytes");
    refused(strided(&[2, 3], &[4], 7), "2 dimensions but 1 strides");
    refused(
        strided(&[2, 3], &[-3, 1], 6),
        "negative stride along dimension 0",
    );
    refused(strided(&[2, 3], &[0, 1], 6), "overlap");
    refused(strided(&[1 << 40], &[0], 1), "overlap");
    refused(strided(&[4], &[i64::MAX], 6), "too large");
    refused(strided(&[2], &[i64::MAX], 6), "needs");
    // Where nothing is stepped to, the stride does not count.
    assert!(strided(&[1, 3], &[i64::MAX, 1], 3).unwrap().is_dense());
    assert!(strided(&[0, 3], &[7, 5], 0).unwrap().is_dense());
}

#[test]
fn a_dense_copy_has_every_element_in_order() {
    let data: Vec<u8> = (0..=255).collect();
    let cases: [(&[u64], &[i64]); 9] = [
        (&[], &[]),
        (&[4, 3], &[20, 2]),
        (&[4, 3], &[2, 20]),
        (&[2, 3, 4], &[100, 30, 2]),
        (&[2, 3, 4], &[2, 4, 12]),
        (&[2, 1, 4], &[8, i64::MAX, 2]),
        (&[1, 1, 1], &[9, 9, 9]),
        (&[3, 0, 2], &[100, 9, 3]),
        (&[2, 2, 2, 2, 2], &[128, 64, 16, 8, 2]),
    ];
    for (shape, strides) in cases {
        let tensor = Tensor::strided(Dtype::U16, shape, strides, "fmt", &data[..]).unwrap();
        let dense = tensor.to_dense().unwrap();
        assert_eq!(
            *dense.data,
            slow_dense(&one_element_strides_as_zero(&tensor))
        );
        assert!(dense.is_dense());
        assert_eq!((dense.shape, &*dense.format), (tensor.shape, "fmt"));
    }
}

fn one_element_strides_as_zero<'a>(tensor: &Tensor<'a>) -> Tensor<'a> {
    let mut tensor = tensor.clone();
    for dim in 0..tensor.shape.len() {
        if tensor.shape[dim] == 1 {
            tensor.strides.items[dim] = 0;
        }
    }
    tensor
}

#[test]
fn a_dense_tensor_is_not_copied_again() {
    let data = [1, 2, 3, 4, 5, 6, 99];
    let tensor = Tensor::strided(Dtype::U8, &[2, 3], &[3, 1], "", &data[..]).unwrap();
    let dense = tensor.to_dense().unwrap();
    assert!(matches!(&dense.data, Cow::Borrowed(bytes) if bytes.as_ptr() == data.as_ptr()));
    assert_eq!(dense.data.len(), 6);
}

#[test]
fn public_fields_out_of_step_are_refused_and_not_trusted() {
    let mut tensor = Tensor::dense(Dtype::U8, &[2, 3], "", vec![0; 6]).unwrap();
    tensor.shape = Dims::new(&[3, 3]).unwrap();
    refused(tensor.to_dense(), "needs 9 bytes");
}
