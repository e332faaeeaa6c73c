#!/usr/bin/env bash
# The peers of benches/engine.mjs, which are there for this alone: from npm, from PyPI, and one that is compiled.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -d benches/node_modules ] || npm ci --prefix benches --silent
# faiss: exact search; hnswlib: HNSW; bm25s and tantivy: BM25
[ -d .cache/bench/faiss ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target .cache/bench/faiss faiss-cpu==1.15.1
[ -d .cache/bench/peers ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target .cache/bench/peers bm25s==0.3.16 hnswlib==0.8.0 tantivy==0.27.0
if [ ! -d .cache/bench/ferrovec ]; then
  toolchain="$(cat .cache/toolchain)"
  [ -z "$toolchain" ] || export RUSTUP_TOOLCHAIN="$toolchain"
  export PATH="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}/bin:$PATH"
  out="$PWD/.cache/bench/ferrovec"
  CARGO_TARGET_DIR="$PWD/target/ferrovec" wasm-pack --quiet build --release --target web --no-opt --no-pack --out-dir "$out" --out-name ferrovec benches/ferrovec
  jupyterlite/node_modules/.bin/wasm-opt -O3 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
    --enable-mutable-globals --enable-reference-types --enable-multivalue "$out/ferrovec_bg.wasm" -o "$out/ferrovec_bg.wasm"
fi
