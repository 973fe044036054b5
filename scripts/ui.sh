#!/bin/sh
# Builds the web interface into ui/dist (ui.sh build), or serves it with hot reload in front of a running server
# (ui.sh dev; NIGHTJAR_SERVER names the server, http://127.0.0.1:8080 unless set).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

exec "$node" node_modules/vite/bin/vite.js "${1:-build}" ui
