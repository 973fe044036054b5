#!/bin/sh
# Kills recorders, tears files and fails calls of the disk, and judges what is left; --help lists the options.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh
. scripts/debian_packages.sh
# The parts end by themselves; this is for one that hangs.
exec timeout --foreground --kill-after=10 7200 "$node" test/chaos/chaos.ts "$@"
