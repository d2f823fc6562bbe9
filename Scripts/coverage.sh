#!/usr/bin/env bash
# Prints the share of lines that the tests run, by module. Arguments go to swift test, such as --filter SedgeTorchTests.
set -euo pipefail
cd "$(dirname "$0")/.."

# A build of its own: instrumented code is slower, and the other builds stay as they are.
options=(-c release --enable-code-coverage --scratch-path .build/coverage)
swift build "${options[@]}" --build-tests
products=$(swift build "${options[@]}" --show-bin-path)
swift test "${options[@]}" --skip-build "$@"

tests=$(find "$products" -maxdepth 1 -name '*PackageTests.xctest')
[ -d "$tests" ] && tests=$tests/Contents/MacOS/$(basename "$tests" .xctest)
cov=$(command -v llvm-cov || xcrun --find llvm-cov)
"$cov" report -instr-profile "$products/codecov/default.profdata" "$tests" -object "$products/sedge" \
  -ignore-filename-regex '(/\.build/|/Tests/|\.derived/)' |
  awk '
    # Columns: file, then regions, functions, lines: how many, how many missed, the share.
    $8 ~ /^[0-9]+$/ && $1 != "TOTAL" {
      module = $1
      sub(/^.*Sources\//, "", module)
      sub(/\/.*/, "", module)
      lines[module] += $8; missed[module] += $9; all += $8; missing += $9
    }
    END {
      for (module in lines)
        if (lines[module] > 0)
          printf "%-22s %6d lines  %5.1f%%\n", module, lines[module], 100 * (1 - missed[module] / lines[module]) | "sort"
      close("sort")
      if (all > 0) printf "%-22s %6d lines  %5.1f%%\n", "all", all, 100 * (1 - missing / all)
    }'
