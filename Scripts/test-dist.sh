#!/usr/bin/env bash
# What `make dist` makes, on systems that have nothing else: bare Debian 12 and Ubuntu 22.04, by debootstrap in .build/roots.
#
#     Scripts/test-dist.sh [--again | --rebuild] [DIST]
#
# Checks symbols, licences and the package (lintian); installs the wheel in an empty environment; unpacks the tar and installs the package
# in each root: conversion of an HDF5 file, segmentation, libsedge from C++; labels are those of the built program. --again links and packs a
# second time, which must give the same bytes; --rebuild compiles a clone in another folder, which does not yet (docs/installing.md).
# Leaves out, and says so, what needs root, debootstrap, a mirror, pip or lintian where they are missing. SUITES=bookworm tests on that one
# only; NO_DIST=1 takes the files as they are.
set -euo pipefail
cd "$(dirname "$0")/.."
second=
case ${1:-} in --again | --rebuild) second=$1; shift ;; esac
dist=$(realpath -m "${1:-dist}")
suites=${SUITES:-bookworm jammy}
roots=.build/roots
fail() { echo "test-dist: $1" >&2; exit 1; }
skip() { echo "test-dist: not checked: $1"; }
version=$(sed -n 's/^public let sedgeVersion = "\(.*\)"$/\1/p' Sources/*/*.swift)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_dist() { # script, folder
  "$1" "$2" > "$work/dist.log" 2>&1 || { tail -n 40 "$work/dist.log"; fail "no files"; }
}
[[ -n ${NO_DIST:-} ]] || make_dist Scripts/dist.sh "$dist"
(cd "$dist" && sha256sum --check --quiet SHA256SUMS)
tar=$dist/sedge-$version-linux-$(uname -m).tar.gz
package=$dist/sedge_$version-1_$(dpkg --print-architecture).deb

# The same bytes again.
case $second in
--again) make_dist Scripts/dist.sh "$work/second" ;;
--rebuild)
  git clone --quiet . "$work/clone"
  make_dist "$work/clone/Scripts/dist.sh" "$work/second"
  ;;
esac
[[ -z $second ]] || diff "$dist/SHA256SUMS" "$work/second/SHA256SUMS" || fail "a second time, other bytes"

# Nothing but glibc is needed, of the version that Ubuntu 22.04 has.
tar -C "$work" -xzf "$tar"
tree=$(echo "$work"/sedge-*)
jpeg=libturbojpeg.so.0
for file in bin/sedge lib/libsedge.so "lib/sedge/$jpeg"; do
  needed=$(objdump -p "$tree/$file" | awk '$1 == "NEEDED" { print $2 }' | grep -vE '^(libc|libm)\.so\.6$|^ld-linux' || true)
  [[ -z $needed || $file/$needed == "lib/libsedge.so/$jpeg" ]] || fail "$file needs $needed"
  newest=$(objdump -T "$tree/$file" | grep -o 'GLIBC[A-Z]*_[0-9.]*' | sort -uV | tail -n 1)
  [[ $(printf '%s\nGLIBC_2.35\n' "$newest" | sort -V | tail -n 1) == GLIBC_2.35 ]] || fail "$file needs $newest"
  ! strings "$tree/$file" | grep -F "$PWD/" || fail "$file has a path of this machine"
done
diff Tests/Interface/symbols.txt <(nm -D --defined-only "$tree/lib/libsedge.so" | awk '{print $3}' | sort) || fail "libsedge shows other symbols"
[[ -z $(nm -D --defined-only "$tree/bin/sedge" | grep -v ' [BVW] ') ]] || fail "sedge shows symbols"

if command -v ruby > /dev/null; then
  ruby -c Packaging/homebrew/sedge.rb > /dev/null
else
  skip "the formula's syntax, no ruby here"
fi
diff <({ echo hdf5; sed -n 's/^ *library(".*brew: "\([^"]*\)").*/\1/p' Package.swift; } | sort -u) \
  <(sed -n 's/^  depends_on "\([^"]*\)"$/\1/p' Packaging/homebrew/sedge.rb | sort) || fail "the formula has other libraries"

