#!/bin/sh
# Fuzzes all parsers, with ten million inputs unless told otherwise (npm run fuzz -- --inputs 100000 --target moof).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh
exec "$node" --expose-gc test/fuzz/campaign.ts "$@"
