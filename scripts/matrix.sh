#!/bin/sh
# Records every codec over every transport from cameras that nobody here wrote, and compares; --help lists the
# options.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh
. scripts/debian_packages.sh
# A cell ends by itself within a minute; the whole takes about ten.
exec timeout --foreground --kill-after=10 2400 "$node" test/matrix/matrix.ts "$@"
