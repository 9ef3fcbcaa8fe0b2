#!/usr/bin/env bash
# Debian's Chromium, for test/browser; nothing is done where it is there already.
set -euo pipefail
[ -x /usr/bin/chromium ] && exit 0
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
