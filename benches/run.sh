#!/usr/bin/env bash
# `make bench`: every figure of the README beside its peer, in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --quiet --bench parse 2>/dev/null
# no other server beside the one that is measured
.venv/bin/python scripts/servers.py --lite --envoy -- node benches/browser.mjs start statement cells
.venv/bin/python scripts/servers.py --milvus --envoy -- node benches/browser.mjs insert
[ -d benches/node_modules/papaparse ] || npm ci --prefix benches --silent
.venv/bin/python scripts/servers.py --lite --envoy -- node benches/files.mjs
.venv/bin/python scripts/size.py | tail -n 2
# JupyterLite with the extension and without it
node benches/page.mjs
# the engine beside its peers
benches/engine/peers.sh
node benches/engine.mjs
node benches/completion.mjs
node benches/tables.mjs
node benches/plot.mjs
