#!/bin/sh
# Checks every fixture against MANIFEST.sha256, and that none is missing from it; --write makes the manifest anew.
set -eu
cd "$(dirname "$0")"
hash=$(command -v sha256sum || echo "shasum -a 256")
list() {
  find . -type f ! -name '*.py' ! -name '*.sh' ! -name '*.md' ! -name MANIFEST.sha256 \
    ! -path '*/__pycache__/*' ! -name '.DS_Store' | sed 's|^\./||' | LC_ALL=C sort
}
if [ "${1:-}" = --write ]; then
  # Names hold no spaces: the lines can be words.
  $hash $(list) | sed 's| \*| |' >MANIFEST.sha256
  exit
fi
status=0
results=$($hash -c MANIFEST.sha256 2>&1) || status=1
unlisted=$(list | while read -r name; do
  cut -c 67- MANIFEST.sha256 | grep -qxF "$name" || echo "$name: not in the manifest"
done)
[ -z "$unlisted" ] || status=1
printf '%s\n%s\n' "$results" "$unlisted" | grep -v -e ': OK$' -e '^$' || true
[ $status = 0 ] && echo "$(wc -l <MANIFEST.sha256 | tr -d ' ') fixtures as in the manifest"
exit $status
