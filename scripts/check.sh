#!/bin/sh
# Everything that can be judged without running the server: types, style, architecture, dead code, docs, shell syntax.
# Runs all checks even when one fails, then names those that did.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root" || exit 1
. scripts/runtime.sh

failed=
check() {
  name=$1
  shift
  echo "== $name"
  "$@" || failed="$failed $name"
}

shell_syntax() {
  for script in bin/nightjar scripts/*.sh; do
    sh -n "$script" || return 1
  done
  bash -n .ci/run
}

bin=node_modules/.bin
check types "$node" node_modules/typescript/bin/tsc
check ui-types "$node" node_modules/typescript/bin/tsc --project ui
check style "$node" "$bin/biome" check --error-on-warnings
check architecture "$node" "$bin/depcruise" src test scripts ui
check dead-code "$node" "$bin/knip"
check docs "$node" --test test/docs.test.ts
check shell shell_syntax

if [ -n "$failed" ]; then
  echo "Failed:$failed" >&2
  exit 1
fi
echo "All checks passed."
