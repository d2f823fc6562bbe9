#!/usr/bin/env bash
# Records anew what the command line prints, in Tests/SedgeCommandsTests/Snapshots; git diff shows what changed.
set -euo pipefail
cd "$(dirname "$0")/.."

SEDGE_RECORD_SNAPSHOTS=1 swift test -c release --filter '^SedgeCommandsTests\.'
git diff --stat -- Tests/SedgeCommandsTests/Snapshots
