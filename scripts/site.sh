#!/usr/bin/env bash
# Builds the wheel into dist/ and, from it, the static site into dist/site.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="$PWD/.venv/bin"
(
  cd jupyterlite
  rm -rf lib jupyterlite_milvus_kernel/labextension
  npm run --silent build
  "$bin/jupyter-builder" build . | grep -v -e 'WARNING' -e 'Assets' -e '│' || true
  [ -f jupyterlite_milvus_kernel/labextension/package.json ]
  rm -f ../dist/*.whl
  "$bin/pip" wheel --quiet --no-deps --no-build-isolation -w ../dist .
)
[ "${1:-site}" = wheel ] && exit 0
"$bin/pip" install --quiet --no-deps --force-reinstall dist/*.whl
# the databases of the tour, by the kernel on the engine
"$bin/python" scripts/data.py .cache/data
for name in digits texts; do
  cargo run --quiet --example database -- ".cache/data/$name.sql" "www/files/$name.milvus"
done
rm -rf dist/site .jupyterlite.doit.db
mkdir -p .cache/lite
"$bin/jupyter" lite build --lite-dir www --output-dir dist/site --no-sourcemaps --apps lab --apps notebooks --apps repl \
  >.cache/lite/build.log 2>&1 || { tail -n 40 .cache/lite/build.log; exit 1; }
rm -f .jupyterlite.doit.db
grep -q exposeAppInBrowser dist/site/jupyter-lite.json
"$bin/python" scripts/languages.py dist/site
# the front page, and what it leads to
cp www/index.html dist/site/index.html
cp -r www/landing dist/site/landing
cp www/screenshot*.png dist/site/landing/
"$bin/python" scripts/docs.py
"$bin/python" scripts/words.py
# pages that open when their host is gone
cat www/offline/worker.js >>dist/site/service-worker.js
{
  echo 'const FILES = ['
  # the kernel first; the module of parquet and arrow comes when it is asked for, and stays then
  for folder in extensions/jupyterlite-milvus-kernel/static files landing reference deploy; do
    (cd dist/site && find $folder -type f -not -name 'milvus*columns*' | sort | sed "s/.*/  '&',/")
  done
  echo '];'
  "$bin/python" scripts/made.py dist/site
  cat www/offline/page.js
} >dist/site/offline.js
for app in lab notebooks repl; do
  sed -i.plain 's|</head>|<script src="../offline.js"></script></head>|' "dist/site/$app/index.html"
  grep -q '../offline.js' "dist/site/$app/index.html" && rm "dist/site/$app/index.html.plain"
done
