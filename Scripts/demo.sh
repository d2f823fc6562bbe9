#!/bin/sh
# Converts a trained model to float32 and int8, verifies both, segments three pictures, and sums up in one table.
set -eu
cd "$(dirname "$0")/.."

source=Fixtures/shapes/sed_shapes.h5
golden=Fixtures/shapes/sed_shapes.golden.h5
names='sky bricks sand'
out=demo

say() { printf '%s\n' "$*" >&2; }

# The value of a key at the top of a JSON object that sedge printed.
value() { sed -n "s/^  \"$1\" : \"*\([^\",]*\)\"*,*\$/\1/p" "$2"; }

verdict() { if [ "$(value passes "$1")" = true ]; then echo pass; else echo 'OUT OF TOLERANCE'; fi; }

# The least share of pixels, over all runs, that have the source's label.
equal_labels() {
  awk -F ' : ' '
    $1 ~ /"equal_labels"$/ { share = $2 + 0; if (!count++ || share < least) least = share }
    END { printf "%.2f%%", 100 * least }' "$1"
}

# The classes of a picture, largest first: "sky 82%, green circle 7%".
classes() {
  awk -F '"' '
    $2 == "name" { name = $4 }
    $2 == "share" { sub(/[ :]+/, "", $3); if ($3 >= 0.005) print $3 "\t" name }' "$1" |
    sort -k 1,1nr |
    awk -F '\t' '{ printf "%s%s %.0f%%", separator, $2, 100 * $1; separator = ", " }'
}

size() { awk -v bytes="$1" 'BEGIN { printf "%.2f MB", bytes / 1e6 }'; }

say "building; the first time takes a minute or two ..."
swift build -c release --product sedge >&2
sedge=$(swift build -c release --show-bin-path)/sedge

rm -rf "$out"
mkdir -p "$out/pictures" "$out/json"
for name in $names; do cp "Fixtures/pictures/$name.png" "$out/pictures/"; done

for codec in f32 int8; do
  model=$out/shapes-$codec.sedge
  json=$out/json/$codec
  say "$codec: converting, verifying against PyTorch's results and against the source, segmenting ..."
  "$sedge" convert "$source" -o "$model" --quantize "$codec" --text-heads 4 --resolution 256 --top-k 2 \
    --templates Fixtures/shapes/templates.json --classes Fixtures/shapes/classes.json --json >"$json.convert.json"
  # Exit code 1 says that something is out of tolerance: the table will show it.
  "$sedge" verify "$model" --golden "$golden" --json >"$json.golden.json" || [ $? = 1 ]
  "$sedge" verify "$model" --against "$source" --images "$out/pictures" --json >"$json.source.json" || [ $? = 1 ]
  for name in $names; do
    "$sedge" segment "$model" "$out/pictures/$name.png" -o "$out/$name-$codec.png" --json >"$json.$name.json"
  done
done

{
  row='%-18s %8s %12s  %-16s %-16s %s\n'
  # shellcheck disable=SC2059 # the rows share one format
  printf "$row" file size 'bits/weight' 'against PyTorch' 'against source' 'equal labels, worst run'
  # shellcheck disable=SC2059
  printf "$row" "${source##*/}" "$(size "$(wc -c <"$source")")" '' '' '' ''
  for codec in f32 int8; do
    json=$out/json/$codec
    # shellcheck disable=SC2059
    printf "$row" "shapes-$codec.sedge" "$(size "$(value file_bytes "$json.convert.json")")" \
      "$(value bits_per_weight "$json.convert.json" | awk '{ printf "%.2f", $1 }')" "$(verdict "$json.golden.json")" \
      "$(verdict "$json.source.json")" "$(equal_labels "$json.source.json")"
  done
  echo
  for name in $names; do
    for codec in f32 int8; do
      printf '%-18s %s\n' "$name-$codec.png" "$(classes "$out/json/$codec.$name.json")"
    done
  done
} >"$out/table.txt"

cat "$out/table.txt"
echo
echo "Looked for were 54 classes. Green circles, blue crosses and orange rings never occurred in training."
echo "Few bits a weight: most of this model's weights are token embeddings that training never touched, zeros."
echo "The pictures with their classes are in $PWD/$out."
! grep -q 'OUT OF TOLERANCE' "$out/table.txt"
