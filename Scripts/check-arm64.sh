#!/usr/bin/env bash
# Checks the inner loops in C (Tests/KernelDriver) on this processor and on three emulated arm64 processors.
#
#     Scripts/check-arm64.sh [--verbose]     --verbose prints each function's largest error, not only those that fail
#
# The compiler is the clang in SEDGE_CLANG, by default the one that comes with Swift. Debian's cross compiler and qemu are installed
# where apt-get can; checks that cannot run are listed and are no failure. Exit status 1 if a value is out of tolerance, memory outside
# of a buffer was accessed, exact results differ between processors, or a processor does not get all kernel sets that it supports.
set -euo pipefail
cd "$(dirname "$0")/.."
is_verbose=${1:-}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
targets="CSedgeProcessor CSedgeKernels CSedgeCoding CSedgeLinearAlgebra"
failures=0

skip() { echo "not checked: $1"; }

compiler() {
  local swift
  if [ -n "${SEDGE_CLANG:-}" ]; then
    echo "$SEDGE_CLANG"
  elif [ "$(uname)" = Darwin ]; then
    xcrun --find clang
  elif swift=$(command -v swift) && [ -x "$(dirname "$(readlink -f "$swift")")/clang" ]; then
    echo "$(dirname "$(readlink -f "$swift")")/clang"
  else
    command -v clang
  fi
}
clang=$(compiler) || { skip "no clang here: set SEDGE_CLANG, or install Swift or clang"; exit 0; }

# compile FOLDER OPTION...: the objects of the C targets and of the driver, optimized as in a release.
compile() {
  local folder=$1 name
  shift
  local options=(-std=gnu17 -O2 -Wall -Wextra -Werror -Wno-missing-field-initializers "$@")
  for name in $targets; do options+=("-ISources/$name/include"); done
  mkdir -p "$folder"
  for name in $targets; do printf '%s\n' Sources/"$name"/*.c; done >"$folder/sources"
  printf '%s\n' Tests/KernelDriver/*.c >>"$folder/sources"
  # shellcheck disable=SC2016 # expanded by the inner shell
  xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh -c \
    'folder=$1; clang=$2; for source; do :; done; shift 2; exec "$clang" "$@" -c -o "$folder/$(echo "$source" | tr / -).o"' \
    sh "$folder" "$clang" "${options[@]}" <"$folder/sources"
}

# check NAME COMMAND...: runs the driver, prints a line for each kernel set.
check() {
  local name=$1 result="$build/$1.txt" status=0
  shift
  "$@" >"$result" 2>&1 || status=$?
  echo "$name:"
  if [ "$is_verbose" = --verbose ]; then
    cat "$result"
  else
    awk '$NF == "ok" { if (!($1 in good)) order[++count] = $1; good[$1]++ }
      END { for (i = 1; i <= count; i++) printf "  %-13s %d functions within tolerance\n", order[i], good[order[i]] }' "$result"
    grep -vE ' ok$|^kernels: |^bits of [^ ]+ +[0-9a-f]{16}$|^all within tolerance$' "$result" || true
  fi
  if [ "$status" -ne 0 ]; then
    echo "  FAILED: the driver ended with $status"
    failures=$((failures + 1))
  fi
  # Exact results must be the same on every processor; the first processor runs all checks.
  grep '^bits of' "$result" >"$build/$name.bits" || true
  [ -e "$build/first.bits" ] || cp "$build/$name.bits" "$build/first.bits"
  if [ ! -s "$build/$name.bits" ] || grep -vxFf "$build/first.bits" "$build/$name.bits"; then
    echo "  FAILED: exact results differ from those of the first processor"
    failures=$((failures + 1))
  fi
}

# expect NAME SET...: the kernel sets that a processor must get, and no others.
expect() {
  local name=$1 found
  shift
  found=$(sed -n 's/^kernels: //p' "$build/$name.txt")
  if [ "$found" != "$*" ]; then
    echo "  FAILED: $name got the kernels $found, expected $*"
    failures=$((failures + 1))
  fi
}

install() {
  command -v qemu-aarch64 >/dev/null && command -v aarch64-linux-gnu-gcc >/dev/null && return
  command -v apt-get >/dev/null || return 1
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  echo "installing gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
  { "${apt[@]}" update &&
    "${apt[@]}" install -y --no-install-recommends gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user; } \
    >"$build/apt.log" 2>&1 || { tail -n 3 "$build/apt.log"; return 1; }
}

compile "$build/native"
"$clang" "$build"/native/*.o -lm -o "$build/native/driver"
check "$(uname -m)" "$build/native/driver"

if [ "$(uname -m)" = aarch64 ] || [ "$(uname -m)" = arm64 ]; then
  skip "emulated processors: this one is arm64 itself"
elif ! install; then
  skip "arm64: aarch64-linux-gnu-gcc and qemu-aarch64 are not here and could not be installed"
else
  compile "$build/arm64" --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include
  aarch64-linux-gnu-gcc -static "$build"/arm64/*.o -lm -o "$build/arm64/driver"
  # Without int8 dot products, with signed ones, with mixed ones and with and without those of bfloat16; checks that the first processor ran are omitted.
  check cortex-a57 qemu-aarch64 -cpu cortex-a57 "$build/arm64/driver"
  expect cortex-a57 neon portable
  check neoverse-n1 qemu-aarch64 -cpu neoverse-n1 "$build/arm64/driver" --best 1
  expect neoverse-n1 neon-dotprod neon portable
  check max qemu-aarch64 -cpu max "$build/arm64/driver" --best 2
  expect max neon-bf16 neon-i8mm neon-dotprod neon portable
  objdump=$(dirname "$clang")/llvm-objdump
  [ -x "$objdump" ] || objdump=$(command -v llvm-objdump || true)
  if [ -n "$objdump" ] && command -v python3 >/dev/null; then
    python3 Scripts/count_instructions.py --objdump "$objdump" "$build"/arm64/Sources-CSedgeKernels-{portable,neon,neon-dotprod,neon-i8mm,neon-bf16}.c.o ||
      failures=$((failures + 1))
  else
    skip "registers of inner loops: llvm-objdump and python3 are needed"
  fi
fi

[ "$failures" -eq 0 ] || { echo "$failures checks failed"; exit 1; }
