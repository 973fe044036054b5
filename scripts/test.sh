#!/bin/sh
# Runs all tests, or those of the files given (npm test -- src/rtsp/*.test.ts). Sets up what they need first.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
. scripts/runtime.sh

# ffmpeg judges files and clips from outside; GStreamer's RTSP server is the camera that nobody here wrote, and the
# client of onvif-tools judges simulated devices, in network namespaces that iproute2 makes. openssl makes certificates.
packages="chromium ffmpeg gir1.2-gst-rtsp-server-1.0 python3-gst-1.0 python3-gi gstreamer1.0-rtsp gstreamer1.0-tools
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  gstreamer1.0-libav gstreamer1.0-x glib-networking onvif-tools iproute2 openssl"

missing_packages() {
  for package in $packages; do
    if ! dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
      printf ' %s' "$package"
    fi
  done
}

install_debian_packages() {
  missing=$(missing_packages)
  if [ -z "$missing" ]; then
    return
  fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing the Debian packages that the tests need:$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    # One package source that fails need not matter; the installation tells.
    apt-get update -q >&2 || true
    # shellcheck disable=SC2086
    apt-get install -q -y --no-install-recommends $missing >&2
  else
    echo "The tests need Debian packages. Run this, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
}

install_debian_packages
. scripts/build_ui.sh

if [ $# -eq 0 ]; then
  set -- 'src/**/*.test.ts' 'ui/**/*.test.ts' 'test/**/*.test.ts'
fi
# Most tests wait for sockets and child processes more than for a core, so one file per core runs at the same time
# (Node.js itself would leave one core idle). A test that hangs ends after two minutes, the whole after twenty.
exec timeout --foreground --kill-after=10 1200 \
  "$node" --test --test-concurrency="$(nproc)" --test-timeout=120000 "$@"
