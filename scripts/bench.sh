#!/bin/sh
# Runs the benchmarks one after the other, or those given (npm run bench -- test/bench/timeline.ts).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

usage() {
  echo "Usage: npm run bench -- [BENCHMARK ...]"
  echo
  echo "Runs those benchmarks, or all of these, one after the other. Some take options of their own: node FILE --help."
  echo
  printf '  %s\n' test/bench/*.ts
}

for benchmark in "$@"; do
  case $benchmark in
    -h | --help)
      usage
      exit
      ;;
  esac
  if [ ! -f "$benchmark" ]; then
    echo "No benchmark is called $benchmark." >&2
    echo >&2
    usage >&2
    exit 2
  fi
done
if [ $# -eq 0 ]; then
  set -- test/bench/*.ts
fi
for benchmark in "$@"; do
  echo "== $benchmark"
  UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-8}" "$node" --expose-gc "$benchmark"
done
