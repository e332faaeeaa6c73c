#!/usr/bin/env bash
# `make bench`: every figure of the README beside its peer, in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --quiet --bench parse 2>/dev/null
.venv/bin/python scripts/servers.py --milvus --lite --envoy -- node benches/browser.mjs
.venv/bin/python scripts/size.py | tail -n 1
