#!/usr/bin/env bash
# Runs a fuzz target: scripts/fuzz.sh TARGET [SECONDS [OPTION…]]; targets are in fuzz/fuzz_targets, options are libFuzzer's. Plain cargo and
# a stable rustc do: cargo-fuzz would ask for a nightly one. What it finds is left in fuzz/artifacts; the corpus that grows stays in .cache.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
target="$1" seconds="${2:-60}"
shift $(($# < 2 ? $# : 2))
host="$(rustc -vV | sed -n 's/^host: //p')"
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1"
RUSTFLAGS="$coverage" cargo build --quiet --release --target "$host" --bin "$target"
mkdir -p "artifacts/$target" "../.cache/fuzz/$target"
# the stack of a wasm module is 1 MiB; native frames are larger
ulimit -s 4096
# sequences begin long, where libFuzzer begins with a few bytes
growth=100
case "$target" in requests | stores) growth=0 ;; esac
seeds=()
[ ! -d "corpus/$target" ] || seeds=("corpus/$target")
exec "target/$host/release/$target" "../.cache/fuzz/$target" "${seeds[@]}" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 \
  -max_len=20000 -len_control="$growth" -artifact_prefix="artifacts/$target/" "$@"
