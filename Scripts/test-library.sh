#!/usr/bin/env bash
# libsedge as its users have it: installed, found by pkg-config and CMake, used from C++ and Python; results are the command's.
#
#     Scripts/test-library.sh [FOLDER]
#
# Builds, installs below FOLDER (a temporary one by default). Needs g++ or clang++; leaves out what needs CMake, Valgrind, pytest or
# mypy where they are missing, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-$(mktemp -d)}
[[ -n ${1:-} ]] || trap 'rm -rf "$folder"' EXIT
fail() { echo "test-library: $1" >&2; exit 1; }

# Of what was built before, nothing is built again for a commit.
export SEDGE_COMMIT=${SEDGE_COMMIT-}
swift build -c release --product sedge
make --silent install-library BINARY=.build/release/sedge PREFIX=/usr DESTDIR="$folder"
root=$folder/usr
export PKG_CONFIG_PATH=$root/lib/pkgconfig LD_LIBRARY_PATH=$root/lib
read -ra flags <<< "$(pkg-config --define-variable=prefix="$root" --cflags --libs sedge)"
sedge=$root/bin/sedge

# Every function of the header, and nothing else.
diff <(sed -n -E 's/^[a-z].*[ *](sedge_[a-z_]+)\(.*/\1/p' Sources/CSedge/include/sedge.h | sort) \
  <(nm -D --defined-only "$root/lib/libsedge.so" | awk '{print $3}' | sort) || fail "the symbols are not those of sedge.h"
# Programs are compiled against this list: a change of it is a new SEDGE_ABI_VERSION.
diff Tests/Interface/symbols.txt <(nm -D --defined-only "$root/lib/libsedge.so" | awk '{print $3}' | sort) \
  || fail "Tests/Interface/symbols.txt is another list; a function that is gone needs a new SEDGE_ABI_VERSION"

model=$folder/shapes.sedge picture=Fixtures/pictures/sky.png classes="sky; grass; red circle; green circle"
"$sedge" convert Fixtures/shapes/sed_shapes.h5 -o "$model" --quantize int8 --text-heads 4 --resolution 256 \
  --templates Fixtures/shapes/templates.json --force > /dev/null 2>&1
"$sedge" convert Fixtures/shapes/sed_shapes.h5 -o "$folder/clip.sedge" --parts image,text --text-heads 4 --resolution 256 \
  --templates Fixtures/shapes/templates.json --logit-scale 2.66 --force > /dev/null 2>&1
rm -f "$folder/labels.png"
"$sedge" segment "$model" "$picture" --labels "$folder/labels.png" --classes "$classes" > /dev/null

echo '#include <sedge.h>' > "$folder/header.c"
for compiler in gcc clang; do
  command -v $compiler > /dev/null || { echo "no $compiler here: not checked"; continue; }
  for standard in c99 c11; do
    $compiler -std=$standard -Wall -Wextra -Wpedantic -Werror -fsyntax-only "$folder/header.c" "${flags[@]:0:1}"
  done
  # Sizes, places of members and numbers are those that programs were compiled with.
  $compiler -std=c11 -Wall -Wextra -Werror -fsyntax-only Tests/Interface/layout.c "${flags[@]:0:1}"
done
# The same labels, byte for byte, from the command, Swift, C, C++ and Python.
example=.build/example/release/SegmentPicture
if [[ -x $example ]]; then
  "$example" "$model" "$picture" "$classes" "$folder/overlay.png" "$folder/swift.png" > /dev/null
  cmp "$folder/labels.png" "$folder/swift.png" || fail "Swift's labels are not the command's"
else
  echo "no $example here: not checked"
fi
ran=
for compiler in gcc clang g++ clang++; do
  command -v $compiler > /dev/null || { echo "no $compiler here: not checked"; continue; }
  language=(-std=c99 Examples/C/segment.c)
  [[ $compiler != *++ ]] || language=(-std=c++17 Examples/Cpp/segment.cpp)
  $compiler -O1 -Wall -Wextra -Wpedantic -Werror "${language[@]}" "${flags[@]}" -o "$folder/segment"
  "$folder/segment" "$model" "$picture" "$classes" "$folder/$compiler.pgm" > "$folder/$compiler.shares"
  # Behind a header of three lines, the pixels.
  tail -c +"$(($(head -n 3 "$folder/$compiler.pgm" | wc -c) + 1))" "$folder/$compiler.pgm" > "$folder/$compiler.labels"
  for result in labels shares; do
    [[ -z $ran ]] || cmp "$folder/$ran.$result" "$folder/$compiler.$result" || fail "two compilers, two results"
  done
  ran=$compiler
done
[[ $ran == *++ ]] || fail "no C++ compiler here"

if command -v cmake > /dev/null; then
  cmake -S Examples/Cpp -B "$folder/cmake" -DCMAKE_PREFIX_PATH="$root" > /dev/null
  cmake --build "$folder/cmake" > /dev/null
  "$folder/cmake/segment" "$model" "$picture" "$classes" "$folder/cmake.pgm" > /dev/null
else
  echo "no cmake here: not checked"
fi

compiler=$(command -v g++ || command -v clang++)
stress() { # name, compiler options
  # shellcheck disable=SC2086 # options are words
  "$compiler" -std=c++17 -O1 -g -Wall -Wextra -Werror $2 Tests/Interface/stress.cpp "${flags[@]}" -pthread -o "$folder/stress-$1"
}
stress plain ""
stress address "-fsanitize=address"
stress thread "-fsanitize=thread"
"$sedge" export "$model" -o "$folder/shapes.safetensors" --force > /dev/null 2>&1
"$folder/stress-plain" memory "$model" "$picture" "$folder/shapes.safetensors" \
  '{"text-heads": 4, "resolution": 256, "templates": "Fixtures/shapes/templates.json"}' 2> "$folder/memory.log" \
  || { tail -n 5 "$folder/memory.log"; fail "a lack of memory ended the process"; }
"$folder/stress-plain" damage "$model" 100
"$folder/stress-address" damage "$model" 30
"$folder/stress-address" calls "$model" "$picture" 20
"$folder/stress-address" calls "$folder/clip.sedge" "$picture" 20
"$folder/stress-plain" threads "$model" Fixtures/pictures 8 200
# Of the library's own threads ThreadSanitizer sees nothing here; `make test-threads` instruments them.
TSAN_OPTIONS=ignore_noninstrumented_modules=1 "$folder/stress-thread" threads "$model" Fixtures/pictures 8 200

export SEDGE_LIBRARY=$root/lib/libsedge.so PYTHONPATH=Python/src
python=${PYTHON:-python3}
if "$python" -c "import numpy, pytest, PIL" 2> /dev/null; then
  SEDGE_TEST_MODEL=$model SEDGE_TEST_LABELS=$folder/labels.png SEDGE_TEST_CPP_LABELS=$folder/$ran.labels \
    "$python" -m pytest -q -p no:cacheprovider Python/tests
else
  echo "no numpy, pytest and Pillow for $python here: not checked"
fi
if "$python" -c "import mypy" 2> /dev/null; then
  (cd Python && "$python" -m mypy --cache-dir "$folder/mypy")
else
  echo "no mypy for $python here: not checked"
fi
