#!/usr/bin/env bash
# Sets up what compiles to WebAssembly: the wasm32 target, wasm-pack, wasm-bindgen's CLI. A second run only looks and says nothing.
# Prints, as its only line on stdout, the rustup toolchain that has the target (empty: the default one).
set -euo pipefail
cd "$(dirname "$0")/.."
tools="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}"
say() { printf '%s\n' "toolchain: $*" >&2; }

has_target() { [ -n "$(ls "$(rustc ${1:+"+$1"} --print sysroot 2>/dev/null)"/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib 2>/dev/null)" ]; }
is_debian_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Debian's rustc for browsers (rustc-web) comes with the std source but not with its wasm32 build: build it once, where rustc looks for it.
debian_target() {
  is_debian_root || return 1
  say "rustup cannot fetch the wasm32 target here; building it from Debian's packages (about 2 minutes, once)"
  { apt-get update && apt-get install -y --no-install-recommends rustc-web rust-web-src cargo-web rust-web-clippy; } >&2
  local host=/usr/lib/rustlib/x86_64-unknown-linux-gnu lld
  if [ ! -e "$host/bin/rust-lld" ]; then
    lld="$(ls "$(rustc --print sysroot)"/lib/rustlib/*/bin/rust-lld 2>/dev/null | head -n 1)"
    if [ -z "$lld" ]; then apt-get install -y --no-install-recommends lld-22 >&2 && lld=/usr/bin/ld.lld-22; fi
    mkdir -p "$host/bin" && ln -sf "$lld" "$host/bin/rust-lld"
  fi
  if ! ls /usr/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib >/dev/null 2>&1; then
    local dir; dir="$(mktemp -d)"
    mkdir "$dir/src"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$dir/Cargo.toml"
    printf '#![no_std]\n' >"$dir/src/lib.rs"
    (cd "$dir" && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build --release -Zbuild-std=std,panic_abort,test --target wasm32-unknown-unknown) >&2
    mkdir -p /usr/lib/rustlib/wasm32-unknown-unknown/lib
    find "$dir/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libempty-*' -exec cp {} /usr/lib/rustlib/wasm32-unknown-unknown/lib/ \;
    rm -rf "$dir"
  fi
  rustup toolchain link debian-web /usr >&2
}

toolchain=""
if has_target ""; then :
elif rustup toolchain list 2>/dev/null | grep -q '^debian-web' && has_target debian-web; then toolchain=debian-web
elif rustup target add wasm32-unknown-unknown >/dev/null 2>&1; then :
elif debian_target; then toolchain=debian-web
else
  say "rustc has no wasm32-unknown-unknown target and 'rustup target add wasm32-unknown-unknown' failed; add the target by your system's means and run again"
  exit 1
fi

# wasm-pack wants a wasm-bindgen of exactly the version in Cargo.lock on the PATH; both are kept for the user, beside other clones.
bindgen="$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)"
install_tool() { # crate, version, binary
  local have; have="$(PATH="$tools/bin:$PATH" "$3" --version 2>/dev/null | awk '{print $2}' || true)"
  [ "$have" = "$2" ] && return 0
  say "compiling $1 $2 (2 to 5 minutes, once)"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR="$tools/build" \
    cargo install --quiet --root "$tools" --version "$2" "$1" >&2
  rm -rf "$tools/build/release/deps/${3//-/_}"*
}
install_tool wasm-bindgen-cli "$bindgen" wasm-bindgen
install_tool wasm-pack 0.15.1 wasm-pack
rm -rf "$tools/build"
printf '%s\n' "$toolchain"
