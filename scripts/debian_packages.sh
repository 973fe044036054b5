# Sourced by the scripts that run tests: installs the Debian packages that are missing, as root by apt, or prints the line
# to run.

# ffmpeg judges files and clips from outside; GStreamer's and VLC's RTSP servers are cameras that nobody here wrote, and the
# client of onvif-tools judges simulated devices, in network namespaces that iproute2 makes. openssl makes certificates, and
# systemd's notify speaks for a service; e2fsprogs makes a file system that can be made to hang.
packages="chromium ffmpeg gir1.2-gst-rtsp-server-1.0 python3-gst-1.0 python3-gi gstreamer1.0-rtsp gstreamer1.0-tools
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  gstreamer1.0-libav gstreamer1.0-x glib-networking vlc-bin vlc-plugin-base onvif-tools iproute2 openssl systemd
  e2fsprogs"

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
