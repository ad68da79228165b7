#!/usr/bin/env bash
# Provides the browser that the slide tests drive: finds one, or installs Debian's.
# Without one: a plain word and success on a person's machine, failure where CI is set.
set -euo pipefail

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        command -v "$name" && return
    done
    return 1
}

install_with() { # the words that go before apt-get: env as root, sudo otherwise
    echo "Installing Chromium for the slide tests, with apt-get: chromium fonts-dejavu-core"
    "$@" apt-get update -qq &&
        "$@" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
}

find_chromium >/dev/null && exit 0

if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        install_with env || true
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        install_with sudo -n || true
    fi
    find_chromium >/dev/null && exit 0
fi

cat >&2 <<'EOF'
There is no Chromium here, so the slides cannot be looked at by the tests. To install it:
  Debian, Ubuntu   sudo apt install chromium        (Ubuntu: sudo snap install chromium)
  Fedora           sudo dnf install chromium
  macOS            brew install --cask chromium     (Google Chrome does as well)
  Windows          winget install Google.Chrome
EOF
[ -z "${CI:-}" ]
