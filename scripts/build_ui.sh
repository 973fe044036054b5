# Sourced with $root and $node set. Builds the web interface into ui/dist when its sources have changed since.
# A build that fails keeps the one before: recording must not wait for a page.

ui_checksum() {
  (cd "$root" && find ui package-lock.json -path 'ui/dist*' -prune -o -type f -print | LC_ALL=C sort |
    xargs -d '\n' cksum | cksum)
}

build_ui() {
  if [ ! -f "$root/ui/index.html" ]; then
    return
  fi
  checksum=$(ui_checksum)
  stamp=$root/ui/dist/.sources-checksum
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$checksum" ]; then
    return
  fi
  echo "nightjar: building the web interface (after each change of it; some seconds) ..." >&2
  # Beside its place first, so that neither a failure nor a server that runs meanwhile sees half of it.
  new=$root/ui/dist-$$
  trap 'rm -rf "$new"; exit 130' INT TERM
  if log=$(cd "$root" && NODE_ENV=production "$node" node_modules/vite/bin/vite.js build ui --logLevel warn \
    --outDir "$new" --emptyOutDir 2>&1) &&
    echo "$checksum" >"$new/.sources-checksum" && rm -rf "$root/ui/dist" && mv -T "$new" "$root/ui/dist"; then
    trap - INT TERM
    return
  fi
  rm -rf "$new"
  trap - INT TERM
  if [ -n "$log" ]; then
    echo "$log" >&2
  fi
  if [ -f "$root/ui/dist/index.html" ]; then
    echo "nightjar: the web interface could not be built, see above; the one built before is served." >&2
  else
    echo "nightjar: the web interface could not be built, see above; the rest works without it." >&2
  fi
}

build_ui
