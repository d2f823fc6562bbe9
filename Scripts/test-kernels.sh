#!/usr/bin/env bash
# Runs goldens, verify, segment, classify and calibration with each set of kernels that this processor has but the best.
set -euo pipefail
cd "$(dirname "$0")/.."

suites='^Sedge(Verification|Calibration|Runner)Tests\.'
suites+='|^SedgeTests\.(Int8Arithmetic|CalibratedQuantization|OutputError|CLIP|Model)Tests'
suites+='|^SedgeCommandsTests\.(Verify|Segment|Classify|Sweep|Bench|QuantizationReport|TextCache)Tests'

swift build -c release --build-tests
sedge=$(swift build -c release --show-bin-path)/sedge
# A name that is none is refused with those that there are, best first.
sets=$({ SEDGE_KERNELS=none "$sedge" bench none 2>&1 || true; } | sed -n 's/.*; take \(.*\), or leave it unset$/\1/p' | tr -d ,)
[ -n "$sets" ] || { echo "sedge does not tell its sets of kernels"; exit 1; }
for set in $(cut -d " " -f 2- -s <<<"$sets"); do
  printf '\n--- SEDGE_KERNELS=%s\n' "$set"
  SEDGE_KERNELS=$set swift test -c release --skip-build --filter "$suites"
done
