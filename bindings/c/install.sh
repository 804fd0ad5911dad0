#!/bin/sh
# Installs the headers, both libraries and the pkg-config file: install.sh PREFIX
#
# Reads SIPC_LIB_DIR, the folder of libsimpleipc.so and libsimpleipc.a; without it, the folder that
# `cargo build --release` fills.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 PREFIX" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
libraries=${SIPC_LIB_DIR:-$root/target/release}
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml")

mkdir -p "$prefix/include/simpleipc" "$prefix/lib/pkgconfig"
install -m 644 "$root/include/simpleipc.h" "$root/bindings/cpp/simpleipc.hpp" "$prefix/include/"
install -m 644 "$root/bindings/cpp/simpleipc/"*.hpp "$prefix/include/simpleipc/"
install -m 755 "$libraries/libsimpleipc.so" "$prefix/lib/"
install -m 644 "$libraries/libsimpleipc.a" "$prefix/lib/"
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" "$here/simpleipc.pc.in" \
    > "$prefix/lib/pkgconfig/simpleipc.pc"
