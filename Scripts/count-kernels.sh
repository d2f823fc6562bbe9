#!/usr/bin/env bash
# Counts the instructions of the kernels and compares them with Benchmarks/instructions.tsv: avx2 and portable under callgrind, which has
# no AVX-512; the sets of arm64 on an emulated processor (qemu, Benchmarks/qemu-count.c).
#
#     Scripts/count-kernels.sh [--record]    --record writes the table
#
# The compiler is that of SEDGE_CLANG, by default the clang that comes with Swift; counts of another compiler are only printed. Debian's
# valgrind, cross compiler and qemu are installed where apt-get can. Exit status 1 where a kernel takes 1 % more instructions than the
# table has, or is not in the table.
set -euo pipefail
cd "$(dirname "$0")/.."
table=Benchmarks/instructions.tsv
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

skip() { echo "not counted: $1"; exit 0; }

[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || skip "the table is for x86-64 and Linux"
swift=$(command -v swift || true)
clang=${SEDGE_CLANG:-$(dirname "$(readlink -f "${swift:-/}")")/clang}
[ -x "$clang" ] || skip "no clang here: set SEDGE_CLANG, or install Swift"

# needs PACKAGE FILE: installs a package that has a file.
needs() {
  [ -e "$2" ] && return
  command -v apt-get >/dev/null || return 1
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  echo "installing $1"
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  # shellcheck disable=SC2086 # several packages
  { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends $1; } \
    >"$build/apt.log" 2>&1 || { tail -n 3 "$build/apt.log"; return 1; }
}

# compile FOLDER OPTION...: the object files of the kernels and of the program that runs them.
compile() {
  local folder=$1 source
  shift
  mkdir -p "$folder"
  for source in Benchmarks/instructions.c Sources/CSedgeKernels/*.c Sources/CSedgeProcessor/*.c; do
    "$clang" -std=gnu17 -O2 -ISources/CSedgeKernels/include -ISources/CSedgeProcessor/include "$@" -c "$source" \
      -o "$folder/$(basename "$source").o"
  done
}

needs valgrind /usr/include/valgrind/callgrind.h || skip "valgrind is not here and could not be installed"
compile "$build/native"
"$clang" "$build"/native/*.o -lm -o "$build/instructions"
valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file="$build/out" "$build/instructions" >"$build/names" 2>"$build/log" ||
  { cat "$build/log"; exit 1; }
# Dump i, of the i-th name, has a line `totals: COUNT`.
seq "$(wc -l <"$build/names")" | while read -r i; do sed -n 's/^totals: //p' "$build/out.$i"; done >"$build/counts"
paste "$build/names" "$build/counts" >"$build/rows"

arm64() {
  needs "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" /usr/bin/aarch64-linux-gnu-gcc && needs qemu-user /usr/bin/qemu-aarch64 || return 1
  # The headers of valgrind are the same on all processors.
  mkdir -p "$build/include" && ln -sf /usr/include/valgrind "$build/include/valgrind"
  compile "$build/arm64" --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include -I"$build/include"
  aarch64-linux-gnu-gcc -static "$build"/arm64/*.o -lm -o "$build/instructions-arm64"
  "$clang" -std=gnu17 -O2 -Wall -Wextra -shared -fPIC Benchmarks/qemu-count.c -o "$build/count.so"
  qemu-aarch64 -cpu max -plugin "$build/count.so" -d plugin -D "$build/marks" "$build/instructions-arm64" >"$build/names" || return 1
  # Two marks around each kernel.
  paste - - <"$build/marks" | awk '{ print $2 - $1 }' | paste "$build/names" - | sed 's/^portable\t/portable, arm64\t/' >>"$build/rows"
}
arm64 || echo "not counted: the sets of arm64, whose compiler and qemu are not here"

{
  printf '# %s\nset\tkernel\tinstructions\n' "$("$clang" --version | head -n 1 | sed -E 's/.*clang version ([0-9.]+).*/clang \1/')"
  cat "$build/rows"
} >"$build/table"

if [ "${1:-}" = --record ]; then
  cp "$build/table" "$table"
  echo "$(wc -l <"$build/rows") counts in $table"
  exit 0
fi
if [ "$(head -n 1 "$build/table")" != "$(head -n 1 "$table")" ]; then
  cat "$build/table"
  skip "the table is for $(head -n 1 "$table" | cut -c 3-)"
fi
awk -F '\t' '
  FNR <= 2 { next }
  NR == FNR { before[$1 FS $2] = $3; next }
  { seen++ }
  !(($1 FS $2) in before) { print "not in the table: " $1 ", " $2; bad++; next }
  $3 > 1.01 * before[$1 FS $2] { printf "more: %s, %s: %d, before %d\n", $1, $2, $3, before[$1 FS $2]; bad++ }
  $3 < 0.99 * before[$1 FS $2] { printf "fewer: %s, %s: %d, before %d\n", $1, $2, $3, before[$1 FS $2] }
  END {
    printf "%d kernels counted, %d not as in the table\n", seen, bad
    if (bad || !seen) { print "Scripts/count-kernels.sh --record writes the table"; exit 1 }
  }' "$table" "$build/table"
