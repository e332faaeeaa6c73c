#!/usr/bin/env bash
# Installs what is missing: Chromium and its driver, Firefox, Python tools and servers, npm packages, the wasm toolchain. A second run takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'setup: %s\n' "$*" >&2; }
need() { command -v "$1" >/dev/null || { say "$1 is missing: $2"; exit 1; }; }
need cargo "install Rust with rustup"
need node "install Node.js 20 or later"
need npm "it comes with Node.js"
need python3 "install Python 3.10 or later"

missing=()
[ -x /usr/bin/chromium ] || [ -n "${CHROMIUM:-}" ] || missing+=(chromium)
[ -x /usr/bin/firefox-esr ] || [ -n "${FIREFOX:-}" ] || missing+=(firefox-esr)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
# the tests' certificates
command -v openssl >/dev/null || missing+=(openssl)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing ${missing[*]} (about 1 minute)"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
      { say "apt-get could not install ${missing[*]}"; exit 1; }
  else
    say "missing: ${missing[*]} (Debian's names). Install them by your system's means; CHROMIUM=/path/to/chromium and FIREFOX=/path/to/firefox name other browsers."
    exit 1
  fi
fi

if ! [ -x .venv/bin/python ]; then python3 -m venv .venv; fi
if ! cmp -s constraints.txt .venv/installed.txt; then
  say "installing Python tools, Milvus, Milvus Lite and Envoy (about 1 minute)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
  cp constraints.txt .venv/installed.txt
fi
if ! cmp -s requirements-lite25.txt .venv/milvus-lite-2.5/installed.txt; then
  say "installing Milvus Lite 2.5 (about 10 seconds)"
  rm -rf .venv/milvus-lite-2.5
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target .venv/milvus-lite-2.5 -r requirements-lite25.txt
  cp requirements-lite25.txt .venv/milvus-lite-2.5/installed.txt
fi

if ! cmp -s jupyterlite/package-lock.json jupyterlite/node_modules/.installed; then
  say "installing npm packages (about 30 seconds)"
  # `npm ci` refuses a lock file in which another system's optional binaries are missing; `install` keeps to its versions all the same
  (cd jupyterlite && npm install --no-save --silent --no-audit --no-fund --ignore-scripts) || { say "npm could not install its packages"; exit 1; }
  cp jupyterlite/package-lock.json jupyterlite/node_modules/.installed
fi

mkdir -p .cache
scripts/toolchain.sh >.cache/toolchain
