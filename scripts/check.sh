#!/usr/bin/env bash
# Formatting, lints with warnings as errors (native and wasm32), docs, types, and a clean tree.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
# rustfmt leaves long strings, comments and macros as they are; characters are counted, not bytes
if LC_ALL=C.UTF-8 git grep --untracked -nE '^.{101,}' -- '*.rs' '*.ts' '*.mjs' '*.cjs'; then
  echo "check: lines of more than 100 columns" >&2
  exit 1
fi
cargo clippy --quiet --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
toolchain="$(cat .cache/toolchain)"
export LITE_WEB_URL=http://127.0.0.1:1 MILVUS_WEB_URL=http://127.0.0.1:1
if ${toolchain:+env RUSTUP_TOOLCHAIN=$toolchain} cargo clippy --version >/dev/null 2>&1; then
  ${toolchain:+env RUSTUP_TOOLCHAIN=$toolchain} cargo clippy --quiet --target wasm32-unknown-unknown --lib --test web -- -D warnings
  ${toolchain:+env RUSTUP_TOOLCHAIN=$toolchain} cargo clippy --quiet --target wasm32-unknown-unknown --package milvus-engine --package milvus-engine-js --package milvus-columns -- -D warnings
else
  echo "check: this wasm32 toolchain has no clippy: skipped there"
fi
# against the declarations that were made of src/wasm.rs and engine/js/src
(cd engine/js && ../../jupyterlite/node_modules/.bin/tsc --noEmit && ../../jupyterlite/node_modules/.bin/tsc -p tsconfig.worker.json)
(cd jupyterlite && npx --no-install tsc --noEmit && npx --no-install tsc -p tsconfig.worker.json)
[ -z "${CI:-}" ] || git diff --exit-code --stat
