#!/usr/bin/env bash
# Counts the instructions of the kernels under callgrind, and compares them with Benchmarks/instructions.tsv.
#
#     Scripts/count-kernels.sh [--record]    --record writes the table
#
# The compiler is that of SEDGE_CLANG, by default the clang that comes with Swift; counts of another compiler are only printed. Valgrind
# has no AVX-512, so the sets are avx2 and portable. Exit status 1 where a kernel takes 1 % more instructions than the table has, or is
# not in the table.
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
if ! command -v valgrind >/dev/null || [ ! -e /usr/include/valgrind/callgrind.h ]; then
  command -v apt-get >/dev/null || skip "valgrind is not here"
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  echo "installing valgrind"
  { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends valgrind; } \
    >"$build/apt.log" 2>&1 || { tail -n 3 "$build/apt.log"; skip "valgrind is not here and could not be installed"; }
fi

"$clang" -std=gnu17 -O2 -ISources/CSedgeKernels/include -ISources/CSedgeProcessor/include Benchmarks/instructions.c \
  Sources/CSedgeKernels/*.c Sources/CSedgeProcessor/*.c -lm -o "$build/instructions"
valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file="$build/out" "$build/instructions" >"$build/log" 2>&1 ||
  { cat "$build/log"; exit 1; }
# Each file of a dump has the line `desc: Trigger: Client Request: LABEL` and the line `totals: COUNT`.
{
  printf '# %s\nset\tkernel\tinstructions\n' "$("$clang" --version | head -n 1 | sed -E 's/.*clang version ([0-9.]+).*/clang \1/')"
  for file in $(ls "$build"/out.* | sort -t . -k 3 -n); do
    sed -n -e 's/^desc: Trigger: Client Request: //p' "$file" | tr '\n' '\t'
    sed -n -e 's/^\(totals\|summary\): //p' "$file" | head -n 1
  done | awk -F '\t' 'NF == 3'
} >"$build/table"

if [ "${1:-}" = --record ]; then
  cp "$build/table" "$table"
  echo "$(($(wc -l <"$table") - 2)) counts in $table"
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
