#!/bin/sh
# Runs the benchmarks one after the other, or those given (npm run bench -- test/bench/timeline.ts).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

if [ $# -eq 0 ]; then
  set -- test/bench/*.ts
fi
for benchmark in "$@"; do
  echo "== $benchmark"
  UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-8}" "$node" --expose-gc "$benchmark"
done
