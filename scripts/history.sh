#!/bin/sh
# Plays sixty days of an installation with restarts, crashes, clock steps and a full disk, and judges what is left
# (npm run history -- --days 10 --cameras 4 --seed 7).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh
# The zone of whoever runs it must make no difference; this one puts its clocks back meanwhile.
TZ=Europe/Berlin exec timeout --foreground --kill-after=10 3600 "$node" test/history/campaign.ts "$@"
