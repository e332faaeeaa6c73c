#!/usr/bin/env bash
# Builds the engine's wasm module and its npm package into engine/js/dist: wasm-pack without its own wasm-opt, then Binaryen, esbuild and TypeScript from npm.
set -euo pipefail
cd "$(dirname "$0")/.."
toolchain="$(cat .cache/toolchain)"
[ -z "$toolchain" ] || export RUSTUP_TOOLCHAIN="$toolchain"
export PATH="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}/bin:$PATH"
# of a function without a hint that is called twice there need not be two copies: a tenth of the module
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128 -C llvm-args=-inline-threshold=5"
wasm-pack --quiet build --profile engine --target web --no-opt --no-pack --out-dir wasm --out-name milvus_engine engine/js
npm="$PWD/jupyterlite/node_modules/.bin"
cd engine/js
rm -rf dist && mkdir dist
# an order that gzip likes
../../.venv/bin/python ../../scripts/order.py wasm/milvus_engine_bg.wasm
# the features are named: with all of them the module would need what engines do not have
"$npm/wasm-opt" -O3 --reorder-functions-by-name --strip-debug --strip-producers --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
  --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue wasm/milvus_engine_bg.wasm -o dist/milvus_engine_bg.wasm
"$npm/esbuild" ts/worker.ts --bundle --minify --target=es2022 --format=esm --log-level=warning --outfile=dist/milvus-engine.worker.js
"$npm/tsc"
