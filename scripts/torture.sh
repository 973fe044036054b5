#!/bin/sh
# Records cameras whose every connection goes wrong, and judges files and timeline; --help lists the options.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh
. scripts/debian_packages.sh
# The run ends by itself; this is for one that hangs.
exec timeout --foreground --kill-after=10 3600 "$node" test/torture/torture.ts "$@"
