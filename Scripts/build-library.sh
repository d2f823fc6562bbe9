#!/usr/bin/env bash
# Builds libsedge: Swift's runtime is inside, and no name can be seen but those of sedge.h.
#
#     Scripts/build-library.sh FOLDER
#     Scripts/build-library.sh --static FOLDER
#
# Writes FOLDER/libsedge.so.VERSION with its links. The C libraries stay shared. With --static they are inside, and there is more: FOLDER/sedge
# is the command, FOLDER/libsedge.a the library as one object, FOLDER/PRODUCT.extracted the list of the members of archives that were linked.
set -euo pipefail
cd "$(dirname "$0")/.."
static=
[[ $1 != --static ]] || { static=true; shift; }
folder=$(realpath -m "$1")
header=Sources/CSedge/include/sedge.h
abi=$(sed -n 's/^#define SEDGE_ABI_VERSION //p' "$header")
version=$(sed -n 's/^public let sedgeVersion = "\(.*\)"$/\1/p' Sources/*/*.swift)
# shellcheck disable=SC2207 # names are words
names=($(sed -n -E 's/^[a-z].*[ *](sedge_[a-z_]+)\(.*/\1/p' "$header" | sort -u))
# What pkg-config says of the C libraries that Package.swift names.
libraries() {
  # shellcheck disable=SC2046
  pkg-config "$@" --libs $(sed -n 's/^ *library(".*pkgConfig: "\([^"]*\)".*/\1/p' Package.swift) | tr ' ' '\n' | sort -u
}
export SEDGE_COMMIT=${SEDGE_COMMIT-$(Scripts/source-commit.sh)}
build=$(swift build -c release --show-bin-path)
mkdir -p "$folder"

if [[ -z $static ]]; then
  # shellcheck disable=SC2207
  options=($(libraries))
else
  # A folder of archives before all others: lld takes what it finds first.
  archives=$folder/archives
  rm -rf "$archives"
  mkdir "$archives"
  archive() { # name that is linked, file
    local file
    file=$(realpath "$(clang -print-file-name="lib$2.a")")
    [[ -f $file ]] || { echo "build-library: no lib$2.a here" >&2; exit 1; }
    ln -s "$file" "$archives/lib$1.a"
  }
  # shellcheck disable=SC2207
  options=($(libraries --static | grep -vE '^-l(Lerc|jbig|lzma)$' | grep '^-l') -lhdf5 -lsz -laec)
  for option in "${options[@]}" -lstdc++; do
    case ${option#-l} in
    m | dl | pthread) ;; # glibc's
    turbojpeg) ;; # see below
    hdf5) archive hdf5 hdf5_serial ;;
    *) archive "${option#-l}" "${option#-l}" ;;
    esac
  done
  clang -O2 -fPIC -Wall -Werror -c Packaging/static.c -o "$folder/static.o"
  # In place of the one that loads libhdf5.
  clang -O2 -fPIC -DSEDGE_STATIC_HDF5 -ISources/CSedgeHDF5/include -c Sources/CSedgeHDF5/library.c -o "$folder/library.o"
  options=("-L$archives" "${options[@]}" "$folder/static.o" "$folder/library.o" -Xclang-linker -static-libgcc
    -Xlinker --no-export-dynamic -Xlinker -z -Xlinker now)
fi
objects() { # product; writes a list of them
  cp "$build/$1.product/Objects.LinkFileList" "$folder/objects"
  [[ -n $static ]] || return 0
  # What depends on the folder of the build: debugging data, and a digest of them that nothing reads.
  sed -i '/CSedgeHDF5.build\/library.c.o/d' "$folder/objects"
  rm -rf "$folder/copies"
  mkdir "$folder/copies"
  awk -v folder="$folder/copies" '{ printf "%s %s/%04d.o\n", $0, folder, NR }' "$folder/objects" \
    | xargs -P 2 -n 2 objcopy --strip-debug --remove-section=.swift_modhash
  printf '%s\n' "$folder"/copies/*.o > "$folder/objects"
}
link() { # product, output, further options
  local product=$1 output=$2
  shift 2
  swift build -c release --product "$product"
  objects "$product"
  swiftc -static-stdlib -use-ld=lld "@$folder/objects" -o "$output" \
    "${options[@]}" -l_FoundationCollections -l_FoundationCShims -Xlinker --gc-sections -Xlinker --strip-all \
    ${static:+-Xlinker --why-extract="$folder/$product.extracted"} "$@"
}

rpath=()
if [[ -n $static ]]; then
  # TurboJPEG's archive has a variable of each thread that no shared library can have: a copy of the shared one lies in lib/sedge.
  install -m 644 "$(realpath "$(clang -print-file-name=libturbojpeg.so)")" "$folder/libturbojpeg.so.0"
  # shellcheck disable=SC2016 # the loader's variable
  rpath=(-Xlinker -rpath='$ORIGIN/sedge')
fi
# The list of symbols that leave the library.
{ printf '{ global:\n'; printf '  %s;\n' "${names[@]}"; printf '  local: *; };\n'; } > "$folder/symbols.map"
link SedgeInterface "$folder/libsedge.so.$version" -emit-library \
  -Xlinker --version-script="$folder/symbols.map" -Xlinker -soname="libsedge.so.$abi" "${rpath[@]}"
ln -sf "libsedge.so.$version" "$folder/libsedge.so.$abi"
ln -sf "libsedge.so.$abi" "$folder/libsedge.so"
rm "$folder/symbols.map"

if [[ -n $static ]]; then
  archive turbojpeg turbojpeg
  # SwiftPM renames main, so that tests can import a program.
  link sedge "$folder/sedge" -Xlinker --defsym=main=sedge_cli_main
  # The static library: the objects, with the members of the archives that the shared library took, except of those that each compiler
  # brings itself. No name can be seen but those of sedge.h.
  # shellcheck disable=SC2207
  taken=($(sed 1d "$folder/SedgeInterface.extracted" | cut -f 2 | sed 's/(.*//' | grep -vE '/lib(stdc\+\+|gcc|gcc_eh|c_nonshared)\.a$' | sort -u))
  runtime=$(dirname "$(printf '%s\n' "${taken[@]}" | grep '/libswiftCore\.a$')")
  objects SedgeInterface
  ld.lld -r -o "$folder/sedge.o" "$runtime/$(uname -m)/swiftrt.o" "@$folder/objects" "$folder/static.o" "$folder/library.o" \
    --start-group "${taken[@]}" "$archives/libturbojpeg.a" --end-group
  printf '%s\n' "${names[@]}" > "$folder/names"
  objcopy --keep-global-symbols="$folder/names" --strip-unneeded "$folder/sedge.o"
  rm -f "$folder/libsedge.a"
  ar rcsD "$folder/libsedge.a" "$folder/sedge.o"
  rm "$folder/sedge.o" "$folder/names"
fi
rm -rf "$folder/objects" "$folder/copies"
