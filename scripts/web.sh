#!/usr/bin/env bash
# Runs tests/web.rs in headless Chromium; the servers' addresses are in the environment and are compiled in.
set -euo pipefail
cd "$(dirname "$0")/.."
toolchain="$(cat .cache/toolchain)"
[ -z "$toolchain" ] || export RUSTUP_TOOLCHAIN="$toolchain"
export PATH="${MILVUS_KERNEL_TOOLS:-$HOME/.cache/milvus-kernel}/bin:$PATH"
export WASM_BINDGEN_TEST_TIMEOUT=600 # the whole reference runs here
wasm-pack test --headless --chrome --chromedriver "$(command -v chromedriver)" --test web
