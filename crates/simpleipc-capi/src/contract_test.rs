//! The numbers and texts of the contract are those of the Rust library.

use simpleipc::{Class, Dtype, Kind, Status, limits};

use crate::generated::*;

#[test]
fn statuses_are_the_same() {
    assert_eq!(STATUSES.len(), Status::ALL.len());
    for (code, _, class, text) in STATUSES {
        let status = Status::from_code(code).expect(class);
        assert_eq!(status.text(), text.to_str().unwrap());
        let expected = match status.class() {
            Class::Ok => "ok",
            Class::Retry => "retry",
            Class::Gone => "gone",
            Class::Misuse => "misuse",
            Class::Corrupt => "corrupt",
            Class::System => "system",
        };
        assert_eq!(class, expected, "{status:?}");
    }
}

#[test]
fn kinds_and_dtypes_are_the_same() {
    let kinds = [
        (SIPC_KIND_NULL, Kind::Null),
        (SIPC_KIND_BOOL, Kind::Bool),
        (SIPC_KIND_INT, Kind::Int),
        (SIPC_KIND_UINT, Kind::Uint),
        (SIPC_KIND_FLOAT, Kind::Float),
        (SIPC_KIND_STR, Kind::Str),
        (SIPC_KIND_BYTES, Kind::Bytes),
        (SIPC_KIND_LIST, Kind::List),
        (SIPC_KIND_MAP, Kind::Map),
        (SIPC_KIND_TENSOR, Kind::Tensor),
        (SIPC_KIND_OPAQUE, Kind::Opaque),
    ];
    for (number, kind) in kinds {
        assert_eq!(number, u32::from(kind.code()));
    }
    let dtypes = [
        (SIPC_DTYPE_BOOL, Dtype::Bool),
        (SIPC_DTYPE_U8, Dtype::U8),
        (SIPC_DTYPE_I8, Dtype::I8),
        (SIPC_DTYPE_U16, Dtype::U16),
        (SIPC_DTYPE_I16, Dtype::I16),
        (SIPC_DTYPE_U32, Dtype::U32),
        (SIPC_DTYPE_I32, Dtype::I32),
        (SIPC_DTYPE_U64, Dtype::U64),
        (SIPC_DTYPE_I64, Dtype::I64),
        (SIPC_DTYPE_F16, Dtype::F16),
        (SIPC_DTYPE_F32, Dtype::F32),
        (SIPC_DTYPE_F64, Dtype::F64),
        (SIPC_DTYPE_C64, Dtype::C64),
        (SIPC_DTYPE_C128, Dtype::C128),
    ];
    for (number, dtype) in dtypes {
        assert_eq!(number, u32::from(dtype.code()));
    }
}

#[test]
fn limits_are_the_same() {
    assert_eq!(SIPC_DIMS_MAX as usize, limits::DIMS_MAX);
    assert_eq!(SIPC_NAME_BYTES_MAX as usize, limits::NAME_BYTES_MAX);
    assert_eq!(SIPC_PRODUCERS_MAX as usize, limits::PRODUCERS_MAX);
    assert_eq!(SIPC_PEERS_MAX as usize, limits::PEERS_MAX);
}
