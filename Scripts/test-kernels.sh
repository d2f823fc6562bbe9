#!/usr/bin/env bash
# Runs the suites that depend on kernels with each kernel set of this processor except the best.
set -euo pipefail
cd "$(dirname "$0")/.."

suites='^Sedge(Verification|Calibration|Compression|Runner)Tests\.'
suites+='|^SedgeTests\.(Int8Arithmetic|CalibratedQuantization|OutputError|CLIP|Model|Concurrency)Tests'
suites+='|^SedgeCommandsTests\.(Verify|Segment|Classify|Sweep|Bench|QuantizationReport|TextCache)Tests'

swift build -c release --build-tests
sedge=$(swift build -c release --show-bin-path)/sedge
# These take every set by themselves, or none.
skipped='^SedgeVerificationTests\.(LayerAttribution|Golden|CLIPGolden|CATSegGolden|VisionTransformerGolden)Tests'
skipped+='|^SedgeRunnerTests\.(FusedPass|FusedAggregation|Balance)Tests'
# An unknown name is refused with the available ones, best first.
sets=$({ SEDGE_KERNELS=none "$sedge" bench none 2>&1 || true; } | sed -n 's/.*; take \(.*\), or leave it unset$/\1/p' | tr -d ,)
[ -n "$sets" ] || { echo "sedge does not list its kernel sets"; exit 1; }
for set in $(cut -d " " -f 2- -s <<<"$sets"); do
  printf '\n--- SEDGE_KERNELS=%s\n' "$set"
  SEDGE_KERNELS=$set swift test -c release --skip-build --filter "$suites" --skip "$skipped"
done