if command -v lintian > /dev/null; then
  lintian --fail-on error,warning "$package" || fail "lintian"
else
  skip "the package's form, no lintian here"
fi

# What the built program makes of the picture.
built=.build/release/sedge
[[ -x $built ]] || swift build -c release --product sedge > /dev/null
built=$(realpath "$built")
mkdir "$work/data"
cp Fixtures/shapes/sed_shapes.h5 Fixtures/shapes/templates.json Fixtures/pictures/sky.png "$work/data"
cat > "$work/data/work.sh" <<'EOF'
# In a folder with the data: converts and segments with the command `$1`.
set -e
"$1" convert sed_shapes.h5 -o shapes.sedge --quantize int8 --text-heads 4 --resolution 256 --templates templates.json --force > convert.txt 2>&1 \
  || { cat convert.txt; exit 1; }
"$1" segment shapes.sedge sky.png --labels labels.png --classes "sky; grass; red circle; green circle" > shares.txt
EOF
cp -r "$work/data" "$work/reference"
(cd "$work/reference" && sh work.sh "$built")

# A program of C++ that reads an HDF5 file by libsedge, and so by the program in ../bin.
cat > "$work/convert.cpp" <<'EOF'
#include <sedge.hpp>
#include <iostream>
int main() try {
  sedge::run("inspect", R"({"arguments": ["sed_shapes.h5"]})");
  std::cout << "read\n";
} catch (const sedge::Error &error) {
  std::cerr << error.what() << "\n";
  return error.status();
}
EOF
compiler=$(command -v g++ || command -v clang++ || true)
if [[ -n $compiler ]]; then
  read -ra flags <<< "$(PKG_CONFIG_PATH=$tree/lib/pkgconfig pkg-config --cflags --libs sedge)"
  for source in "$work/convert.cpp" Examples/Cpp/segment.cpp; do
    "$compiler" -std=c++17 -O1 "$source" "${flags[@]}" -o "$work/data/$(basename "$source" .cpp)"
  done
  # With the static library instead: nothing of Sedge is needed where it runs.
  tar -C "$work" -xzf "$dist/libsedge-$version-static-linux-$(uname -m).tar.gz"
  "$compiler" -std=c++17 -O1 "-I$tree/include" Examples/Cpp/segment.cpp "$tree/lib/libsedge.a" -o "$work/data/segment-static" 2> "$work/link.log" \
    || { cat "$work/link.log"; fail "libsedge.a"; }
  ! objdump -p "$work/data/segment-static" | grep -q "NEEDED.*libsedge" || fail "libsedge.a was not linked"
  diff <(nm -g --defined-only "$tree/lib/libsedge.a" | awk 'NF == 3 { print $3 }' | sort) Tests/Interface/symbols.txt || fail "libsedge.a shows other symbols"
else
  skip "libsedge from C++, no compiler here"
fi

wheel=$(find "$dist" -name 'sedge-*.whl')
if [[ -n $wheel ]]; then Scripts/test-wheel.sh "$wheel"; else skip "the wheel, for there is none"; fi

[[ $(id -u) == 0 ]] || { skip "the bare systems, for that needs root"; exit 0; }
command -v debootstrap > /dev/null || { skip "the bare systems, no debootstrap here"; exit 0; }

