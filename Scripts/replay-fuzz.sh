#!/usr/bin/env bash
# Reads the inputs of all fuzzing targets under AddressSanitizer, each whole and damaged: Fixtures/fuzz and seeds made from Fixtures.
# Needs no libFuzzer. Arguments are targets; all where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

build=(-c release --scratch-path .build-asan --product sedge-fuzz --sanitize address)
SEDGE_FUZZING=1 swift build "${build[@]}"
fuzz=.build-asan/release/sedge-fuzz

TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=quarantine_size_mb=64:detect_leaks=0
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$fuzz" targets)
for target in "${targets[@]}"; do
  "$fuzz" seeds "$target" "$TMPDIR/$target"
  inputs=("$TMPDIR/$target")
  [ ! -d Fixtures/fuzz/"$target" ] || inputs+=(Fixtures/fuzz/"$target")
  # Each input is named before it is read: the last one named is the one at fault.
  timeout 120 "$fuzz" replay "$target" "${inputs[@]}" 2>"$TMPDIR/log" || { status=$?; tail -n 60 "$TMPDIR/log"; exit $status; }
done
