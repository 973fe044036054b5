#!/bin/sh
# For development: the demo (temporary data, simulated cameras), started anew whenever a source file changes.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-8}"
export UV_THREADPOOL_SIZE
exec "$node" --watch-path=src --watch-path=migrations src/main.ts demo "$@"
