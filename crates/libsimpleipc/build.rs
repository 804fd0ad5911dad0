//! Gives the shared library its name, so that a program linked against it by any path looks for
//! `libsimpleipc.so` when it starts. Once loaded it stays in its process: what the system calls
//! after a fork and at the exit, and threads that wait, are code of it. A web server that loads and
//! unloads it for each request would leave a little memory each time.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libsimpleipc.so");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
