#!/bin/sh
# Runs all tests, or those of the files given (npm test -- src/rtsp/*.test.ts). Sets up what they need first.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

quoted() {
  printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

. scripts/debian_packages.sh
. scripts/build_ui.sh

# Node.js takes options only before files, and without files of its own accord also scripts that are no tests.
options=''
files=''
for word in "$@"; do
  case $word in
    -*) options="$options $(quoted "$word")" ;;
    *) files="$files $(quoted "$word")" ;;
  esac
done
eval "set -- $options ${files:-"'src/**/*.test.ts' 'ui/**/*.test.ts' 'test/**/*.test.ts'"}"
# Most tests wait for sockets and child processes more than for a core, so one file per core and one more run at the same
# time (Node.js itself would leave one core idle); with more, browsers and cameras starve each other. A test that hangs ends after two minutes, the whole after twenty.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$root/node_modules/.cache/nightjar}"
exec timeout --foreground --kill-after=10 1200 \
  "$node" --test --test-concurrency="$(($(nproc) + 1))" --test-timeout=120000 "$@"
