#!/usr/bin/env bash
# Opens the pages of every command in a browser and uses them: sorts, searches, zooms, moves the slider, prints, checks accessibility.
#
#   Scripts/test-pages.sh [--screenshots FOLDER]
#
# Needs .build/release/sedge and Python with venv. Debian's chromium is installed where there is none; Playwright and axe-core come from
# PyPI into .build/pages-venv.
set -euo pipefail
cd "$(dirname "$0")/.."

sedge=.build/release/sedge
[ -x $sedge ] || { echo "test-pages.sh: build sedge first: swift build -c release" >&2; exit 2; }
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  command -v apt-get >/dev/null || { echo "test-pages.sh: no chromium here: not checked"; exit 0; }
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
  browser=$(command -v chromium)
fi
venv=.build/pages-venv
if [ ! -x $venv/bin/playwright ]; then
  python3 -m venv $venv
  $venv/bin/pip install -q playwright==1.65.2 axe-playwright-python==0.1.8
fi
exec $venv/bin/python Tests/Pages/test_pages.py --sedge $sedge --browser "$browser" "$@"