# A root that debootstrap has made, once, from its own default mirror: prepare SUITE. Ubuntu's key is in a package of Ubuntu, which is known
# by its digest.
prepare() {
  local suite=$1 options=()
  [[ ! -d $roots/$suite ]] || return 0
  mkdir -p "$roots"
  if [[ $suite == jammy ]]; then
    local keys=$work/ubuntu-keyring.deb mirror
    mirror=$(awk '$1 == "default_mirror" && $2 ~ /archive/ { print $2; exit }' /usr/share/debootstrap/scripts/jammy)
    curl --silent --fail --max-time 60 -o "$keys" "$mirror/pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb" || return 1
    echo "0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f  $keys" | sha256sum --check --quiet || return 1
    dpkg-deb -x "$keys" "$work/ubuntu-keyring"
    options=(--keyring="$work/ubuntu-keyring/usr/share/keyrings/ubuntu-archive-keyring.gpg")
  fi
  rm -rf "$roots/unfinished"
  debootstrap --variant=minbase "${options[@]}" "$suite" "$roots/unfinished" > "$work/debootstrap.log" 2>&1 \
    || { tail -n 3 "$work/debootstrap.log"; return 1; }
  mv "$roots/unfinished" "$roots/$suite"
}

# In a root, with /proc: inside ROOT COMMAND...
inside() {
  unshare --mount --pid --fork --kill-child sh -ec \
    'mount -t proc proc "$0/proc"; exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"' "$@"
}

# What must hold where the command and the library are: works ROOT PREFIX [ENVIRONMENT]
works() {
  local root=$1 prefix=$2 environment=${3:-A=}
  rm -rf "$root/data"
  cp -r "$work/data" "$root/data"
  [[ $(inside "$root" "$prefix/bin/sedge" --version) == "sedge $version" ]] || fail "the version is another one"
  inside "$root" sh -c "cd /data && sh work.sh $prefix/bin/sedge"
  cmp "$work/reference/labels.png" "$root/data/labels.png" || fail "the labels are other ones"
  inside "$root" ldd "$prefix/bin/sedge" "$prefix/lib/libsedge.so" > "$work/ldd.txt"
  ! grep "not found" "$work/ldd.txt" || fail "libraries are missing"
  [[ -n $compiler ]] || return 0
  inside "$root" sh -c "cd /data && $environment ./convert && $environment ./segment shapes.sedge sky.png 'sky; grass; red circle; green circle' labels.pgm" \
    > "$work/cpp.txt" || fail "libsedge"
  inside "$root" sh -c "cd /data && ./segment-static shapes.sedge sky.png 'sky; grass; red circle; green circle' static.pgm" > /dev/null || fail "libsedge.a"
  cmp "$root/data/labels.pgm" "$root/data/static.pgm" || fail "the static library finds other labels"
  diff <(sed -n -E 's/^ *([0-9.]+%)  (.*)$/\2: \1/p' "$root/data/shares.txt" | sort) <(grep -E '%$' "$work/cpp.txt" | grep -v ' 0\.00%' | sort) \
    || fail "libsedge finds other shares than the command"
}

files() { (cd "$1" && find . -xdev \( -path ./proc -o -path ./data -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache/ldconfig \) -prune -o -print | sort); }

for suite in $suites; do
  prepare "$suite" || { skip "$suite, no root could be made"; continue; }
  root=$work/$suite

  cp -a "$roots/$suite" "$root"
  mkdir -p "$root/opt"
  tar -C "$root/opt" -xzf "$tar"
  works "$root" "/opt/$(basename "$tree")" "LD_LIBRARY_PATH=/opt/$(basename "$tree")/lib"
  echo "test-dist: $suite: the tar works; installed $(du -sm --apparent-size "$root/opt" | cut -f 1) MB"
  rm -rf "$root"

  cp -a "$roots/$suite" "$root"
  files "$root" > "$work/before"
  cp "$package" "$root/sedge.deb"
  inside "$root" dpkg -i /sedge.deb > "$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; fail "the package cannot be installed"; }
  rm "$root/sedge.deb"
  works "$root" /usr
  inside "$root" dpkg --verify sedge
  inside "$root" dpkg -r sedge >> "$work/dpkg.log" 2>&1
  rm -rf "$root/data"
  files "$root" | diff "$work/before" - || fail "the package leaves files"
  echo "test-dist: $suite: the package works, and leaves nothing"
  rm -rf "$root"
done
