//! What the library says about itself: versions, status texts and its clock.

use std::ffi::{CStr, c_char};

use crate::generated::{SIPC_ABI_VERSION, status_text};

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_abi_version() -> u32 {
    SIPC_ABI_VERSION
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_version() -> *const c_char {
    VERSION.as_ptr()
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_status_text(status: i32) -> *const c_char {
    status_text(status).as_ptr()
}

/// See simpleipc.h.
#[unsafe(no_mangle)]
pub extern "C" fn sipc_now_ns() -> i64 {
    simpleipc::now_ns()
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no NUL inside"),
    };
