#!/bin/sh
# For development: the demo (temporary data, simulated cameras), started anew whenever a source file changes, and the
# web interface built anew whenever one of its files does: load the page again then.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

UV_THREADPOOL_SIZE="${UV_THREADPOOL_SIZE:-8}"
export UV_THREADPOOL_SIZE
"$node" node_modules/vite/bin/vite.js build ui --watch --logLevel warn --mode development --minify false --sourcemap &
vite=$!
"$node" --watch-path=src --watch-path=migrations src/main.ts demo "$@" &
server=$!

stop() {
  trap - EXIT
  kill "$vite" "$server" 2>/dev/null || true
  wait "$vite" "$server" || true
}
trap stop EXIT
trap 'exit 130' INT TERM
wait "$server"
