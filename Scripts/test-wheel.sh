#!/usr/bin/env bash
# A wheel as its users have it: installed in an empty environment, with nothing else of Sedge in reach.
#
#     Scripts/test-wheel.sh WHEEL
#
# Needs pip and its index. Tests of the package run on the library of the wheel; auditwheel, where it is installed, compares the tag.
set -euo pipefail
cd "$(dirname "$0")/.."
wheel=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "test-wheel: $1" >&2; exit 1; }
auditwheel=$(command -v auditwheel || true)
unset SEDGE_LIBRARY PYTHONPATH LD_LIBRARY_PATH

"${PYTHON:-python3}" -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet "$wheel" pytest pillow mypy
export PATH=$folder/environment/bin:/usr/bin:/bin
[[ $(sedge --version) == "sedge $(python -c 'import sedge; print(sedge.__version__)')" ]] || fail "the command is another version"

# The command of the wheel converts HDF5, in whose process the library then reads it.
model=$folder/shapes.sedge picture=Fixtures/pictures/sky.png
sedge convert Fixtures/shapes/sed_shapes.h5 -o "$model" --quantize int8 --text-heads 4 --resolution 256 \
  --templates Fixtures/shapes/templates.json > /dev/null 2>&1
sedge segment "$model" "$picture" --labels "$folder/labels.png" --classes "sky; grass; red circle; green circle" > /dev/null
python - "$model" "$folder" <<'EOF'
import sys
import sedge
model, folder = sys.argv[1:]
sedge.convert("Fixtures/shapes/sed_shapes.h5", f"{folder}/again.sedge", quantize="int8", text_heads=4, resolution=256,
              templates="Fixtures/shapes/templates.json")
assert open(model, "rb").read() == open(f"{folder}/again.sedge", "rb").read(), "command and library convert differently"
EOF

# Away from the sources, so that the package is the wheel's.
mkdir "$folder/tests"
cp Python/tests/test_sedge.py "$folder/tests"
sed -i "s|^ROOT = .*|ROOT = Path(\"$PWD\")|" "$folder/tests/test_sedge.py"
(cd "$folder" && SEDGE_TEST_MODEL=$model SEDGE_TEST_LABELS=$folder/labels.png SEDGE_TEST_CPP_LABELS=/dev/null \
  python -m pytest -q -p no:cacheprovider tests --deselect tests/test_sedge.py::test_labels_are_those_of_the_command_and_of_cpp)
echo "import sedge; reveal_type(sedge.open)" > "$folder/typed.py"
types=$(cd "$folder" && python -m mypy --cache-dir "$folder/mypy" typed.py)
grep -q "sedge._model.Model" <<< "$types" || fail "the wheel has no types: $types"

if [[ -n $auditwheel ]]; then
  found=$("$auditwheel" show "$wheel" | tr '\n' ' ')
  grep -q "platform tag: \"$(sed -E 's/.*-none-(.*)\.whl/\1/' <<< "$wheel")\"" <<< "$found" || fail "auditwheel finds another tag: $found"
else
  echo "no auditwheel here: the tag is not compared"
fi
echo "test-wheel: $(basename "$wheel") works"
