#!/usr/bin/env bash
# Builds the module that reads and writes parquet and arrow into jupyterlite/wasm, beside the kernel's: a wasm module and a worker of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
toolchain="$(cat .cache/toolchain)"
[ -z "$toolchain" ] || export RUSTUP_TOOLCHAIN="$toolchain"
export PATH="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}/bin:$PATH"
wasm-pack --quiet build --profile columns --target web --no-opt --no-pack --out-dir "$PWD/jupyterlite/wasm" --out-name milvus_columns columns
# the features are named: with all of them the module would need what engines do not have
jupyterlite/node_modules/.bin/wasm-opt -O2 --strip-debug --strip-producers --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
  --enable-sign-ext --enable-mutable-globals --enable-reference-types --enable-multivalue \
  jupyterlite/wasm/milvus_columns_bg.wasm -o jupyterlite/wasm/milvus_columns_bg.opt.wasm
mv jupyterlite/wasm/milvus_columns_bg.opt.wasm jupyterlite/wasm/milvus_columns_bg.wasm
