//! `libsimpleipc.so` and `libsimpleipc.a`: the functions of `include/simpleipc.h`, nothing else.

pub use simpleipc_capi::*;
