#!/usr/bin/env bash
# Builds the wasm module and its JavaScript into jupyterlite/wasm: wasm-pack without its own wasm-opt, then Binaryen from npm.
set -euo pipefail
cd "$(dirname "$0")/.."
toolchain="$(cat .cache/toolchain)"
[ -z "$toolchain" ] || export RUSTUP_TOOLCHAIN="$toolchain"
export PATH="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}/bin:$PATH"
wasm-pack --quiet build --release --target web --no-opt --no-pack --out-dir jupyterlite/wasm --out-name milvus_kernel .
# an order that gzip likes: a tenth of the download. What Binaryen inlines, rustc has decided already, and it makes alike functions unlike.
# Nothing is at addresses below 1024 but the far end of the stack.
# the features are named: with all of them the module would need what engines do not have
.venv/bin/python scripts/order.py jupyterlite/wasm/milvus_kernel_bg.wasm
jupyterlite/node_modules/.bin/wasm-opt -Oz --low-memory-unused --skip-pass=inlining-optimizing --reorder-functions-by-name \
  --strip-debug --strip-producers --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
  --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue \
  jupyterlite/wasm/milvus_kernel_bg.wasm -o jupyterlite/wasm/milvus_kernel_bg.opt.wasm
mv jupyterlite/wasm/milvus_kernel_bg.opt.wasm jupyterlite/wasm/milvus_kernel_bg.wasm
