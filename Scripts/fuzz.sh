#!/usr/bin/env bash
# Fuzzes readers with libFuzzer under AddressSanitizer, each of Tests/Fuzzing's targets for some time.
#
#   Scripts/fuzz.sh [TARGET...] [--seconds N] [--report FILE] [--skip-build]
#
# Inputs begin with Fixtures, Fixtures/fuzz and, where it is there, .build/attacks; those that reach something new are kept in
# .build-fuzz/corpus. An input that crashes, takes 5 s of processor time or 256 MB of memory is kept in .build-fuzz/crashes
# until somebody deletes it: the fault is mended, and the input is in Fixtures/fuzz. Exit code 1 where there is any.
# The report sums all runs since .build-fuzz was made, in seconds of processor time.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
report=
builds=true
targets=()
while [ $# -gt 0 ]; do
  case $1 in
  --seconds) seconds=$2; shift 2 ;;
  --report) report=$2; shift 2 ;;
  --skip-build) builds=false; shift ;;
  -*) echo "fuzz.sh: unknown option $1" >&2; exit 64 ;;
  *) targets+=("$1"); shift ;;
  esac
done

folder=.build-fuzz
runtime=$(dirname "$(dirname "$(command -v swiftc)")")/lib/swift/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
[ -e "$runtime" ] || { echo "fuzz.sh: this Swift has no libFuzzer: $runtime" >&2; exit 2; }
coverage=inline-8bit-counters,pc-table,trace-cmp
# The program calls libFuzzer, if it is linked: --undefined takes it from its library.
build=(
  -c release --scratch-path $folder --product sedge-fuzz --sanitize address
  -Xswiftc -sanitize-coverage=edge,$coverage -Xcc -fsanitize-coverage=$coverage
  -Xlinker --undefined=LLVMFuzzerRunDriver -Xlinker "$runtime" -Xlinker -lstdc++
)
! $builds || SEDGE_FUZZING=1 swift build "${build[@]}"
fuzz=$folder/release/sedge-fuzz
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$fuzz" targets)

# Inputs are written to files, which need not reach a disk. swift-backtrace waits where libFuzzer has caught the signal.
TMPDIR=$(mktemp -d -p /dev/shm sedge-fuzz.XXXXXX)
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR SWIFT_BACKTRACE=enable=no
# Freed memory that AddressSanitizer keeps back counts as memory of the program.
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=0:allocator_may_return_null=1

# `time` prints seconds of the program's own processor time.
TIMEFORMAT=%U

# The memory of the program itself, in MB: that of a run without an input.
base() { "$fuzz" fuzz "$1" -runs=0 2>&1 | sed -n 's/.*DONE.* rss: \([0-9]*\)Mb/\1/p'; }

mkdir -p $folder/{seeds,logs}
for target in "${targets[@]}"; do
  "$fuzz" seeds "$target" $folder/seeds/"$target"
  mkdir -p $folder/{corpus,crashes}/"$target"
  inputs=($folder/corpus/"$target" $folder/seeds/"$target")
  [ ! -d Fixtures/fuzz/"$target" ] || inputs+=(Fixtures/fuzz/"$target")
  if [ -d .build/attacks ]; then
    mkdir -p $folder/seeds/attacks
    find .build/attacks -type f -size -32k -exec cp -n -t $folder/seeds/attacks/ {} +
    inputs+=($folder/seeds/attacks)
  fi
  dictionary=()
  [ ! -s $folder/seeds/"$target".dict ] || dictionary=(-dict=$folder/seeds/"$target".dict)
  log=$folder/logs/$target.log
  start=$SECONDS
  executions=0
  processor=0
  # libFuzzer ends at the first crash; the rest of the time is for the inputs behind it.
  for _ in {1..20}; do
    [ $((SECONDS - start)) -lt "$seconds" ] || break
    status=0
    # The limit of 5 s is the program's own, of processor time: a busy machine takes longer by the clock.
    { time "$fuzz" fuzz "$target" -max_total_time=$((seconds - SECONDS + start)) -timeout=300 \
      -rss_limit_mb=$(($(base "$target") + 256)) "${dictionary[@]}" -print_final_stats=1 -handle_term=0 -report_slow_units=300 \
      -artifact_prefix=$folder/crashes/"$target"/ "${inputs[@]}" >"$log" 2>&1; } 2>"$TMPDIR/time" || status=$?
    processor=$((processor + $(sed 's/\..*//' "$TMPDIR/time")))
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    executions=$((executions + ${count:-0}))
    [ $status -eq 0 ] || { cp "$log" "$log.crash"; grep -m 1 -E 'ERROR|Fatal error|broken promise' "$log" || tail -n 3 "$log"; }
  done
  printf '%s\t%d\t%d\n' "$target" "$executions" "$processor" >>$folder/runs.tsv
  printf '%-16s %10d inputs  %5d s of %5d  %6d a second  %4d kept  %d crashes\n' "$target" "$executions" "$processor" \
    $((SECONDS - start)) $((executions / (processor > 0 ? processor : 1))) \
    "$(find $folder/corpus/"$target" -type f | wc -l)" "$(find $folder/crashes/"$target" -type f | wc -l)"
done

if [ -n "$report" ]; then
  {
    echo '{"campaign": "fuzzing", "rows": ['
    separator=
    for target in $(cut -f 1 $folder/runs.tsv | sort -u); do
      awk -F '\t' -v target="$target" -v lost="$(find $folder/crashes/"$target" -type f | wc -l)" -v separator="$separator" '
        $1 == target { tried += $2; seconds += $3 }
        END { printf "%s  {\"kind\": \"%s\", \"tried\": %d, \"lost\": %d, \"note\": \"%d s, %d a second\"}", separator, target, tried, lost, seconds, tried / (seconds > 0 ? seconds : 1) }
      ' $folder/runs.tsv
      separator=$',\n'
    done
    printf '\n]}\n'
  } >"$report"
fi
[ -z "$(find $folder/crashes -type f)" ] || { echo "inputs that crash are in $folder/crashes"; exit 1; }
