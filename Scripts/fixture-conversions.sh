#!/usr/bin/env bash
# Converts the fixtures in every storage format and prints the SHA-256 of each .sedge file.
# A change that must keep the bytes of files prints the same lines before and after; see CONTRIBUTING.md.
#
#   Scripts/fixture-conversions.sh > before.txt
set -euo pipefail
cd "$(dirname "$0")/.."

sedge=${SEDGE:-$(swift build -c release --show-bin-path)/sedge}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Converts one checkpoint with options and prints the digest; the checkpoint has the same name wherever the clone is.
digest() {
  local label=$1
  shift
  "$sedge" convert "$@" -o "$folder/model.sedge" --force >"$folder/out" 2>&1 ||
    { echo "not converted: $label" >&2; cat "$folder/out" >&2; return 1; }
  echo "$(sha256sum <"$folder/model.sedge" | cut -d ' ' -f 1)  $label"
}

shapes=(Fixtures/shapes/sed_shapes.h5 --text-heads 4 --resolution 256 --top-k 2 --templates Fixtures/shapes/templates.json)
for form in f32 lossless f16 int8 int6 int5 int4 int3 int2; do
  digest "shapes $form" "${shapes[@]}" --quantize "$form" --classes Fixtures/shapes/classes.json
done
digest "shapes f32 unfolded" "${shapes[@]}" --no-fold
for form in f32 f16 int8; do digest "shapes $form raw" "${shapes[@]}" --quantize "$form" --store raw; done
digest "shapes int8, CLIP alone" "${shapes[@]}" --quantize int8 --parts image,text --logit-scale 4.6052
digest "shapes int4, without text encoder" "${shapes[@]}" --quantize int4 --classes Fixtures/shapes/classes.json --drop-text
digest "shapes mixed" "${shapes[@]}" --quantize int5 --tensor 'fc1=int3' --tensor 'head=f16'
for model in linear mlp pooled wide; do
  for form in f32 int8 int4; do
    digest "tiny $model $form" "Fixtures/tiny/$model.h5" --quantize "$form" --allow-no-class-names
  done
done
for model in linear mlp; do
  for form in f32 int8 int3; do
    digest "clip $model $form" "Fixtures/clip/$model.safetensors" --quantize "$form" --allow-no-class-names
  done
done

# Calibration follows the arithmetic of the kernels: the digests hold for one set on every processor that has it.
export SEDGE_KERNELS=${SEDGE_KERNELS:-avx2}
pictures=(--calibrate Fixtures/pictures)
digest "shapes int4 calibrated, $SEDGE_KERNELS" "${shapes[@]}" --quantize int4 --classes Fixtures/shapes/classes.json "${pictures[@]}"
digest "shapes auto of 600 kB, $SEDGE_KERNELS" "${shapes[@]}" --quantize auto --max-size 0.6MB \
  --classes Fixtures/shapes/classes.json "${pictures[@]}"
digest "shapes auto of 0.5 % of labels, $SEDGE_KERNELS" "${shapes[@]}" --quantize auto --max-label-change 0.5% \
  --classes Fixtures/shapes/classes.json "${pictures[@]}"
