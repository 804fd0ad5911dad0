//! Gives the shared library its name, so that a program linked against it by any path looks for
//! `libsimpleipc.so` when it starts.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libsimpleipc.so");
    }
}
