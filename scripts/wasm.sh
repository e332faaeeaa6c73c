#!/usr/bin/env bash
# Builds the wasm module and its JavaScript into jupyterlite/wasm: wasm-pack without its own wasm-opt, then Binaryen from npm.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTUP_TOOLCHAIN="${1:-${RUSTUP_TOOLCHAIN:-}}"
[ -n "$RUSTUP_TOOLCHAIN" ] || unset RUSTUP_TOOLCHAIN
export PATH="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}/bin:$PATH"
wasm-pack build --release --target web --no-opt --no-pack --out-dir jupyterlite/wasm --out-name milvus_kernel . 2>&1 | grep -vE '^\[INFO\]|^ *$' >&2 || true
[ -f jupyterlite/wasm/milvus_kernel_bg.wasm ]
# the features are named: with all of them the module would need what engines do not have
jupyterlite/node_modules/.bin/wasm-opt -O3 --strip-debug --strip-producers --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
  --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue \
  jupyterlite/wasm/milvus_kernel_bg.wasm -o jupyterlite/wasm/milvus_kernel_bg.opt.wasm
mv jupyterlite/wasm/milvus_kernel_bg.opt.wasm jupyterlite/wasm/milvus_kernel_bg.wasm
