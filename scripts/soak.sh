#!/bin/sh
# Records cameras that are cut off every few seconds for half an hour, and counts memory and handles; --help lists the
# options.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh
exec "$node" test/soak/soak.ts "$@"
