#!/usr/bin/env bash
# `make test`: every suite, one after the other; goes on after a failure and says at the end what failed.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()
for suite in check test-proto test-deploy test-size test-native test-pymilvus test-web test-node test-browser test-kernel test-wheel; do
  echo "=== $suite"
  started=$SECONDS
  make --no-print-directory "$suite" || failed+=("$suite")
  echo "=== $suite took $((SECONDS - started)) s"
done
total=11
echo "$((total - ${#failed[@]})) passed, ${#failed[@]} failed"
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
