#!/usr/bin/env bash
# Installs the wheel into an empty environment, builds a site from it, and looks for the kernel in there.
set -euo pipefail
cd "$(dirname "$0")/.."
root="$PWD"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check -c constraints.txt jupyterlite-core jupyter-server "$root"/dist/jupyterlite_milvus_kernel-*.whl
(cd "$folder" && venv/bin/jupyter lite build --output-dir site --no-sourcemaps --apps repl >build.log 2>&1) || { tail -n 30 "$folder/build.log"; exit 1; }
grep -q jupyterlite-milvus-kernel "$folder/site/jupyter-lite.json"
# the kernel, the engine, and the module of parquet and arrow
static=extensions/jupyterlite-milvus-kernel/static
[ "$(ls "$folder/site/$static"/*.wasm | wc -l)" = 3 ]
for wasm in "$folder/site/$static"/*.wasm; do cmp "$wasm" "dist/site/$static/$(basename "$wasm")"; done
# Pygments finds the lexer, and so does nbconvert
PYTHONPATH="$root" "$folder/venv/bin/python" -m unittest --quiet tests.test_lexer
"$folder/venv/bin/jupyter-nbconvert" --log-level ERROR --to html --stdout www/files/tour.ipynb >"$folder/tour.html"
grep -q 'hl-milvus-sql.*<span class="k">' "$folder/tour.html"
# no server: nothing else comes with it
[ "$("$folder/venv/bin/pip" show jupyterlite-milvus-kernel | sed -n 's/^Requires: *//p')" = "" ]
echo "wheel-test: installed, and a site built from it has the kernel"
