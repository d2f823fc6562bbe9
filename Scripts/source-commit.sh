#!/bin/sh
# Prints the commit of the source, for a build that records it:
#
#   SEDGE_COMMIT=$(Scripts/source-commit.sh) swift build -c release
#
# -dirty follows the commit where what is built differs from it. Nothing is printed for a source that is no git checkout, or lies in
# the checkout of another project.
set -eu
package=$(cd "${1:-$(dirname "$0")/..}" && pwd -P)
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

top=$(git -C "$package" rev-parse --show-toplevel 2>/dev/null) || exit 0
[ "$(cd "$top" && pwd -P)" = "$package" ] || exit 0
head=$(git -C "$package" rev-parse --verify --quiet HEAD) || exit 0
changes=$(git --no-optional-locks -C "$package" status --porcelain -- Package.swift Sources)
printf '%s\n' "$head${changes:+-dirty}"
